//! By which way a job comes in, and which check of the guard that way takes.

use serde_json::{Value, json};

use super::request::content_digest;
use crate::actions::guard::{self, IntakeRequest};

/// By which way a job comes in.
pub(super) enum SubmissionPath {
    /// A run of its definition takes it on.
    Workflow,
    /// The same, for who may not destroy anything by this sign-in.
    WithoutFactor,
    /// This run asked for it and follows it.
    Run(i64),
    /// One person in an emergency, why, and through whose connection.
    BrokenGlass { reason: String, via: String },
}

type IntakeCheck =
    fn(&crate::store::IntakeFacts, &IntakeRequest) -> Result<crate::store::JobAcceptance, crate::store::JobRefusal>;

impl SubmissionPath {
    pub(super) fn runs_workflow(&self) -> bool {
        match self {
            SubmissionPath::Workflow | SubmissionPath::WithoutFactor => true,
            SubmissionPath::Run(_) | SubmissionPath::BrokenGlass { .. } => false,
        }
    }

    pub(super) fn intake_check(&self) -> IntakeCheck {
        match self {
            SubmissionPath::Workflow | SubmissionPath::Run(_) => guard::check_intake,
            SubmissionPath::WithoutFactor => guard::check_intake_without_factor,
            SubmissionPath::BrokenGlass { .. } => guard::check_break_glass,
        }
    }

    /// What makes two requests the same: one by another way is another one.
    pub(super) fn request_digest(&self, raw: &Value) -> [u8; 32] {
        match self {
            SubmissionPath::Workflow | SubmissionPath::WithoutFactor | SubmissionPath::Run(_) => content_digest(raw),
            SubmissionPath::BrokenGlass { .. } => {
                content_digest(&json!({ "brokenGlass": [hex::encode(content_digest(raw))] }))
            }
        }
    }
}
