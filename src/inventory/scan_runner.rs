//! The life of one instance: waits until a scan is wanted, runs it, enriches devices in between, and reports its
//! status. Scans of one instance never overlap, because there is one loop and it does one thing at a time.
//!
//! *Who wants a scan.* The schedule is a workflow's, which asks here for each ([`RunnerCommand::Run`]) by what [`ScanRunnerStatus`] tells
//! of the last ones ([`planned_scan`]). By itself the loop scans only where the instance can't be without: never completed, the
//! settings make devices look different, the last full scan did not prove the fleet whole (ten minutes later), an operator
//! released the brake. After a failure it pauses, and says so.
//!
//! What a scan does stands in [`super::scan`]. If the process dies here, the next one finds in the store when which scan
//! began, and makes up for a missed one once.

use std::ops::{ControlFlow, Range};

use chrono::TimeDelta;
use tokio::sync::{mpsc, oneshot, watch};

use super::scan::{InstanceScanner, ScanError, ScanProgress};
use super::{enrich, feed, fleet_proof};
use crate::config::ScanSettings;
use crate::model::{FleetDoubt, FleetProof, ScanKind, ScanState, ScanSummary, Timestamp};
use crate::observe::metric;
use crate::refusal::{RememberedRefusal, ResourceFamily};
use crate::schedule::Trigger;
use crate::schedule::{TriggerDue, trigger_due};
use crate::store::StoreError;

/// Above so many devices a full scan is daily unless the settings say otherwise.
const LARGE_FLEET: u64 = 100_000;
/// After a failure the next try comes after a minute, then two, four …, at most a quarter of an hour. A refusal says
/// itself when (E9).
const RETRY_FIRST: TimeDelta = TimeDelta::minutes(1);
const RETRY_MOST: TimeDelta = TimeDelta::minutes(15);

/// What others may ask of a running instance.
pub enum RunnerCommand {
    /// Runs now, or behind one that runs and brings less or has read its last page; answered at once.
    Scan(ScanKind, oneshot::Sender<ScanStartReply>),
    /// The same, answered when it ended. One that runs already and brings as much counts; another is waited for.
    Run(ScanKind, oneshot::Sender<ScanResult>),
    /// An operator released the brake: a full scan asks for what they confirmed.
    Confirmed,
}

/// What a scan came to, or code and sentence of why it failed.
pub type ScanResult = Result<ScanSummary, (String, String)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanStartReply {
    pub kind: ScanKind,
    pub already_running: bool,
}

/// How an instance stands.
#[derive(Debug, Clone, Default)]
pub struct ScanRunnerStatus {
    pub running: Option<ScanKind>,
    pub progress: ScanProgress,
    /// Code and sentence of what made the last run fail; `None` after one that succeeded.
    pub failing: Option<(String, String)>,
    /// Since when, without a run between that succeeded.
    pub failing_since: Option<Timestamp>,
    pub last_full: Option<ScanSummary>,
    pub last_incremental: Option<ScanSummary>,
    /// When the last ones began that completed.
    pub full_began: Option<Timestamp>,
    pub incremental_began: Option<Timestamp>,
    /// The loop has looked, and needs no full scan of its own: the schedule holds.
    pub scheduled: bool,
    /// After a failure: not before.
    pub paused_until: Option<Timestamp>,
}

pub struct ScanRunner {
    scanner: InstanceScanner,
    status: watch::Sender<ScanRunnerStatus>,
    failures: u32,
    /// After a failure: from when until when nothing is tried. A clock that is set back ends it (E3).
    pause: Option<Range<Timestamp>>,
    confirmed: bool,
    /// Who waits for the end of a scan.
    waiters: Vec<(ScanKind, oneshot::Sender<ScanResult>)>,
}

impl ScanRunner {
    pub async fn new(
        scanner: InstanceScanner,
        status: watch::Sender<ScanRunnerStatus>,
    ) -> Result<ScanRunner, StoreError> {
        let scans = scanner.store.list_scans(scanner.instance, 200).await?;
        let last = |kind| {
            scans
                .iter()
                .find(|scan| scan.kind == kind && scan.state == ScanState::Completed)
                .cloned()
        };
        let (full, incremental) = (last(ScanKind::Full), last(ScanKind::Incremental));
        let started = |scan: &Option<ScanSummary>| scan.as_ref().map(|scan| scan.started_at);
        status.send_modify(|status| {
            (status.full_began, status.incremental_began) = (started(&full), started(&incremental));
            (status.last_full, status.last_incremental) = (full, incremental);
        });
        Ok(ScanRunner {
            scanner,
            status,
            failures: 0,
            pause: None,
            confirmed: false,
            waiters: Vec::new(),
        })
    }

    /// Goes on until the senders of `ticks` or `commands` are gone. Each tick is a chance to look at the clock.
    pub async fn run(mut self, mut ticks: watch::Receiver<u64>, mut commands: mpsc::Receiver<RunnerCommand>) {
        loop {
            let wanted = match self.next_scan().await {
                Ok(wanted) => wanted,
                Err(error) => {
                    self.record_failure(&error);
                    None
                }
            };
            if let Some(kind) = wanted {
                if self.run_scan(kind, &mut commands).await.is_break() {
                    return;
                }
                continue;
            }
            let learning = enrich_then_wait(self.scanner.clone());
            tokio::pin!(learning);
            loop {
                tokio::select! {
                    command = commands.recv() => match command {
                        None => return,
                        Some(RunnerCommand::Confirmed) => {
                            self.confirmed = true;
                            break;
                        }
                        Some(RunnerCommand::Run(kind, tell)) => {
                            self.waiters.push((kind, tell));
                            break;
                        }
                        // Not from here: what learns stands still meanwhile, and may hold what a scan waits for.
                        Some(RunnerCommand::Scan(kind, answer)) => {
                            let _ = answer.send(ScanStartReply { kind, already_running: false });
                            self.waiters.push((kind, oneshot::channel().0));
                            break;
                        }
                    },
                    tick = ticks.changed() => {
                        if tick.is_err() {
                            return;
                        }
                        if self.next_scan().await.is_ok_and(|wanted| wanted.is_some()) {
                            break;
                        }
                    }
                    () = &mut learning => unreachable!("learning waits for ever once nothing is left to learn"),
                }
            }
        }
    }

    /// The scan that has to be made now, by the instance's own need or because somebody waits for it. A full one wins
    /// (S3).
    async fn next_scan(&mut self) -> Result<Option<ScanKind>, ScanError> {
        self.scanner.apply_audience().await?;
        let needed = self.is_full_scan_needed().await?;
        let now = self.scanner.clock.now();
        let pause = self.pause.as_ref().filter(|pause| pause.contains(&now));
        let until = pause.map(|pause| pause.end);
        self.status.send_if_modified(|status| {
            let moved = (status.scheduled, status.paused_until) != (!needed, until);
            (status.scheduled, status.paused_until) = (!needed, until);
            moved
        });
        if let Some((kind, _)) = self.waiters.iter().max_by_key(|(kind, _)| *kind == ScanKind::Full) {
            return Ok(Some(*kind));
        }
        Ok((until.is_none() && (self.confirmed || needed)).then_some(ScanKind::Full))
    }

    /// A full scan is due whatever the schedule says: never completed here, the settings make devices look different now,
    /// or the last one did not prove the fleet whole, and the pause behind it is over (F4).
    async fn is_full_scan_needed(&self) -> Result<bool, StoreError> {
        let instance = self.scanner.store.load_instance(self.scanner.instance).await?;
        let looks_other = instance.shape_digest != Some(self.scanner.projection.digest());
        let proof_due = match &instance.fleet {
            FleetProof::Proven => false,
            FleetProof::Open(None) => true,
            FleetProof::Open(Some(doubt)) => is_proof_due(doubt, self.scanner.clock.now()),
        };
        Ok(!instance.scanned || looks_other || proof_due)
    }

    /// Breaks where the instance is being stopped: what was committed stands.
    async fn run_scan(&mut self, kind: ScanKind, commands: &mut mpsc::Receiver<RunnerCommand>) -> ControlFlow<()> {
        let began = self.scanner.clock.now();
        self.confirmed = false;
        if let Err(error) = self.scanner.apply_audience().await {
            self.record_failure(&error);
            self.notify_waiters(kind, &Err((error.code(), error.to_string())));
            return ControlFlow::Continue(());
        }
        self.scanner
            .progress
            .send_modify(|progress| progress.concluding = false);
        self.status.send_modify(|status| status.running = Some(kind));
        self.set_running_metric(kind, true);
        let mut queued = Vec::new();
        let scanner = self.scanner.clone();
        let result = {
            let scan = scanner.run(kind);
            tokio::pin!(scan);
            loop {
                tokio::select! {
                    result = &mut scan => break result,
                    command = commands.recv() => match command {
                        None => return ControlFlow::Break(()),
                        Some(RunnerCommand::Confirmed) => self.confirmed = true,
                        Some(RunnerCommand::Run(wanted, waiter)) => self.waiters.push((wanted, waiter)),
                        Some(RunnerCommand::Scan(wanted, answer)) => {
                            let covers_wanted = wanted == kind || kind == ScanKind::Full;
                            let already_running = covers_wanted && !self.scanner.progress.borrow().concluding;
                            if !already_running {
                                queued.push((wanted, oneshot::channel().0));
                            }
                            let _ = answer.send(ScanStartReply { kind: wanted, already_running });
                        }
                    },
                }
            }
        };
        self.status.send_modify(|status| status.running = None);
        self.set_running_metric(kind, false);
        match result {
            Ok(summary) => {
                self.record_success(summary.clone(), began).await;
                self.notify_waiters(kind, &Ok(summary));
            }
            Err(error) => {
                self.record_failure(&error);
                self.notify_waiters(kind, &Err((error.code(), error.to_string())));
            }
        }
        self.waiters.append(&mut queued);
        ControlFlow::Continue(())
    }

    /// Answers those who waited for what this scan brought. A full one brings what an incremental would have.
    fn notify_waiters(&mut self, kind: ScanKind, result: &ScanResult) {
        for (wanted, waiter) in std::mem::take(&mut self.waiters) {
            if wanted == kind || kind == ScanKind::Full {
                let _ = waiter.send(result.clone());
            } else {
                self.waiters.push((wanted, waiter));
            }
        }
    }

    async fn record_success(&mut self, summary: ScanSummary, began: Timestamp) {
        (self.failures, self.pause) = (0, None);
        let kind = summary.kind;
        self.count_scan(&summary);
        self.status.send_modify(|status| {
            (status.failing, status.failing_since, status.paused_until) = (None, None, None);
            match kind {
                ScanKind::Full => (status.last_full, status.full_began) = (Some(summary), Some(began)),
                ScanKind::Incremental => {
                    (status.last_incremental, status.incremental_began) = (Some(summary), Some(began));
                }
            }
        });
        if kind == ScanKind::Full
            && let Err(error) = self.sweep_tombstones().await
        {
            tracing::warn!(instance.id = %self.scanner.instance, error = %error, "failed to remove old tombstones");
        }
    }

    fn set_running_metric(&self, kind: ScanKind, runs: bool) {
        let labels = [self.scanner.name.as_str(), kind_label(kind)];
        self.scanner
            .metrics
            .set(&metric::SCAN_RUNNING, &labels, f64::from(u8::from(runs)));
    }

    fn count_scan(&self, scan: &ScanSummary) {
        let metrics = &self.scanner.metrics;
        let instance = self.scanner.name.as_str();
        let kind = kind_label(scan.kind);
        let at = [instance, kind];
        metrics.increment_counter(&metric::SCANS, &[instance, kind, "completed"], 1);
        metrics.increment_counter(&metric::SCAN_PAGES, &at, scan.pages);
        metrics.increment_counter(&metric::DEVICES_SEEN, &at, scan.seen);
        metrics.increment_counter(&metric::SET_ASIDE, &[instance], scan.set_aside);
        metrics.increment_counter(&metric::CHANGES, &[instance, "upsert"], scan.new + scan.changed);
        metrics.increment_counter(&metric::CHANGES, &[instance, "gone"], scan.gone);
        metrics.observe_value(&metric::SCAN_SECONDS, &at, scan.took_ms as f64 / 1_000.0);
        metrics.set(
            &metric::SCAN_LAST_COMPLETED,
            &at,
            self.scanner.clock.now().timestamp() as f64,
        );
        metrics.set(&metric::BRAKE, &[instance], f64::from(u8::from(scan.braked)));
    }

    fn record_failure(&mut self, error: &ScanError) {
        let instance = self.scanner.name.as_str();
        self.scanner
            .metrics
            .increment_counter(&metric::SCANS, &[instance, "any", "failed"], 1);
        let now = self.scanner.clock.now();
        let until = self.next_attempt_at(error, now);
        self.pause = Some(now..until);
        let code = error.code();
        let wait_s = (until - now).num_seconds();
        let told = self
            .status
            .borrow()
            .failing
            .as_ref()
            .is_some_and(|(before, _)| *before == code);
        if told && self.refused_until(error).is_some() {
            tracing::info!(instance.id = %self.scanner.instance, error.code = code, error = %error, retry.wait_s = wait_s, "the scan is still refused");
        } else {
            tracing::error!(instance.id = %self.scanner.instance, error.code = code, error = %error, retry.wait_s = wait_s, "the scan failed; devices already read are kept");
        }
        self.status.send_modify(|status| {
            status.failing = Some((code, error.to_string()));
            status.failing_since.get_or_insert(now);
            status.paused_until = Some(until);
        });
    }

    /// When it is tried again.
    fn next_attempt_at(&mut self, error: &ScanError, now: Timestamp) -> Timestamp {
        if let Some(until) = self.refused_until(error) {
            return until.max(now + TimeDelta::seconds(1));
        }
        let wait = (RETRY_FIRST * 2_i32.pow(self.failures.min(8))).min(RETRY_MOST);
        self.failures += 1;
        now + wait
    }

    /// Until when a refusal holds that ended the scan: one whose time was said, or one that somebody has to mend, which
    /// is asked for again soon. What is throttled without a time is left to patience.
    fn refused_until(&self, error: &ScanError) -> Option<Timestamp> {
        let ScanError::Graph(error) = error else { return None };
        let active = self.scanner.graph.active_refusals().into_iter();
        let relevant = active.filter(|(family, refusal)| {
            matches!(family, ResourceFamily::SignIn | ResourceFamily::Devices)
                && (refusal.timed || !refusal.cause.transient)
        });
        // Its end, unless that is further away than it still holds: a clock that is set back prolongs no refusal (E3).
        let clock = &self.scanner.clock;
        let remaining = |refusal: &RememberedRefusal| {
            TimeDelta::from_std(refusal.remaining_now(clock)).unwrap_or_default() + TimeDelta::seconds(1)
        };
        let end_of = |refusal: &RememberedRefusal| refusal.until.min(clock.now() + remaining(refusal));
        let of_error = error.blocking_refusal().map(end_of);
        of_error.max(relevant.map(|(_, refusal)| end_of(&refusal)).max())
    }

    /// Tombstones that everybody passed, or that are too old (F6).
    async fn sweep_tombstones(&self) -> Result<(), StoreError> {
        let InstanceScanner {
            store,
            instance,
            settings,
            clock,
            ..
        } = &self.scanner;
        let row = store.load_instance(*instance).await?;
        let servers = store.list_servers().await?;
        let audience = servers
            .iter()
            .filter(|server| row.audience.as_ref().is_none_or(|ids| ids.contains(&server.id)));
        let passed = feed::lowest_passed_seq(audience, *instance, *store.watch_head().borrow());
        let before = clock.now() - TimeDelta::days(i64::from(settings.devices.tombstone_days));
        store.sweep_tombstones(*instance, passed, before).await?;
        Ok(())
    }
}

fn kind_label(kind: ScanKind) -> &'static str {
    match kind {
        ScanKind::Full => "full",
        ScanKind::Incremental => "incremental",
    }
}

/// Learns until nothing is left, then waits for ever; a failure is told and left for the next quiet time.
async fn enrich_then_wait(scanner: InstanceScanner) {
    if let Err(error) = enrich::run(&scanner).await {
        tracing::warn!(instance.id = %scanner.instance, error = %error, "enrichment stopped; it continues after the next scan");
    }
    std::future::pending::<()>().await;
}

/// Whether it is time for the scan that may prove what an earlier one did not. The store knows when that one ended, so a
/// restart changes nothing.
fn is_proof_due(doubt: &FleetDoubt, now: Timestamp) -> bool {
    let pause = Trigger::EverySeconds(fleet_proof::retry_pause(doubt).num_seconds().unsigned_abs());
    trigger_due(&pause, chrono_tz::UTC, Some(doubt.ended), now) == TriggerDue::Now
}

/// When a scan of this kind comes by the settings (`full`, `incremental`), for the workflow that keeps the schedule;
/// `None`: not now, the instance has to look at itself first.
pub fn planned_scan(
    setting: &str,
    status: &ScanRunnerStatus,
    settings: &ScanSettings,
    devices: u64,
) -> Option<(Trigger, Option<Timestamp>)> {
    if !status.scheduled {
        return None;
    }
    match setting {
        "full" => {
            let trigger = settings.full.clone().unwrap_or_else(|| default_full_trigger(devices));
            Some((trigger, status.full_began))
        }
        "incremental" => Some((settings.incremental.clone(), status.incremental_began)),
        _ => None,
    }
}

pub fn default_full_trigger(devices: u64) -> Trigger {
    Trigger::EverySeconds(if devices > LARGE_FLEET { 24 * 3600 } else { 4 * 3600 })
}
