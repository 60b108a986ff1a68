//! Notices to people: of what, over which channels, to whom, and what was told; and the heartbeat. Passwords, keys and the
//! addresses of webhooks are given, and never answered.

use chrono::{DateTime, Utc};
use connector_core::model::{Language, word_enum};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WebhookState;
use super::given::{deserialize_optional_secret, deserialize_secret, serialize_optional_secret, serialize_secret};

word_enum! {
    /// What a notice is about.
    pub enum NoticeKind {
        /// A credential, a certificate or a token comes to its end, or has ended.
        CredentialEnding "credentialEnding",
        /// Entra or Graph refuses an instance.
        SignInRefused "signInRefused",
        /// No scan has succeeded for three intervals.
        ScansOverdue "scansOverdue",
        /// The same, because Microsoft does not answer as it should.
        MicrosoftOutage "microsoftOutage",
        /// The deletion brake, a canary or consent of a target waits for a person.
        BrakeWaiting "brakeWaiting",
        /// Records or devices were set aside.
        RecordsSetAside "recordsSetAside",
        /// A management server does not read, or a target does not write.
        ServerSilent "serverSilent",
        /// Something waits for a decision: jobs, orders, new management servers, another text of a workflow.
        ApprovalWaiting "approvalWaiting",
        /// Somebody has asked for a change that loosens what guards actions and accounts.
        LooseningAsked "looseningAsked",
        /// Somebody acted alone in an emergency.
        GlassBroken "glassBroken",
        /// It is not known what became of an action: a person has to find out.
        NeedsOperator "needsOperator",
        /// The destructive rights of an account were suspended.
        Tripwire "tripwire",
        /// A kill switch is on.
        KillSwitch "killSwitch",
        /// The disk or the store: little room, damage, no writes.
        DiskTrouble "diskTrouble",
        /// The clock of the machine was set back.
        ClockWrong "clockWrong",
        /// The store went back to an earlier state.
        StoreWentBack "storeWentBack",
        /// A part cannot run: settings that are wrong, a microservice or a compliance node that fails.
        PartFailed "partFailed",
        /// A product can be updated.
        UpdateAvailable "updateAvailable",
    }
}

word_enum! {
    /// What a message says of its subject.
    pub enum NoticePhase {
        /// It is so now.
        Opened "opened",
        /// It is over.
        Cleared "cleared",
        /// Nothing: somebody tries whether messages arrive.
        Test "test",
    }
}

word_enum! {
    /// How a connection to a mail server is encrypted.
    pub enum MailSecurity {
        /// It begins in clear and changes over before anything is said; port 587 as a rule.
        StartTls "startTls",
        /// From the first byte on; port 465 as a rule.
        Tls "tls",
    }
}

word_enum! {
    /// The form of the messages of a webhook.
    pub enum NoticeForm {
        /// JSON of the bus, signed as in Standard Webhooks.
        Standard "standard",
        /// An adaptive card, as a workflow of Microsoft Teams takes it.
        Teams "teams",
        /// Blocks, as an incoming webhook of Slack takes them.
        Slack "slack",
        /// JSON of one's own, with places for what the notice says.
        Template "template",
    }
}

/// Everything that is set about notices, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeSettingsView {
    /// The address of the console that links begin with (`console_url` of `bus.ini`); null: none is set, and messages have
    /// no links.
    pub console_url: Option<String>,
    /// By name.
    pub channels: Vec<NoticeChannelView>,
    /// By name.
    pub recipients: Vec<NoticeRecipientView>,
    /// Null: there is none.
    pub heartbeat: Option<HeartbeatView>,
}

/// A way by which messages go. One of `mail` and `webhook` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeChannelView {
    /// Its name.
    pub name: String,
    /// Where it is a mail server.
    pub mail: Option<MailChannelView>,
    /// Where it is a webhook.
    pub webhook: Option<WebhookChannelView>,
    /// Messages that wait to be sent.
    pub waiting: u64,
    /// Why the last attempt failed; null: it did not.
    pub last_error: Option<String>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailChannelView {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: MailSecurity,
    /// Who signs in there; null: nobody does.
    pub user: Option<String>,
    /// The sender of the messages.
    pub from: String,
    /// Its address may be a private one.
    pub allow_private_addresses: bool,
    /// It has certificate authorities of its own.
    pub has_authorities: bool,
}

/// A receiver of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookChannelView {
    /// The host of its address; the rest is a secret.
    pub host: String,
    /// The form of the messages.
    pub form: NoticeForm,
    /// Its address may be a private one, and `http://`.
    pub allow_private_addresses: bool,
    /// Messages are signed with a key.
    pub signed: bool,
    /// Messages have a header `Authorization`.
    pub authorized: bool,
    /// It has certificate authorities of its own.
    pub has_authorities: bool,
}

/// A channel, new or as it shall be. Exactly one of `mail` and `webhook`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeChannelBody {
    /// A mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailChannelBody>,
    /// A receiver of webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookChannelBody>,
}

/// A mail server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailChannelBody {
    /// Its host name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted. Without encryption nothing is sent.
    pub security: MailSecurity,
    /// Who signs in there. Omitted: nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Their password. Omitted: the one that is kept, where host, port, encryption and user stay the same.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// The sender of the messages: `intune@example.com`.
    pub from: String,
    /// Whether its address may be a private one.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// Further certificate authorities, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
}

/// A receiver of webhooks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookChannelBody {
    /// Its address, a secret: whoever knows it can write there. Omitted: address, key and authorization stay as they are,
    /// where `pem` stays the same.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub url: Option<SecretString>,
    /// The form of the messages.
    pub form: NoticeForm,
    /// The key that signs them, `whsec_…`. Of the form `standard` it is needed.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub key: Option<SecretString>,
    /// What the header `Authorization` says.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub authorization: Option<SecretString>,
    /// Whether its address may be a private one, and `http://`.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// Further certificate authorities, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
    /// Of the form `template`: JSON, in whose texts `{title}`, `{text}`, `{kind}`, `{event}`, `{action}`, `{severity}`,
    /// `{count}`, `{since}`, `{link}`, `{id}` and `{key}` stand for what the notice says. A secret: many tools want their key
    /// in it.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub template: Option<SecretString>,
}

/// Hours in which only what cannot wait is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuietHours {
    /// They begin at this time: `22:00`.
    pub from: String,
    /// They end at this time, on the next day where it is earlier: `07:00`.
    pub to: String,
    /// The time zone of both: `Europe/Berlin`. Omitted: UTC.
    #[serde(default = "universal_zone")]
    pub zone: String,
}

fn universal_zone() -> String {
    "UTC".to_owned()
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRecipientView {
    /// A name for them.
    pub name: String,
    /// Name of the channel.
    pub channel: String,
    /// Where the channel is a mail server: their address.
    pub address: Option<String>,
    /// The language of their messages.
    pub language: Language,
    /// What they are told of; null: everything.
    pub kinds: Option<Vec<NoticeKind>>,
    /// Null: they have none.
    pub quiet: Option<QuietHours>,
}

/// Somebody who is told, new or as it shall be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeRecipientBody {
    /// Name of the channel.
    pub channel: String,
    /// Where the channel is a mail server: their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The language of their messages. Omitted: English.
    #[serde(default)]
    pub language: Language,
    /// What they are told of. Omitted: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<NoticeKind>>,
    /// Omitted: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

/// What came of a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeTestView {
    /// The mail server, or the receiver, has taken it.
    pub delivered: bool,
    /// Why it has not; null: it has.
    pub problem: Option<String>,
}

/// What recipients were told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeMessagesView {
    /// The newest 200, newest first. What was delivered or given up is kept for 30 days.
    pub messages: Vec<NoticeMessageView>,
}

/// One message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeMessageView {
    /// The same for each attempt: `webhook-id`, or the part of `Message-ID` before the `@`.
    pub id: String,
    /// Name of the recipient.
    pub recipient: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// What it says of that.
    pub phase: NoticePhase,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Where it stands.
    pub state: WebhookState,
    /// Attempts that were made.
    pub attempts: u32,
    /// Why the last attempt failed; null: none did.
    pub last_error: Option<String>,
}

word_enum! {
    /// What the heartbeat found.
    pub enum HeartbeatState {
        /// Scans are fresh, and the store takes writes: the ping goes out.
        Good "good",
        /// Scans are late because Microsoft does not answer as it should; the bus is well, and the ping goes out.
        MicrosoftOutage "microsoftOutage",
        /// Scans are late, or a part cannot run, by a fault that somebody has to mend: there is no ping.
        Withheld "withheld",
    }
}

/// A ping to an address outside, as long as all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatView {
    /// The host of its address; the rest is a secret.
    pub host: String,
    /// Seconds between two pings.
    pub every_seconds: u32,
    /// Its address may be a private one, and `http://`.
    pub allow_private_addresses: bool,
    /// What was found last; null: nobody has looked yet.
    pub state: Option<HeartbeatState>,
    /// When that was.
    pub checked_at: Option<DateTime<Utc>>,
    /// Why the last ping failed; null: it did not.
    pub last_error: Option<String>,
}

/// The heartbeat as it shall be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeartbeatBody {
    /// The address that is asked by GET, a secret.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub url: SecretString,
    /// Seconds between two pings, 30 to 3,600.
    pub every_seconds: u32,
    /// Whether its address may be a private one, and `http://`.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// Further certificate authorities, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
}
