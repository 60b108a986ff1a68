//! What scans are counted by.

use crate::model::{InstanceName, ScanKind, ScanSummary, Timestamp};
use crate::observe::{Metrics, metric};

fn kind_label(kind: ScanKind) -> &'static str {
    match kind {
        ScanKind::Full => "full",
        ScanKind::Incremental => "incremental",
    }
}

/// One that runs, or does not any more.
pub(super) fn set_running(metrics: &Metrics, instance: &InstanceName, kind: ScanKind, runs: bool) {
    let labels = [instance.as_str(), kind_label(kind)];
    metrics.set(&metric::SCAN_RUNNING, &labels, f64::from(u8::from(runs)));
}

/// One that completed.
pub(super) fn count_scan(metrics: &Metrics, instance: &InstanceName, scan: &ScanSummary, now: Timestamp) {
    let instance = instance.as_str();
    let kind = kind_label(scan.kind);
    let at = [instance, kind];
    metrics.increment_counter(&metric::SCANS, &[instance, kind, "completed"], 1);
    metrics.increment_counter(&metric::SCAN_PAGES, &at, scan.pages);
    metrics.increment_counter(&metric::DEVICES_SEEN, &at, scan.seen);
    metrics.increment_counter(&metric::SET_ASIDE, &[instance], scan.set_aside);
    metrics.increment_counter(&metric::CHANGES, &[instance, "upsert"], scan.new + scan.changed);
    metrics.increment_counter(&metric::CHANGES, &[instance, "gone"], scan.gone);
    metrics.observe_value(&metric::SCAN_SECONDS, &at, scan.took_ms as f64 / 1_000.0);
    metrics.set(&metric::SCAN_LAST_COMPLETED, &at, now.timestamp() as f64);
    metrics.set(&metric::BRAKE, &[instance], f64::from(u8::from(scan.braked)));
}

pub(super) fn count_failure(metrics: &Metrics, instance: &InstanceName) {
    metrics.increment_counter(&metric::SCANS, &[instance.as_str(), "any", "failed"], 1);
}
