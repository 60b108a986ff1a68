//! Management servers and how far they have come.

use super::given::deserialize_nullable;
use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, Seq};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::UnjudgedView;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServersView {
    pub servers: Vec<ServerView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    pub id: String,
    pub display_name: String,
    /// What it says it accepts; stored as given.
    pub accepts: Value,
    /// Name of the operator that announced it first: the only one that may use it.
    pub owner: Option<String>,
    /// False: an operator must accept it before it receives anything.
    pub accepted: bool,
    pub announced_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When it last acknowledged something new.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Address ranges it may connect from; empty means from anywhere.
    pub ranges: Vec<String>,
    /// The fields it receives; null means all.
    pub fields: Option<Vec<String>>,
    /// CEL: the devices it receives.
    pub filter: Option<String>,
    /// Whether it may send jobs.
    pub sends_jobs: bool,
    /// What it has acknowledged, per instance that it receives.
    pub instances: Vec<ProgressView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressView {
    pub instance: String,
    /// `live`, `snapshot`, or `nothing`: it has acknowledged nothing yet, or starts over.
    pub phase: String,
    /// The position in the feed that it has acknowledged.
    pub seq: i64,
    /// The newest position in the feed of the whole bus.
    pub head: i64,
    /// Changes of this instance that it has not acknowledged yet, before its own filter is applied.
    pub behind: u64,
    /// Whether it holds everything it should: it has acknowledged everything, and its filter could evaluate every
    /// device.
    pub complete: bool,
    /// Devices that its filter cannot evaluate: it receives nothing about them and keeps what it has, so what it holds
    /// of this instance is not complete.
    pub unjudged: UnjudgedView,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceBody {
    pub display_name: String,
    /// What it accepts; stored and shown as given.
    #[serde(default)]
    pub accepts: Value,
}

/// Omitted fields stay unchanged; null removes a limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsBody {
    /// Address ranges it may connect from (`192.0.2.0/24`); empty means from anywhere.
    #[schema(value_type = Option<Vec<String>>)]
    pub ranges: Option<Vec<IpNet>>,
    /// The fields it receives.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    pub fields: Option<Option<Vec<String>>>,
    /// CEL: the devices it receives.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    pub filter: Option<Option<String>>,
    /// Whether it may send jobs at all; its operator's rights decide what they may do.
    pub sends_jobs: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewindBody {
    /// Omitted: all instances.
    pub instance: Option<InstanceName>,
    /// Changes after this position in the feed are sent again.
    pub to: Seq,
}
