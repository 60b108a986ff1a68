//! Accounts, roles and tokens.

use super::given::{deserialize_optional_secret, serialize_optional_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{OperatorKind, Right, RightScope};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RelaxationView;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OperatorsView {
    pub operators: Vec<OperatorView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorView {
    pub name: String,
    pub kind: OperatorKind,
    /// `Devices_Read`, `Servers_*`, `*` …
    pub rights: Vec<Right>,
    pub scope: RightScope,
    /// Their rights are added, each within its scope.
    pub roles: Vec<HeldRoleView>,
    pub disabled: bool,
    /// False: signs in by token only.
    pub has_password: bool,
    pub created_at: DateTime<Utc>,
    /// Name of the operator that created it.
    pub created_by: Option<String>,
    /// The password was set by somebody else: the owner must set another one first.
    pub password_given: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldRoleView {
    pub role: String,
    pub scope: RightScope,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TokensView {
    pub tokens: Vec<TokenView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    pub id: i64,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub scope: RightScope,
    /// Only in the response that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for.
    pub name: String,
    /// Omitted: it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its scope, within the scope of the account. Omitted: the same scope.
    #[serde(default)]
    pub scope: RightScope,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOperatorBody {
    pub name: String,
    /// `person` or `server`.
    pub kind: OperatorKind,
    /// Omitted: signs in by token only.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    pub rights: Vec<Right>,
    #[serde(default)]
    pub scope: RightScope,
    /// Adds the missing required rights instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// Omitted fields stay unchanged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatorBody {
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    pub rights: Option<Vec<Right>>,
    pub scope: Option<RightScope>,
    pub disabled: Option<bool>,
    #[serde(default)]
    pub add_dependencies: bool,
    /// The current password; required to set your own.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub current_password: Option<SecretString>,
}

/// Not done yet: a second person must agree.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    pub waits: RelaxationView,
    /// Of a new token: shown only once; valid once a second person has agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RolesView {
    pub roles: Vec<RoleView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleView {
    pub name: String,
    pub summary: String,
    /// `system`, `product` or `own` (custom); only the last can be changed.
    pub origin: String,
    /// Id of the product, for a product's role.
    pub product: Option<String>,
    /// As granted: `Servers_*`.
    pub rights: Vec<Right>,
    /// Each main right with the sub rights that it includes.
    pub tree: Vec<MainRight>,
    pub holders: Vec<HolderView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MainRight {
    pub main: String,
    pub sub: Vec<String>,
    /// All sub rights are included.
    pub all: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HolderView {
    pub operator: String,
    pub scope: RightScope,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRoleBody {
    pub name: String,
    #[serde(default)]
    pub summary: String,
    pub rights: Vec<Right>,
    /// Adds the missing required rights instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// Omitted fields stay unchanged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleBody {
    pub summary: Option<String>,
    pub rights: Option<Vec<Right>>,
    #[serde(default)]
    pub add_dependencies: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiveBody {
    /// Omitted: everywhere.
    #[serde(default)]
    pub scope: RightScope,
}
