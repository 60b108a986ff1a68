mod answers;
mod disappearance;
mod looks;
mod model;

use serde_json::json;

use super::*;
use crate::actions::finding::VanishDoubt;
use crate::model::{DeviceId, InstanceId, JobId, OperatorId, TaskId, parse_time};

fn now() -> Timestamp {
    parse_time("2026-11-20T10:00:00Z").unwrap()
}

fn task(verb: ActionKind, state: TaskState) -> TaskRow {
    TaskRow {
        id: TaskId(1),
        job: JobId(1),
        instance: InstanceId(1),
        tenant: "t".into(),
        device: DeviceId(uuid::Uuid::nil()),
        verb,
        operator: OperatorId(1),
        pin: None,
        shown: json!({}),
        state,
        cause: None,
        detail: None,
        baseline: Some(json!({})),
        approval_code: None,
        intent_at: Some(now()),
        sent_at: None,
        attempts: 1,
        throttled: 0,
        read_backs: 0,
        due_at: None,
        updated_at: now(),
    }
}

fn step_at(task: &TaskRow, event: &TaskEvent, at: Timestamp) -> TaskTransition {
    let spec = ActionSpec::for_action(task.verb);
    let standing = TaskContext {
        task,
        spec,
        trace: (spec.trace)(&crate::actions::specs::ActionParameters::default()),
        expires_at: now() + TimeDelta::hours(24),
        now: at,
    };
    next(&standing, event, &ResendRepeatable)
}

fn step(verb: ActionKind, state: TaskState, event: &TaskEvent) -> TaskTransition {
    step_at(&task(verb, state), event, now())
}

fn refusal(status: u16) -> TaskEvent {
    TaskEvent::Refused {
        status,
        code: "code".into(),
        text: "text".into(),
        retry_after_s: None,
    }
}

fn unclear() -> TaskEvent {
    TaskEvent::Unclear {
        code: "timedOut".into(),
        text: "no answer in time".into(),
    }
}

fn not_sent() -> TaskEvent {
    TaskEvent::NotSent {
        code: "connectionRefused".into(),
        text: "nobody listens there".into(),
    }
}

fn done() -> TaskFinding {
    TaskFinding::Done { detail: "seen".into() }
}

fn failed() -> TaskFinding {
    TaskFinding::Failed {
        code: "failed".into(),
        meaning: "it failed".into(),
    }
}

/// Every answer to the one call, for a verb that must not be repeated and for one that may.
#[test]
fn a3_each_answer_has_its_meaning() {
    use TaskState::*;
    let approval = |code: Option<&str>| TaskEvent::ApprovalRequired {
        code: code.map(str::to_owned),
        text: "text".into(),
    };
    let rows = [
        (TaskEvent::Taken(now()), HandedOver, HandedOver),
        (not_sent(), Accepted, Accepted),
        (refusal(400), Failed, Failed),
        (refusal(401), Accepted, Accepted),
        (refusal(403), Failed, Failed),
        (refusal(404), DeviceGone, DeviceGone),
        (refusal(405), Failed, Failed),
        (refusal(429), WaitingBudget, WaitingBudget),
        (approval(Some("c")), WaitingTenantApproval, WaitingTenantApproval),
        (approval(None), Failed, Failed),
        (unclear(), Unclear, Accepted),
        (TaskEvent::Crashed, Unclear, Accepted),
    ];
    for (event, wipe, sync) in rows {
        assert_eq!(step(ActionKind::Wipe, Issuing, &event).state, wipe, "wipe, {event:?}");
        assert_eq!(step(ActionKind::Sync, Issuing, &event).state, sync, "sync, {event:?}");
    }
}

/// Every finding, in every state in which anybody looks.
#[test]
fn a3_a6_each_finding_amends_what_was_told_before() {
    use TaskState::*;
    let rows: [(TaskFinding, [TaskState; 5]); 9] = [
        (
            TaskFinding::Nothing,
            [Unclear, HandedOver, PendingOnDevice, StillPending, NeedsOperator],
        ),
        (TaskFinding::Pending, [PendingOnDevice; 5]),
        (TaskFinding::Active, [PendingOnDevice; 5]),
        (TaskFinding::UnderWay, [HandedOver; 5]),
        (done(), [Done; 5]),
        (failed(), [Failed; 5]),
        (TaskFinding::NotSupported, [NotSupported; 5]),
        (TaskFinding::Cancelled, [Cancelled; 5]),
        (
            gone_late(),
            [Unclear, HandedOver, PendingOnDevice, StillPending, GoneUnproven],
        ),
    ];
    for (finding, wanted) in rows {
        for (from, to) in [Unclear, HandedOver, PendingOnDevice, StillPending, NeedsOperator]
            .into_iter()
            .zip(wanted)
        {
            let moved = step(ActionKind::Wipe, from, &TaskEvent::Looked(finding.clone()));
            assert_eq!(moved.state, to, "{finding:?} in {from:?}");
            assert_eq!(
                moved.due_at.is_none(),
                to.is_end(),
                "{finding:?} in {from:?}: followed until an end"
            );
        }
    }
    let explained = gone(VanishDoubt::Other("a delete".into()));
    for from in [
        Unclear,
        HandedOver,
        PendingOnDevice,
        StillPending,
        NeedsOperator,
        GoneUnproven,
    ] {
        let moved = step(ActionKind::Wipe, from, &TaskEvent::Looked(explained.clone()));
        assert_eq!(moved.state, GoneUnproven, "{from:?}: nothing has to be waited for");
        assert!(moved.due_at.is_some(), "an audit may come late");
    }
    let lock = step(ActionKind::RemoteLock, HandedOver, &TaskEvent::Looked(explained));
    assert_eq!(lock.state, DeviceGone, "a lock does not make a device vanish");
}

fn gone(doubt: VanishDoubt) -> TaskFinding {
    TaskFinding::Vanished { doubt }
}

/// Nothing explains it, and nothing is Intune's word for the action: the audit may only be late.
fn gone_late() -> TaskFinding {
    gone(VanishDoubt::NotDone("pending".into()))
}

struct Careless;

impl ResendPolicy for Careless {
    fn may_resend(&self, _: &ActionSpec) -> bool {
        true
    }
    fn may_resend_on_absence(&self, _: &ActionSpec) -> bool {
        true
    }
}
