//! What a look at Intune means for a task: what it found amends what was told before, and nothing found proves nothing (A3).

use chrono::TimeDelta;
use serde_json::json;

use super::{
    LISTED_AGAIN, LOOKS_GONE, LOOKS_UNCLEAR, ResendPolicy, STILL_PENDING, TaskContext, VANISHED, ask_operator,
    readback_delay,
};
use crate::actions::finding::{TaskFinding, VanishDoubt};
use crate::model::{ActionDanger, TaskState};
use crate::store::TaskTransition;

pub(super) fn after_finding(
    context: &TaskContext<'_>,
    finding: &TaskFinding,
    resend_policy: &dyn ResendPolicy,
) -> TaskTransition {
    use TaskState::{Cancelled, DeviceGone, Done, Failed, HandedOver, NotSupported, PendingOnDevice};
    let recheck = TaskTransition {
        read_backs: context.task.read_backs + 1,
        ..context.transition_to(
            context.task.state,
            "",
            "",
            Some(readback_delay(context, context.task.read_backs)),
        )
    };
    match finding {
        TaskFinding::Nothing => after_no_trace(context, recheck, resend_policy),
        TaskFinding::Pending | TaskFinding::Active => pending_or_overdue(
            context,
            PendingOnDevice,
            "pending",
            "the device has not carried it out yet",
            recheck,
        ),
        TaskFinding::UnderWay => pending_or_overdue(
            context,
            HandedOver,
            "underWay",
            "Intune shows that it is under way",
            recheck,
        ),
        TaskFinding::Done { detail } => context.transition_to(Done, "done", detail, None),
        TaskFinding::Failed { code, meaning } => context.transition_to(Failed, code, meaning, None),
        TaskFinding::NotSupported => context.transition_to(
            NotSupported,
            "notSupported",
            "Intune reports that the device does not support it",
            None,
        ),
        TaskFinding::Cancelled => {
            context.transition_to(Cancelled, "cancelledAtIntune", "it was cancelled in Intune", None)
        }
        TaskFinding::Vanished { doubt } if context.spec.danger() == ActionDanger::Destructive => {
            after_vanishing(context, doubt, recheck)
        }
        TaskFinding::Vanished { .. } => {
            context.transition_to(DeviceGone, "notFound", "the device no longer exists in Intune", None)
        }
    }
}

/// The device has gone, and nothing is Intune's word for this action: who asked for a wipe must not be told that it
/// happened (A6). The audit may come a little later than the disappearance; then it is not known, and a person is asked.
fn after_vanishing(context: &TaskContext<'_>, doubt: &VanishDoubt, recheck: TaskTransition) -> TaskTransition {
    use TaskState::{HandedOver, PendingOnDevice, StillPending, Unclear};
    let text = format!("Intune no longer lists the device; {doubt}");
    let is_first = context.task.cause.as_deref() != Some(VANISHED);
    let looks = if is_first { 0 } else { recheck.read_backs };
    match context.task.state {
        Unclear if doubt.may_clear_up() && recheck.read_backs < LOOKS_UNCLEAR => keep_cause(context, recheck),
        HandedOver | PendingOnDevice | StillPending if doubt.may_clear_up() && looks < LOOKS_GONE => TaskTransition {
            read_backs: looks,
            ..context.transition_to(
                context.task.state,
                VANISHED,
                &text,
                Some(readback_delay(context, looks)),
            )
        },
        _ => TaskTransition {
            read_backs: recheck.read_backs,
            detail: Some(json!({
                "text": format!("{text}: it is not known whether this action reached the device; find out, then resolve the task"),
                "why": doubt,
                "intentAt": context.task.intent_at,
                "sentAt": context.task.sent_at,
                "baseline": context.task.baseline,
            })),
            ..context.transition_to(
                TaskState::GoneUnproven,
                VANISHED,
                &text,
                Some(readback_delay(context, recheck.read_backs)),
            )
        },
    }
}

/// Nothing new: it is told as it was.
fn keep_cause(context: &TaskContext<'_>, recheck: TaskTransition) -> TaskTransition {
    TaskTransition {
        cause: context.task.cause.clone(),
        detail: context.task.detail.clone(),
        ..recheck
    }
}

/// Nothing is to be seen of it, which proves nothing.
fn after_no_trace(
    context: &TaskContext<'_>,
    recheck: TaskTransition,
    resend_policy: &dyn ResendPolicy,
) -> TaskTransition {
    match context.task.state {
        TaskState::Unclear if resend_policy.may_resend_on_absence(context.spec) => context.transition_to(
            TaskState::Accepted,
            "absent",
            "no effect was seen",
            Some(TimeDelta::zero()),
        ),
        TaskState::Unclear if recheck.read_backs < LOOKS_UNCLEAR => keep_cause(context, recheck),
        TaskState::Unclear => ask_operator(context, context.task.cause.as_deref().unwrap_or("unclear")),
        TaskState::GoneUnproven if context.task.sent_at.is_none() => ask_operator(context, LISTED_AGAIN),
        _ if context.task.cause.as_deref() == Some(VANISHED) => {
            pending_or_overdue(context, TaskState::HandedOver, "listedAgain", LISTED_AGAIN, recheck)
        }
        TaskState::HandedOver | TaskState::PendingOnDevice if is_overdue(context) => pending_or_overdue(
            context,
            context.task.state,
            "pending",
            "nothing new since it was handed over",
            recheck,
        ),
        _ => keep_cause(context, recheck),
    }
}

fn pending_or_overdue(
    context: &TaskContext<'_>,
    state: TaskState,
    cause: &str,
    text: &str,
    recheck: TaskTransition,
) -> TaskTransition {
    let (state, cause) = if is_overdue(context) {
        (TaskState::StillPending, "stillPending")
    } else {
        (state, cause)
    };
    TaskTransition {
        read_backs: recheck.read_backs,
        ..context.transition_to(
            state,
            cause,
            text,
            Some(readback_delay(context, context.task.read_backs)),
        )
    }
}

fn is_overdue(context: &TaskContext<'_>) -> bool {
    context
        .task
        .intent_at
        .is_some_and(|since| context.now - since >= STILL_PENDING)
}
