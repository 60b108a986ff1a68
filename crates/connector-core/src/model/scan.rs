//! What is told of a scan.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::word_enums::word_enum;
use super::{RejectedRecord, ScanId, Timestamp};

/// Records that are told with a scan by id and reason; the counts are of all.
pub const UNREAD_TOLD: usize = 50;

/// Which devices a scan reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScanKind {
    /// Every device of the tenant; the only kind that can find devices missing.
    Full,
    /// Devices that checked in since the watermark.
    Incremental,
}

word_enum! {
    /// How far a scan is.
    pub enum ScanState {
        /// It reads.
        Running "running",
        /// It ended well.
        Completed "completed",
        /// Ended by an error; `ScanSummary::cause` says which. It may be resumed from its last committed page.
        Failed "failed",
    }
}

word_enum! {
    /// Why a full scan began before its schedule.
    pub enum ScanReason {
        /// The number of enrolled devices and the number of known ones differ by another number than after the last full
        /// scan.
        OtherCount "otherCount",
        /// Devices that the last full scan missed wait for the next one (S1).
        StillMissing "stillMissing",
    }
}

/// A scan as people and machines see it. Counts are devices unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanSummary {
    /// Its number.
    pub id: ScanId,
    /// Which devices it reads.
    pub kind: ScanKind,
    /// Why it began before its schedule; null: by schedule, by a person, or because the instance needs one.
    #[serde(default)]
    pub reason: Option<ScanReason>,
    /// How far it is.
    pub state: ScanState,
    /// Graph's `Date` when the scan began; the watermark of the next incremental comes from it (S3).
    pub started_at: DateTime<Utc>,
    /// When it ended; null: it is running.
    pub ended_at: Option<DateTime<Utc>>,
    /// From the first request to the last commit, milliseconds; of a scan that was resumed, the last part.
    #[serde(default)]
    pub took_ms: u64,
    /// Pages of the list that were read.
    pub pages: u64,
    /// The last page was reached, and no link was seen twice: only such a scan can find devices missing (S1).
    #[serde(default)]
    pub reached_end: bool,
    /// Devices in the pages that were read.
    pub seen: u64,
    /// Devices that were not known before.
    pub new: u64,
    /// Devices that are other than before.
    pub changed: u64,
    /// Devices that are as before.
    pub unchanged: u64,
    /// Devices that were reported as gone.
    pub gone: u64,
    /// Left out by filter or by the rule for personal devices.
    pub filtered: u64,
    /// Records that could not be read (S8).
    pub set_aside: u64,
    /// Of these, the ones whose device is not known: they stand in the list, but have no row.
    #[serde(default)]
    pub strangers: u64,
    /// Of these, the ones without a readable id.
    #[serde(default)]
    pub without_id: u64,
    /// Properties that could not be read and were left out of their devices.
    #[serde(default)]
    pub left_out_properties: u64,
    /// Which records and properties, and why; the first 50 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<RejectedRecord>,
    /// Found by this full scan although incrementals should have brought it (S3).
    pub missed_by_incrementals: u64,
    /// Missing from the list and not (yet) proven gone.
    pub missing: u64,
    /// Missing from the list, and there when they were asked for by id.
    #[serde(default)]
    pub unlisted: u64,
    /// Whether the fleet is proven whole since this full scan (F4).
    #[serde(default)]
    pub proven: bool,
    /// Until a full scan has reached the end of the list: how many devices are expected in all. Then
    /// `managedDeviceOverview.enrolledDeviceCount` of Graph; null: not known.
    pub expected: Option<u64>,
    /// Enrolled devices by Graph's count less those that were known when the scan ended; null: not known. Another number
    /// than after the last full scan makes a full scan begin.
    #[serde(default)]
    pub count_difference: Option<i64>,
    /// Requests sent to Graph.
    pub requests: u64,
    /// True while the brake holds devices back (S2).
    pub braked: bool,
    /// Code and sentence of what ended the scan, or of what it could not do; null: nothing.
    pub cause: Option<String>,
}

impl ScanSummary {
    /// Of a scan that has seen nothing yet.
    pub fn from_start(id: ScanId, kind: ScanKind, started_at: Timestamp) -> ScanSummary {
        ScanSummary {
            id,
            kind,
            reason: None,
            state: ScanState::Running,
            started_at,
            ended_at: None,
            took_ms: 0,
            pages: 0,
            reached_end: false,
            seen: 0,
            new: 0,
            changed: 0,
            unchanged: 0,
            gone: 0,
            filtered: 0,
            set_aside: 0,
            strangers: 0,
            without_id: 0,
            left_out_properties: 0,
            unread: Vec::new(),
            missed_by_incrementals: 0,
            missing: 0,
            unlisted: 0,
            proven: false,
            expected: None,
            count_difference: None,
            requests: 0,
            braked: false,
            cause: None,
        }
    }

    /// Counts a page; `date` is Graph's clock when it sent it.
    pub fn add_page(&mut self, date: Timestamp, requests: u64, last: bool) {
        if self.pages == 0 {
            // Graph's clock and ours, whichever is behind: an overlap too large is harmless, one too small is not.
            self.started_at = date.min(self.started_at);
        }
        self.pages += 1;
        self.requests += requests;
        self.reached_end = last;
    }
}
