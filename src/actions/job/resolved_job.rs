//! A job as it was understood, before it is judged.

use super::targets::ResolvedTarget;
use crate::actions::specs::{ActionParameters, ActionSpec};
use crate::contract::UnjudgedView;
use crate::model::Timestamp;
use crate::store::InstanceRow;

/// What was asked for, understood.
pub(super) struct ResolvedJob {
    pub spec: &'static ActionSpec,
    pub parameters: ActionParameters,
    pub instance: InstanceRow,
    pub targets: Vec<ResolvedTarget>,
    pub by_filter: bool,
    pub unjudged: UnjudgedView,
    pub expires_at: Timestamp,
    /// The workflow of its definition, and that one's hash.
    pub workflow: Option<(i64, String)>,
    /// The instance's, as it holds now.
    pub policy: Option<String>,
}
