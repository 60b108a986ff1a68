//! What the API needs of the instances that run behind it. The API holds no policy of theirs: it checks who asks, hands
//! the question on, and turns the answer into JSON. `app` implements this once for the running bus; tests have their own.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::compliance::DecisionProvider;
use super::engine_error::EngineFuture;
use super::lifecycle_control::LifecycleControl;
use super::orders::OrderProvider;
use super::product_catalogue::ProductCatalogue;
use super::targets::TargetProvider;
use crate::contract::{
    DraftSettings, InstanceStatus, PreviewStep, ReleasedView, ScanStarted, UnreadRecord, UnreadView, VerifyStep,
};
use crate::model::{DeviceId, EffectConfirmation, InstanceName, RelaxationRequester, ScanKind, Timestamp};
use crate::store::RejectedRecordRow;
use crate::workflow::{ActivityRegistry, DueTimes};

/// How much is shown of secrets that are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownSecrets {
    /// That they are set: for callers who may see the settings.
    Set,
    /// A few characters and the length of long ones, to tell two of them apart: for callers who may replace them.
    Shortened,
}

pub trait InstanceEngine: Send + Sync + 'static {
    /// Starts a scan before it is due, or reports the one that is already running (scans of one instance never
    /// overlap).
    fn start_scan(&self, instance: InstanceName, kind: ScanKind) -> EngineFuture<'_, ScanStarted>;

    /// Every instance that is installed, for people, `/readyz` and metrics.
    fn instance_statuses(&self) -> EngineFuture<'_, Vec<InstanceStatus>>;

    /// The settings as they stand, keys as in the file; never a secret (E1).
    fn instance_settings(&self, instance: InstanceName, secrets: ShownSecrets) -> EngineFuture<'_, Map<String, Value>>;

    /// `by`: who asks; they can't agree to what the settings loosen (A7).
    fn add_instance(&self, draft: DraftSettings, by: RelaxationRequester) -> EngineFuture<'_, InstanceName>;

    /// Changes only the keys given. A change that takes devices away from servers (audience, filter, fields, personal
    /// devices) returns [`super::EngineError::ConfirmationNeeded`] until `confirm` is what that showed (F7).
    fn change_instance(
        &self,
        instance: InstanceName,
        draft: DraftSettings,
        confirm: Option<EffectConfirmation>,
        by: RelaxationRequester,
    ) -> EngineFuture<'_, ()>;

    /// Returns how many devices were reported as gone; requires confirmation like a change (F7).
    fn remove_instance(&self, instance: InstanceName, confirm: Option<EffectConfirmation>) -> EngineFuture<'_, u64>;

    /// Releases the brake for exactly the devices shown ([`crate::inventory::deletion_brake`]); refused where the set has
    /// changed.
    fn confirm_gone(&self, instance: InstanceName, digest: String, count: u64) -> EngineFuture<'_, ReleasedView>;

    /// A full scan that saves nothing, compared with what the instance holds; the sender is dropped after the last
    /// step.
    fn preview_scan(&self, instance: InstanceName) -> EngineFuture<'_, mpsc::Receiver<PreviewStep>>;

    /// The connection check, step by step as it goes; the sender is dropped after the last one.
    fn verify_connection(&self, target: VerifyTarget) -> EngineFuture<'_, mpsc::Receiver<VerifyStep>>;

    /// What Intune now reports of devices, `None` for one that it does not know; those that could not be read are left
    /// out. At most twenty of them.
    fn read_devices(
        &self,
        _instance: InstanceName,
        _ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        Box::pin(async { HashMap::new() })
    }

    /// What else is known of each instance, for whoever looks at all of them.
    fn instance_details(&self) -> Vec<InstanceDetail> {
        Vec::new()
    }

    /// What starts and stops instances, where there is such a thing.
    fn lifecycle_control(&self) -> Option<&dyn LifecycleControl> {
        None
    }

    /// The catalogue, where there is one.
    fn product_catalogue(&self) -> Option<&dyn ProductCatalogue> {
        None
    }

    /// Who decides about devices, where somebody does.
    fn decision_provider(&self) -> Option<&dyn DecisionProvider> {
        None
    }

    /// The orders instances, where there may be any.
    fn order_provider(&self) -> Option<&dyn OrderProvider> {
        None
    }

    /// The targets, where there may be any.
    fn target_provider(&self) -> Option<&dyn TargetProvider> {
        None
    }

    /// What definitions of workflows may call.
    fn activity_registry(&self) -> ActivityRegistry {
        ActivityRegistry::default()
    }

    /// Files of the data folder that were put there to be used, and are not.
    fn unusable_files(&self) -> EngineFuture<'_, Vec<UnusableFile>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// When each trigger of each running workflow comes next.
    fn workflow_due_times(&self) -> DueTimes {
        DueTimes::new()
    }
}

/// What a file of the data folder was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableFileKind {
    Settings,
    Definition,
}

/// A file of the data folder that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableFile {
    pub kind: UnusableFileKind,
    /// From the data folder on.
    pub file: String,
    pub problem: String,
    pub advice: String,
}

/// What is known of an instance beside its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceDetail {
    pub name: InstanceName,
    /// Those of which it is known.
    pub credentials: Vec<CredentialEnd>,
    /// Of one that runs.
    pub budget: Option<BudgetUse>,
    /// The scan that runs.
    pub scanning: Option<ScanKind>,
    /// Since when its scans fail.
    pub failing_since: Option<Timestamp>,
    /// The longest time that its schedule leaves between two scans; `None`: it has no schedule.
    pub scan_interval: Option<TimeDelta>,
}

/// When a credential ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialEnd {
    /// `scan`, `next`, `actions`, `orders`; of a target `signIn`, `clientCertificate`.
    pub purpose: &'static str,
    pub ends_at: Timestamp,
    /// Negative: it has ended.
    pub days_left: i64,
}

/// Requests to Graph in the last 20 seconds, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetUse {
    pub used: u32,
    pub limit: u32,
}

/// `count`: of all; `rows`: those that are shown.
pub fn unread_view(count: u64, rows: Vec<RejectedRecordRow>) -> UnreadView {
    let record = |row: RejectedRecordRow| UnreadRecord {
        device_id: row.record.device_id,
        property: row.record.property,
        reason: row.record.reason,
        problem: row.record.problem,
        since: row.since,
    };
    UnreadView {
        count,
        records: rows.into_iter().map(record).collect(),
    }
}

#[derive(Debug, Clone)]
pub enum VerifyTarget {
    Instance(InstanceName),
    /// Settings that are not saved.
    Draft(DraftSettings),
}
