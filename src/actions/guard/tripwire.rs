//! The tripwire: whoever asks for far more than a limit allows, or is refused again and again, is suspended until a second
//! person has looked.

use chrono::TimeDelta;

use crate::store::{IntakeFacts, NewSuspension};

/// So many times a limit is no mistake any more.
const FAR_BEYOND: u64 = 3;
/// Destructive requests that limits refuse within [`COUNTED`] before an operator is suspended.
const REFUSALS_MAX: usize = 3;
const COUNTED: TimeDelta = TimeDelta::hours(1);

/// Whether a job of so many devices, which a limit refuses, suspends its sender. `refusal`: what is told of it.
pub(super) fn judge_suspension(
    facts: &IntakeFacts,
    (devices, limit): (u64, u64),
    refusal: &str,
) -> Option<NewSuspension> {
    let since = facts.now - COUNTED;
    let refused = 1 + facts.refused_at.iter().filter(|at| **at > since).count();
    // Where the limit is zero, one device is a mistake, not an attack.
    let reason = if devices > FAR_BEYOND.saturating_mul(limit.max(1)) {
        format!("one request went far beyond a limit: {refusal}")
    } else if refused >= REFUSALS_MAX {
        format!("{refused} destructive requests were refused within an hour, the last one: {refusal}")
    } else {
        return None;
    };
    Some(NewSuspension {
        reason,
        task_text: "the requester has been suspended".to_owned(),
    })
}
