//! The answer to a question.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contract::{ComplianceDecision, DecisionReason, DecisionSource, DecisionStep};
use crate::model::{ComplianceOutcome, DeviceId};

impl DecisionSource {
    pub fn name(self) -> &'static str {
        match self {
            DecisionSource::Live => "live",
            DecisionSource::Inventory => "inventory",
        }
    }
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
