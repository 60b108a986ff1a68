//! What scans found, in words.

use super::output::{self, format_value};
use crate::contract::UnreadRecord;
use crate::model::{
    DeviceId, RejectedRecord, RejectionReason, ScanKind, ScanReason, ScanState, ScanSummary, format_count,
};

/// A scan in one sentence.
pub(crate) fn scan_sentence(scan: &ScanSummary) -> String {
    let mut text = format!(
        "{} scan {}: {} seen, {} new, {} changed, {} unchanged, {} gone",
        format_value(&scan.kind),
        scan.state.name(),
        scan.seen,
        scan.new,
        scan.changed,
        scan.unchanged,
        scan.gone,
    );
    for (count, what) in [
        (scan.filtered, "left out"),
        (scan.set_aside, "could not be read"),
        (
            scan.left_out_properties,
            "properties could not be read and were left out",
        ),
        (scan.missing, "missing, not proven gone"),
        (scan.unlisted, "present, but not in the list"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text.push_str(&format!("; {}", format_count(scan.requests, "request")));
    if let Some(reason) = scan.reason {
        text.push_str(&format!("; began early: {}", describe_reason(reason)));
    }
    if scan.braked {
        text.push_str("; the brake holds deletions back: scan confirm-gone shows the devices");
    }
    if scan.kind == ScanKind::Full && scan.state == ScanState::Completed && !scan.proven {
        text.push_str("; the fleet is not proven complete: scan confirm-complete shows why");
    }
    text
}

/// Why a full scan did not wait for its schedule.
fn describe_reason(reason: ScanReason) -> &'static str {
    match reason {
        ScanReason::OtherCount => "the number of enrolled devices had changed",
        ScanReason::StillMissing => "devices were missing from the list before",
    }
}

/// Which records, and properties of records, could not be read, and why: a line each.
pub(crate) fn rejected_record_lines(scan: &ScanSummary) -> Vec<String> {
    let mut lines: Vec<String> = scan
        .unread
        .iter()
        .map(|record| UnreadLine::from(record).format())
        .collect();
    let count = scan.set_aside + scan.left_out_properties;
    let more = count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("  … and {more} more: intune-connector instances show NAME"));
    }
    lines
}

/// One record, or one property of one, that could not be read.
pub(crate) struct UnreadLine<'a> {
    device_id: Option<DeviceId>,
    property: Option<&'a str>,
    reason: RejectionReason,
    problem: &'a str,
}

impl<'a> From<&'a RejectedRecord> for UnreadLine<'a> {
    fn from(record: &'a RejectedRecord) -> UnreadLine<'a> {
        UnreadLine {
            device_id: record.device_id,
            property: record.property.as_deref(),
            reason: record.reason,
            problem: &record.problem,
        }
    }
}

impl<'a> From<&'a UnreadRecord> for UnreadLine<'a> {
    fn from(record: &'a UnreadRecord) -> UnreadLine<'a> {
        UnreadLine {
            device_id: record.device_id,
            property: record.property.as_deref(),
            reason: record.reason,
            problem: &record.problem,
        }
    }
}

impl UnreadLine<'_> {
    pub(crate) fn format(&self) -> String {
        let id = self
            .device_id
            .map_or("a record without a readable id".to_owned(), |id| id.to_string());
        let what = match self.property {
            Some(property) => format!("{property} was left out"),
            None => "was set aside".to_owned(),
        };
        let problem = format_value(&self.problem);
        output::to_one_line(&format!("  ! {id}  {what}: {problem} ({})", self.reason.name()))
    }
}
