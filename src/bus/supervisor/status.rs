//! The status of a member, for people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MemberFailure;
use super::meter::MeterReading;
use crate::model::{StartType, Timestamp};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub code: String,
    pub problem: String,
    pub advice: String,
}

impl LastError {
    pub fn from_failure(failure: &MemberFailure, at: Timestamp) -> Self {
        LastError {
            at,
            code: failure.code.clone(),
            problem: failure.problem.clone(),
            advice: failure.advice.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Number of restarts after failures.
    pub restarts: u32,
    /// Time of the next start, while backing off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_start: Option<Timestamp>,
    pub last_error: Option<LastError>,
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
