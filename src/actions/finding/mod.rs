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
//! device wiped that is not. **Nothing found proves nothing** (A3): [`Finding::Nothing`] is no reason for another call.

mod baseline;
mod gone;
mod meaning;
mod secret;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use baseline::time;
pub use baseline::{Baseline, ResultEntry};
pub(in crate::actions) use baseline::{entries, is_one_of};
pub use gone::Doubt;
pub use secret::{ActionSecret, SecretKind, secrets};

use crate::actions::verbs::{Parameters, Trace, VerbSpec};
use crate::model::{DeviceId, TaskState, Timestamp, Verb};

/// How far Intune's servers may be apart from the one that wrote `Date`.
pub const SKEW_S: i64 = 60;
/// Audits looked at.
const AUDITS_MAX: usize = 1_000;

/// What became of it, as far as it shows. No secret is ever in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "finding")]
pub enum Finding {
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
        doubt: Doubt,
    },
}

impl Finding {
    /// Nothing more is expected; a later look may still amend it.
    pub fn is_end(&self) -> bool {
        self.weight() == Self::END
    }

    const END: u8 = 4;

    /// How much it tells; an end outweighs everything before it.
    fn weight(&self) -> u8 {
        match self {
            Finding::Nothing => 0,
            Finding::UnderWay => 1,
            Finding::Pending => 2,
            Finding::Active => 3,
            Finding::Done { .. }
            | Finding::Failed { .. }
            | Finding::NotSupported
            | Finding::Cancelled
            | Finding::Vanished { .. } => Self::END,
        }
    }
}

/// What a look knows beside the device itself.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    pub id: DeviceId,
    /// Of remote actions; `None`: they could not be read.
    pub audits: Option<&'a [Value]>,
    /// Other destructive tasks of this device that were sent from here.
    pub own: &'a [(Verb, TaskState)],
}

/// What one look tells. `device` is the answer to a single GET, `None` for HTTP 404; `sent_at` is when it was sent:
/// Graph's date of the answer, or where there was none, our time of the intent.
pub fn read(
    spec: &VerbSpec,
    parameters: &Parameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: Option<&Value>,
    around: Around<'_>,
) -> Finding {
    let trace = (spec.trace)(parameters);
    let audit = our_audit(&trace, floor_of_audits(baseline, sent_at), around);
    let audited = match audit {
        Some(audit) => {
            let state = audit["actionState"].as_str().unwrap_or_default();
            by_word(spec, state, audit, "the audit of remote actions says so")
        }
        None => Finding::Nothing,
    };
    let Some(device) = device else {
        return gone::read(audited, gone::doubt(around, audit));
    };
    let found = [
        by_entry(spec, parameters, baseline, sent_at, device),
        by_check_in(&trace, baseline, sent_at, device),
        by_state(spec, &trace, baseline, device),
        by_value(&trace, parameters, device),
        audited,
    ];
    let mut best = Finding::Nothing;
    for finding in found {
        if finding.weight() > best.weight() {
            best = finding;
        }
    }
    best
}

/// Nothing that began before this can be ours. Of the two times the earlier counts, since either may come from a clock
/// of ours that is fast; what this lets in too much, the baseline takes out. Where the call went out long after the
/// baseline was taken, the time of the call bounds it, with a day's grace.
fn floor(baseline: &Baseline, sent_at: Timestamp) -> Timestamp {
    let since = baseline.graph_date.min(sent_at).max(sent_at - TimeDelta::days(1));
    since - TimeDelta::seconds(SKEW_S)
}

/// The same for audits, which no baseline takes out: Graph's clock alone counts.
fn floor_of_audits(baseline: &Baseline, sent_at: Timestamp) -> Timestamp {
    floor(baseline, sent_at).max(baseline.graph_date - TimeDelta::seconds(SKEW_S))
}

/// The entry that this call made, by the rules above.
fn ours<'d>(
    spec: &VerbSpec,
    parameters: &Parameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: &'d Value,
) -> Option<(ResultEntry, &'d Value)> {
    let trace = (spec.trace)(parameters);
    let newest = baseline.newest(trace.results);
    let floor = floor(baseline, sent_at);
    entries(device)
        .filter(|(entry, raw)| is_one_of(&entry.action, trace.results) && speaks_of(parameters, raw))
        .filter_map(|(entry, raw)| entry.started.map(|started| (started, entry, raw)))
        .filter(|(started, ..)| *started >= floor && newest.is_none_or(|newest| *started > newest))
        .min_by_key(|(started, ..)| *started)
        .map(|(_, entry, raw)| (entry, raw))
}

/// Whether an entry that names what it was about (the user of a shared iPad) names ours.
fn speaks_of(parameters: &Parameters, raw: &Value) -> bool {
    parameters
        .0
        .iter()
        .all(|(name, wanted)| match (raw[name].as_str(), wanted.as_str()) {
            (Some(told), Some(wanted)) => told.is_empty() || told.eq_ignore_ascii_case(wanted),
            _ => true,
        })
}

fn by_entry(
    spec: &VerbSpec,
    parameters: &Parameters,
    baseline: &Baseline,
    sent_at: Timestamp,
    device: &Value,
) -> Finding {
    match ours(spec, parameters, baseline, sent_at, device) {
        Some((entry, raw)) => by_word(spec, &entry.state, raw, "the device reports it"),
        None => Finding::Nothing,
    }
}

/// Microsoft's `actionState`; the list of its words is open.
fn by_word(spec: &VerbSpec, state: &str, raw: &Value, detail: &str) -> Finding {
    match state.to_ascii_lowercase().as_str() {
        "pending" => Finding::Pending,
        "active" => Finding::Active,
        "done" => Finding::Done {
            detail: detail.to_owned(),
        },
        "failed" => Finding::Failed {
            code: meaning::code(raw),
            meaning: meaning::of_failure(spec.verb).to_owned(),
        },
        "notsupported" => Finding::NotSupported,
        "canceled" | "cancelled" => Finding::Cancelled,
        _ => Finding::UnderWay,
    }
}

/// A check-in that came after Graph's clock said that the call went out.
fn by_check_in(trace: &Trace, baseline: &Baseline, sent_at: Timestamp, device: &Value) -> Finding {
    let Some(last_sync) = time(&device["lastSyncDateTime"]).filter(|_| trace.last_sync) else {
        return Finding::Nothing;
    };
    // No skew here: a check-in just before the call is an everyday thing.
    let since = floor(baseline, sent_at) + TimeDelta::seconds(SKEW_S);
    if last_sync >= since && baseline.last_sync.is_none_or(|before| last_sync > before) {
        Finding::Done {
            detail: "the device has checked in since".to_owned(),
        }
    } else {
        Finding::Nothing
    }
}

/// `managementState`, where it is not what it was: a wipe that was pending before is somebody else's.
fn by_state(spec: &VerbSpec, trace: &Trace, baseline: &Baseline, device: &Value) -> Finding {
    let Some(state) = device["managementState"].as_str() else {
        return Finding::Nothing;
    };
    let is_new = |told: &str| {
        !baseline
            .management_state
            .as_deref()
            .is_some_and(|before| before.eq_ignore_ascii_case(told))
    };
    if !is_new(state) {
        Finding::Nothing
    } else if is_one_of(state, trace.states) {
        Finding::UnderWay
    } else if is_one_of(state, trace.states_failed) {
        Finding::Failed {
            code: state.to_owned(),
            meaning: meaning::of_failure(spec.verb).to_owned(),
        }
    } else if is_one_of(state, trace.states_cancelled) {
        Finding::Cancelled
    } else {
        Finding::Nothing
    }
}

/// An edit is done when the record says what it was to say, whoever wrote it.
fn by_value(trace: &Trace, parameters: &Parameters, device: &Value) -> Finding {
    let is_shown = |(name, wanted): (&String, &Value)| match device.get(name) {
        Some(Value::Null) => wanted.as_str() == Some(""),
        told => told == Some(wanted),
    };
    if trace.at_once && !parameters.0.is_empty() && parameters.0.iter().all(is_shown) {
        Finding::Done {
            detail: "Intune shows the new value".to_owned(),
        }
    } else {
        Finding::Nothing
    }
}

/// The earliest audit that can be ours. It outlives the device, and it knows the request, not always the device's
/// answer: a state that says nothing still says that Intune took the call.
fn our_audit<'a>(trace: &Trace, floor: Timestamp, around: Around<'a>) -> Option<&'a Value> {
    let ours = of_device(around)
        .filter(|audit| {
            audit["action"]
                .as_str()
                .is_some_and(|name| is_one_of(name, trace.audits))
        })
        .filter_map(|audit| Some((time(&audit["requestDateTime"])?, audit)))
        .filter(|(requested, _)| *requested >= floor)
        .min_by_key(|(requested, _)| *requested);
    ours.map(|(_, audit)| audit)
}

/// Asked for by device, but who answers may not know how to filter.
fn of_device(around: Around<'_>) -> impl Iterator<Item = &Value> {
    let id = around.id.to_string();
    let audits = around.audits.into_iter().flatten().take(AUDITS_MAX);
    audits.filter(move |audit| {
        let told = audit["managedDeviceId"].as_str();
        told.is_none_or(|told| told.eq_ignore_ascii_case(&id))
    })
}
