//! Management servers and how far they have come.

use super::given::deserialize_nullable;
use chrono::{DateTime, Utc};
use connector_core::model::{DeviceId, InstanceName, Seq};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ServerWebhookView, UnjudgedView};

/// Management servers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServersView {
    /// In the order of their ids.
    pub servers: Vec<ServerView>,
}

/// A management server: what it announced, its limits, and its progress.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    /// The id that it announced itself under; part of every path of it.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// What it says it accepts; stored as given.
    pub accepts: Value,
    /// Name of the operator that announced it first: the only one that may use it; null: the account no longer exists.
    pub owner: Option<String>,
    /// False: an operator must accept it before it receives anything.
    pub accepted: bool,
    /// When it was announced first.
    pub announced_at: DateTime<Utc>,
    /// When an operator accepted it; null: not yet.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it last announced itself, read, acknowledged or sent a job; null: never.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When it last acknowledged something new; null: never.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Address ranges it may connect from; empty means from anywhere.
    pub ranges: Vec<String>,
    /// The fields it receives; null means all.
    pub fields: Option<Vec<String>>,
    /// CEL: the devices it receives; null means all.
    pub filter: Option<String>,
    /// Whether it may send jobs.
    pub sends_jobs: bool,
    /// Where changes and results are posted to; null: it reads them itself.
    #[serde(default)]
    pub webhook: Option<ServerWebhookView>,
    /// What it has acknowledged, per instance that it receives.
    pub instances: Vec<ProgressView>,
}

/// How far a management server has come with one instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Name of the instance for people; null: none.
    pub profile: Option<String>,
    /// What it is receiving.
    pub phase: ProgressPhase,
    /// The position in the feed that it has acknowledged.
    pub seq: Seq,
    /// The newest position in the feed of the whole bus.
    pub head: Seq,
    /// Changes of this instance that it has not acknowledged yet, before its own filter is applied.
    pub behind: u64,
    /// Whether it holds everything it should: it has acknowledged everything and could process it, every record of the
    /// instance could be read, and its filter could evaluate every device.
    pub complete: bool,
    /// Records of the instance that could not be read and were set aside: the server receives nothing about them and
    /// keeps what it has. The status of the instance lists them.
    pub rejected: u64,
    /// Devices that its filter cannot evaluate: it receives nothing about them and keeps what it has, so what it holds
    /// of this instance is not complete.
    pub unjudged: UnjudgedView,
    /// Changes that it has reported it could not process (`GET …/changes/rejects` lists them).
    #[serde(default)]
    pub unprocessed: u64,
}

/// What a management server is receiving of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProgressPhase {
    /// It has acknowledged nothing yet, or starts over.
    Nothing,
    /// A snapshot: all devices, between two marks.
    Snapshot,
    /// Changes as they happen.
    Live,
}

/// What a management server says of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceBody {
    /// Name for people: at most 1,000 characters. Omitted: the name that it has; the id for a new server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What it accepts; any JSON of at most 16 KiB, stored and shown as given.
    #[serde(default)]
    pub accepts: Value,
}

/// What a management server is limited to. Omitted fields stay unchanged; null removes a limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsBody {
    /// Address ranges it may connect from (`192.0.2.0/24`); empty means from anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub ranges: Option<Vec<IpNet>>,
    /// Names of the fields it receives; null: all.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Vec<String>>)]
    pub fields: Option<Option<Vec<String>>>,
    /// CEL: the devices it receives, such as `operatingSystem == "iOS"`; null: all.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub filter: Option<Option<String>>,
    /// Whether it may send jobs at all; its operator's rights decide what they may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sends_jobs: Option<bool>,
}

/// From where changes are sent again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewindBody {
    /// Name of the instance; omitted: all instances.
    pub instance: Option<InstanceName>,
    /// Changes after this position in the feed are sent again; from 0.
    pub to: Seq,
}

/// Changes that a management server could not process.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectsBody {
    /// 1 to 100.
    pub rejects: Vec<RejectBody>,
}

/// One change that a management server could not process.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectBody {
    /// `instance` of the change.
    pub instance: InstanceName,
    /// `deviceId` of the change.
    pub device_id: DeviceId,
    /// `seq` of the change.
    pub seq: Seq,
    /// Why, in the words of the server: 1 to 500 characters, shown to people.
    pub reason: String,
}

/// What became of the report of a management server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectsReceipt {
    /// Changes of this report that are kept, also those that were known.
    pub kept: u64,
    /// Devices that the instance does not have: nothing is kept of them.
    pub unknown: Vec<DeviceId>,
    /// Changes that are not kept because 1,000 are kept already: let the server start over (`POST …/resync`).
    pub left_out: u64,
}

/// What a management server could not process, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RejectsView {
    /// One for each device, within the caller's scope.
    pub rejects: Vec<RejectView>,
}

/// A change that a management server could not process.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Of the change.
    pub seq: Seq,
    /// Why, in the words of the server.
    pub reason: String,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// The device was sent again or has changed since; the server has not acknowledged that yet.
    pub follows: bool,
}

/// A device that is to be sent again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResendBody {
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the instance; omitted: each that has the device and that the server receives.
    pub instance: Option<InstanceName>,
}

/// Where a device stands in the feed from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResentView {
    /// One for each instance that has it.
    pub resent: Vec<ResentPlace>,
}

/// A place in the feed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResentPlace {
    /// Name of the instance.
    pub instance: InstanceName,
    /// The place.
    pub seq: Seq,
}
