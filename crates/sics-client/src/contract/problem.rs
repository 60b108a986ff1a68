//! What a caller is told when a request failed: problem details (RFC 9457).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Why a request failed, and what to do about it. Media type `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URN that ends with the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the HTTP status.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What failed, one sentence.
    pub detail: String,
    /// Stable, for machines.
    pub code: String,
    /// What to do, for people.
    pub advice: String,
    /// With `confirmationNeeded`: how many devices the request concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// With `confirmationNeeded`: what the parameter `confirm` of the repeated request takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Further members, by code: `key`, `findings` …
    #[serde(flatten)]
    pub members: Map<String, Value>,
}
