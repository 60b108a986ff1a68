//! Scans and what they found, as rows.

use connector_core::model::{ScanKind, ScanState, ScanSummary};

use crate::clock_text::TimeText;
use crate::page::PageContext;

/// A scan.
pub(super) struct ScanRow {
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) started: TimeText,
    pub(super) took: String,
    pub(super) seen: String,
    pub(super) new: String,
    pub(super) changed: String,
    pub(super) gone: String,
    pub(super) requests: String,
    /// What else is to be said of it, each a few words.
    pub(super) notes: Vec<String>,
    pub(super) cause: String,
    /// Of one that runs: devices so far and in all, for a bar; 0: not known.
    pub(super) done: u64,
    pub(super) expected: u64,
}

impl ScanRow {
    pub(super) fn new(ctx: &PageContext, scan: &ScanSummary) -> ScanRow {
        let (light, key) = scan_words(scan.state);
        ScanRow {
            number: scan.id.to_string(),
            kind: ctx.t(kind_key(scan.kind)),
            state: ctx.t(key),
            light,
            started: ctx.time(&scan.started_at),
            took: match scan.ended_at {
                Some(_) => describe_duration(ctx, scan.took_ms),
                None => String::new(),
            },
            seen: ctx.number(scan.seen),
            new: ctx.number(scan.new),
            changed: ctx.number(scan.changed),
            gone: ctx.number(scan.gone),
            requests: ctx.number(scan.requests),
            notes: describe_notes(ctx, scan),
            cause: ctx.plain(scan.cause.as_deref().unwrap_or_default()),
            done: scan.seen,
            expected: match scan.ended_at {
                Some(_) => 0,
                None => scan.expected.unwrap_or_default(),
            },
        }
    }
}

fn scan_words(state: ScanState) -> (&'static str, &'static str) {
    match state {
        ScanState::Running => ("", "microservices-scan-running"),
        ScanState::Completed => ("good", "microservices-scan-completed"),
        ScanState::Failed => ("bad", "microservices-scan-failed"),
    }
}

pub(super) fn kind_key(kind: ScanKind) -> &'static str {
    match kind {
        ScanKind::Full => "scan-kind-full",
        ScanKind::Incremental => "scan-kind-incremental",
    }
}

/// Numbers that are nothing most of the time are told only where they are not.
fn describe_notes(ctx: &PageContext, scan: &ScanSummary) -> Vec<String> {
    let counted = [
        ("microservices-scan-filtered", scan.filtered),
        ("microservices-scan-aside", scan.set_aside),
        ("microservices-scan-properties", scan.left_out_properties),
        ("microservices-scan-missing", scan.missing),
        ("microservices-scan-missed", scan.missed_by_incrementals),
    ];
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    let mut notes: Vec<String> = counted.map(|(key, count)| ctx.count(key, count)).collect();
    if scan.braked {
        notes.push(ctx.t("microservices-instance-braked"));
    }
    notes.extend(
        scan.reason
            .map(|reason| ctx.word("microservices-scan-reason-", reason.name())),
    );
    notes
}

/// Milliseconds as people read them.
pub(crate) fn describe_duration(ctx: &PageContext, took_ms: u64) -> String {
    let (key, count) = duration_parts(took_ms);
    ctx.count(key, count)
}

fn duration_parts(took_ms: u64) -> (&'static str, u64) {
    match took_ms {
        0..1_000 => ("microservices-took-ms", took_ms),
        1_000..120_000 => ("microservices-took-s", took_ms / 1_000),
        _ => ("microservices-took-min", took_ms / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        for (took_ms, key, count) in [
            (0, "microservices-took-ms", 0),
            (999, "microservices-took-ms", 999),
            (1_000, "microservices-took-s", 1),
            (119_999, "microservices-took-s", 119),
            (120_000, "microservices-took-min", 2),
        ] {
            assert_eq!(duration_parts(took_ms), (key, count), "{took_ms}");
        }
    }
}
