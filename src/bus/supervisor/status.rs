//! The status of a member, for people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MemberFailure;
use crate::contract::{LastError, LifecycleState, MemberStatus};
use crate::model::{StartType, Timestamp};

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

impl MemberStatus {
    /// It runs, or is about to.
    pub fn is_up(&self) -> bool {
        matches!(
            self.state,
            LifecycleState::Starting | LifecycleState::Running | LifecycleState::BackingOff
        )
    }
}
