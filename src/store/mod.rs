//! The only room that knows SQL. An embedded SQLite file with one writer thread, write-ahead log and
//! `synchronous=FULL`: what an operation answered is on the disk.
//!
//! The feed is not a log but a table of the *newest* state of each device with a rising sequence number (F1): a change
//! moves the device to the end. So storage does not grow with servers, and a server that was away for a month reads
//! each changed device once. The price: a state that was overtaken before a server read it is never told. That is
//! wanted: servers keep inventories. What a device was in the last days stands apart, for people ([`history`]).
//!
//! Rooms above call typed operations; none holds a transaction open across anything that waits.

mod access_facts;
mod accounts;
mod accounts_version;
mod audit;
mod audit_lists;
mod audit_witness;
mod backup;
mod change_rejects;
mod checkpoint;
mod clock_step;
mod controls;
mod current_epoch;
mod damage;
mod device_walk;
mod devices;
mod enrichment;
mod error;
mod evidence;
mod examine;
mod feed;
mod feed_cache;
mod first_sign_in;
mod fleet;
mod gone_devices;
mod high_water_mark;
mod history;
mod installation_rows;
mod installations;
mod instances;
mod jobs;
mod meta;
mod moves;
mod open;
mod operators;
mod orders;
mod overview;
mod page;
mod recorded;
mod recover;
mod refusals;
mod registrations;
mod report_schedules;
mod restore;
mod restore_marker;
mod roles;
mod runs;
mod saved_views;
mod scans;
mod schema;
mod seals;
mod second_factors;
mod servers;
mod sessions;
mod sql_values;
mod sql_words;
mod store_rollback;
mod store_starts;
mod upgrade_copy;
mod walks;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Semaphore, watch};

pub use access_facts::{AccessEntryRow, AccessFacts};
pub use accounts::{AccountChangeFacts, AccountDecision, AccountOutcome, AppliedAccountChange};
pub use accounts_version::AccountsVersion;
pub use audit::{AuditEntry, AuditHead};
pub use audit_lists::{AuditFilter, AuditWindow};
pub use audit_witness::{AuditWitness, parse_witness, read_log_witnesses};
pub use backup::{BackupCopy, PartFile};
pub use change_rejects::{AddedRejects, ChangeRejectRow, NewChangeReject, ResentPlaces};
pub use controls::NoticeRow;
pub use device_walk::{DeviceWalk, StoreMoment, WalkedDevice};
pub use devices::{DeviceMatcher, DeviceQuery, DeviceRow};
pub use enrichment::EnrichmentProjection;
pub use error::{OpenError, StoreError};
pub use evidence::{EvidencePeriod, EvidenceReader, RowVisitor};
pub use examine::{StoreFinding, examine_store};
pub use feed::{FeedRow, RowState};
pub use first_sign_in::NewSignInLink;
pub use fleet::RejectedRecordRow;
pub use gone_devices::{MissingDevice, WithheldDeletion};
pub use history::{
    DecisionRow, DeviceChange, DeviceHistory, DeviceHistoryKey, DeviceRename, FormerDevice, NewDecision,
};
pub use installation_rows::{InstallationRow, KeptSettings, MemberRow, NewInstallation, NewMember, WORKFLOW};
pub use installations::ProductUpdate;
pub use instances::{InstanceRow, NewInstance};
pub use jobs::{
    ActionSecretRow, AddJobOutcome, ApprovalFacts, BlockedActions, BrokenGlass, BrokenGlassFacts, IntakeFacts,
    IntentDecision, IntentFacts, IntentOutcome, JobAcceptance, JobCount, JobMove, JobQuery, JobRefusal, JobRow,
    JobWithTasks, KillSwitch, KillSwitchOrigin, KnownTarget, NewBrokenGlass, NewJob, NewTask, OperatorSuspension,
    POLICY_BUS, PolicyDecision, PolicyFacts, RelaxationDecision, RelaxationFacts, RelaxationRow, ResultRow, TaskCounts,
    TaskMove, TaskRow, TaskTally, TaskTransition, TransitionRow,
};
pub use moves::{DeviceMove, RunMove, ScanMove, StoreMoves, WatchPosition};
pub use open::store_exists;
pub use operators::{AssignedRole, NewOperator, NewToken, OperatorChange, OperatorKind, OperatorRow, TokenRow};
pub use orders::{
    APPLICATION_REMOVED, ApplicationDescription, ApplicationFilter, ApplicationLinks, ApplicationMove, ApplicationRow,
    ApplicationSaved, INSTANCE_REMOVED, NewApplication, NewOrder, NewWebhook, OrderCharge, OrderCounts, OrderDecided,
    OrderDevice, OrderEnd, OrderEvent, OrderEventRow, OrderFilter, OrderPlaced, OrderRow, StepFailure, WebhookAttempt,
    WebhookFilter, WebhookPurpose, WebhookRetried, WebhookRow, WebhookState,
};
pub use overview::{EndedTasks, ScanCounts};
pub use page::{
    CompareBodies, DecideDevice, DeviceRowLookup, ListPage, LookedUpDevice, MergeEnrichment, PageCommit,
    PageCommitOutcome, PageCounts, PageRead, PendingDevice, RejectedPageRecord, RowHint, ScanContinuation,
};
pub use recover::AdministratorRecovery;
pub use refusals::RefusalRow;
pub use registrations::{NewRegistration, RegistrationRow};
pub use report_schedules::{NewReportSchedule, ReportPlan, ReportScheduleRow};
pub use restore::{
    REFUSED, RefusedFile, RestoreError, RestoreOutcome, check_backup, restore_backup, restore_with_mark,
};
pub use roles::{NewRole, RoleRow, with_system_roles};
pub use runs::{
    DefinitionDecision, DefinitionOutcome, FoundDefinition, NewDefinition, NewRun, OfferedDefinition, RunEnd, RunQuery,
    RunRow, StepEnd, StepRow, StepStart, WorkflowRow,
};
pub use saved_views::{NewSavedView, SavedViewOutcome, SavedViewRow};
pub use scans::{NewScan, ResumableScan, ScanEnd};
pub use seals::ResealCounts;
pub use second_factors::{NewSecondFactor, SecondFactorRow};
pub use servers::{ServerAnnouncement, ServerLimits, ServerRow};
pub use sessions::{NewSession, SessionBounds, SessionRow};
pub use store_rollback::{SealedPosition, StoreRollback};
pub use upgrade_copy::SpaceShortage;
pub use walks::{ReportedDevice, WalkedTask};

use crate::model::{Epoch, Seq, StoreStart};
use crate::observe::Clock;

/// What pages of a scan that are written together come to at most.
const ROOM_BYTES: usize = 4 << 20;
/// Connections that read at the same time at most.
const READERS: usize = 4;

/// Who is let know of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WakeTarget {
    /// Management servers, for [`Store::watch_head`].
    Changes,
    /// Loops of actions and readers of results, for [`Store::watch_tasks`].
    Tasks,
    /// Engines, for [`Store::watch_runs`].
    Runs,
    /// Workers on orders, readers of their changes and senders of webhooks, for [`Store::watch_orders`].
    Orders,
}

/// Ends a restore that was broken off. What only claims to be one is put aside and told, and the store that is there goes
/// on: refusing to start would let whoever can put one file here keep the bus down, and nothing of that file is taken.
/// Where there is no store, there is nothing to go on with.
fn finish_interrupted_restore(
    folder: &Path,
    marks: &high_water_mark::HighWaterMarkFiles,
    audit_key: &[u8; 32],
) -> Result<Option<RefusedFile>, OpenError> {
    let ended = restore::finish_restore(folder, marks, audit_key).map_err(|source| OpenError::Io {
        file: folder.join(restore::READY),
        source,
    })?;
    if let Some(kept) = ended.old_store {
        tracing::warn!(kept = %kept.display(), "an interrupted restore was completed");
    }
    for removed in ended.removed {
        tracing::warn!(path = %removed.display(), "a store set aside by an earlier restore was removed: only the newest are kept");
    }
    let Some(refused) = ended.refused else {
        return Ok(None);
    };
    tracing::error!(
        path = %refused.path.display(),
        why = %refused.reason,
        "a file was named like a restored store but was not made by a restore here; it was set aside, and the store \
         is unchanged: check who can write to the data folder"
    );
    if folder.join(open::FILE).exists() {
        Ok(Some(refused))
    } else {
        Err(OpenError::NoStore {
            folder: folder.to_owned(),
            refused: refused.path,
            why: refused.reason,
        })
    }
}

#[derive(Clone)]
pub struct Store {
    inner: Arc<StoreState>,
    /// What its writes were judged by.
    accounts_version: AccountsVersion,
    /// What the audit trail is told of its writes.
    recorders: recorded::Recorders,
}

struct StoreState {
    folder: PathBuf,
    clock: Clock,
    current_epoch: current_epoch::CurrentEpoch,
    start: StoreStart,
    audit_key: [u8; 32],
    // Before the writer: its connection is the last to be closed, which clears the log away.
    readers: Mutex<Vec<Connection>>,
    writer: writer::StoreWriter,
    head: watch::Sender<Seq>,
    /// Moves whenever tasks may have become due.
    tasks: watch::Sender<u64>,
    /// Moves whenever runs of workflows may have something to do.
    runs: watch::Sender<u64>,
    /// Moves whenever something happened to orders, applications or webhooks.
    orders: watch::Sender<u64>,
    health: writer::CommitHealth,
    /// What the last look at the whole file found.
    damage: Mutex<Option<String>>,
    damage_found: tokio::sync::Notify,
    /// The clock when it was looked at last, milliseconds since 1970.
    clock_at: std::sync::atomic::AtomicI64,
    hardware_index: Arc<Mutex<page::HardwareIndex>>,
    feed_cache: Arc<feed_cache::FeedCache>,
    free_readers: Semaphore,
    // Last: the folder is released after everything else has been dropped.
    _lock: open::FolderLock,
}

impl Store {
    /// Opens (and on first use makes) the store of a data folder. `audit_key` seals the audit trail (E5).
    pub fn open(folder: &Path, clock: Clock, audit_key: [u8; 32]) -> Result<Store, OpenError> {
        Self::open_with_mark(folder, None, clock, audit_key)
    }

    /// The same, with a second mark outside of the folder (`mark_file` of the settings).
    pub fn open_with_mark(
        folder: &Path,
        mark_file: Option<&Path>,
        clock: Clock,
        audit_key: [u8; 32],
    ) -> Result<Store, OpenError> {
        let marks = high_water_mark::HighWaterMarkFiles::new(folder, mark_file);
        let lock = open::lock_folder(folder)?;
        for closed in open::restrict_permissions(folder)? {
            tracing::warn!(path = %closed.display(), "other users could read this file; now only its owner can");
        }
        let refused = finish_interrupted_restore(folder, &marks, &audit_key)?;
        let file = folder.join(open::FILE);
        let (connection, epoch) = open::open_writer(folder, &marks, &audit_key)?;
        let io = |source| OpenError::Io {
            file: file.clone(),
            source,
        };
        let store = |source: StoreError| OpenError::Store {
            file: file.clone(),
            source,
        };
        controls::activate_notices(&connection, clock.now()).map_err(store)?;
        if let Some(refused) = refused {
            let entry = AuditEntry {
                actor: "bus".to_owned(),
                action: "restore.refused",
                subject: restore::READY.to_owned(),
                detail: serde_json::json!({"keptAs": refused.path.display().to_string(), "why": refused.reason}),
            };
            audit::append_entry(&connection, &audit_key, sql_values::to_millis(clock.now()), &entry).map_err(store)?;
        }
        backup::remove_partial_copies(folder);
        let start = store_starts::begin_start(&connection).map_err(store)?;
        let (seq, commits) = meta::read_counters(&connection).map_err(store)?;
        let life = current_epoch::CurrentEpoch::new(epoch);
        let mut mark = high_water_mark::HighWaterMark::open(&marks, life.clone())
            .map_err(|(file, source)| OpenError::Mark { file, source })?;
        let last_number = instances::read_last_number(&connection).map_err(store)?;
        mark.write(high_water_mark::StoreProgress { commits, last_number });
        let head = watch::Sender::new(seq);
        let health = writer::CommitHealth::default();
        let marks = Arc::<Mutex<page::HardwareIndex>>::default();
        let mut checkpoints = checkpoint::CheckpointThread::start(folder, &connection).map_err(io)?;
        let shared = Arc::<feed_cache::FeedCache>::default();
        let after = {
            let (marks, shared) = (marks.clone(), shared.clone());
            move |connection: &Connection, committed: &writer::CommitOutcome| match committed {
                Ok(()) => {
                    shared.clear();
                    checkpoints.after_commit(connection);
                }
                Err(error) => {
                    marks.lock().unwrap_or_else(PoisonError::into_inner).reset();
                    if matches!(**error, StoreError::Full(_)) {
                        checkpoint::free_log_space(connection);
                    }
                }
            }
        };
        let writer = writer::StoreWriter::start(connection, (mark, life.clone()), after, head.clone(), health.clone())
            .map_err(io)?;
        Ok(Store {
            accounts_version: AccountsVersion::UNJUDGED,
            recorders: recorded::Recorders::default(),
            inner: Arc::new(StoreState {
                folder: folder.to_owned(),
                clock,
                current_epoch: life,
                start,
                audit_key,
                writer,
                head,
                tasks: watch::Sender::new(0),
                runs: watch::Sender::new(0),
                orders: watch::Sender::new(0),
                health,
                damage: Mutex::default(),
                damage_found: tokio::sync::Notify::new(),
                clock_at: std::sync::atomic::AtomicI64::new(i64::MAX),
                hardware_index: marks,
                feed_cache: shared,
                readers: Mutex::default(),
                free_readers: Semaphore::new(READERS),
                _lock: lock,
            }),
        })
    }

    pub fn epoch(&self) -> Epoch {
        self.inner.current_epoch.epoch()
    }

    /// This opening of the store.
    pub fn store_start(&self) -> StoreStart {
        self.inner.start
    }

    /// The newest sequence number, told after each commit that moved it; for whoever waits for changes.
    pub fn watch_head(&self) -> watch::Receiver<Seq> {
        self.inner.head.subscribe()
    }

    /// Told whenever tasks may have become due, or results may have come; for whoever waits for either.
    pub fn watch_tasks(&self) -> watch::Receiver<u64> {
        self.inner.tasks.subscribe()
    }

    /// Lets the loops of actions look at the clock at once, rather than with the next tick.
    pub fn wake_tasks(&self) {
        self.inner.tasks.send_modify(|count| *count += 1);
    }

    /// Told whenever a run of a workflow began, ended or is to be stopped, or a workflow was changed.
    pub fn watch_runs(&self) -> watch::Receiver<u64> {
        self.inner.runs.subscribe()
    }

    /// Told whenever something happened to an order or an application, or a webhook is to be sent.
    pub fn watch_orders(&self) -> watch::Receiver<u64> {
        self.inner.orders.subscribe()
    }

    /// Lets workers on orders and senders of webhooks look at once, rather than with the next tick.
    pub fn wake_orders(&self) {
        self.inner.orders.send_modify(|count| *count += 1);
    }

    /// `None` while the last commit succeeded, else its code (`diskFull` …).
    pub fn failure_code(&self) -> Option<String> {
        self.inner.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock_damage(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.inner.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Transactions ever committed.
    pub async fn count_commits(&self) -> Result<i64, StoreError> {
        self.read(|connection| Ok(meta::read_counters(connection)?.1)).await
    }

    /// Size of the store's files, the log of writes included.
    pub fn size_bytes(&self) -> u64 {
        let file = self.inner.folder.join(open::FILE);
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        [file, log.into()]
            .iter()
            .filter_map(|file| std::fs::metadata(file).ok())
            .map(|found| found.len())
            .sum()
    }

    /// Free space where the store lies; `None` where that can't be asked.
    pub fn free_bytes(&self) -> std::io::Result<Option<u64>> {
        crate::observe::free_bytes(&self.inner.folder)
    }

    /// Commits nothing but the fact that it can be done; for readiness.
    pub async fn probe_commit(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection.execute("UPDATE meta SET value = value WHERE key = 'commits'", [])?;
            Ok(())
        })
        .await
    }

    /// Whether there is room for as much as a scan writes at once. The store itself is left alone.
    pub async fn check_free_space(&self) -> Result<(), StoreError> {
        let folder = self.inner.folder.clone();
        let probe = tokio::task::spawn_blocking(move || backup::write_probe_file(&folder, ROOM_BYTES)).await;
        let probe = probe.map_err(|_| StoreError::Closed)?;
        probe.map_err(|error| StoreError::from_io_error(&error))
    }

    async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_and_wake([], operation).await
    }

    /// The same, and lets those look again whom it concerns, at once rather than with the next tick. What changed nothing
    /// wakes nobody: who was woken would ask for the same again, and so on without end.
    async fn write_and_wake<const N: usize, T, F>(&self, whom: [WakeTarget; N], operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let StoreState {
            head,
            tasks,
            runs,
            orders,
            ..
        } = &*self.inner;
        let (head, tasks, runs, orders) = (head.clone(), tasks.clone(), runs.clone(), orders.clone());
        let wake = move || {
            for waiting in whom {
                match waiting {
                    // It has not moved; who waits for changes looks again all the same.
                    WakeTarget::Changes => head.send_modify(|_| ()),
                    WakeTarget::Tasks => tasks.send_modify(|count| *count += 1),
                    WakeTarget::Runs => runs.send_modify(|count| *count += 1),
                    WakeTarget::Orders => orders.send_modify(|count| *count += 1),
                }
            }
        };
        let (judged, recorders) = (self.accounts_version, self.recorders.clone());
        let (audit_key, at_ms) = (self.inner.audit_key, sql_values::to_millis(self.inner.clock.now()));
        let checked = move |connection: &Connection| {
            accounts_version::check_unchanged(connection, judged)?;
            let answer = operation(connection)?;
            let recorded = recorders.append(connection, &audit_key, at_ms, &answer)?;
            Ok((answer, recorded))
        };
        let (answer, recorded) = self.inner.writer.run(checked, wake).await?;
        for entry in recorded {
            tracing::info!(
                operator = entry.actor,
                action = entry.action,
                subject = entry.subject,
                "done"
            );
        }
        Ok(answer)
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _place = self
            .inner
            .free_readers
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let inner = self.inner.clone();
        let result = tokio::task::spawn_blocking(move || {
            let pooled = inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match pooled {
                Some(connection) => connection,
                None => open::open_reader(&inner.folder)?,
            };
            let result = query(&connection);
            inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            result
        });
        let result = result.await.map_err(|_| StoreError::Closed)?;
        if let Err(StoreError::Damaged(error)) = &result {
            self.report_damage(error);
        }
        result
    }
}
