//! What a read-back says of an action: pure, over one GET of the device and the audits of remote actions.
//!
//! Nothing links a call to what came of it. Intune keeps entries by the action's name, several of one name, some that
//! nobody asked for, and under other names in the audit. So an entry is ours only if it
//! - has one of the verb's names,
//! - was not there when the intent was committed (A2's baseline) and is newer than the newest of its name then,
//! - started no earlier than that, with [`SKEW_S`] for clocks that differ,
//! - and speaks of the same user where it names one.
//!
//! Of several the earliest is taken: ours was first, what came after it is somebody else's.
//!
//! What is missed by these rules is found by the next look or by nobody; what they let through wrongly would call a
//! device wiped that is not. **Nothing found proves nothing** (A3): [`TaskFinding::Nothing`] is no reason for another call.

mod baseline;
mod disappearance;
mod failure_text;
mod secrets;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use baseline::parse_graph_time;
pub use baseline::{Baseline, ResultEntry};
pub(in crate::actions) use baseline::{is_one_of, result_entries};
pub use disappearance::VanishDoubt;
pub use secrets::{ActionSecret, SecretKind, extract_secrets};

use crate::actions::specs::{ActionParameters, ActionSpec, OutcomeTrace};
use crate::model::{ActionKind, DeviceId, TaskState, Timestamp};

/// How far Intune's servers may be apart from the one that wrote `Date`.
pub const SKEW_S: i64 = 60;
/// Audits looked at.
const AUDITS_MAX: usize = 1_000;

/// What became of it, as far as it shows. No secret is ever in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "finding")]
pub enum TaskFinding {
    /// Neither effect nor trace, which proves nothing.
    Nothing,
    /// Intune has it (`managementState`, an audit, or an entry in a state that is new to us): it took the call.
    UnderWay,
    /// Waiting for the device.
    Pending,
    /// The device is at it.
    Active,
    Done {
        /// What showed it.
        detail: String,
    },
    Failed {
        /// Microsoft's number where it gave one, else its word.
        code: String,
        meaning: String,
    },
    NotSupported,
    Cancelled,
    /// HTTP 404, and no audit tells an end of this action: what became of it is not known (A6).
    Vanished {
        doubt: VanishDoubt,
    },
}

impl TaskFinding {
    /// Nothing more is expected; a later look may still amend it.
    pub fn is_final(&self) -> bool {
        self.evidence_rank() == Self::END
    }

    const END: u8 = 4;

    /// How much it tells; an end outweighs everything before it.
    fn evidence_rank(&self) -> u8 {
        match self {
            TaskFinding::Nothing => 0,
            TaskFinding::UnderWay => 1,
            TaskFinding::Pending => 2,
            TaskFinding::Active => 3,
            TaskFinding::Done { .. }
            | TaskFinding::Failed { .. }
            | TaskFinding::NotSupported
            | TaskFinding::Cancelled
            | TaskFinding::Vanished { .. } => Self::END,
        }
    }
}

/// What a look knows beside the device itself.
#[derive(Debug, Clone, Copy)]
pub struct ReadbackContext<'a> {
    pub id: DeviceId,
    /// Of remote actions; `None`: they could not be read.
    pub audits: Option<&'a [Value]>,
    /// Other destructive tasks of this device that were sent from here.
    pub own_tasks: &'a [(ActionKind, TaskState)],
}

/// What one look tells. `device` is the answer to a single GET, `None` for HTTP 404; `sent_at` is when it was sent:
/// Graph's date of the answer, or where there was none, our time of the intent.
pub fn derive_finding(
    spec: &ActionSpec,
    parameters: &ActionParameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: Option<&Value>,
    context: ReadbackContext<'_>,
) -> TaskFinding {
    let trace = (spec.trace)(parameters);
    let audit = find_own_audit(&trace, earliest_audit(baseline, sent_at), context);
    let audited = match audit {
        Some(audit) => {
            let state = audit["actionState"].as_str().unwrap_or_default();
            finding_from_action_state(spec, state, audit, "confirmed by the audit of remote actions")
        }
        None => TaskFinding::Nothing,
    };
    let Some(device) = device else {
        return disappearance::finding_for_vanished(audited, disappearance::doubt_disappearance(context, audit));
    };
    let found = [
        finding_from_entry(spec, parameters, baseline, sent_at, device),
        finding_from_check_in(&trace, baseline, sent_at, device),
        finding_from_device_state(spec, &trace, baseline, device),
        finding_from_edit(&trace, parameters, device),
        audited,
    ];
    let mut best = TaskFinding::Nothing;
    for finding in found {
        if finding.evidence_rank() > best.evidence_rank() {
            best = finding;
        }
    }
    best
}

/// Nothing that began before this can be ours. Of the two times the earlier counts, since either may come from a clock
/// of ours that is fast; what this lets in too much, the baseline takes out. Where the call went out long after the
/// baseline was taken, the time of the call bounds it, with a day's grace.
fn earliest_start(baseline: &Baseline, sent_at: Timestamp) -> Timestamp {
    let since = baseline.graph_date.min(sent_at).max(sent_at - TimeDelta::days(1));
    since - TimeDelta::seconds(SKEW_S)
}

/// The same for audits, which no baseline takes out: Graph's clock alone counts.
fn earliest_audit(baseline: &Baseline, sent_at: Timestamp) -> Timestamp {
    earliest_start(baseline, sent_at).max(baseline.graph_date - TimeDelta::seconds(SKEW_S))
}

/// The entry that this call made, by the rules above.
fn find_own_entry<'d>(
    spec: &ActionSpec,
    parameters: &ActionParameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: &'d Value,
) -> Option<(ResultEntry, &'d Value)> {
    let trace = (spec.trace)(parameters);
    let newest = baseline.newest_start(trace.results);
    let floor = earliest_start(baseline, sent_at);
    result_entries(device)
        .filter(|(entry, raw)| is_one_of(&entry.action, trace.results) && matches_parameters(parameters, raw))
        .filter_map(|(entry, raw)| entry.started.map(|started| (started, entry, raw)))
        .filter(|(started, ..)| *started >= floor && newest.is_none_or(|newest| *started > newest))
        .min_by_key(|(started, ..)| *started)
        .map(|(_, entry, raw)| (entry, raw))
}

/// Whether an entry that names what it was about (the user of a shared iPad) names ours.
fn matches_parameters(parameters: &ActionParameters, raw: &Value) -> bool {
    parameters
        .0
        .iter()
        .all(|(name, expected)| match (raw[name].as_str(), expected.as_str()) {
            (Some(actual), Some(expected)) => actual.is_empty() || actual.eq_ignore_ascii_case(expected),
            _ => true,
        })
}

fn finding_from_entry(
    spec: &ActionSpec,
    parameters: &ActionParameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: &Value,
) -> TaskFinding {
    match find_own_entry(spec, parameters, baseline, sent_at, device) {
        Some((entry, raw)) => finding_from_action_state(spec, &entry.state, raw, "reported by the device"),
        None => TaskFinding::Nothing,
    }
}

/// Microsoft's `actionState`; the list of its words is open.
fn finding_from_action_state(spec: &ActionSpec, state: &str, raw: &Value, detail: &str) -> TaskFinding {
    match state.to_ascii_lowercase().as_str() {
        "pending" => TaskFinding::Pending,
        "active" => TaskFinding::Active,
        "done" => TaskFinding::Done {
            detail: detail.to_owned(),
        },
        "failed" => TaskFinding::Failed {
            code: failure_text::error_code(raw),
            meaning: failure_text::explain_failure(spec.verb).to_owned(),
        },
        "notsupported" => TaskFinding::NotSupported,
        "canceled" | "cancelled" => TaskFinding::Cancelled,
        _ => TaskFinding::UnderWay,
    }
}

/// A check-in that came after Graph's clock said that the call went out.
fn finding_from_check_in(trace: &OutcomeTrace, baseline: &Baseline, sent_at: Timestamp, device: &Value) -> TaskFinding {
    let Some(last_sync) = parse_graph_time(&device["lastSyncDateTime"]).filter(|_| trace.last_sync) else {
        return TaskFinding::Nothing;
    };
    // No skew here: a check-in just before the call is an everyday thing.
    let since = earliest_start(baseline, sent_at) + TimeDelta::seconds(SKEW_S);
    if last_sync >= since && baseline.last_sync.is_none_or(|before| last_sync > before) {
        TaskFinding::Done {
            detail: "the device has checked in since the call".to_owned(),
        }
    } else {
        TaskFinding::Nothing
    }
}

/// `managementState`, where it is not what it was: a wipe that was pending before is somebody else's.
fn finding_from_device_state(
    spec: &ActionSpec,
    trace: &OutcomeTrace,
    baseline: &Baseline,
    device: &Value,
) -> TaskFinding {
    let Some(state) = device["managementState"].as_str() else {
        return TaskFinding::Nothing;
    };
    let is_new = |reported: &str| {
        !baseline
            .management_state
            .as_deref()
            .is_some_and(|before| before.eq_ignore_ascii_case(reported))
    };
    if !is_new(state) {
        TaskFinding::Nothing
    } else if is_one_of(state, trace.states) {
        TaskFinding::UnderWay
    } else if is_one_of(state, trace.states_failed) {
        TaskFinding::Failed {
            code: state.to_owned(),
            meaning: failure_text::explain_failure(spec.verb).to_owned(),
        }
    } else if is_one_of(state, trace.states_cancelled) {
        TaskFinding::Cancelled
    } else {
        TaskFinding::Nothing
    }
}

/// An edit is done when the record says what it was to say, whoever wrote it.
fn finding_from_edit(trace: &OutcomeTrace, parameters: &ActionParameters, device: &Value) -> TaskFinding {
    let is_shown = |(name, expected): (&String, &Value)| match device.get(name) {
        Some(Value::Null) => expected.as_str() == Some(""),
        actual => actual == Some(expected),
    };
    if trace.at_once && !parameters.0.is_empty() && parameters.0.iter().all(is_shown) {
        TaskFinding::Done {
            detail: "Intune shows the new value".to_owned(),
        }
    } else {
        TaskFinding::Nothing
    }
}

/// The earliest audit that can be ours. It outlives the device, and it knows the request, not always the device's
/// answer: a state that says nothing still says that Intune took the call.
fn find_own_audit<'a>(trace: &OutcomeTrace, floor: Timestamp, context: ReadbackContext<'a>) -> Option<&'a Value> {
    let ours = audits_of_device(context)
        .filter(|audit| {
            audit["action"]
                .as_str()
                .is_some_and(|name| is_one_of(name, trace.audits))
        })
        .filter_map(|audit| Some((parse_graph_time(&audit["requestDateTime"])?, audit)))
        .filter(|(requested, _)| *requested >= floor)
        .min_by_key(|(requested, _)| *requested);
    ours.map(|(_, audit)| audit)
}

/// Asked for by device, but who answers may not know how to filter.
fn audits_of_device(context: ReadbackContext<'_>) -> impl Iterator<Item = &Value> {
    let id = context.id.to_string();
    let audits = context.audits.into_iter().flatten().take(AUDITS_MAX);
    audits.filter(move |audit| {
        let device_id = audit["managedDeviceId"].as_str();
        device_id.is_none_or(|device_id| device_id.eq_ignore_ascii_case(&id))
    })
}
