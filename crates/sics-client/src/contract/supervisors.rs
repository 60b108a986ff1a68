//! Supervisors and the members that they run.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::StartType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Supervisors with their members.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SupervisorsView {
    /// Each supervisor; a bus has one.
    pub supervisors: Vec<SupervisorView>,
}

/// A supervisor: it starts, watches and stops microservices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupervisorView {
    /// Its id: `local`.
    pub id: String,
    /// Version of the bus.
    pub version: String,
    /// False if a command works on the data folder and no bus runs.
    pub running: bool,
    /// Kinds of microservices that it can run.
    pub kinds: Vec<String>,
    /// What it runs, as far as the caller may see it.
    pub members: Vec<MemberStatus>,
}

/// A microservice or workflow that was installed together with an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberSummary {
    /// Its name: `IntuneConnector_1`.
    pub name: String,
    /// Kind of the microservice, or `workflow`.
    pub kind: String,
    /// The area in which it is shown.
    pub area: MemberArea,
    /// For a workflow: the microservice that runs it; else null.
    pub engine: Option<String>,
    /// Lifecycle state of the microservice; for a workflow that of its engine, or `disabled`.
    pub state: String,
    /// Version of the product.
    pub version: String,
    /// When the microservice starts; null for a workflow.
    pub start_type: Option<StartType>,
}

/// The area in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberArea {
    /// Among the microservices.
    Microservices,
    /// Among the workflows.
    Workflows,
}

/// When a microservice starts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartTypeBody {
    /// The new start type.
    pub start_type: StartType,
}

/// How a microservice is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberStatus {
    /// Its name: `IntuneConnector_1`.
    pub name: String,
    /// Name of the installation for people, as given in the wizard.
    pub profile: String,
    /// Its kind: `IntuneConnector`.
    pub kind: String,
    /// Number of the installation that it belongs to.
    pub installation: i64,
    /// Id of the product that it belongs to.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// Id of the supervisor that runs it.
    pub supervisor: String,
    /// When it starts.
    pub start_type: StartType,
    /// Whether it runs.
    pub state: LifecycleState,
    /// When it entered this state.
    pub since: DateTime<Utc>,
    /// Number of restarts after failures.
    pub restarts: u32,
    /// Time of the next start, while backing off; else null.
    pub next_start: Option<DateTime<Utc>>,
    /// The last error, kept after recovery; null: none since the bus started.
    pub last_error: Option<LastError>,
    /// What it did since the bus started.
    pub numbers: MeterReading,
}

impl MemberStatus {
    /// It runs, or is about to.
    pub fn is_up(&self) -> bool {
        matches!(
            self.state,
            LifecycleState::Starting | LifecycleState::Running | LifecycleState::BackingOff
        )
    }
}

/// Whether a microservice runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LifecycleState {
    /// Does not run.
    Stopped,
    /// Is being started.
    Starting,
    /// Runs.
    Running,
    /// Ends its current work.
    Stopping,
    /// Cannot run; not retried until an operator starts it.
    Failed,
    /// Failed; restarted after a pause.
    BackingOff,
}

impl LifecycleState {
    /// The word for it, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            LifecycleState::Stopped => "stopped",
            LifecycleState::Starting => "starting",
            LifecycleState::Running => "running",
            LifecycleState::Stopping => "stopping",
            LifecycleState::Failed => "failed",
            LifecycleState::BackingOff => "backingOff",
        }
    }
}

/// The last error of a microservice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Short stable code.
    pub code: String,
    /// What failed, in one sentence.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

/// What a microservice did, as it counts itself; the numbers begin with the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterReading {
    /// Busy time, milliseconds.
    pub busy_ms: u64,
    /// Requests sent or served.
    pub requests: u64,
    /// Rows read or written: devices, steps …
    pub rows: u64,
    /// Waiting entries, by queue.
    pub queues: BTreeMap<String, u64>,
}
