//! One scan: walks the tenant page by page and commits each with its progress (F2, S6).
//!
//! While a page is judged and written, the next one is on its way (`pipeline`). If the process dies, what was committed stands and
//! the scan goes on behind it when it is young enough; nothing is ever called gone by a scan that did not reach the
//! last page (S1).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;

use super::change_decision::{DecisionTimes, decide_change};
use super::instance_scanner::enrichment_merger;
pub use super::instance_scanner::{InstanceScanner, RunningScan, ScanProgress};
use super::projection::DeviceProjection;
use super::properties::{DeviceProperty, mask_where};
pub use super::scan_error::ScanError;
use super::{audience, deletion_proof, fields, fleet_proof, missing_devices, pipeline};
use crate::graph::{ListQuery, ListWalk};
use crate::model::{BitSet, DeviceVerdict, FleetProof, ScanKind, ScanReason, ScanState, ScanSummary};
use crate::store::{DecideDevice, NewScan, ResumableScan, ScanEnd, StoreError};

/// A scan that stood still for longer starts again: its links may be dead and its early pages stale (S6).
pub const RESUMABLE: TimeDelta = TimeDelta::hours(1);
/// The cause of a scan whose process ended while it ran, and that was too old to be gone on with.
const INTERRUPTED: &str = "interrupted: the connector stopped during the scan, and the next scan could not continue it";

impl InstanceScanner {
    /// Runs a scan to its end and tells what it found; an error is kept in the store with its cause.
    pub async fn run(&self, kind: ScanKind) -> Result<ScanSummary, ScanError> {
        self.run_early(kind, None).await
    }

    /// The same, of one that comes before its schedule for this reason.
    pub async fn run_early(&self, kind: ScanKind, reason: Option<ScanReason>) -> Result<ScanSummary, ScanError> {
        let instance = self.store.load_instance(self.instance).await?;
        let kind = if instance.watermark.is_none() || !instance.scanned {
            ScanKind::Full
        } else {
            kind
        };
        let known_devices = self.store.count_devices(self.instance).await?;
        let covered_until = instance.watermark.map(|at| (at - self.scan_overlap()).timestamp());
        let doubt = match &instance.fleet {
            FleetProof::Open(doubt) => doubt.clone(),
            FleetProof::Proven => None,
        };
        if let Some(resumable) = self.find_resumable(kind).await? {
            tracing::info!(instance.id = %self.instance, scan.id = %resumable.summary.id, scan.pages = resumable.summary.pages, "the scan resumes where it stopped");
            // Without a link it had reached the last page: only the conclusion is missing.
            let walk = resumable
                .next_link
                .map(|link| self.graph.resume_walk(link, resumable.links));
            let state = RunningScan {
                began: resumable.summary.started_at,
                summary: ScanSummary {
                    reason: resumable.summary.reason.or(reason),
                    ..resumable.summary
                },
                seen: resumable.seen,
                missed: Arc::default(),
                covered_until_s: covered_until,
                doubt: doubt.clone(),
            };
            match self.run_attempt(walk, state, known_devices).await {
                Err(ScanError::Graph(error)) if error.is_stale_link() => {
                    tracing::info!(instance.id = %self.instance, error = %error, "the link of the previous scan has expired: starting over");
                }
                other => return other,
            }
        }
        if instance
            .shape_digest
            .is_some_and(|digest| digest != self.projection.digest())
        {
            self.fit_enrichment().await?;
        }
        let started_at = self.clock.now();
        let new_scan = NewScan {
            instance: self.instance,
            kind,
            shape_digest: self.projection.digest(),
            started_at,
            interruption: INTERRUPTED,
        };
        let summary = ScanSummary {
            reason,
            ..self.store.begin_scan(new_scan).await?
        };
        let since = (kind == ScanKind::Incremental)
            .then(|| instance.watermark.map(|at| at - self.scan_overlap()))
            .flatten();
        let query = ListQuery {
            select: self.projection.list_select(),
            filter_since: since,
            top: self.settings.scan.page_size,
        };
        let state = RunningScan {
            summary,
            seen: BitSet::default(),
            missed: Arc::default(),
            covered_until_s: covered_until,
            began: started_at,
            doubt,
        };
        self.run_attempt(Some(self.graph.list_devices(query)), state, known_devices)
            .await
    }

    /// Follows the audience: whoever joins it, leaves it or is limited changes what is asked for and stored (F8). What
    /// devices may lack is told before it is so, and taken back only when a full scan has brought it.
    pub async fn apply_audience(&mut self) -> Result<(), ScanError> {
        let instance = self.store.load_instance(self.instance).await?;
        let (servers, operators) = (self.store.list_servers().await?, self.store.list_operators().await?);
        let needed: Vec<&str> = self.required_properties.iter().map(String::as_str).collect();
        let needed = fields::named_properties(&needed)?;
        let received = audience::received_properties(&servers, &operators, &instance).map(|received| received | needed);
        let received = received.or_else(|| self.selects_by_name.then(|| mask_where(DeviceProperty::is_readable)));
        if received != self.projection.received_mask() {
            self.projection = Arc::new(DeviceProjection::for_audience(&self.settings.devices, &[], received)?);
        }
        let mut lacking = self.projection.missing_fields();
        if instance.shape_digest != Some(self.projection.digest()) {
            lacking.extend(
                instance
                    .missing_fields
                    .iter()
                    .filter(|name| !lacking.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        if lacking != instance.missing_fields {
            self.store.set_missing_fields(self.instance, lacking).await?;
        }
        Ok(())
    }

    /// What was learned under other settings is made to fit these (F8).
    async fn fit_enrichment(&self) -> Result<(), StoreError> {
        if !self.projection.reads_primary_user() {
            self.store.forget_device_users(self.instance).await?;
        }
        let projection = self.projection.enrichment_projection();
        self.store.reproject_enrichment(self.instance, projection).await
    }

    pub(super) fn volatile_interval(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.settings.devices.volatile_hours))
    }

    /// Where the brake takes hold.
    fn brake_limits(&self) -> missing_devices::BrakeLimits {
        missing_devices::BrakeLimits {
            percent: self.settings.scan.brake_percent,
            devices: self.settings.scan.brake_devices,
        }
    }

    fn scan_overlap(&self) -> TimeDelta {
        TimeDelta::seconds(self.settings.scan.overlap_s.try_into().unwrap_or(i64::MAX / 1_000))
    }

    async fn find_resumable(&self, kind: ScanKind) -> Result<Option<ResumableScan>, StoreError> {
        let open = self.store.find_resumable_scan(self.instance).await?;
        let now = self.clock.now();
        Ok(open.filter(|scan| {
            let age = now - scan.updated_at;
            scan.summary.kind == kind
                && scan.shape_digest == self.projection.digest()
                && (TimeDelta::zero()..RESUMABLE).contains(&age)
        }))
    }

    async fn run_attempt(
        &self,
        walk: Option<ListWalk>,
        mut state: RunningScan,
        fleet: u64,
    ) -> Result<ScanSummary, ScanError> {
        let began = std::time::Instant::now();
        self.estimate_total(&mut state.summary, fleet).await;
        let walk_result = match walk {
            Some(walk) => {
                let decide = self.change_decider(&state);
                pipeline::run(self, walk, &mut state, decide, fleet).await
            }
            None => Ok(()),
        };
        self.progress.send_modify(|progress| progress.concluding = true);
        let scan_result = match walk_result {
            Ok(()) => self.finish_scan(&mut state, fleet).await,
            Err(error) => Err(error),
        };
        let fleet = match &scan_result {
            Ok(()) => self.assess_fleet(&state).await?,
            Err(_) => FleetProof::Open(None),
        };
        let mut summary = state.summary;
        summary.missed_by_incrementals = state.missed.load(Ordering::Relaxed);
        summary.ended_at = Some(self.clock.now());
        summary.took_ms = began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        if let Err(error) = scan_result {
            summary.state = ScanState::Failed;
            summary.cause = Some(format!("{}: {error}", error.code()));
            self.store.end_scan(self.instance, summary, ScanEnd::NOTHING).await?;
            return Err(error);
        }
        summary.state = ScanState::Completed;
        summary.proven = fleet.is_proven();
        self.warn_unread(&summary, &fleet).await?;
        let end = ScanEnd {
            watermark: missing_devices::next_watermark(&summary),
            fleet,
        };
        self.store.end_scan(self.instance, summary.clone(), end).await?;
        tracing::info!(instance.id = %self.instance, scan.id = %summary.id, scan.kind = ?summary.kind, scan.seen = summary.seen,
            scan.new = summary.new, scan.changed = summary.changed, scan.gone = summary.gone, scan.missing = summary.missing,
            scan.missed_by_incrementals = summary.missed_by_incrementals, scan.set_aside = summary.set_aside, scan.requests = summary.requests, "the scan has completed");
        Ok(summary)
    }

    /// What is known of the fleet behind this scan (F4).
    async fn assess_fleet(&self, state: &RunningScan) -> Result<FleetProof, ScanError> {
        if state.summary.kind != ScanKind::Full {
            return Ok(FleetProof::Open(None));
        }
        let differing = match &state.doubt {
            Some(doubt) => {
                let since = doubt.began - self.scan_overlap();
                self.store
                    .count_list_differences(doubt.scan, state.seen.clone(), since)
                    .await?
            }
            None => 0,
        };
        let found = fleet_proof::CompletedScan {
            summary: &state.summary,
            began: state.began,
            ended: self.clock.now(),
            differing,
        };
        let epoch = self.store.epoch();
        Ok(fleet_proof::assess_fleet(
            found,
            state.doubt.as_ref(),
            epoch,
            self.brake_limits(),
        ))
    }

    /// Tells in the log what could not be read, by id, and why a snapshot stays open (E10).
    async fn warn_unread(&self, summary: &ScanSummary, fleet: &FleetProof) -> Result<(), StoreError> {
        if summary.set_aside + summary.left_out_properties > 0 {
            let told = summary.unread.iter().map(|unread| {
                let id = unread.device_id.map_or("no id".to_owned(), |id| id.to_string());
                let property = unread.property.as_deref().unwrap_or("the record");
                format!("{id} ({property}, {}: {})", unread.reason.name(), unread.problem)
            });
            let told = told.collect::<Vec<_>>().join("; ");
            tracing::warn!(instance.id = %self.instance, scan.id = %summary.id, scan.set_aside = summary.set_aside,
                scan.left_out_properties = summary.left_out_properties, records = told,
                "some records or properties of the list could not be read: the first ones are named here, all of them by `instances show`");
        }
        if summary.kind == ScanKind::Full
            && let FleetProof::Open(doubt) = fleet
            && !self.store.load_instance(self.instance).await?.fleet.is_proven()
        {
            let why = doubt.iter().flat_map(|doubt| &doubt.reasons);
            let why: Vec<String> = why
                .map(|reason| fleet_proof::describe_reason(*reason, doubt.as_ref()))
                .collect();
            tracing::warn!(instance.id = %self.instance, scan.id = %summary.id, why = why.join("; "),
                "the fleet is not proven whole: snapshots stay open, and servers keep their devices");
        }
        Ok(())
    }

    fn change_decider(&self, state: &RunningScan) -> DecideDevice {
        let missed = state.missed.clone();
        let covered = state.covered_until_s.filter(|_| state.summary.kind == ScanKind::Full);
        let volatile_every = self.volatile_interval();
        Arc::new(move |stored, incoming, read_at, now| {
            let verdict = decide_change(
                stored,
                incoming,
                DecisionTimes {
                    read_at,
                    now,
                    volatile_every,
                },
            );
            let news = matches!(verdict, DeviceVerdict::New | DeviceVerdict::Changed);
            let late =
                stored.is_none_or(|stored| stored.volatile_fields.last_sync_s < incoming.volatile_fields.last_sync_s);
            if news && late && covered.is_some_and(|until| incoming.volatile_fields.last_sync_s < until) {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            verdict
        })
    }

    /// After the last page: what is missing, what is left out now, whether the brake takes hold, and what the count says.
    async fn finish_scan(&self, state: &mut RunningScan, fleet: u64) -> Result<(), ScanError> {
        let proof = deletion_proof::DeletionProof {
            scanner: self,
            decide: self.change_decider(state),
            merge: enrichment_merger(),
            limits: self.brake_limits(),
            confirming: state.doubt.is_some(),
        };
        if state.summary.kind == ScanKind::Full {
            proof.prove_missing(&mut state.summary, &state.seen, fleet).await?;
            self.store.purge_excluded(self.instance, state.seen.clone()).await?;
        }
        proof.remove_excluded(&mut state.summary, fleet).await?;
        self.compare_count(&mut state.summary).await
    }
}
