//! One scan: walks the tenant page by page and commits each with its progress (F2, S6).
//!
//! While a page is judged and written, the next one is on its way (`pipeline`). If the process dies, what was committed stands and
//! the scan goes on behind it when it is young enough; nothing is ever called gone by a scan that did not reach the
//! last page (S1).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use tokio::sync::watch;

use super::change::{Times, decide};
use super::properties::{Property, mask_of};
use super::shape::{Shape, ShapeError};
use super::{audience, fields, gone, normalise, pipeline, proof, proven};
use crate::config::InstanceSettings;
use crate::graph::{Graph, GraphError, ListQuery, Walk};
use crate::model::{BitSet, Doubt, Fleet, InstanceId, ScanKind, ScanState, ScanSummary, Timestamp, Verdict};
use crate::observe::{Clock, Metrics};
use crate::store::{Decide, Merge, NewScan, OpenScan, ScanEnd, Store, StoreError};

/// A scan that stood still for longer starts again: its links may be dead and its early pages stale (S6).
pub const RESUMABLE: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("failed to read the tenant's devices: {0}")]
    Graph(#[from] GraphError),
    #[error("failed to keep what was read: {0}")]
    Store(#[from] StoreError),
    #[error("failed to make the settings fit the audience: {0}")]
    Shape(#[from] ShapeError),
    #[error("the work on a page broke off")]
    Broken(#[from] tokio::task::JoinError),
}

impl ScanError {
    /// Stable, for machines.
    pub fn code(&self) -> String {
        match self {
            ScanError::Graph(error) => error.code().to_owned(),
            ScanError::Store(error) => error.code().to_owned(),
            ScanError::Shape(_) => "settings".to_owned(),
            ScanError::Broken(_) => "internal".to_owned(),
        }
    }
}

const FORESEEN_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Where a scan stands, for whoever watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub pages: u64,
    pub devices: u64,
    pub expected: Option<u64>,
    /// The last page was read: what changes from now on is for another scan.
    pub concluding: bool,
}

/// All that a scan of one instance needs.
#[derive(Clone)]
pub struct Scanner {
    pub store: Store,
    pub graph: Graph,
    pub shape: Arc<Shape>,
    /// Properties that others need of every device, whatever the servers receive: actions are judged by them.
    pub needed: Vec<String>,
    /// A list that is asked for everything does not tell `managementState`: where somebody needs that, every property is
    /// asked for by its name.
    pub by_name: bool,
    pub instance: InstanceId,
    pub settings: Arc<InstanceSettings>,
    pub clock: Clock,
    pub metrics: Metrics,
    pub progress: watch::Sender<Progress>,
}

/// What moves along with the pages that are committed.
pub struct State {
    pub summary: ScanSummary,
    pub seen: BitSet,
    missed: Arc<AtomicU64>,
    /// Check-ins before this should have been brought by an incremental (S3); `None` where there was none.
    covered_until_s: Option<i64>,
    /// By our own clock.
    began: Timestamp,
    /// What an earlier full scan of this epoch left open (F4).
    doubt: Option<Doubt>,
}

impl Scanner {
    /// Runs a scan to its end and tells what it found; an error is kept in the store with its cause.
    pub async fn run(&self, kind: ScanKind) -> Result<ScanSummary, ScanError> {
        let instance = self.store.instance(self.instance).await?;
        let kind = if instance.watermark.is_none() || !instance.scanned {
            ScanKind::Full
        } else {
            kind
        };
        let fleet = self.store.device_count(self.instance).await?;
        let covered = instance.watermark.map(|at| (at - self.overlap()).timestamp());
        let doubt = match &instance.fleet {
            Fleet::Open(doubt) => doubt.clone(),
            Fleet::Proven => None,
        };
        if let Some(open) = self.resumable(kind).await? {
            tracing::info!(instance.id = %self.instance, scan.id = %open.summary.id, scan.pages = open.summary.pages, "the scan goes on where it stopped");
            // Without a link it had reached the last page: only the conclusion is missing.
            let walk = open.next_link.map(|link| self.graph.resume(link, open.links));
            let state = State {
                began: open.summary.started_at,
                summary: open.summary,
                seen: open.seen,
                missed: Arc::default(),
                covered_until_s: covered,
                doubt: doubt.clone(),
            };
            match self.attempt(walk, state, fleet).await {
                Err(ScanError::Graph(error)) if error.is_stale_link() => {
                    tracing::info!(instance.id = %self.instance, error = %error, "the link of the old scan is dead: starting again");
                }
                other => return other,
            }
        }
        if instance
            .shape_digest
            .is_some_and(|digest| digest != self.shape.digest())
        {
            self.store.refit_learned(self.instance, self.shape.refit()).await?;
        }
        let started_at = self.clock.now();
        let new = NewScan {
            instance: self.instance,
            kind,
            shape_digest: self.shape.digest(),
            started_at,
        };
        let summary = self.store.begin_scan(new).await?;
        let since = (kind == ScanKind::Incremental)
            .then(|| instance.watermark.map(|at| at - self.overlap()))
            .flatten();
        let query = ListQuery {
            select: self.shape.select(),
            filter_since: since,
            top: self.settings.scan.page_size,
        };
        let state = State {
            summary,
            seen: BitSet::default(),
            missed: Arc::default(),
            covered_until_s: covered,
            began: started_at,
            doubt,
        };
        self.attempt(Some(self.graph.list(query)), state, fleet).await
    }

    /// Follows the audience: whoever joins it, leaves it or is limited changes what is asked for and stored (F8). What
    /// devices may lack is told before it is so, and taken back only when a full scan has brought it.
    pub async fn fit(&mut self) -> Result<(), ScanError> {
        let instance = self.store.instance(self.instance).await?;
        let (servers, operators) = (self.store.servers().await?, self.store.operators().await?);
        let needed: Vec<&str> = self.needed.iter().map(String::as_str).collect();
        let needed = fields::named(&needed)?;
        let received = audience::received(&servers, &operators, &instance).map(|received| received | needed);
        let received = received.or_else(|| self.by_name.then(|| mask_of(Property::is_readable)));
        if received != self.shape.received() {
            self.shape = Arc::new(Shape::for_audience(&self.settings.devices, &[], received)?);
        }
        let mut lacking = self.shape.lacking();
        if instance.shape_digest != Some(self.shape.digest()) {
            lacking.extend(
                instance
                    .lacking
                    .iter()
                    .filter(|name| !lacking.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        if lacking != instance.lacking {
            self.store.set_lacking(self.instance, lacking).await?;
        }
        Ok(())
    }

    pub(super) fn volatile_every(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.settings.devices.volatile_hours))
    }

    /// Where the brake takes hold.
    fn limits(&self) -> gone::Limits {
        gone::Limits {
            percent: self.settings.scan.brake_percent,
            devices: self.settings.scan.brake_devices,
        }
    }

    fn overlap(&self) -> TimeDelta {
        TimeDelta::seconds(self.settings.scan.overlap_s.try_into().unwrap_or(i64::MAX / 1_000))
    }

    async fn resumable(&self, kind: ScanKind) -> Result<Option<OpenScan>, StoreError> {
        let open = self.store.open_scan(self.instance).await?;
        let now = self.clock.now();
        Ok(open.filter(|scan| {
            let age = now - scan.updated_at;
            scan.summary.kind == kind
                && scan.shape_digest == self.shape.digest()
                && (TimeDelta::zero()..RESUMABLE).contains(&age)
        }))
    }

    async fn attempt(&self, walk: Option<Walk>, mut state: State, fleet: u64) -> Result<ScanSummary, ScanError> {
        let began = std::time::Instant::now();
        self.foresee(&mut state.summary, fleet).await;
        let walked = match walk {
            Some(walk) => {
                let decide = self.decider(&state);
                pipeline::run(self, walk, &mut state, decide, fleet).await
            }
            None => Ok(()),
        };
        self.progress.send_modify(|progress| progress.concluding = true);
        let ended = match walked {
            Ok(()) => self.conclude(&mut state, fleet).await,
            Err(error) => Err(error),
        };
        let fleet = match &ended {
            Ok(()) => self.fleet(&state).await?,
            Err(_) => Fleet::Open(None),
        };
        let mut summary = state.summary;
        summary.missed_by_incrementals = state.missed.load(Ordering::Relaxed);
        summary.ended_at = Some(self.clock.now());
        summary.took_ms = began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        if let Err(error) = ended {
            summary.state = ScanState::Failed;
            summary.cause = Some(format!("{}: {error}", error.code()));
            self.store.end_scan(self.instance, summary, ScanEnd::NOTHING).await?;
            return Err(error);
        }
        summary.state = ScanState::Completed;
        summary.proven = fleet.is_proven();
        self.warn(&summary, &fleet).await?;
        let end = ScanEnd {
            watermark: gone::watermark(&summary),
            fleet,
        };
        self.store.end_scan(self.instance, summary.clone(), end).await?;
        tracing::info!(instance.id = %self.instance, scan.id = %summary.id, scan.kind = ?summary.kind, scan.seen = summary.seen,
            scan.new = summary.new, scan.changed = summary.changed, scan.gone = summary.gone, scan.missing = summary.missing,
            scan.missed_by_incrementals = summary.missed_by_incrementals, scan.set_aside = summary.set_aside, scan.requests = summary.requests, "the scan has completed");
        Ok(summary)
    }

    /// What is known of the fleet behind this scan (F4).
    async fn fleet(&self, state: &State) -> Result<Fleet, ScanError> {
        if state.summary.kind != ScanKind::Full {
            return Ok(Fleet::Open(None));
        }
        let differing = match &state.doubt {
            Some(doubt) => {
                let since = doubt.began - self.overlap();
                self.store.lists_differ(doubt.scan, state.seen.clone(), since).await?
            }
            None => 0,
        };
        let found = proven::Found {
            scan: &state.summary,
            began: state.began,
            ended: self.clock.now(),
            differing,
        };
        let epoch = self.store.epoch();
        Ok(proven::judge(found, state.doubt.as_ref(), epoch, self.limits()))
    }

    /// Tells in the log what could not be read, by id, and why a snapshot stays open (E10).
    async fn warn(&self, summary: &ScanSummary, fleet: &Fleet) -> Result<(), StoreError> {
        if summary.set_aside + summary.left_out_properties > 0 {
            let told = summary.unread.iter().map(|unread| {
                let id = unread.device_id.map_or("no id".to_owned(), |id| id.to_string());
                let property = unread.property.as_deref().unwrap_or("the record");
                format!("{id} ({property}, {}: {})", unread.reason.name(), unread.problem)
            });
            let told = told.collect::<Vec<_>>().join("; ");
            tracing::warn!(instance.id = %self.instance, scan.id = %summary.id, scan.set_aside = summary.set_aside,
                scan.left_out_properties = summary.left_out_properties, records = told,
                "records of the list, or properties of them, could not be read: the first of them are named here, all by `instances show`");
        }
        if summary.kind == ScanKind::Full
            && let Fleet::Open(doubt) = fleet
            && !self.store.instance(self.instance).await?.fleet.is_proven()
        {
            let why = doubt.iter().flat_map(|doubt| &doubt.reasons);
            let why: Vec<String> = why.map(|reason| proven::says(*reason, doubt.as_ref())).collect();
            tracing::warn!(instance.id = %self.instance, scan.id = %summary.id, why = why.join("; "),
                "the fleet is not proven whole: snapshots stay open, and servers keep what they hold");
        }
        Ok(())
    }

    /// How many devices a full scan will bring, for whoever watches: the fleet, or what the tenant says at first. It is
    /// asked for once and for a moment; no scan waits for it.
    async fn foresee(&self, summary: &mut ScanSummary, fleet: u64) {
        if summary.kind == ScanKind::Full && summary.expected.is_none() {
            summary.expected = Some(fleet);
            if fleet == 0 {
                summary.requests += 1;
                let count = tokio::time::timeout(FORESEEN_WITHIN, self.graph.enrolled_device_count()).await;
                summary.expected = count.ok().and_then(Result::ok);
            }
        }
        let (pages, devices, expected) = (summary.pages, summary.seen, summary.expected);
        self.progress.send_replace(Progress {
            pages,
            devices,
            expected,
            concluding: false,
        });
    }

    fn decider(&self, state: &State) -> Decide {
        let missed = state.missed.clone();
        let covered = state.covered_until_s.filter(|_| state.summary.kind == ScanKind::Full);
        let volatile_every = self.volatile_every();
        Arc::new(move |stored, incoming, read_at, now| {
            let verdict = decide(
                stored,
                incoming,
                Times {
                    read_at,
                    now,
                    volatile_every,
                },
            );
            let news = matches!(verdict, Verdict::New | Verdict::Changed);
            let late = stored.is_none_or(|stored| stored.vital.last_sync_s < incoming.vital.last_sync_s);
            if news && late && covered.is_some_and(|until| incoming.vital.last_sync_s < until) {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            verdict
        })
    }

    /// After the last page: what is missing, what is left out now, and whether the brake takes hold.
    async fn conclude(&self, state: &mut State, fleet: u64) -> Result<(), ScanError> {
        let proof = proof::Proof {
            scanner: self,
            decide: self.decider(state),
            merge: merger(),
            limits: self.limits(),
            confirming: state.doubt.is_some(),
        };
        if state.summary.kind == ScanKind::Full {
            proof.missing(&mut state.summary, &state.seen, fleet).await?;
            self.store.forget_left_out(self.instance, state.seen.clone()).await?;
        }
        proof.left_out(&mut state.summary, fleet).await?;
        Ok(())
    }
}

pub fn merger() -> Merge {
    Arc::new(normalise::merge)
}
