//! Every action as it describes itself.

use connector_core::model::{ActionDanger, ActionKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// All actions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActionsView {
    /// One entry an action.
    pub actions: Vec<ActionView>,
}

/// What may be known of an action.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionView {
    /// Its name, as jobs write it.
    pub name: ActionKind,
    /// What it does, one sentence.
    pub summary: String,
    /// How much harm it can do.
    pub danger: ActionDanger,
    /// The right that its sender needs.
    pub right: String,
    /// The Graph permission that the instance needs.
    pub permission: String,
    /// Version of Graph that it is called in: `v1.0` or `beta`.
    pub api_version: String,
    /// Twice does no more harm than once.
    pub repeatable: bool,
    /// Intune shows what became of it.
    pub traceable: bool,
    /// Where it works.
    pub platforms: Vec<PlatformSupport>,
    /// The parameters that it takes, as JSON Schema (2020-12): `properties` has the schema of each, `required` the names
    /// of those that must be given.
    // A schema of a schema would have a member `additionalProperties`, which generators of clients mistake for their own.
    #[schema(value_type = Object)]
    pub parameters: ActionParametersSchema,
}

/// Whether an action works on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformSupport {
    /// Name of the platform.
    pub platform: String,
    /// It works there, on devices that meet the conditions.
    pub works: bool,
    /// What the device has to have besides: codes of the refusal that it meets otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Why it does not work; absent: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What works instead; absent: nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// JSON Schema (2020-12) of an action's parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionParametersSchema {
    /// Always `object`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Schema of each parameter.
    pub properties: Map<String, Value>,
    /// Names of those that must be given.
    pub required: Vec<String>,
    /// Always false.
    pub additional_properties: bool,
}

impl ActionParametersSchema {
    /// Names of all parameters.
    pub fn list_names(&self) -> Vec<&str> {
        self.properties.keys().map(String::as_str).collect()
    }

    /// What may be known of one; `None`: there is none of this name.
    pub fn find_parameter(&self, name: &str) -> Option<ParameterSchema> {
        serde_json::from_value(self.properties.get(name)?.clone()).ok()
    }
}

/// What senders go by in the schema of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterSchema {
    /// JSON type of the value: `boolean`, `integer`, `string`.
    #[serde(rename = "type")]
    pub kind: String,
    /// It is a secret: sealed, and never shown.
    #[serde(default)]
    pub write_only: bool,
}
