//! Tasks whose device is not listed any more (A6).

use super::*;

/// A retire was pending, the wipe's answer was lost, the device has gone: who knows whose doing that was?
#[test]
fn cr_v2_a6_a_wipe_whose_device_has_gone_is_never_done_by_that_alone() {
    use TaskState::{Done, GoneUnproven, HandedOver, PendingOnDevice, StillPending, Unclear};
    for verb in [
        ActionKind::Wipe,
        ActionKind::Retire,
        ActionKind::Delete,
        ActionKind::FreshStart,
    ] {
        for (from, sent_at, wanted) in [
            (Unclear, None, LOOKS_UNCLEAR),
            (Unclear, Some(now()), LOOKS_UNCLEAR),
            (HandedOver, Some(now()), LOOKS_GONE + 1),
            (PendingOnDevice, Some(now()), LOOKS_GONE + 1),
            (StillPending, Some(now()), LOOKS_GONE + 1),
        ] {
            let mut task = task(verb, from);
            task.sent_at = sent_at;
            let (mut looks, mut waits) = (0, TimeDelta::zero());
            while task.state != GoneUnproven {
                assert_eq!(task.state, from, "{verb} from {from:?}");
                let to = on(&mut task, gone_late());
                waits += to.due_at.unwrap() - now();
                looks += 1;
                assert!(looks < 20, "{verb} from {from:?}");
            }
            assert_eq!(looks, wanted, "{verb} from {from:?}");
            let detail = task.detail.clone().unwrap();
            assert!(
                detail["text"]
                    .as_str()
                    .unwrap()
                    .contains("shows this action as pending"),
                "{detail}"
            );
            for evidence in ["why", "intentAt", "baseline"] {
                assert!(!detail[evidence].is_null(), "{evidence}: {detail}");
            }
            assert_eq!(detail["sentAt"].is_null(), sent_at.is_none());
            let again = on(&mut task, gone_late());
            assert_eq!((again.state, again.cause.as_deref()), (GoneUnproven, Some("vanished")));
            let late = on(&mut task, done());
            assert_eq!(late.state, Done, "{verb}: an audit that comes late amends it");
        }
    }
}

/// The wait for a late audit begins when the device is first seen to have gone, however often it was looked at before.
#[test]
fn cr_v2_the_wait_for_a_late_audit_begins_with_the_disappearance() {
    let mut task = task(ActionKind::Wipe, TaskState::PendingOnDevice);
    task.read_backs = 40;
    let mut waits = Vec::new();
    while task.state == TaskState::PendingOnDevice {
        waits.push((on(&mut task, gone_late()).due_at.unwrap() - now()).num_seconds());
    }
    assert_eq!(waits[..3], [5, 15, 30], "{waits:?}");
    assert_eq!(task.read_backs, LOOKS_GONE);
}

/// A false 404, and the device is there again.
#[test]
fn cr_v2_a_device_that_is_listed_again_is_followed_as_before() {
    use TaskState::{GoneUnproven, HandedOver, NeedsOperator, PendingOnDevice, StillPending};
    for (state, finding, wanted) in [
        (HandedOver, TaskFinding::Nothing, HandedOver),
        (GoneUnproven, TaskFinding::Nothing, HandedOver),
        (GoneUnproven, TaskFinding::UnderWay, HandedOver),
        (GoneUnproven, TaskFinding::Pending, PendingOnDevice),
    ] {
        let mut task = task(ActionKind::Wipe, state);
        (task.sent_at, task.cause) = (Some(now()), Some("vanished".into()));
        let to = on(&mut task, finding.clone());
        assert_eq!(to.state, wanted, "{state:?}, {finding:?}");
        assert_ne!(to.cause.as_deref(), Some("vanished"));
    }
    let mut old = task(ActionKind::Wipe, GoneUnproven);
    (old.sent_at, old.cause) = (Some(now()), Some("vanished".into()));
    let to = step_at(&old, &TaskEvent::Looked(TaskFinding::Nothing), now() + STILL_PENDING);
    assert_eq!(to.state, StillPending);
    let mut unsent = task(ActionKind::Wipe, GoneUnproven);
    unsent.cause = Some("vanished".into());
    assert_eq!(on(&mut unsent, TaskFinding::Nothing).state, NeedsOperator);
}

fn on(task: &mut TaskRow, finding: TaskFinding) -> TaskTransition {
    let to = step_at(task, &TaskEvent::Looked(finding), now());
    (task.state, task.cause, task.read_backs) = (to.state, to.cause.clone(), to.read_backs);
    task.detail = to.detail.clone();
    to
}
