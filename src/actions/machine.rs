//! The one state machine of a task: a pure function from where it stands and what happened to where it stands next.
//!
//! What it holds on to (A3): what may have had an effect is never sent again unless its repetition is harmless; that
//! nothing is seen of an effect proves nothing; a later finding amends an earlier one.

use chrono::{DurationRound, TimeDelta};
use serde_json::json;

use super::finding::{Doubt, Finding};
use super::verbs::{Trace, VerbSpec};
use crate::model::{Danger, TaskState, Timestamp, Verb};
use crate::store::{Move, TaskRow};

/// The shortest wait before something is sent again, even where Graph says `Retry-After: 0`.
const SHORTEST: TimeDelta = TimeDelta::seconds(1);
/// Calls of a verb whose repetition is harmless, at most.
pub const ATTEMPTS: u32 = 6;
/// 429 in a row after which a capped verb waits for the next day.
const THROTTLED: u32 = 3;
/// Read-backs that find nothing before an operator is asked.
pub const LOOKS_UNCLEAR: u32 = 6;
/// Read-backs that find the device gone before an operator is asked, where the audit may only be late: a minute.
pub const LOOKS_GONE: u32 = 3;
/// What a task is told whose device is not listed any more.
const VANISHED: &str = "vanished";
const LISTED_AGAIN: &str = "Intune had not listed the device for a while, and lists it again";
/// After that long, what is still pending is told as such (A6).
const STILL_PENDING: TimeDelta = TimeDelta::hours(48);

/// What happened to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// 2xx; Graph's date.
    Taken(Timestamp),
    /// Nothing left this machine.
    NotSent { code: String, text: String },
    /// 400, 401, 403, 404, 405, 429.
    Refused {
        status: u16,
        code: String,
        text: String,
        retry_after_s: Option<u64>,
    },
    /// Another administrator of the tenant has to approve.
    ApprovalRequired { code: Option<String>, text: String },
    /// The call may have had an effect: silence, 3xx, 5xx, a broken answer.
    Unclear { code: String, text: String },
    /// The process died between intent and answer.
    Crashed,
    /// Intune was read.
    Looked(Finding),
    /// Intune could not be read.
    NotRead { text: String },
    /// What the other administrator said.
    TenantApproval(TenantApproval),
    /// The time of a task that was not sent is over.
    Expired,
    /// Its sealed parameters open no more: another `secret.key`, or they were sealed for another job.
    Unopened { text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantApproval {
    Waiting,
    Approved,
    Rejected,
    Cancelled,
}

/// What is done about a call whose effect is not known. The product is [`Careful`]; the crash campaign brings others,
/// to see that its judge finds what they break.
pub trait Recovery: Send + Sync {
    /// Whether it is sent again although it may have had an effect.
    fn again(&self, spec: &VerbSpec) -> bool;
    /// Whether it is sent again because nothing was seen of an effect.
    fn again_on_absence(&self, spec: &VerbSpec) -> bool;
}

/// Only verbs whose repetition is harmless are ever sent again; absence proves nothing (A3).
#[derive(Debug, Clone, Copy)]
pub struct Careful;

impl Recovery for Careful {
    fn again(&self, spec: &VerbSpec) -> bool {
        spec.repeatable
    }

    fn again_on_absence(&self, _: &VerbSpec) -> bool {
        false
    }
}

/// What a step is decided on.
pub struct Standing<'a> {
    pub task: &'a TaskRow,
    pub spec: &'a VerbSpec,
    pub trace: Trace,
    pub expires_at: Timestamp,
    pub now: Timestamp,
}

/// The next step. Never answers [`TaskState::Issuing`]: that is the guard's to give.
pub fn next(at: &Standing<'_>, event: &Event, recovery: &dyn Recovery) -> Move {
    match event {
        Event::Taken(date) => taken(at, *date),
        Event::NotSent { code, text } => again_later(at, code, text, None),
        Event::Refused {
            status,
            code,
            text,
            retry_after_s,
        } => refused(at, *status, code, text, *retry_after_s),
        Event::ApprovalRequired { code: Some(code), text } => Move {
            approval_code: Some(code.clone()),
            ..at.step(
                TaskState::WaitingTenantApproval,
                "approvalRequired",
                text,
                Some(TimeDelta::seconds(30)),
            )
        },
        Event::ApprovalRequired { code: None, text } => at.step(TaskState::Failed, "approvalRequired", text, None),
        Event::Unclear { code, text } => unclear(at, code, text, recovery),
        Event::Crashed => unclear(
            at,
            "crashed",
            "the connector ended between the call and its answer",
            recovery,
        ),
        Event::Looked(finding) => looked(at, finding, recovery),
        Event::NotRead { text } => Move {
            cause: at.task.cause.clone(),
            detail: at.task.detail.clone(),
            ..at.step(at.task.state, "notRead", text, Some(follow(at, at.task.looks)))
        },
        Event::TenantApproval(said) => tenant(at, *said),
        Event::Expired => at.step(
            TaskState::Expired,
            "expired",
            "its time was over before it could be sent",
            None,
        ),
        Event::Unopened { text } if at.task.state.is_unissued() => at.step(TaskState::Failed, "sealed", text, None),
        Event::Unopened { text } => ask_operator(at, text),
    }
}

impl Standing<'_> {
    /// A step that keeps the counters; `wait` until it is looked at again, none for an end.
    pub fn step(&self, state: TaskState, cause: &str, text: &str, wait: Option<TimeDelta>) -> Move {
        Move {
            state,
            cause: Some(cause.to_owned()),
            detail: Some(json!({ "text": text })),
            due_at: wait.map(|wait| self.now + wait),
            approval_code: self.task.approval_code.clone(),
            sent_at: None,
            throttled: self.task.throttled,
            looks: self.task.looks,
        }
    }
}

fn taken(at: &Standing<'_>, date: Timestamp) -> Move {
    let (state, cause, text, wait) = if at.trace.at_once {
        (TaskState::Done, "done", "Intune has changed its record", None)
    } else if at.trace.is_traceable() {
        let wait = Some(TimeDelta::seconds(5));
        (
            TaskState::HandedOver,
            "queued",
            "Intune has taken it; the device has not confirmed it yet",
            wait,
        )
    } else {
        let text = "Intune has taken it; nothing ever tells whether it arrived";
        (TaskState::HandedOverNotTraceable, "queued", text, None)
    };
    Move {
        sent_at: Some(date),
        throttled: 0,
        looks: 0,
        ..at.step(state, cause, text, wait)
    }
}

fn refused(at: &Standing<'_>, status: u16, code: &str, text: &str, retry_after_s: Option<u64>) -> Move {
    match status {
        429 => {
            let throttled = at.task.throttled + 1;
            let capped = matches!(at.task.verb, Verb::Wipe | Verb::Retire | Verb::Delete);
            let step = if capped && throttled >= THROTTLED {
                let text = "Intune answered 429 three times in a row: its daily limit of this action seems to be reached; \
                            it is tried again on the next day";
                let wait = next_day(at.now) - at.now;
                at.step(
                    TaskState::WaitingBudget,
                    "dailyCap",
                    text,
                    Some(wait.min(until_expiry(at))),
                )
            } else {
                let wait = asked(retry_after_s)
                    .unwrap_or_else(|| backoff(throttled))
                    .max(SHORTEST)
                    .min(until_expiry(at));
                at.step(TaskState::WaitingBudget, "throttled", text, Some(wait))
            };
            Move { throttled, ..step }
        }
        401 => again_later(at, code, text, retry_after_s),
        404 => at.step(
            TaskState::DeviceGone,
            "notFound",
            "Intune does not know the device any more",
            None,
        ),
        _ => at.step(TaskState::Failed, code, text, None),
    }
}

/// It had no effect for sure and may be sent again, guard and all.
fn again_later(at: &Standing<'_>, code: &str, text: &str, retry_after_s: Option<u64>) -> Move {
    let wait = asked(retry_after_s)
        .unwrap_or_else(|| backoff(at.task.attempts))
        .max(SHORTEST)
        .min(until_expiry(at));
    at.step(TaskState::Accepted, code, text, Some(wait))
}

fn unclear(at: &Standing<'_>, code: &str, text: &str, recovery: &dyn Recovery) -> Move {
    if recovery.again(at.spec) && at.task.attempts < ATTEMPTS {
        return at.step(TaskState::Accepted, code, text, Some(backoff(at.task.attempts)));
    }
    let looks = Move {
        looks: 0,
        ..at.step(TaskState::Unclear, code, text, Some(TimeDelta::zero()))
    };
    match at.trace.is_traceable() {
        true => looks,
        false => ask_operator(at, text),
    }
}

fn ask_operator(at: &Standing<'_>, text: &str) -> Move {
    let detail = json!({
        "text": "whether it had an effect is not known, and it is not sent again: look at the device in Intune, then resolve it",
        "why": text,
        "intentAt": at.task.intent_at,
        "baseline": at.task.baseline,
        "looks": at.task.looks,
    });
    Move {
        detail: Some(detail),
        ..at.step(TaskState::NeedsOperator, "unclear", text, Some(TimeDelta::hours(1)))
    }
}

fn looked(at: &Standing<'_>, finding: &Finding, recovery: &dyn Recovery) -> Move {
    use TaskState::{Cancelled, DeviceGone, Done, Failed, HandedOver, NotSupported, PendingOnDevice};
    let on = Move {
        looks: at.task.looks + 1,
        ..at.step(at.task.state, "", "", Some(follow(at, at.task.looks)))
    };
    match finding {
        Finding::Nothing => nothing(at, on, recovery),
        Finding::Pending | Finding::Active => late(
            at,
            PendingOnDevice,
            "pending",
            "the device has not carried it out yet",
            on,
        ),
        Finding::UnderWay => late(at, HandedOver, "underWay", "Intune shows that it is under way", on),
        Finding::Done { detail } => at.step(Done, "done", detail, None),
        Finding::Failed { code, meaning } => at.step(Failed, code, meaning, None),
        Finding::NotSupported => at.step(
            NotSupported,
            "notSupported",
            "Intune says that the device can't do it",
            None,
        ),
        Finding::Cancelled => at.step(Cancelled, "cancelledAtIntune", "it was cancelled at Intune", None),
        Finding::Vanished { doubt } if at.spec.danger() == Danger::Destructive => vanished(at, doubt, on),
        Finding::Vanished { .. } => at.step(DeviceGone, "notFound", "Intune does not know the device any more", None),
    }
}

/// The device has gone, and nothing is Intune's word for this action: who asked for a wipe must not be told that it
/// happened (A6). The audit may come a little later than the disappearance; then it is not known, and a person is asked.
fn vanished(at: &Standing<'_>, doubt: &Doubt, on: Move) -> Move {
    use TaskState::{HandedOver, PendingOnDevice, StillPending, Unclear};
    let text = format!("Intune does not list the device any more; {doubt}");
    let is_first = at.task.cause.as_deref() != Some(VANISHED);
    let looks = if is_first { 0 } else { on.looks };
    match at.task.state {
        Unclear if doubt.may_pass() && on.looks < LOOKS_UNCLEAR => kept(at, on),
        HandedOver | PendingOnDevice | StillPending if doubt.may_pass() && looks < LOOKS_GONE => Move {
            looks,
            ..at.step(at.task.state, VANISHED, &text, Some(follow(at, looks)))
        },
        _ => Move {
            looks: on.looks,
            detail: Some(json!({
                "text": format!("{text}: whether this action reached it is not known; find out, then resolve it"),
                "why": doubt,
                "intentAt": at.task.intent_at,
                "sentAt": at.task.sent_at,
                "baseline": at.task.baseline,
            })),
            ..at.step(TaskState::GoneUnproven, VANISHED, &text, Some(follow(at, on.looks)))
        },
    }
}

/// Nothing new: it is told as it was.
fn kept(at: &Standing<'_>, on: Move) -> Move {
    Move {
        cause: at.task.cause.clone(),
        detail: at.task.detail.clone(),
        ..on
    }
}

/// Nothing is to be seen of it, which proves nothing.
fn nothing(at: &Standing<'_>, on: Move, recovery: &dyn Recovery) -> Move {
    match at.task.state {
        TaskState::Unclear if recovery.again_on_absence(at.spec) => at.step(
            TaskState::Accepted,
            "absent",
            "nothing was seen of it",
            Some(TimeDelta::zero()),
        ),
        TaskState::Unclear if on.looks < LOOKS_UNCLEAR => kept(at, on),
        TaskState::Unclear => ask_operator(at, at.task.cause.as_deref().unwrap_or("unclear")),
        TaskState::GoneUnproven if at.task.sent_at.is_none() => ask_operator(at, LISTED_AGAIN),
        _ if at.task.cause.as_deref() == Some(VANISHED) => {
            late(at, TaskState::HandedOver, "listedAgain", LISTED_AGAIN, on)
        }
        TaskState::HandedOver | TaskState::PendingOnDevice if is_late(at) => {
            late(at, at.task.state, "pending", "nothing new since it was handed over", on)
        }
        _ => kept(at, on),
    }
}

fn late(at: &Standing<'_>, state: TaskState, cause: &str, text: &str, on: Move) -> Move {
    let (state, cause) = match is_late(at) {
        true => (TaskState::StillPending, "stillPending"),
        false => (state, cause),
    };
    Move {
        looks: on.looks,
        ..at.step(state, cause, text, Some(follow(at, at.task.looks)))
    }
}

fn is_late(at: &Standing<'_>) -> bool {
    at.task.intent_at.is_some_and(|since| at.now - since >= STILL_PENDING)
}

fn tenant(at: &Standing<'_>, said: TenantApproval) -> Move {
    use TaskState::{Accepted, Refused, WaitingTenantApproval};
    match said {
        TenantApproval::Waiting => Move {
            cause: at.task.cause.clone(),
            detail: at.task.detail.clone(),
            looks: at.task.looks + 1,
            ..at.step(
                WaitingTenantApproval,
                "",
                "",
                Some(follow(at, at.task.looks).min(until_expiry(at))),
            )
        },
        TenantApproval::Approved => at.step(
            Accepted,
            "tenantApproved",
            "another administrator of the tenant has approved it",
            Some(TimeDelta::zero()),
        ),
        TenantApproval::Rejected => at.step(
            Refused,
            "tenantRejected",
            "another administrator of the tenant has rejected it",
            None,
        ),
        TenantApproval::Cancelled => at.step(
            Refused,
            "tenantCancelled",
            "the request to the other administrators of the tenant was cancelled",
            None,
        ),
    }
}

/// How long until Intune is read again: ever less often.
fn follow(at: &Standing<'_>, looks: u32) -> TimeDelta {
    let age = at.task.intent_at.map_or(TimeDelta::zero(), |since| at.now - since);
    match looks {
        0 => TimeDelta::seconds(5),
        1 => TimeDelta::seconds(15),
        2 => TimeDelta::seconds(30),
        3 => TimeDelta::minutes(1),
        4..=6 => TimeDelta::minutes(5),
        _ if age < TimeDelta::hours(2) => TimeDelta::minutes(15),
        _ if age < STILL_PENDING => TimeDelta::hours(1),
        _ if age < TimeDelta::days(7) => TimeDelta::hours(6),
        _ => TimeDelta::hours(24),
    }
}

/// What Graph said; a number beyond all time says nothing.
fn asked(retry_after_s: Option<u64>) -> Option<TimeDelta> {
    TimeDelta::try_seconds(i64::try_from(retry_after_s?).ok()?)
}

fn backoff(times: u32) -> TimeDelta {
    TimeDelta::seconds((5 << times.min(6)).min(300))
}

fn until_expiry(at: &Standing<'_>) -> TimeDelta {
    (at.expires_at - at.now).max(TimeDelta::zero())
}

/// A little after midnight, UTC: when Microsoft's day begins is not known, so the guard still counts 24 hours.
fn next_day(now: Timestamp) -> Timestamp {
    let midnight = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    midnight + TimeDelta::days(1) + TimeDelta::minutes(10)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
