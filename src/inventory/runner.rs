//! The life of one instance: waits until a scan is due or wanted, runs it, learns in the quiet between, and tells how
//! it stands. Runs of one instance never overlap, because there is one loop and it does one thing at a time.
//!
//! What is due is decided in [`crate::schedule`]; what a scan does, in [`super::scan`]. If the process dies here, the
//! next one finds in the store when which scan began, and makes up for a missed one once.

use std::ops::{ControlFlow, Range};

use chrono::TimeDelta;
use tokio::sync::{mpsc, oneshot, watch};

use super::scan::{Progress, ScanError, Scanner};
use super::{enrich, feed};
use crate::config::Trigger;
use crate::model::{ScanKind, ScanState, ScanSummary, Timestamp};
use crate::observe::metric;
use crate::schedule::{due_later, jitter};
use crate::store::StoreError;

/// Above so many devices a full scan is daily unless the settings say otherwise.
const LARGE_FLEET: u64 = 100_000;
/// After a failure the next try comes after a minute, then two, four …, at most a quarter of an hour.
const RETRY_FIRST: TimeDelta = TimeDelta::minutes(1);
const RETRY_MOST: TimeDelta = TimeDelta::minutes(15);

/// What others may ask of a running instance.
pub enum Command {
    /// Runs now; answered when it began, with what runs.
    Scan(ScanKind, oneshot::Sender<Started>),
    /// An operator released the brake: a full scan asks for what he confirmed.
    Confirmed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    pub kind: ScanKind,
    pub already_running: bool,
}

/// How an instance stands.
#[derive(Debug, Clone, Default)]
pub struct Status {
    pub running: Option<ScanKind>,
    pub progress: Progress,
    /// Code and sentence of what made the last run fail; `None` after one that succeeded.
    pub failing: Option<(String, String)>,
    pub last_full: Option<ScanSummary>,
    pub last_incremental: Option<ScanSummary>,
    pub next_full: Option<Timestamp>,
    pub next_incremental: Option<Timestamp>,
}

pub struct Runner {
    scanner: Scanner,
    status: watch::Sender<Status>,
    /// Begin of the last full and the last incremental scan.
    last_full: Option<Timestamp>,
    last_incremental: Option<Timestamp>,
    failures: u32,
    /// After a failure: from when until when nothing is tried. A clock that is set back ends it (E3).
    pause: Option<Range<Timestamp>>,
    confirmed: bool,
}

impl Runner {
    pub async fn new(scanner: Scanner, status: watch::Sender<Status>) -> Result<Runner, StoreError> {
        let scans = scanner.store.scans(scanner.instance, 200).await?;
        let last = |kind| {
            scans
                .iter()
                .find(|scan| scan.kind == kind && scan.state == ScanState::Completed)
                .cloned()
        };
        let (full, incremental) = (last(ScanKind::Full), last(ScanKind::Incremental));
        let started = |scan: &Option<ScanSummary>| scan.as_ref().map(|scan| scan.started_at);
        let (last_full, last_incremental) = (started(&full), started(&incremental));
        status.send_modify(|status| (status.last_full, status.last_incremental) = (full, incremental));
        Ok(Runner {
            scanner,
            status,
            last_full,
            last_incremental,
            failures: 0,
            pause: None,
            confirmed: false,
        })
    }

    /// Goes on until the senders of `ticks` or `commands` are gone. Each tick is a chance to look at the clock.
    pub async fn run(mut self, mut ticks: watch::Receiver<u64>, mut commands: mpsc::Receiver<Command>) {
        loop {
            let wanted = match self.due().await {
                Ok(wanted) => wanted,
                Err(error) => {
                    self.failed(&error);
                    None
                }
            };
            if let Some(kind) = wanted {
                if self.scan(kind, &mut commands).await.is_break() {
                    return;
                }
                continue;
            }
            let learning = learn(self.scanner.clone());
            tokio::pin!(learning);
            loop {
                tokio::select! {
                    command = commands.recv() => match command {
                        None => return,
                        Some(Command::Confirmed) => {
                            self.confirmed = true;
                            break;
                        }
                        Some(Command::Scan(kind, answer)) => {
                            let _ = answer.send(Started { kind, already_running: false });
                            if self.scan(kind, &mut commands).await.is_break() {
                                return;
                            }
                            break;
                        }
                    },
                    tick = ticks.changed() => {
                        if tick.is_err() {
                            return;
                        }
                        if self.due().await.is_ok_and(|wanted| wanted.is_some()) {
                            break;
                        }
                    }
                    () = &mut learning => unreachable!("learning waits for ever once nothing is left to learn"),
                }
            }
        }
    }

    /// The scan that is due now. A full one wins when both are (S3).
    async fn due(&mut self) -> Result<Option<ScanKind>, ScanError> {
        self.scanner.fit().await?;
        let now = self.scanner.clock.now();
        let scan = &self.scanner.settings.scan;
        let full = match &scan.full {
            Some(trigger) => trigger.clone(),
            None => default_full(self.scanner.store.device_count(self.scanner.instance).await?),
        };
        let late = jitter(&self.scanner.instance.to_string(), scan.jitter_s);
        let full_at = due_later(&full, scan.zone, late, self.last_full, now).instant(now);
        let incremental_at = due_later(&scan.incremental, scan.zone, late, self.last_any(now), now).instant(now);
        self.status.send_if_modified(|status| {
            let next = (full_at, incremental_at);
            let moved = (status.next_full, status.next_incremental) != next;
            (status.next_full, status.next_incremental) = next;
            moved
        });
        if self.pause.as_ref().is_some_and(|pause| pause.contains(&now)) {
            return Ok(None);
        }
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if self.confirmed || reached(full_at) || self.full_needed().await? {
            return Ok(Some(ScanKind::Full));
        }
        Ok(reached(incremental_at).then_some(ScanKind::Incremental))
    }

    /// A full scan is due whatever the schedule says: never completed here, or the settings make devices look
    /// different now.
    async fn full_needed(&self) -> Result<bool, StoreError> {
        let instance = self.scanner.store.instance(self.scanner.instance).await?;
        Ok(!instance.complete || instance.shape_digest != Some(self.scanner.shape.digest()))
    }

    /// A full scan brings what an incremental would have brought. One that began in the future, before the clock was
    /// set back, does not count beside one that did not: or an incremental scan would be due again and again (E3).
    fn last_any(&self, now: Timestamp) -> Option<Timestamp> {
        let known = [self.last_full, self.last_incremental];
        let past = known.into_iter().flatten().filter(|began| *began <= now).max();
        past.or(self.last_full.max(self.last_incremental))
    }

    /// Breaks where the instance is being stopped: what was committed stands.
    async fn scan(&mut self, kind: ScanKind, commands: &mut mpsc::Receiver<Command>) -> ControlFlow<()> {
        let began = self.scanner.clock.now();
        self.confirmed = false;
        if let Err(error) = self.scanner.fit().await {
            self.failed(&error);
            return ControlFlow::Continue(());
        }
        self.status.send_modify(|status| status.running = Some(kind));
        self.running(kind, true);
        let scanner = self.scanner.clone();
        let ran = {
            let scan = scanner.run(kind);
            tokio::pin!(scan);
            loop {
                tokio::select! {
                    ran = &mut scan => break ran,
                    command = commands.recv() => match command {
                        None => return ControlFlow::Break(()),
                        Some(Command::Confirmed) => self.confirmed = true,
                        Some(Command::Scan(_, answer)) => {
                            let _ = answer.send(Started { kind, already_running: true });
                        }
                    },
                }
            }
        };
        self.status.send_modify(|status| status.running = None);
        self.running(kind, false);
        match ran {
            Ok(summary) => self.succeeded(summary, began).await,
            Err(error) => self.failed(&error),
        }
        ControlFlow::Continue(())
    }

    async fn succeeded(&mut self, summary: ScanSummary, began: Timestamp) {
        (self.failures, self.pause) = (0, None);
        let kind = summary.kind;
        self.count(&summary);
        match kind {
            ScanKind::Full => self.last_full = Some(began),
            ScanKind::Incremental => self.last_incremental = Some(began),
        }
        self.status.send_modify(|status| {
            status.failing = None;
            match kind {
                ScanKind::Full => status.last_full = Some(summary),
                ScanKind::Incremental => status.last_incremental = Some(summary),
            }
        });
        if kind == ScanKind::Full
            && let Err(error) = self.sweep().await
        {
            tracing::warn!(instance.id = %self.scanner.instance, error = %error, "old tombstones could not be swept");
        }
    }

    fn running(&self, kind: ScanKind, runs: bool) {
        let labels = [&self.scanner.instance.to_string(), word(kind)];
        self.scanner
            .metrics
            .set(&metric::SCAN_RUNNING, &labels, f64::from(u8::from(runs)));
    }

    fn count(&self, scan: &ScanSummary) {
        let metrics = &self.scanner.metrics;
        let instance = self.scanner.instance.to_string();
        let kind = word(scan.kind);
        let at = [instance.as_str(), kind];
        metrics.add(&metric::SCANS, &[&instance, kind, "completed"], 1);
        metrics.add(&metric::SCAN_PAGES, &at, scan.pages);
        metrics.add(&metric::DEVICES_SEEN, &at, scan.seen);
        metrics.add(&metric::SET_ASIDE, &[&instance], scan.set_aside);
        metrics.add(&metric::CHANGES, &[&instance, "upsert"], scan.new + scan.changed);
        metrics.add(&metric::CHANGES, &[&instance, "gone"], scan.gone);
        metrics.measure(&metric::SCAN_SECONDS, &at, scan.took_ms as f64 / 1_000.0);
        metrics.set(
            &metric::SCAN_LAST_COMPLETED,
            &at,
            self.scanner.clock.now().timestamp() as f64,
        );
        metrics.set(&metric::BRAKE, &[&instance], f64::from(u8::from(scan.braked)));
    }

    fn failed(&mut self, error: &ScanError) {
        let instance = self.scanner.instance.to_string();
        self.scanner
            .metrics
            .add(&metric::SCANS, &[&instance, "any", "failed"], 1);
        let wait = (RETRY_FIRST * 2_i32.pow(self.failures.min(8))).min(RETRY_MOST);
        self.failures += 1;
        let now = self.scanner.clock.now();
        self.pause = Some(now..now + wait);
        let code = error.code();
        tracing::error!(instance.id = %self.scanner.instance, error.code = code, error = %error, retry.wait_s = wait.num_seconds(), "the scan failed; what was read before stands");
        self.status
            .send_modify(|status| status.failing = Some((code, error.to_string())));
    }

    /// Tombstones that everybody passed, or that are too old (F6).
    async fn sweep(&self) -> Result<(), StoreError> {
        let Scanner {
            store,
            instance,
            settings,
            clock,
            ..
        } = &self.scanner;
        let row = store.instance(*instance).await?;
        let servers = store.servers().await?;
        let audience = servers
            .iter()
            .filter(|server| row.audience.as_ref().is_none_or(|ids| ids.contains(&server.id)));
        let passed = feed::passed_by_all(audience, *instance, *store.head().borrow());
        let before = clock.now() - TimeDelta::days(i64::from(settings.devices.tombstone_days));
        store.sweep(*instance, passed, before).await?;
        Ok(())
    }
}

fn word(kind: ScanKind) -> &'static str {
    match kind {
        ScanKind::Full => "full",
        ScanKind::Incremental => "incremental",
    }
}

/// Learns until nothing is left, then waits for ever; a failure is told and left for the next quiet time.
async fn learn(scanner: Scanner) {
    if let Err(error) = enrich::run(&scanner).await {
        tracing::warn!(instance.id = %scanner.instance, error = %error, "enriching stopped; it goes on after the next scan");
    }
    std::future::pending::<()>().await;
}

pub fn default_full(devices: u64) -> Trigger {
    Trigger::EverySeconds(if devices > LARGE_FLEET { 24 * 3600 } else { 4 * 3600 })
}
