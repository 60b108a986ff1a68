//! What Intune's documents leave open about apps, and how fast devices are, as settings.

use serde::{Deserialize, Serialize};

/// What v1.0 makes of an app whose type only beta has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BetaTypes {
    /// It is not in the list, and 404 by its id.
    #[default]
    LeftOut,
    /// It is a `mobileApp` without members of its own.
    AsBase,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SoftwareTuning {
    /// Apps on a page, and the most a `$top` gets.
    pub page_size: usize,
    pub beta_types_on_v1: BetaTypes,
    /// An assignment to a group that does not exist (or does not yet, for Intune) is answered 400 or 404.
    pub unknown_group_status: u16,
    /// A second assignment to the same group is answered with the first one instead of 400.
    pub repeated_assignment_is_taken: bool,
    /// From a membership to the first word of the device.
    pub pending_after_ms: i64,
    /// From a membership to the end of the installation.
    pub ends_after_ms: i64,
    /// Of a thousand installations, so many fail.
    pub failing_per_mille: u16,
    /// Some devices have further rows in reports: an older one of the system's account, a stale one of another user.
    pub further_rows: bool,
    /// Rows on a page of an install report at most.
    pub report_page_size: usize,
    /// Dates of reports have no `Z`.
    pub report_dates_without_zone: bool,
    /// From the request for an export to its end.
    pub export_after_ms: i64,
    /// Exports stay in progress for ever, as they did in 2025.
    pub exports_hang: bool,
}

impl Default for SoftwareTuning {
    fn default() -> Self {
        SoftwareTuning {
            page_size: 20,
            beta_types_on_v1: BetaTypes::LeftOut,
            unknown_group_status: 400,
            repeated_assignment_is_taken: false,
            pending_after_ms: 0,
            ends_after_ms: 60_000,
            failing_per_mille: 0,
            further_rows: true,
            report_page_size: 1000,
            report_dates_without_zone: false,
            export_after_ms: 0,
            exports_hang: false,
        }
    }
}
