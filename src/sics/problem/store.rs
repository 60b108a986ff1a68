//! What the store refuses, or fails at.

use axum::http::StatusCode;

use super::{ApiProblem, CauseChain, may_log_failure, set_changed_problem};
use crate::store::StoreError;

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::Unknown { what, name } => ApiProblem::not_found(what, name),
            StoreError::Exists { .. } => {
                ApiProblem::conflict("exists", detail, "Choose another name, or change the existing one.")
            }
            StoreError::Twin { ref known, .. } => {
                let advice = format!("Choose another name; if you mean {known}, write it exactly like that.");
                ApiProblem::conflict("exists", detail, advice)
            }
            StoreError::BelongsToAnother(_) => ApiProblem::new(
                StatusCode::FORBIDDEN,
                "belongsToAnother",
                detail,
                "Choose another server id, or have this server removed first.",
            ),
            StoreError::SetHasChanged => set_changed_problem(detail),
            StoreError::ChangedMeanwhile { .. } => ApiProblem::conflict(
                "changedMeanwhile",
                detail,
                "Check its current state, and repeat the request if you still want it.",
            ),
            StoreError::LastAdministrator => ApiProblem::conflict(
                "lastAdministrator",
                detail,
                "Make another operator an administrator first.",
            ),
            StoreError::Full(_) => {
                if let Some(held_back) = may_log_failure("diskFull") {
                    tracing::error!(error = %CauseChain(&error), held_back, "a request failed: the disk is full");
                }
                ApiProblem::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "diskFull",
                    "the disk of the bus is full; nothing was written and nothing is lost",
                    "Free some space on the bus's machine and repeat the request.",
                )
                .with_retry_after(60)
            }
            StoreError::DiskFailed(_) => {
                if let Some(held_back) = may_log_failure("diskFailed") {
                    tracing::error!(error = %CauseChain(&error), held_back, "a request failed: the disk failed");
                }
                ApiProblem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "diskFailed",
                    "the disk of the bus failed; nothing was written and nothing is lost",
                    "Check the log of the bus's machine (a broken disk, a file system mounted read-only), fix the \
                     cause and repeat the request.",
                )
                .with_retry_after(60)
            }
            StoreError::Closed => ApiProblem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "storeClosed",
                "the bus is stopping",
                "Try again when it is running.",
            )
            .with_retry_after(5),
            StoreError::Damaged(_) | StoreError::Sqlite(_) | StoreError::Content { .. } => {
                ApiProblem::internal(error.code(), &error)
            }
        }
    }
}
