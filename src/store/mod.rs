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
mod audit_trail;
mod audit_witness;
mod backup;
mod change_rejects;
mod checkpoint;
mod clock_step;
mod columns;
mod control_lists;
mod controls;
mod current_epoch;
mod damage;
mod device_walk;
mod devices;
mod enrichment;
mod error;
mod evidence;
mod evidence_period;
mod examine;
mod feed;
mod feed_cache;
mod feed_lag;
mod feed_row;
mod first_sign_in;
mod fleet;
mod folder_lock;
mod gone_devices;
mod high_water_mark;
mod history;
mod installation_rows;
mod installations;
mod instances;
mod integrity;
mod jobs;
mod meta;
mod moves;
mod newest_check_in;
mod notices;
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
mod server_webhooks;
mod servers;
mod sessions;
mod space_shortage;
mod sql_values;
mod sql_words;
mod store_opening;
mod store_rollback;
mod store_starts;
mod targets;
mod transactions;
mod upgrade_copy;
mod walks;
mod write_marks;
mod writer;

use std::path::PathBuf;
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
pub use damage::StoreDamage;
pub use device_walk::{DeviceWalk, StoreMoment, WalkedDevice};
pub use devices::{DeviceMatcher, DeviceQuery, DeviceRow};
pub use enrichment::EnrichmentProjection;
pub use error::{OpenError, StoreError};
pub use evidence::EvidenceReader;
pub use evidence_period::{EvidencePeriod, RowVisitor};
pub use examine::{StoreFinding, examine_store};
pub use feed_row::{FeedRow, RowState};
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
    IntentDecision, IntentFacts, IntentOutcome, JobAcceptance, JobCount, JobDecision, JobMove, JobQuery, JobRefusal,
    JobRow, JobWithTasks, KillSwitch, KillSwitchOrigin, KnownTarget, NewBrokenGlass, NewJob, NewSuspension, NewTask,
    OperatorSuspension, POLICY_BUS, PolicyDecision, PolicyFacts, RelaxationDecision, RelaxationFacts, RelaxationRow,
    ResultRow, TaskCounts, TaskMove, TaskRow, TaskTally, TaskTransition, TransitionRow,
};
pub use moves::{DeviceMove, RunMove, ScanMove, StoreMoves, WatchPosition};
pub use newest_check_in::newest_device_body;
pub use notices::{
    ChannelRemoval, HeartbeatRow, NewNoticeMessage, NewNoticeRecipient, NoticeBacklog, NoticeChannelRow,
    NoticeMessageRow, NoticeMove, NoticeRecipientRow, ToldNoticeRow,
};
pub use open::store_exists;
pub use operators::{AssignedRole, NewOperator, NewToken, OperatorChange, OperatorKind, OperatorRow, TokenRow};
pub use orders::{
    APPLICATION_REMOVED, ApplicationApproval, ApplicationDescription, ApplicationFilter, ApplicationLinks,
    ApplicationMove, ApplicationRow, ApplicationSaved, INSTANCE_REMOVED, JudgeApproval, LOST_BY_RESTORE, LostOrder,
    NewApplication, NewOrder, NewWebhook, OrderCharge, OrderCounts, OrderDecided, OrderDevice, OrderEnd, OrderEvent,
    OrderEventRow, OrderFilter, OrderPlaced, OrderRow, StepFailure, WebhookAttempt, WebhookDrop, WebhookFilter,
    WebhookPurpose, WebhookRetried, WebhookRow, WebhookState,
};
pub use overview::{EndedTasks, ScanCounts};
pub use page::{
    CompareBodies, DecideDevice, DeviceRowLookup, DueDevice, ListPage, LookedUpDevice, MergeEnrichment, PageCommit,
    PageCommitOutcome, PageCounts, PageRead, PendingDevice, RejectedPageRecord, RowHint, ScanContinuation,
    UsersReading,
};
pub use recover::AdministratorRecovery;
pub use refusals::RefusalRow;
pub use registrations::{NewRegistration, RegistrationRow};
pub use report_schedules::{NewReportSchedule, ReportPlan, ReportScheduleRow};
pub use restore::{
    REFUSED, RefusedFile, RestoreError, RestoreOutcome, check_backup, has_other_key, is_own_store, restore_backup,
    restore_with_mark,
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
pub use server_webhooks::{NewServerWebhook, OldWebhookKey, ServerWebhookRow};
pub use servers::{ServerAnnouncement, ServerLimits, ServerRow};
pub use sessions::{NewSession, SessionBounds, SessionRow};
pub use space_shortage::SpaceShortage;
pub use store_rollback::{SealedPosition, StoreRollback};
pub use targets::{
    AsideChoice, AsideFilter, FieldValues, NewTargetAside, NewTargetQuestion, NewTargetServer, PutBack, QuestionState,
    SuccessorFate, TargetAsideRow, TargetCounts, TargetDayCounts, TargetFound, TargetIntent, TargetKey,
    TargetLinkFilter, TargetLinkRow, TargetMade, TargetMappingRow, TargetPause, TargetProblem, TargetProgressRow,
    TargetQuestionItem, TargetQuestionRow, TargetResend, TargetRunRow, TargetSending, TargetSignIn, TargetStateChange,
    TargetStateRow, TargetWriteBatch, TargetWriteRow, TargetWritten, UnseenLinks,
};
pub use walks::{ReportedDevice, WalkedTask};
pub use write_marks::WriteMark;

use crate::model::{Epoch, InstanceId, Seq, StoreStart};
use crate::observe::Clock;

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
    write_marks: Arc<write_marks::WriteMarks>,
    health: writer::CommitHealth,
    /// What the last look at the whole file found.
    damage: Mutex<Option<StoreDamage>>,
    damage_found: tokio::sync::Notify,
    /// The clock when it was looked at last, milliseconds since 1970.
    clock_at: std::sync::atomic::AtomicI64,
    hardware_index: Arc<Mutex<page::HardwareIndex>>,
    feed_cache: Arc<feed_cache::FeedCache>,
    free_readers: Semaphore,
    page_places: Arc<Semaphore>,
    // Last: the folder is released after everything else has been dropped.
    _lock: folder_lock::FolderLock,
}

impl Store {
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

    /// Who brings a page has a place here until it is written.
    pub(crate) fn page_places(&self) -> Arc<Semaphore> {
        self.inner.page_places.clone()
    }

    /// To be taken before looking; as long as it stays the same, another look shows nothing new.
    pub fn read_write_mark(&self, instance: InstanceId) -> WriteMark {
        self.inner.write_marks.mark_of(instance)
    }

    /// Asked for before the rows are read that are judged, the caller's own among them.
    pub async fn accounts_version(&self) -> Result<AccountsVersion, StoreError> {
        self.read(AccountsVersion::read).await
    }

    /// The same store; what is written through it is written only while the accounts are as they were seen, else
    /// nothing is ([`StoreError::ChangedMeanwhile`]).
    pub fn with_accounts_version(&self, seen: AccountsVersion) -> Store {
        Store {
            accounts_version: seen,
            ..self.clone()
        }
    }

    /// The same store; what `tell` says of an answer is written into the trail in the transaction that made it. It is
    /// for operations that answer a `T`: any other is refused whole, so that nothing goes unrecorded by mistake.
    pub fn recorded<T: 'static, R: IntoIterator<Item = AuditEntry>>(
        &self,
        tell: impl Fn(&T) -> R + Send + Sync + 'static,
    ) -> Store {
        let mut store = self.clone();
        store.recorders.add_recorder::<T, R>(tell);
        store
    }

    /// `None` while the last commit succeeded, else its code (`diskFull` …).
    pub fn failure_code(&self) -> Option<String> {
        self.inner.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock_damage(&self) -> std::sync::MutexGuard<'_, Option<StoreDamage>> {
        self.inner.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Transactions ever committed.
    pub async fn count_commits(&self) -> Result<i64, StoreError> {
        self.read(|connection| Ok(meta::read_counters(connection)?.1)).await
    }

    /// Size of the store's files, the log of writes included.
    pub fn size_bytes(&self) -> u64 {
        let file = self.inner.folder.join(folder_lock::FILE);
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
}
