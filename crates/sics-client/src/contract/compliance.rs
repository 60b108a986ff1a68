//! Compliance decisions.

use connector_core::model::{ComplianceOutcome, DeviceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GatewayCheckQuery {
    pub node: Option<String>,
}

/// `Debug` shows no shared state.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComplianceDecision {
    pub outcome: ComplianceOutcome,
    pub label: String,
    pub instance: String,
    pub node: String,
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

/// Source of the data behind a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionSource {
    /// Graph, read now or `ageMs` ago.
    Live,
    /// The inventory, because Graph did not answer.
    Inventory,
}

/// One step of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionStep {
    pub step: String,
    pub found: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionReason {
    /// Short, stable code.
    pub code: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// State as reported by Intune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `Debug` shows nothing of it: a shared state holds what a journey knows of a person.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// `NAME` or `INSTANCE/NAME`; optional if there is only one node.
    pub node: Option<String>,
    pub device_id: Option<String>,
    /// Headers of the request to be authorised: text, or a list of texts if a header occurs more than once.
    #[schema(value_type = Option<Object>)]
    pub header: Option<Map<String, Value>>,
    /// Shared state of the journey so far.
    #[schema(value_type = Option<Object>)]
    pub shared_state: Option<Map<String, Value>>,
    /// Used if there is no device id.
    pub user_principal_name: Option<String>,
    #[serde(default)]
    pub options: QuestionOptions,
}

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

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodesView {
    pub nodes: Vec<NodeView>,
}

/// A node and its settings, without the user's password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    pub instance: String,
    pub node: String,
    pub standing: NodeHealth,
    pub trouble: Option<DecisionReason>,
    /// Warnings for people.
    pub warnings: Vec<String>,
    pub header: String,
    pub id_from_shared_state: bool,
    pub save_properties: bool,
    pub save_apps: bool,
    pub compatible: bool,
    pub password_grant: bool,
    pub user_name: Option<String>,
    pub apps_version: String,
    pub apps_optional: bool,
    pub reasons: bool,
    pub not_found_apart: bool,
    pub max_check_in_hours: Option<u32>,
    pub forbidden_apps: Vec<String>,
    pub required_apps: Vec<String>,
    pub several_devices: String,
    pub policies: Vec<String>,
    pub allowed: Vec<String>,
    pub time_budget_ms: u64,
    pub cache_s: u32,
    pub inventory_answers: bool,
    pub inventory_max_minutes: u32,
}

/// Where the last decision of a node came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeHealth {
    /// No decision requested yet.
    Idle,
    Live,
    /// Graph does not answer; decisions come from the inventory.
    Inventory,
    /// Graph does not answer, and neither does the inventory.
    Failing,
    /// The node is unusable.
    Broken,
}
