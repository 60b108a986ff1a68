//! What a test says of a device's apps and policies; the format of the control API.

use serde::{Deserialize, Serialize};

/// `None`: as the device's dice have it.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub apps: Option<Vec<ToldApp>>,
    pub policies: Option<Vec<ToldPolicy>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ToldApp {
    /// As it is answered: a name may be missing, or no text at all.
    pub display_name: serde_json::Value,
    pub version: Option<String>,
    pub publisher: Option<String>,
    pub size_in_byte: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToldPolicy {
    pub display_name: String,
    /// Of `complianceStatus`, or any text.
    pub state: String,
    #[serde(default)]
    pub settings: Vec<ToldSetting>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToldSetting {
    pub setting: String,
    pub state: String,
    #[serde(default)]
    pub current_value: Option<String>,
    #[serde(default)]
    pub error_code: i64,
}
