//! The audit trail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{BrokenGlassView, SortOrder};

/// Which entries of the trail to read, in which order. An entry has to match everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Comma-separated actions, such as `job.accepted,job.approved`: an entry has one of them.
    pub action: Option<String>,
    /// Only entries of the operator of this name, or of `bus`; upper and lower case alike.
    pub operator: Option<String>,
    /// Only entries in whose subject this text stands, upper and lower case alike.
    pub subject: Option<String>,
    /// Begin of a period, which belongs to it (RFC 3339).
    pub from: Option<String>,
    /// End of a period, which does not belong to it (RFC 3339).
    pub until: Option<String>,
    /// Only entries in whose operator, action, subject or details (JSON) this text stands, upper and lower case alike.
    pub text: Option<String>,
    /// `asc` if omitted: oldest first; `desc`: newest first.
    #[param(inline)]
    pub order: Option<SortOrder>,
    /// Entries behind this number in the order; omitted: from the first of the order on.
    pub after: Option<i64>,
    /// Most entries in the answer, 1 to 1000; omitted: 100.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<u32>,
    /// True: the newest entries instead of the first ones, oldest first all the same; not with `order`. Default: false.
    pub newest: Option<bool>,
    /// `true`: `total` is counted. Default: false.
    pub count: Option<bool>,
}

/// Which entries of the trail to export, in which order: all that match. What it shares with [`AuditQuery`] means the
/// same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditExportQuery {
    /// Comma-separated actions: an entry has one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only entries of the operator of this name, or of `bus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Only entries in whose subject this text stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Begin of a period, which belongs to it (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// End of a period, which does not belong to it (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only entries in whose operator, action, subject or details (JSON) this text stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `asc` if omitted: oldest first; `desc`: newest first.
    #[param(inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<SortOrder>,
}

impl From<&AuditExportQuery> for AuditQuery {
    /// The entries of the file.
    fn from(asked: &AuditExportQuery) -> AuditQuery {
        let asked = asked.clone();
        AuditQuery {
            action: asked.action,
            operator: asked.operator,
            subject: asked.subject,
            from: asked.from,
            until: asked.until,
            text: asked.text,
            order: asked.order,
            ..AuditQuery::default()
        }
    }
}

impl From<&AuditQuery> for AuditExportQuery {
    /// The file of what is listed.
    fn from(asked: &AuditQuery) -> AuditExportQuery {
        let asked = asked.clone();
        AuditExportQuery {
            action: asked.action,
            operator: asked.operator,
            subject: asked.subject,
            from: asked.from,
            until: asked.until,
            text: asked.text,
            order: asked.order,
        }
    }
}

/// What the trail is compared with, beside the daily logs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditVerifyQuery {
    /// A previously noted head, 64 hexadecimal digits, or with the number of its entry: `HASH` or `HASH:ENTRY`.
    pub head: Option<String>,
}

/// A page of the trail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// Emergency actions that no second person has reviewed yet, within the caller's scope.
    pub broken_glass: Vec<BrokenGlassView>,
    /// In the order that was asked for; oldest first if none was.
    pub entries: Vec<AuditEntryView>,
    /// For the next page; null on the last page.
    pub after: Option<i64>,
    /// How many entries match, on all pages; with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntryView {
    /// Its number.
    pub id: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Name of the operator, or `bus`.
    pub actor: String,
    /// What was done: `server.accepted` …
    pub action: String,
    /// To what.
    pub subject: String,
    /// What belongs to it, by the action.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// Value of the chain, hex.
    pub chain: String,
}

/// Whether the trail is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditVerdictView {
    /// Nothing is broken and no end is missing.
    pub whole: bool,
    /// Number of entries.
    pub entries: u64,
    /// Newest value of the chain, hex.
    pub head: String,
    /// The first entry that does not fit the chain; null: all do.
    pub broken_at: Option<i64>,
    /// Ends that were there once: the trail was cut off behind what is left of it. Not judged where it is broken.
    pub missing: Vec<MissingEndView>,
    /// Heads that it was compared with: those of the daily logs, and one that was given.
    pub compared: u64,
    /// How many of them are not in it because the store was restored since.
    pub before_restore: u64,
    /// Entries by which a restore says that it took place.
    pub restores: Vec<RestoreEntryView>,
}

/// Who remembers an end of the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WitnessKind {
    /// The number that SQLite gave out last.
    Sequence,
    /// A line of a daily log.
    Log,
    /// Given with the request.
    Given,
}

/// An end that was there once and is not in the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingEndView {
    /// Who remembers it.
    pub by: WitnessKind,
    /// Name of the log file; empty where there is none.
    pub source: String,
    /// When it was the end; null: not known.
    pub at: Option<DateTime<Utc>>,
    /// Number of the entry; null: not known.
    pub entry: Option<i64>,
    /// Hex; empty where only the number is known.
    pub head: String,
}

/// An entry by which a restore says that it took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreEntryView {
    /// Number of the entry.
    pub entry: i64,
    /// When.
    pub at: DateTime<Utc>,
}
