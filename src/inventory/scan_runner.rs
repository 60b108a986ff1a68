//! The life of one instance: waits until a scan is wanted, runs it, enriches devices in between, and reports its
//! status. Scans of one instance never overlap, because there is one loop and it does one thing at a time.
//!
//! *Who wants a scan.* The schedule is a workflow's, which asks here for each ([`RunnerCommand::Run`]) by what [`ScanRunnerStatus`] tells
//! of the last ones ([`super::scan_pace`]). By itself the loop scans only where the instance can't be without: never completed,
//! the settings make devices look different, the last full scan did not prove the fleet whole (ten minutes later), an operator
//! released the brake, or the number of enrolled devices shows that one has gone ([`super::count_watch`]). After a failure it
//! pauses, and says so.
//!
//! What a scan does stands in [`super::scan`]. If the process dies here, the next one finds in the store when which scan
//! began, and makes up for a missed one once.

use std::ops::{ControlFlow, Range};

use chrono::TimeDelta;
use tokio::sync::{mpsc, oneshot, watch};

use super::count_watch::CountWatch;
use super::instance_look::InstanceLook;
use super::instance_scanner::{InstanceScanner, ScanProgress};
use super::scan_error::ScanError;
use super::scan_pace::{self, ScanPace};
use super::{enrich, feed, fleet_proof, primary_user, scan_metrics, scan_retry};
use crate::model::{FleetProof, ScanKind, ScanReason, ScanSummary, Timestamp};
use crate::store::{InstanceRow, StoreError};

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
    /// How much slower than set incremental scans come.
    pub pace: ScanPace,
    /// Why the primary users of devices can't be read; `None`: they can, or nobody asked.
    pub users_refused: Option<String>,
}

/// The scan that has to be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WantedScan {
    kind: ScanKind,
    /// Why it comes before its schedule.
    reason: Option<ScanReason>,
}

impl WantedScan {
    fn usual(kind: ScanKind) -> WantedScan {
        WantedScan { kind, reason: None }
    }
}

pub struct ScanRunner {
    scanner: InstanceScanner,
    status: watch::Sender<ScanRunnerStatus>,
    failures: u32,
    /// After a failure: from when until when nothing is tried. A clock that is set back ends it (E3).
    pause: Option<Range<Timestamp>>,
    confirmed: bool,
    watch: CountWatch,
    look: InstanceLook,
    /// Who waits for the end of a scan.
    waiters: Vec<(ScanKind, oneshot::Sender<ScanResult>)>,
}

impl ScanRunner {
    pub async fn new(
        scanner: InstanceScanner,
        status: watch::Sender<ScanRunnerStatus>,
    ) -> Result<ScanRunner, StoreError> {
        let (store, instance) = (&scanner.store, scanner.instance);
        let full = store.find_completed_scan(instance, ScanKind::Full).await?;
        let incremental = store.find_completed_scan(instance, ScanKind::Incremental).await?;
        let early = store.find_early_scan(instance).await?;
        let watch = CountWatch::from_scans(full.as_ref(), incremental.as_ref(), early.as_ref());
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
            watch,
            look: InstanceLook::default(),
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
            if let Some(wanted) = wanted {
                if self.run_scan(wanted, &mut commands).await.is_break() {
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
    async fn next_scan(&mut self) -> Result<Option<WantedScan>, ScanError> {
        let instance = self.look.read_instance(&mut self.scanner).await?;
        let needed = self.is_full_scan_needed(&instance);
        let now = self.scanner.clock.now();
        let pause = self.pause.as_ref().filter(|pause| pause.contains(&now));
        let until = pause.map(|pause| pause.end);
        let refusal = self.scanner.users_refusal.borrow().clone();
        let users_refused = refusal.map(|refusal| refusal.detail);
        self.status.send_if_modified(|status| {
            let moved =
                (status.scheduled, status.paused_until) != (!needed, until) || status.users_refused != users_refused;
            (status.scheduled, status.paused_until) = (!needed, until);
            status.users_refused = users_refused;
            moved
        });
        if let Some((kind, _)) = self.waiters.iter().max_by_key(|(kind, _)| *kind == ScanKind::Full) {
            return Ok(Some(WantedScan::usual(*kind)));
        }
        if until.is_some() {
            return Ok(None);
        }
        if self.confirmed || needed {
            return Ok(Some(WantedScan::usual(ScanKind::Full)));
        }
        let reason = self.watch.find_reason(instance.fleet.is_proven(), now);
        // It can wait, so it takes nothing from those who can't.
        let reason = reason.filter(|_| !self.is_budget_short());
        Ok(reason.map(|reason| WantedScan {
            kind: ScanKind::Full,
            reason: Some(reason),
        }))
    }

    fn is_budget_short(&self) -> bool {
        scan_pace::is_budget_short(self.scanner.graph.budget().read_gauge())
    }

    /// A full scan is due whatever the schedule says: never completed here, the settings make devices look different now,
    /// or the last one did not prove the fleet whole, and the pause behind it is over (F4).
    fn is_full_scan_needed(&self, instance: &InstanceRow) -> bool {
        let looks_other = instance.shape_digest != Some(self.scanner.projection.digest());
        let proof_due = match &instance.fleet {
            FleetProof::Proven => false,
            FleetProof::Open(None) => true,
            FleetProof::Open(Some(doubt)) => fleet_proof::is_proof_due(doubt, self.scanner.clock.now()),
        };
        !instance.scanned || looks_other || proof_due
    }

    /// Breaks where the instance is being stopped: what was committed stands.
    async fn run_scan(&mut self, wanted: WantedScan, commands: &mut mpsc::Receiver<RunnerCommand>) -> ControlFlow<()> {
        let kind = wanted.kind;
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
        if let Some(reason) = wanted.reason {
            self.watch.note_start(began);
            tracing::info!(instance.id = %self.scanner.instance, scan.reason = reason.name(), "a full scan starts before its schedule");
        }
        let mut queued = Vec::new();
        let scanner = self.scanner.clone();
        let result = {
            let scan = scanner.run_early(kind, wanted.reason);
            tokio::pin!(scan);
            loop {
                tokio::select! {
                    result = &mut scan => break result,
                    command = commands.recv() => match command {
                        None => return ControlFlow::Break(()),
                        Some(RunnerCommand::Confirmed) => self.confirmed = true,
                        Some(RunnerCommand::Run(asked, waiter)) => self.waiters.push((asked, waiter)),
                        Some(RunnerCommand::Scan(asked, answer)) => {
                            let covers_asked = asked == kind || kind == ScanKind::Full;
                            let already_running = covers_asked && !self.scanner.progress.borrow().concluding;
                            if !already_running {
                                queued.push((asked, oneshot::channel().0));
                            }
                            let _ = answer.send(ScanStartReply { kind: asked, already_running });
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
        let InstanceScanner {
            metrics, name, clock, ..
        } = &self.scanner;
        let now = clock.now();
        scan_metrics::count_scan(metrics, name, &summary, now);
        self.watch.note_end(&summary, now);
        self.set_pace(scan_pace::was_cut(&summary) || self.is_budget_short());
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
        scan_metrics::set_running(&self.scanner.metrics, &self.scanner.name, kind, runs);
    }

    /// Tells where incremental scans begin to come slower than set, and where they come as set again.
    fn set_pace(&self, is_short: bool) {
        let before = self.status.borrow().pace;
        let pace = scan_pace::adjust_pace(before, is_short);
        if pace.is_slowed() != before.is_slowed() {
            tracing::info!(instance.id = %self.scanner.instance, scan.slowed = pace.is_slowed(), "incremental scans come slower than set while the request budget is short");
        }
        self.status.send_modify(|status| status.pace = pace);
    }

    fn record_failure(&mut self, error: &ScanError) {
        scan_metrics::count_failure(&self.scanner.metrics, &self.scanner.name);
        let now = self.scanner.clock.now();
        let refused_until = scan_retry::refused_until(&self.scanner, error);
        let until = match refused_until {
            Some(until) => until.max(now + TimeDelta::seconds(1)),
            None => {
                self.failures += 1;
                now + scan_retry::failure_pause(self.failures)
            }
        };
        self.pause = Some(now..until);
        let code = error.code();
        if code == scan_retry::THROTTLED {
            self.set_pace(true);
        }
        let wait_s = (until - now).num_seconds();
        let told = self
            .status
            .borrow()
            .failing
            .as_ref()
            .is_some_and(|(before, _)| *before == code);
        if told && refused_until.is_some() {
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

/// Learns until nothing is left, then waits for ever; a failure is told and left for the next quiet time.
async fn enrich_then_wait(scanner: InstanceScanner) {
    if let Err(error) = primary_user::run(&scanner).await {
        tracing::warn!(instance.id = %scanner.instance, error = %error, "reading primary users stopped; it continues after the next scan");
    }
    if let Err(error) = enrich::run(&scanner).await {
        tracing::warn!(instance.id = %scanner.instance, error = %error, "enrichment stopped; it continues after the next scan");
    }
    std::future::pending::<()>().await;
}
