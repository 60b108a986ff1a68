//! The one state machine of a task: a pure function from where it stands and what happened to where it stands next.
//!
//! What it holds on to (A3): what may have had an effect is never sent again unless its repetition is harmless; that
//! nothing is seen of an effect proves nothing; a later finding amends an earlier one.

use chrono::{DurationRound, TimeDelta};
use serde_json::json;

use super::finding::{TaskFinding, VanishDoubt};
use super::specs::{ActionSpec, OutcomeTrace};
use crate::model::{ActionDanger, ActionKind, TaskState, Timestamp};
use crate::store::{TaskRow, TaskTransition};

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
pub enum TaskEvent {
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
    Looked(TaskFinding),
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

/// What is done about a call whose effect is not known. The product is [`ResendRepeatable`]; the crash campaign brings others,
/// to see that its judge finds what they break.
pub trait ResendPolicy: Send + Sync {
    /// Whether it is sent again although it may have had an effect.
    fn may_resend(&self, spec: &ActionSpec) -> bool;
    /// Whether it is sent again because nothing was seen of an effect.
    fn may_resend_on_absence(&self, spec: &ActionSpec) -> bool;
}

/// Only verbs whose repetition is harmless are ever sent again; absence proves nothing (A3).
#[derive(Debug, Clone, Copy)]
pub struct ResendRepeatable;

impl ResendPolicy for ResendRepeatable {
    fn may_resend(&self, spec: &ActionSpec) -> bool {
        spec.repeatable
    }

    fn may_resend_on_absence(&self, _: &ActionSpec) -> bool {
        false
    }
}

/// What a step is decided on.
pub struct TaskContext<'a> {
    pub task: &'a TaskRow,
    pub spec: &'a ActionSpec,
    pub trace: OutcomeTrace,
    pub expires_at: Timestamp,
    pub now: Timestamp,
}

/// The next step. Never answers [`TaskState::Issuing`]: that is the guard's to give.
pub fn next(at: &TaskContext<'_>, event: &TaskEvent, recovery: &dyn ResendPolicy) -> TaskTransition {
    match event {
        TaskEvent::Taken(date) => after_acceptance(at, *date),
        TaskEvent::NotSent { code, text } => retry_later(at, code, text, None),
        TaskEvent::Refused {
            status,
            code,
            text,
            retry_after_s,
        } => after_refusal(at, *status, code, text, *retry_after_s),
        TaskEvent::ApprovalRequired { code: Some(code), text } => TaskTransition {
            approval_code: Some(code.clone()),
            ..at.transition_to(
                TaskState::WaitingTenantApproval,
                "approvalRequired",
                text,
                Some(TimeDelta::seconds(30)),
            )
        },
        TaskEvent::ApprovalRequired { code: None, text } => {
            at.transition_to(TaskState::Failed, "approvalRequired", text, None)
        }
        TaskEvent::Unclear { code, text } => after_unclear_call(at, code, text, recovery),
        TaskEvent::Crashed => after_unclear_call(
            at,
            "crashed",
            "the connector ended between the call and its answer",
            recovery,
        ),
        TaskEvent::Looked(finding) => after_finding(at, finding, recovery),
        TaskEvent::NotRead { text } => TaskTransition {
            cause: at.task.cause.clone(),
            detail: at.task.detail.clone(),
            ..at.transition_to(at.task.state, "notRead", text, Some(readback_delay(at, at.task.looks)))
        },
        TaskEvent::TenantApproval(said) => after_tenant_approval(at, *said),
        TaskEvent::Expired => at.transition_to(
            TaskState::Expired,
            "expired",
            "its time was over before it could be sent",
            None,
        ),
        TaskEvent::Unopened { text } if at.task.state.is_unissued() => {
            at.transition_to(TaskState::Failed, "sealed", text, None)
        }
        TaskEvent::Unopened { text } => ask_operator(at, text),
    }
}

impl TaskContext<'_> {
    /// A step that keeps the counters; `wait` until it is looked at again, none for an end.
    pub fn transition_to(&self, state: TaskState, cause: &str, text: &str, wait: Option<TimeDelta>) -> TaskTransition {
        TaskTransition {
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

fn after_acceptance(at: &TaskContext<'_>, date: Timestamp) -> TaskTransition {
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
    TaskTransition {
        sent_at: Some(date),
        throttled: 0,
        looks: 0,
        ..at.transition_to(state, cause, text, wait)
    }
}

fn after_refusal(
    at: &TaskContext<'_>,
    status: u16,
    code: &str,
    text: &str,
    retry_after_s: Option<u64>,
) -> TaskTransition {
    match status {
        429 => {
            let throttled = at.task.throttled + 1;
            let capped = matches!(at.task.verb, ActionKind::Wipe | ActionKind::Retire | ActionKind::Delete);
            let step = if capped && throttled >= THROTTLED {
                let text = "Intune answered 429 three times in a row: its daily limit of this action seems to be reached; \
                            it is tried again on the next day";
                let wait = next_cap_reset(at.now) - at.now;
                at.transition_to(
                    TaskState::WaitingBudget,
                    "dailyCap",
                    text,
                    Some(wait.min(time_until_expiry(at))),
                )
            } else {
                let wait = requested_delay(retry_after_s)
                    .unwrap_or_else(|| backoff_delay(throttled))
                    .max(SHORTEST)
                    .min(time_until_expiry(at));
                at.transition_to(TaskState::WaitingBudget, "throttled", text, Some(wait))
            };
            TaskTransition { throttled, ..step }
        }
        401 => retry_later(at, code, text, retry_after_s),
        404 => at.transition_to(
            TaskState::DeviceGone,
            "notFound",
            "Intune does not know the device any more",
            None,
        ),
        _ => at.transition_to(TaskState::Failed, code, text, None),
    }
}

/// It had no effect for sure and may be sent again, guard and all.
fn retry_later(at: &TaskContext<'_>, code: &str, text: &str, retry_after_s: Option<u64>) -> TaskTransition {
    let wait = requested_delay(retry_after_s)
        .unwrap_or_else(|| backoff_delay(at.task.attempts))
        .max(SHORTEST)
        .min(time_until_expiry(at));
    at.transition_to(TaskState::Accepted, code, text, Some(wait))
}

fn after_unclear_call(at: &TaskContext<'_>, code: &str, text: &str, recovery: &dyn ResendPolicy) -> TaskTransition {
    if recovery.may_resend(at.spec) && at.task.attempts < ATTEMPTS {
        return at.transition_to(TaskState::Accepted, code, text, Some(backoff_delay(at.task.attempts)));
    }
    let looks = TaskTransition {
        looks: 0,
        ..at.transition_to(TaskState::Unclear, code, text, Some(TimeDelta::zero()))
    };
    if at.trace.is_traceable() {
        looks
    } else {
        ask_operator(at, text)
    }
}

fn ask_operator(at: &TaskContext<'_>, text: &str) -> TaskTransition {
    let detail = json!({
        "text": "whether it had an effect is not known, and it is not sent again: look at the device in Intune, then resolve it",
        "why": text,
        "intentAt": at.task.intent_at,
        "baseline": at.task.baseline,
        "looks": at.task.looks,
    });
    TaskTransition {
        detail: Some(detail),
        ..at.transition_to(TaskState::NeedsOperator, "unclear", text, Some(TimeDelta::hours(1)))
    }
}

fn after_finding(at: &TaskContext<'_>, finding: &TaskFinding, recovery: &dyn ResendPolicy) -> TaskTransition {
    use TaskState::{Cancelled, DeviceGone, Done, Failed, HandedOver, NotSupported, PendingOnDevice};
    let on = TaskTransition {
        looks: at.task.looks + 1,
        ..at.transition_to(at.task.state, "", "", Some(readback_delay(at, at.task.looks)))
    };
    match finding {
        TaskFinding::Nothing => after_no_trace(at, on, recovery),
        TaskFinding::Pending | TaskFinding::Active => pending_or_overdue(
            at,
            PendingOnDevice,
            "pending",
            "the device has not carried it out yet",
            on,
        ),
        TaskFinding::UnderWay => {
            pending_or_overdue(at, HandedOver, "underWay", "Intune shows that it is under way", on)
        }
        TaskFinding::Done { detail } => at.transition_to(Done, "done", detail, None),
        TaskFinding::Failed { code, meaning } => at.transition_to(Failed, code, meaning, None),
        TaskFinding::NotSupported => at.transition_to(
            NotSupported,
            "notSupported",
            "Intune says that the device can't do it",
            None,
        ),
        TaskFinding::Cancelled => at.transition_to(Cancelled, "cancelledAtIntune", "it was cancelled at Intune", None),
        TaskFinding::Vanished { doubt } if at.spec.danger() == ActionDanger::Destructive => {
            after_vanishing(at, doubt, on)
        }
        TaskFinding::Vanished { .. } => {
            at.transition_to(DeviceGone, "notFound", "Intune does not know the device any more", None)
        }
    }
}

/// The device has gone, and nothing is Intune's word for this action: who asked for a wipe must not be told that it
/// happened (A6). The audit may come a little later than the disappearance; then it is not known, and a person is asked.
fn after_vanishing(at: &TaskContext<'_>, doubt: &VanishDoubt, on: TaskTransition) -> TaskTransition {
    use TaskState::{HandedOver, PendingOnDevice, StillPending, Unclear};
    let text = format!("Intune does not list the device any more; {doubt}");
    let is_first = at.task.cause.as_deref() != Some(VANISHED);
    let looks = if is_first { 0 } else { on.looks };
    match at.task.state {
        Unclear if doubt.may_clear_up() && on.looks < LOOKS_UNCLEAR => keep_cause(at, on),
        HandedOver | PendingOnDevice | StillPending if doubt.may_clear_up() && looks < LOOKS_GONE => TaskTransition {
            looks,
            ..at.transition_to(at.task.state, VANISHED, &text, Some(readback_delay(at, looks)))
        },
        _ => TaskTransition {
            looks: on.looks,
            detail: Some(json!({
                "text": format!("{text}: whether this action reached it is not known; find out, then resolve it"),
                "why": doubt,
                "intentAt": at.task.intent_at,
                "sentAt": at.task.sent_at,
                "baseline": at.task.baseline,
            })),
            ..at.transition_to(
                TaskState::GoneUnproven,
                VANISHED,
                &text,
                Some(readback_delay(at, on.looks)),
            )
        },
    }
}

/// Nothing new: it is told as it was.
fn keep_cause(at: &TaskContext<'_>, on: TaskTransition) -> TaskTransition {
    TaskTransition {
        cause: at.task.cause.clone(),
        detail: at.task.detail.clone(),
        ..on
    }
}

/// Nothing is to be seen of it, which proves nothing.
fn after_no_trace(at: &TaskContext<'_>, on: TaskTransition, recovery: &dyn ResendPolicy) -> TaskTransition {
    match at.task.state {
        TaskState::Unclear if recovery.may_resend_on_absence(at.spec) => at.transition_to(
            TaskState::Accepted,
            "absent",
            "nothing was seen of it",
            Some(TimeDelta::zero()),
        ),
        TaskState::Unclear if on.looks < LOOKS_UNCLEAR => keep_cause(at, on),
        TaskState::Unclear => ask_operator(at, at.task.cause.as_deref().unwrap_or("unclear")),
        TaskState::GoneUnproven if at.task.sent_at.is_none() => ask_operator(at, LISTED_AGAIN),
        _ if at.task.cause.as_deref() == Some(VANISHED) => {
            pending_or_overdue(at, TaskState::HandedOver, "listedAgain", LISTED_AGAIN, on)
        }
        TaskState::HandedOver | TaskState::PendingOnDevice if is_overdue(at) => {
            pending_or_overdue(at, at.task.state, "pending", "nothing new since it was handed over", on)
        }
        _ => keep_cause(at, on),
    }
}

fn pending_or_overdue(
    at: &TaskContext<'_>,
    state: TaskState,
    cause: &str,
    text: &str,
    on: TaskTransition,
) -> TaskTransition {
    let (state, cause) = if is_overdue(at) {
        (TaskState::StillPending, "stillPending")
    } else {
        (state, cause)
    };
    TaskTransition {
        looks: on.looks,
        ..at.transition_to(state, cause, text, Some(readback_delay(at, at.task.looks)))
    }
}

fn is_overdue(at: &TaskContext<'_>) -> bool {
    at.task.intent_at.is_some_and(|since| at.now - since >= STILL_PENDING)
}

fn after_tenant_approval(at: &TaskContext<'_>, said: TenantApproval) -> TaskTransition {
    use TaskState::{Accepted, Refused, WaitingTenantApproval};
    match said {
        TenantApproval::Waiting => TaskTransition {
            cause: at.task.cause.clone(),
            detail: at.task.detail.clone(),
            looks: at.task.looks + 1,
            ..at.transition_to(
                WaitingTenantApproval,
                "",
                "",
                Some(readback_delay(at, at.task.looks).min(time_until_expiry(at))),
            )
        },
        TenantApproval::Approved => at.transition_to(
            Accepted,
            "tenantApproved",
            "another administrator of the tenant has approved it",
            Some(TimeDelta::zero()),
        ),
        TenantApproval::Rejected => at.transition_to(
            Refused,
            "tenantRejected",
            "another administrator of the tenant has rejected it",
            None,
        ),
        TenantApproval::Cancelled => at.transition_to(
            Refused,
            "tenantCancelled",
            "the request to the other administrators of the tenant was cancelled",
            None,
        ),
    }
}

/// How long until Intune is read again: ever less often.
fn readback_delay(at: &TaskContext<'_>, looks: u32) -> TimeDelta {
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
fn requested_delay(retry_after_s: Option<u64>) -> Option<TimeDelta> {
    TimeDelta::try_seconds(i64::try_from(retry_after_s?).ok()?)
}

fn backoff_delay(times: u32) -> TimeDelta {
    TimeDelta::seconds((5 << times.min(6)).min(300))
}

fn time_until_expiry(at: &TaskContext<'_>) -> TimeDelta {
    (at.expires_at - at.now).max(TimeDelta::zero())
}

/// A little after midnight, UTC: when Microsoft's day begins is not known, so the guard still counts 24 hours.
fn next_cap_reset(now: Timestamp) -> Timestamp {
    let midnight = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    midnight + TimeDelta::days(1) + TimeDelta::minutes(10)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
