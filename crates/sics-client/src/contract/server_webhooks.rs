//! Webhooks of management servers: where the bus posts changes and results, and how that goes. The address as a whole and the
//! keys are never answered again.

use chrono::{DateTime, Utc};
use connector_core::model::word_enum;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::{IssuedSecret, deserialize_secret, serialize_secret};

word_enum! {
    /// What a message to a management server is: its member `type`.
    pub enum ServerMessageKind {
        /// A page of changes, as `GET …/changes` answers it.
        Changes "inventory.changes",
        /// A page of results of jobs, as `GET …/results` answers it.
        Results "jobs.results",
        /// A test message, which means nothing.
        Test "webhook.test",
    }
}

/// The address to post to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerWebhookBody {
    /// `https://…`; `http://…` for private addresses alone. It has at most 2,000 characters. A secret: many addresses have a
    /// token in them.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub url: SecretString,
    /// Whether it may lead to a private address: this machine, or a network that is not the internet. Link-local addresses
    /// and those of the metadata services of clouds are never posted to.
    #[serde(default)]
    pub allow_private_addresses: bool,
}

/// The webhook of a management server, and how it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerWebhookView {
    /// Scheme, host and port of the address; what stands behind them is not shown.
    pub address: String,
    /// Whether it may lead to a private address.
    pub allow_private_addresses: bool,
    /// When the address was set.
    pub set_at: DateTime<Utc>,
    /// Until when messages are signed with the earlier key as well; null: there is one key.
    pub two_keys_until: Option<DateTime<Utc>>,
    /// When a message was last taken, to the minute; null: none was yet.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Since when no message is taken; null: the last one was.
    pub failing_since: Option<DateTime<Utc>>,
    /// Attempts since then.
    pub attempts: u32,
    /// When the next attempt is due; null: nothing failed, or the address is set aside.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the address was set aside because nothing was taken for a day, or it answered 410: nothing is posted until a test
    /// message is taken or the address is set again; null: it is in use.
    pub set_aside_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed; null: it did not.
    pub last_error: Option<String>,
}

/// What was set, with its key where there is a new one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerWebhookChanged {
    /// As it is now.
    pub webhook: ServerWebhookView,
    /// The key that signs from now on: `whsec_` and base64, for any library of Standard Webhooks. It is shown in this answer
    /// and never again; null: the key is the one from before.
    #[schema(value_type = Option<String>)]
    pub key: Option<IssuedSecret>,
}

/// What became of a test message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerWebhookTest {
    /// Whether it was taken (a status of the 200s).
    pub accepted: bool,
    /// Why not; null: it was taken.
    pub problem: Option<String>,
    /// As it is now; a test message that was taken ends setting aside.
    pub webhook: ServerWebhookView,
}
