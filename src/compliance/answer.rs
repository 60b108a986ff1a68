//! What whoever asked is told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reasons::Reason;
use crate::model::{ComplianceOutcome, DeviceId};

/// Where the answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Graph, now or as long ago as `ageMs` says.
    Live,
    /// The inventory, because Graph did not answer.
    Inventory,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Live => "live",
            Source::Inventory => "inventory",
        }
    }
}

/// `Debug` shows no shared state.
#[derive(Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    #[schema(value_type = String)]
    pub outcome: ComplianceOutcome,
    pub label: &'static str,
    pub instance: String,
    pub node: String,
    #[schema(value_type = Option<String>, format = Uuid)]
    pub device_id: Option<DeviceId>,
    /// Intune knows it.
    pub is_managed: bool,
    pub is_compliant: bool,
    pub reasons: Vec<Reason>,
    /// To be put into the shared state.
    #[schema(value_type = Object)]
    pub shared_state: Map<String, Value>,
    /// Keys of the shared state given that are to go: they tell of an earlier decision.
    pub removed: Vec<String>,
    /// None: nothing was read.
    pub source: Option<Source>,
    /// How long ago it was read.
    pub age_ms: Option<u64>,
    /// How the decision came about, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explained>,
}

impl Decision {
    /// Nothing could be asked.
    pub fn failed(instance: String, node: String, reason: Reason) -> Decision {
        let outcome = ComplianceOutcome::Error;
        Decision {
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
pub struct Explained {
    pub step: String,
    pub found: String,
}

impl Explained {
    pub fn new(step: impl Into<String>, found: impl Into<String>) -> Explained {
        Explained {
            step: step.into(),
            found: found.into(),
        }
    }
}

impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decision({}, {:?})", self.outcome, self.reasons)
    }
}
