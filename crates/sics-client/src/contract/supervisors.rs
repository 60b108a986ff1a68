//! Supervisors and the members that they run.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::StartType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SupervisorsView {
    pub supervisors: Vec<SupervisorView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupervisorView {
    pub id: String,
    /// Version of the bus.
    pub version: String,
    /// False if a command works on the data folder and no bus runs.
    pub running: bool,
    /// Kinds of microservices that it can run.
    pub kinds: Vec<String>,
    pub members: Vec<MemberStatus>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberSummary {
    pub name: String,
    /// Kind of the microservice, or `workflow`.
    pub kind: String,
    pub area: MemberArea,
    /// For a workflow: the microservice that runs it.
    pub engine: Option<String>,
    /// State of the microservice; for a workflow, that of its engine.
    pub state: String,
    pub version: String,
    /// Only for a microservice.
    pub start_type: Option<StartType>,
}

/// The area in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberArea {
    Microservices,
    Workflows,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartTypeBody {
    pub start_type: StartType,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberStatus {
    pub name: String,
    pub kind: String,
    pub installation: i64,
    pub product: String,
    /// Version of the product.
    pub version: String,
    pub supervisor: String,
    pub start_type: StartType,
    pub state: LifecycleState,
    /// When it entered this state.
    pub since: DateTime<Utc>,
    /// Number of restarts after failures.
    pub restarts: u32,
    /// Time of the next start, while backing off.
    pub next_start: Option<DateTime<Utc>>,
    pub last_error: Option<LastError>,
    pub numbers: MeterReading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LifecycleState {
    Stopped,
    Starting,
    Running,
    Stopping,
    /// Cannot run; not retried until an operator starts it.
    Failed,
    /// Failed; restarted after a pause.
    BackingOff,
}

/// The last error; kept after recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    pub at: DateTime<Utc>,
    pub code: String,
    pub problem: String,
    pub advice: String,
}

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
