//! The one state machine of a task: a pure function from its state and an event to its next state.
//!
//! What it holds on to (A3): what may have had an effect is never sent again unless its repetition is harmless; that
//! nothing is seen of an effect proves nothing; a later finding amends an earlier one.

mod after_look;

use chrono::{DurationRound, TimeDelta};
use serde_json::json;

use super::finding::TaskFinding;
use super::specs::{ActionSpec, OutcomeTrace};
use crate::model::{ActionKind, TaskState, Timestamp};
use crate::store::{TaskRow, TaskTransition};
use after_look::after_finding;

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
const LISTED_AGAIN: &str = "Intune did not list the device for a while and now lists it again";
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
pub fn next(context: &TaskContext<'_>, event: &TaskEvent, resend_policy: &dyn ResendPolicy) -> TaskTransition {
    match event {
        TaskEvent::Taken(date) => after_acceptance(context, *date),
        TaskEvent::NotSent { code, text } => retry_later(context, code, text, None),
        TaskEvent::Refused {
            status,
            code,
            text,
            retry_after_s,
        } => after_refusal(context, *status, code, text, *retry_after_s),
        TaskEvent::ApprovalRequired { code: Some(code), text } => TaskTransition {
            approval_code: Some(code.clone()),
            ..context.transition_to(
                TaskState::WaitingTenantApproval,
                "approvalRequired",
                text,
                Some(TimeDelta::seconds(30)),
            )
        },
        TaskEvent::ApprovalRequired { code: None, text } => {
            context.transition_to(TaskState::Failed, "approvalRequired", text, None)
        }
        TaskEvent::Unclear { code, text } => after_unclear_call(context, code, text, resend_policy),
        TaskEvent::Crashed => after_unclear_call(
            context,
            "crashed",
            "the connector stopped between the call and its answer",
            resend_policy,
        ),
        TaskEvent::Looked(finding) => after_finding(context, finding, resend_policy),
        TaskEvent::NotRead { text } => TaskTransition {
            cause: context.task.cause.clone(),
            detail: context.task.detail.clone(),
            ..context.transition_to(
                context.task.state,
                "notRead",
                text,
                Some(readback_delay(context, context.task.read_backs)),
            )
        },
        TaskEvent::TenantApproval(approval) => after_tenant_approval(context, *approval),
        TaskEvent::Expired => context.transition_to(
            TaskState::Expired,
            "expired",
            "it expired before it could be sent",
            None,
        ),
        TaskEvent::Unopened { text } if context.task.state.is_unissued() => {
            context.transition_to(TaskState::Failed, "sealed", text, None)
        }
        TaskEvent::Unopened { text } => ask_operator(context, text),
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
            read_backs: self.task.read_backs,
        }
    }
}

fn after_acceptance(context: &TaskContext<'_>, date: Timestamp) -> TaskTransition {
    let (state, cause, text, wait) = if context.trace.at_once {
        (TaskState::Done, "done", "Intune has changed its record", None)
    } else if context.trace.is_traceable() {
        let wait = Some(TimeDelta::seconds(5));
        (
            TaskState::HandedOver,
            "queued",
            "Intune has accepted it; the device has not confirmed it yet",
            wait,
        )
    } else {
        let text = "Intune has accepted it; whether it reaches the device is never reported";
        (TaskState::HandedOverNotTraceable, "queued", text, None)
    };
    TaskTransition {
        sent_at: Some(date),
        throttled: 0,
        read_backs: 0,
        ..context.transition_to(state, cause, text, wait)
    }
}

fn after_refusal(
    context: &TaskContext<'_>,
    status: u16,
    code: &str,
    text: &str,
    retry_after_s: Option<u64>,
) -> TaskTransition {
    match status {
        429 => {
            let throttled = context.task.throttled + 1;
            let capped = matches!(
                context.task.verb,
                ActionKind::Wipe | ActionKind::Retire | ActionKind::Delete
            );
            let step = if capped && throttled >= THROTTLED {
                let text = "Intune answered 429 three times in a row: its daily limit for this action seems to be reached; \
                            it is sent again the next day";
                let wait = next_cap_reset(context.now) - context.now;
                context.transition_to(
                    TaskState::WaitingBudget,
                    "dailyCap",
                    text,
                    Some(wait.min(time_until_expiry(context))),
                )
            } else {
                let wait = requested_delay(retry_after_s)
                    .unwrap_or_else(|| backoff_delay(throttled))
                    .max(SHORTEST)
                    .min(time_until_expiry(context));
                context.transition_to(TaskState::WaitingBudget, "throttled", text, Some(wait))
            };
            TaskTransition { throttled, ..step }
        }
        401 => retry_later(context, code, text, retry_after_s),
        404 => context.transition_to(
            TaskState::DeviceGone,
            "notFound",
            "the device no longer exists in Intune",
            None,
        ),
        _ => context.transition_to(TaskState::Failed, code, text, None),
    }
}

/// It had no effect for sure and may be sent again, guard and all.
fn retry_later(context: &TaskContext<'_>, code: &str, text: &str, retry_after_s: Option<u64>) -> TaskTransition {
    let wait = requested_delay(retry_after_s)
        .unwrap_or_else(|| backoff_delay(context.task.attempts))
        .max(SHORTEST)
        .min(time_until_expiry(context));
    context.transition_to(TaskState::Accepted, code, text, Some(wait))
}

fn after_unclear_call(
    context: &TaskContext<'_>,
    code: &str,
    text: &str,
    resend_policy: &dyn ResendPolicy,
) -> TaskTransition {
    if resend_policy.may_resend(context.spec) && context.task.attempts < ATTEMPTS {
        return context.transition_to(
            TaskState::Accepted,
            code,
            text,
            Some(backoff_delay(context.task.attempts)),
        );
    }
    let looks = TaskTransition {
        read_backs: 0,
        ..context.transition_to(TaskState::Unclear, code, text, Some(TimeDelta::zero()))
    };
    if context.trace.is_traceable() {
        looks
    } else {
        ask_operator(context, text)
    }
}

fn ask_operator(context: &TaskContext<'_>, text: &str) -> TaskTransition {
    let detail = json!({
        "text": "it is not known whether it had an effect, and it is not sent again: check the device in Intune, then resolve the task",
        "why": text,
        "intentAt": context.task.intent_at,
        "baseline": context.task.baseline,
        "looks": context.task.read_backs,
    });
    TaskTransition {
        detail: Some(detail),
        ..context.transition_to(TaskState::NeedsOperator, "unclear", text, Some(TimeDelta::hours(1)))
    }
}

fn after_tenant_approval(context: &TaskContext<'_>, approval: TenantApproval) -> TaskTransition {
    use TaskState::{Accepted, Refused, WaitingTenantApproval};
    match approval {
        TenantApproval::Waiting => TaskTransition {
            cause: context.task.cause.clone(),
            detail: context.task.detail.clone(),
            read_backs: context.task.read_backs + 1,
            ..context.transition_to(
                WaitingTenantApproval,
                "",
                "",
                Some(readback_delay(context, context.task.read_backs).min(time_until_expiry(context))),
            )
        },
        TenantApproval::Approved => context.transition_to(
            Accepted,
            "tenantApproved",
            "another administrator of the tenant has approved it",
            Some(TimeDelta::zero()),
        ),
        TenantApproval::Rejected => context.transition_to(
            Refused,
            "tenantRejected",
            "another administrator of the tenant has rejected it",
            None,
        ),
        TenantApproval::Cancelled => context.transition_to(
            Refused,
            "tenantCancelled",
            "the request to the other administrators of the tenant was cancelled",
            None,
        ),
    }
}

/// How long until Intune is read again: ever less often.
fn readback_delay(context: &TaskContext<'_>, looks: u32) -> TimeDelta {
    let age = context
        .task
        .intent_at
        .map_or(TimeDelta::zero(), |since| context.now - since);
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

fn time_until_expiry(context: &TaskContext<'_>) -> TimeDelta {
    (context.expires_at - context.now).max(TimeDelta::zero())
}

/// A little after midnight, UTC: when Microsoft's day begins is not known, so the guard still counts 24 hours.
fn next_cap_reset(now: Timestamp) -> Timestamp {
    let midnight = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    midnight + TimeDelta::days(1) + TimeDelta::minutes(10)
}

#[cfg(test)]
mod tests;
