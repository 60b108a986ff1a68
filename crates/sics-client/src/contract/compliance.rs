//! Compliance decisions.

use std::fmt;

use connector_core::model::{ComplianceOutcome, DeviceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which node a gateway asks.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GatewayCheckQuery {
    /// `NAME` or `INSTANCE/NAME`; optional if there is only one node.
    pub node: Option<String>,
}

/// Whether a device may be trusted. `Debug` shows no shared state.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComplianceDecision {
    /// What it comes to.
    pub outcome: ComplianceOutcome,
    /// The outcome in words, for people.
    pub label: String,
    /// The instance that decided.
    pub instance: String,
    /// The node that decided.
    pub node: String,
    /// The device; null: none was found.
    pub device_id: Option<DeviceId>,
    /// The device exists in Intune.
    pub is_managed: bool,
    /// The outcome is `COMPLIANT`.
    pub is_compliant: bool,
    /// Why the outcome is as it is; empty where nothing is wrong.
    pub reasons: Vec<DecisionReason>,
    /// To be added to the shared state.
    #[schema(value_type = Object)]
    pub shared_state: Map<String, Value>,
    /// Keys to be removed from the shared state: they belong to an earlier decision.
    pub removed: Vec<String>,
    /// `null`: nothing was read.
    pub source: Option<DecisionSource>,
    /// How long ago the device was read, milliseconds; null: nothing was read.
    pub age_ms: Option<u64>,
    /// How the decision was made, if `explain` was set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<DecisionStep>,
}

impl ComplianceDecision {
    /// Nothing could be asked.
    pub fn from_failure(instance: String, node: String, reason: DecisionReason) -> ComplianceDecision {
        let outcome = ComplianceOutcome::Error;
        ComplianceDecision {
            outcome,
            label: outcome.label().to_owned(),
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

impl fmt::Debug for ComplianceDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decision({}, {:?})", self.outcome, self.reasons)
    }
}

/// Source of the data behind a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionSource {
    /// Graph, read now or `ageMs` ago.
    Live,
    /// The inventory, because Graph did not answer.
    Inventory,
}

impl DecisionSource {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            DecisionSource::Live => "live",
            DecisionSource::Inventory => "inventory",
        }
    }
}

/// One step of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionStep {
    /// What was looked at.
    pub step: String,
    /// What came of it.
    pub found: String,
}

impl DecisionStep {
    /// One step.
    pub fn new(step: impl Into<String>, found: impl Into<String>) -> DecisionStep {
        DecisionStep {
            step: step.into(),
            found: found.into(),
        }
    }
}

/// Why an outcome is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionReason {
    /// Short, stable code.
    pub code: String,
    /// One sentence, for people.
    pub text: String,
    /// The compliance policy that is not met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The setting of the policy that is not met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// State as reported by Intune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl DecisionReason {
    /// One that is not about a policy.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> DecisionReason {
        DecisionReason {
            code: code.into(),
            text: text.into(),
            policy: None,
            setting: None,
            state: None,
        }
    }
}

/// What a decision is made about. `Debug` shows nothing of it: a shared state holds what a journey knows of a person.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// `NAME` or `INSTANCE/NAME`; optional if there is only one node.
    pub node: Option<String>,
    /// Intune device id, or a text that the node finds it in; it comes before `header` and `sharedState`.
    pub device_id: Option<String>,
    /// Headers of the request to be authorised: text, or a list of texts if a header occurs more than once.
    #[schema(value_type = Option<Object>)]
    pub header: Option<Map<String, Value>>,
    /// Shared state of the journey so far.
    #[schema(value_type = Option<Object>)]
    pub shared_state: Option<Map<String, Value>>,
    /// Used if there is no device id.
    pub user_principal_name: Option<String>,
    /// How it is decided and answered.
    #[serde(default)]
    pub options: QuestionOptions,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({:?})", self.options)
    }
}

/// How a question is decided and answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuestionOptions {
    /// Overrides the node's `save_properties`.
    pub properties: Option<bool>,
    /// Overrides the node's `save_apps`.
    pub apps: Option<bool>,
    /// Overrides the node's `reasons`.
    pub reasons: Option<bool>,
    /// Read the device now instead of using cached data.
    #[serde(default)]
    pub fresh: bool,
    /// Explain how the decision was made.
    #[serde(default)]
    pub explain: bool,
}

/// The nodes of all instances.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodesView {
    /// By instance and name, within the caller's scope.
    pub nodes: Vec<NodeView>,
}

/// A node and its settings, without the user's password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// The instance that it belongs to.
    pub instance: String,
    /// Its name.
    pub node: String,
    /// Where its last answer came from.
    pub standing: NodeHealth,
    /// Why it is unusable; null: it is usable.
    pub trouble: Option<DecisionReason>,
    /// Warnings for people.
    pub warnings: Vec<String>,
    /// Name of the header, or of the key in the shared state, that has the device's id.
    pub header: String,
    /// The device's id is in the shared state; else in the header.
    pub id_from_shared_state: bool,
    /// Properties of the device are added to the shared state.
    pub save_properties: bool,
    /// Apps of the device are added to the shared state.
    pub save_apps: bool,
    /// It decides as the node that it replaces, also where that is wrong.
    pub compatible: bool,
    /// It signs in as a user, by password.
    pub password_grant: bool,
    /// The user that it signs in as; null: it signs in as an app.
    pub user_name: Option<String>,
    /// Version of Graph that apps are read from: `v1.0` or `beta`.
    pub apps_version: String,
    /// Apps that cannot be read do not spoil the outcome.
    pub apps_optional: bool,
    /// A bad outcome says which policies and settings fail.
    pub reasons: bool,
    /// A device that Intune does not know has the outcome `NOTFOUND` instead of `ERROR`.
    pub not_found_apart: bool,
    /// Longest time since a device checked in, hours; null: any.
    pub max_check_in_hours: Option<u32>,
    /// A device with one of these is not compliant.
    pub forbidden_apps: Vec<String>,
    /// A device without one of these is not compliant.
    pub required_apps: Vec<String>,
    /// Whose outcome counts where a user has several devices: `worst`, `best`, or `refuse` (an error).
    pub several_devices: String,
    /// `OUTCOME: CONDITION`, in their order; the first that holds decides.
    pub policies: Vec<String>,
    /// Outcomes that gateways let in.
    pub allowed: Vec<ComplianceOutcome>,
    /// Longest time for a decision, milliseconds.
    pub time_budget_ms: u64,
    /// How long a reading of a device is used again, seconds; 0: never.
    pub cache_s: u32,
    /// It answers from the inventory while Graph does not answer.
    pub inventory_answers: bool,
    /// Oldest reading of the inventory that it answers from, minutes.
    pub inventory_max_minutes: u32,
}

/// Where the last decision of a node came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeHealth {
    /// No decision requested yet.
    Idle,
    /// Graph answers.
    Live,
    /// Graph does not answer; decisions come from the inventory.
    Inventory,
    /// Graph does not answer, and neither does the inventory.
    Failing,
    /// The node is unusable.
    Broken,
}
