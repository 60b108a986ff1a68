//! The status of a member, for people.

use super::MemberFailure;
use crate::contract::LastError;
use crate::model::Timestamp;

/// The error that a failure leaves behind.
pub(super) fn last_error(failure: &MemberFailure, at: Timestamp) -> LastError {
    LastError {
        at,
        code: failure.code.clone(),
        problem: failure.problem.clone(),
        advice: failure.advice.clone(),
    }
}
