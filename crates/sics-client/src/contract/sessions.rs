//! STUB of the console branch.
#![allow(missing_docs)]
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::IssuedToken;
use super::given::{deserialize_secret, serialize_secret};

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSessionBody {
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionStartedView {
    pub token: IssuedToken,
    pub session: SessionView,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    pub id: i64,
    pub operator: String,
    pub started_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub address: String,
    pub user_agent: String,
    pub current: bool,
    pub confirmed_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupView {
    pub needed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetupBody {
    pub token: String,
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInLinkBody {
    pub token: String,
}
