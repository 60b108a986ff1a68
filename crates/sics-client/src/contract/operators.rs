//! Accounts, roles and tokens.

use super::given::{IssuedToken, deserialize_optional_secret, serialize_optional_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{OperatorKind, Right, RightScope};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RelaxationView;

/// All accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OperatorsView {
    /// By name.
    pub operators: Vec<OperatorView>,
}

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorView {
    /// As it signs in.
    pub name: String,
    /// Who signs in with it.
    pub kind: OperatorKind,
    /// `Devices_Read`, `Servers_*`, `*` …
    pub rights: Vec<Right>,
    /// Where `rights` hold.
    pub scope: RightScope,
    /// Their rights are added, each within its scope.
    pub roles: Vec<HeldRoleView>,
    /// It cannot sign in.
    pub disabled: bool,
    /// False: signs in by token only.
    pub has_password: bool,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Name of the operator that created it.
    pub created_by: Option<String>,
    /// The password was set by somebody else: the owner must set another one first.
    pub password_given: bool,
    /// Whether a code is needed besides the password.
    pub second_factor: bool,
    /// When it signed in last, to the hour; null: never, as far as is known.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// The tripwire has suspended its destructive rights.
    pub suspended: bool,
}

/// A role that an account holds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldRoleView {
    /// Name of the role.
    pub role: String,
    /// Where its rights hold.
    pub scope: RightScope,
}

/// The tokens of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TokensView {
    /// Without their secrets.
    pub tokens: Vec<TokenView>,
}

/// A token of an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it ends; null: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where it holds, within the scope of the account.
    pub scope: RightScope,
    /// Only in the response that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub token: Option<IssuedToken>,
}

/// A new token.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
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

/// A new account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOperatorBody {
    /// 1 to 64 letters, digits, `-`, `_`, `.` or `@`.
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
    /// Rights that it gets; each must be the caller's own.
    pub rights: Vec<Right>,
    /// Where they hold. Omitted: everywhere.
    #[serde(default)]
    pub scope: RightScope,
    /// Adds the missing required rights instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// A change of an account. Omitted fields stay unchanged.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatorBody {
    /// The new password.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// Replace those that it has.
    pub rights: Option<Vec<Right>>,
    /// Where they hold.
    pub scope: Option<RightScope>,
    /// Whether it cannot sign in.
    pub disabled: Option<bool>,
    /// Adds the missing required rights instead of refusing.
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
    /// With `currentPassword`: a code of your second factor, if you have one. Not needed in a session that was confirmed
    /// with one within the last five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Not done yet: a second person must agree.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    /// What waits, and who may agree.
    pub waits: RelaxationView,
    /// Of a new token: shown only once; valid once a second person has agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub token: Option<IssuedToken>,
}

/// What became of a change of accounts, where the answer says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AccountReply<T> {
    /// Nothing yet: a second person must agree (202).
    Waits(Box<WaitingView>),
    /// It was made.
    Made(T),
}

impl AccountReply<TokenView> {
    /// The new token, which is shown now and never again; null: the bus did not say it.
    pub fn into_token(self) -> Option<IssuedToken> {
        match self {
            AccountReply::Waits(waiting) => waiting.token,
            AccountReply::Made(made) => made.token,
        }
    }
}

/// All roles.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RolesView {
    /// Those of the system first.
    pub roles: Vec<RoleView>,
}

/// Rights under a name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleView {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// Whose it is; only a custom one can be changed.
    pub origin: RoleOrigin,
    /// Id of the product, for a product's role.
    pub product: Option<String>,
    /// As granted: `Servers_*`.
    pub rights: Vec<Right>,
    /// Each main right with the sub rights that it includes.
    pub tree: Vec<MainRight>,
    /// Accounts that hold it.
    pub holders: Vec<HolderView>,
}

/// Whose a role is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoleOrigin {
    /// It comes with the bus.
    System,
    /// It comes with a product.
    Product,
    /// An operator created it.
    Own,
}

impl RoleOrigin {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            RoleOrigin::System => "system",
            RoleOrigin::Product => "product",
            RoleOrigin::Own => "own",
        }
    }
}

/// A main right of a role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MainRight {
    /// `Devices`.
    pub main: String,
    /// `Read` …
    pub sub: Vec<String>,
    /// All sub rights are included.
    pub all: bool,
}

/// An account that holds a role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HolderView {
    /// Name of the account.
    pub operator: String,
    /// Where the rights of the role hold.
    pub scope: RightScope,
}

/// A new role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRoleBody {
    /// Up to 48 letters, digits, `-` or `_`, starting with a letter.
    pub name: String,
    /// What it is for; at most 200 characters.
    #[serde(default)]
    pub summary: String,
    /// What it grants; each must be the caller's own.
    pub rights: Vec<Right>,
    /// Adds the missing required rights instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// A change of a role. Omitted fields stay unchanged.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleBody {
    /// What it is for; at most 200 characters.
    pub summary: Option<String>,
    /// Replace those that it grants.
    pub rights: Option<Vec<Right>>,
    /// Adds the missing required rights instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// For where an account gets a role.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiveBody {
    /// Omitted: everywhere.
    #[serde(default)]
    pub scope: RightScope,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a9_an_answer_says_whether_a_change_was_made_or_waits() {
        let read = |answer: &str| serde_json::from_str::<AccountReply<()>>(answer).expect("a reply");
        assert!(matches!(read("null"), AccountReply::Made(())));
        let waits = json!({"waits": {
            "id": 7, "scope": "bus", "change": {"sentence": "it changes"}, "askedBy": null,
            "askedAt": "2026-11-21T07:58:00Z", "state": "waiting", "mayAgree": ["anna"], "aloneAt": null,
            "agreeBy": "limits approve 7", "goesOut": [], "digest": "ab",
        }});
        let reply = read(&waits.to_string());
        assert!(matches!(&reply, AccountReply::Waits(waiting) if waiting.waits.id == 7));
        assert_eq!(serde_json::to_value(&reply).expect("JSON"), waits);
    }
}
