//! The answer to a question.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reasons::DecisionReason;
use crate::model::{ComplianceOutcome, DeviceId};

/// Source of the data behind a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionSource {
    /// Graph, read now or `ageMs` ago.
    Live,
    /// The inventory, because Graph did not answer.
    Inventory,
}

impl DecisionSource {
    pub fn name(self) -> &'static str {
        match self {
            DecisionSource::Live => "live",
            DecisionSource::Inventory => "inventory",
        }
    }
}

/// `Debug` shows no shared state.
#[derive(Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComplianceDecision {
    #[schema(value_type = String)]
    pub outcome: ComplianceOutcome,
    pub label: &'static str,
    pub instance: String,
    pub node: String,
    #[schema(value_type = Option<String>, format = Uuid)]
    pub device_id: Option<DeviceId>,
    /// The device exists in Intune.
    pub is_managed: bool,
    pub is_compliant: bool,
    pub reasons: Vec<DecisionReason>,
    /// To be added to the shared state.
    #[schema(value_type = Object)]
    pub shared_state: Map<String, Value>,
    /// Keys to be removed from the shared state: they belong to an earlier decision.
    pub removed: Vec<String>,
    /// `null`: nothing was read.
    pub source: Option<DecisionSource>,
    /// How long ago the device was read.
    pub age_ms: Option<u64>,
    /// How the decision was made, if `explain` was set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<DecisionStep>,
}

impl ComplianceDecision {
    /// Nothing could be asked.
    pub fn from_failure(instance: String, node: String, reason: DecisionReason) -> ComplianceDecision {
        let outcome = ComplianceOutcome::Error;
        ComplianceDecision {
            outcome,
            label: outcome.label(),
            instance,
            node,
            device_id: None,
            is_managed: false,
            is_compliant: false,
            reasons: vec![reason],
            shared_state: Map::new(),
            removed: Vec::new(),
            source: None,
            age_ms: None,
            explained: Vec::new(),
        }
    }
}

/// One step of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecisionStep {
    pub step: String,
    pub found: String,
}

impl DecisionStep {
    pub fn new(step: impl Into<String>, found: impl Into<String>) -> DecisionStep {
        DecisionStep {
            step: step.into(),
            found: found.into(),
        }
    }
}

impl std::fmt::Debug for ComplianceDecision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decision({}, {:?})", self.outcome, self.reasons)
    }
}
