//! Sessions, the second factor, and how the first person gets in.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::{IssuedSecret, IssuedToken, deserialize_secret, serialize_secret};

/// Who signs in to a session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSessionBody {
    /// Their name.
    pub name: String,
    /// Their password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// Where the account has a second factor: the six digits that its app shows, or a recovery code. Each works once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A session that has begun.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionStartedView {
    /// Its bearer token, `ics_…`: shown only here.
    #[schema(value_type = String)]
    pub token: IssuedToken,
    /// The session.
    pub session: SessionView,
}

/// A session of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Its number.
    pub id: i64,
    /// Name of the account.
    pub operator: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends if it is not used until then; each use moves this, up to the longest that a session may last.
    pub ends_at: DateTime<Utc>,
    /// The address from which it began.
    pub address: String,
    /// The program that began it, as it calls itself, shortened.
    pub user_agent: String,
    /// Whether this request belongs to it.
    pub current: bool,
    /// Until then the password (and the code) given last count for what needs them again; null: they do not.
    pub confirmed_until: Option<DateTime<Utc>>,
}

/// Sessions that have not ended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionsView {
    /// Your own, newest first; with `Operators_Read` for all accounts those of everybody.
    pub sessions: Vec<SessionView>,
}

/// The password of the person whose session it is, once more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmSessionBody {
    /// Their password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The code of their second factor, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The caller's own password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordBody {
    /// The password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

/// The caller's own password and a code of their second factor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordCodeBody {
    /// The password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The code, or a recovery code. May be empty in a session that was confirmed with one within the last five minutes.
    pub code: String,
}

/// A code of the app that is being set up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeBody {
    /// Six digits.
    pub code: String,
}

/// A second factor that is being set up: it counts once a code of it was right. Valid for ten minutes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorDraftView {
    /// The seed in base32, to be typed into the app.
    #[schema(value_type = String)]
    pub secret: IssuedSecret,
    /// The same as an address (`otpauth://totp/…`), for a QR code.
    #[schema(value_type = String)]
    pub uri: IssuedSecret,
}

/// Codes that each stand in once for a code of the app.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Shown only here.
    #[schema(value_type = Vec<String>)]
    pub codes: Vec<IssuedSecret>,
}

/// Whether the bus has nobody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetupView {
    /// True: the first person has to be made, with the token in the file `console-setup` of the data folder.
    pub needed: bool,
}

/// The first person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetupBody {
    /// The token of the file `console-setup`.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub token: SecretString,
    /// The name to sign in with: 1 to 64 letters, digits, `-`, `_`, `.` or `@`.
    pub name: String,
    /// The password, at least 10 characters.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

/// For whom a sign-in link is made.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSignInLinkBody {
    /// Name of a person; omitted: the only person that there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// A way in for one use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInLinkView {
    /// Name of the person whom it signs in.
    pub operator: String,
    /// What `redeem_sign_in_link` takes; shown only here.
    #[schema(value_type = String)]
    pub token: IssuedToken,
    /// When it ends, if it is not used before.
    pub ends_at: DateTime<Utc>,
}

/// A sign-in link as it is used.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInLinkBody {
    /// Its token.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub token: SecretString,
}
