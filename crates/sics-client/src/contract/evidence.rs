//! Evidence of a period: a signed file of what was asked for, agreed to and done.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::Epoch;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::AuditVerdictView;

/// The period.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EvidenceQuery {
    /// Its begin, which belongs to it (RFC 3339).
    pub from: DateTime<Utc>,
    /// Its end, which does not belong to it; omitted, or later than now: now.
    pub until: Option<DateTime<Utc>>,
}

/// The public key with which the signature of evidence is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceKeyView {
    /// SHA-256 of the 32 bytes of the key, hex.
    pub fingerprint: String,
    /// Ed25519, PEM.
    pub pem: String,
}

/// `evidence.json` of the signed file: what the file is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceView {
    /// Version of this form: 1.
    pub format: u32,
    /// Name of the program: `intune-connector`.
    pub product: String,
    /// Version of the program.
    pub version: String,
    /// Generation of the store; a restored store has another one.
    pub epoch: Epoch,
    /// Fingerprint of the key that signed it.
    pub key: String,
    /// When it was made: jobs, tasks and requests are shown as they stood then.
    pub made_at: DateTime<Utc>,
    /// Name of the operator who had it made.
    pub made_by: String,
    /// Begin of the period, which belongs to it.
    pub from: DateTime<Utc>,
    /// End of the period, which does not belong to it.
    pub until: DateTime<Utc>,
    /// Names and serial numbers of devices are in it: whoever had it made may read devices everywhere.
    pub devices_named: bool,
    /// The entries of the audit trail in the file.
    pub entries: EvidenceEntriesView,
    /// What the bus found when it verified the whole audit trail with its key, when the file was made.
    pub trail: AuditVerdictView,
    /// Rows of each file, without a head.
    pub rows: BTreeMap<String, u64>,
}

/// Which part of the audit trail the file holds: from the first entry at or after the begin to the last one before the end,
/// with all between them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceEntriesView {
    /// Number of the first one; null: there is none.
    pub first: Option<i64>,
    /// Number of the last one; null: there is none.
    pub last: Option<i64>,
    /// How many.
    pub count: u64,
    /// Chain value of the entry before the first one, hex; zeros where there is none.
    pub head_before: String,
    /// Chain value of the last one, hex; that before where there is none.
    pub head: String,
    /// Where numbers are missing between two entries: the trail was cut off there once.
    pub gaps: Vec<EvidenceGapView>,
}

impl EvidenceEntriesView {
    /// Places with missing numbers that are told; each is a cut.
    pub const GAPS_MAX: usize = 1_000;

    /// None yet; `head_before`: chain value of the entry before them, hex.
    pub fn behind(head_before: &str) -> EvidenceEntriesView {
        EvidenceEntriesView {
            head_before: head_before.to_owned(),
            head: head_before.to_owned(),
            ..EvidenceEntriesView::default()
        }
    }

    /// One more, in the order of their numbers: its number, and its chain value, hex.
    pub fn add_entry(&mut self, id: i64, chain: &str) {
        if let Some(after) = self.last
            && id > after + 1
            && self.gaps.len() < Self::GAPS_MAX
        {
            self.gaps.push(EvidenceGapView { after, next: id });
        }
        self.first.get_or_insert(id);
        self.last = Some(id);
        self.count += 1;
        chain.clone_into(&mut self.head);
    }
}

/// A place where numbers of entries are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceGapView {
    /// The last number before it.
    pub after: i64,
    /// The first number behind it.
    pub next: i64,
}
