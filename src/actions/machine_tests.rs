use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::model::{DeviceId, InstanceId, JobId, OperatorId, TaskId, parse_time};
use simulated_tenant::world::Dice;

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
        trace: (spec.trace)(&super::super::specs::ActionParameters::default()),
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

fn on(task: &mut TaskRow, finding: TaskFinding) -> TaskTransition {
    let to = step_at(task, &TaskEvent::Looked(finding), now());
    (task.state, task.cause, task.read_backs) = (to.state, to.cause.clone(), to.read_backs);
    task.detail = to.detail.clone();
    to
}

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

/// What a look that finds nothing leaves as it is, and what it does not (A3).
#[test]
fn a3_a_look_that_finds_nothing_changes_nothing_but_the_count() {
    use TaskState::{HandedOver, NeedsOperator, PendingOnDevice, StillPending, Unclear};
    for state in [Unclear, HandedOver, PendingOnDevice, StillPending, NeedsOperator] {
        let mut before = task(ActionKind::Wipe, state);
        (before.cause, before.detail, before.read_backs) = (Some("told".into()), Some(json!({"text": "told"})), 1);
        let to = step_at(&before, &TaskEvent::Looked(TaskFinding::Nothing), now());
        assert_eq!(
            (to.state, to.cause, to.detail, to.read_backs),
            (state, Some("told".into()), Some(json!({"text": "told"})), 2),
            "{state:?}"
        );
        assert_eq!(to.due_at, Some(now() + TimeDelta::seconds(15)), "{state:?}");
    }
}

#[test]
fn a3_a_look_that_finds_nothing_counts_to_the_operator_exactly() {
    for (looks, state) in [
        (LOOKS_UNCLEAR - 2, TaskState::Unclear),
        (LOOKS_UNCLEAR - 1, TaskState::NeedsOperator),
        (LOOKS_UNCLEAR, TaskState::NeedsOperator),
    ] {
        let mut before = task(ActionKind::Wipe, TaskState::Unclear);
        (before.read_backs, before.cause) = (looks, Some("timedOut".into()));
        let to = step_at(&before, &TaskEvent::Looked(TaskFinding::Nothing), now());
        assert_eq!(to.state, state, "{looks} looks");
        if state == TaskState::NeedsOperator {
            assert_eq!(to.detail.unwrap()["why"], "timedOut");
            assert_eq!(to.due_at, Some(now() + TimeDelta::hours(1)));
        }
    }
}

/// Absence lets nothing go out again, but for a recovery that a test brings.
#[test]
fn a3_only_a_recovery_that_is_told_to_sends_again_on_absence() {
    let mut before = task(ActionKind::Wipe, TaskState::Unclear);
    before.read_backs = LOOKS_UNCLEAR;
    let spec = ActionSpec::for_action(ActionKind::Wipe);
    let at = TaskContext {
        task: &before,
        spec,
        trace: (spec.trace)(&super::super::specs::ActionParameters::default()),
        expires_at: now() + TimeDelta::hours(24),
        now: now(),
    };
    let nothing = TaskEvent::Looked(TaskFinding::Nothing);
    assert_eq!(next(&at, &nothing, &Careless).state, TaskState::Accepted);
    assert_eq!(next(&at, &nothing, &ResendRepeatable).state, TaskState::NeedsOperator);
    assert!(!ResendRepeatable.may_resend_on_absence(spec));
    for verb in ActionKind::ALL.iter().copied() {
        let spec = ActionSpec::for_action(verb);
        assert_eq!(ResendRepeatable.may_resend(spec), spec.repeatable, "{verb}");
        assert!(!ResendRepeatable.may_resend_on_absence(spec), "{verb}");
    }
}

/// Nothing new for 48 hours: told once, and followed.
#[test]
fn a6_what_shows_nothing_for_48_hours_is_told_as_still_pending() {
    use TaskState::{HandedOver, NeedsOperator, PendingOnDevice, StillPending};
    let before = STILL_PENDING - TimeDelta::seconds(1);
    for (state, after, wanted) in [
        (HandedOver, before, HandedOver),
        (HandedOver, STILL_PENDING, StillPending),
        (PendingOnDevice, before, PendingOnDevice),
        (PendingOnDevice, STILL_PENDING, StillPending),
        (StillPending, STILL_PENDING, StillPending),
        (NeedsOperator, STILL_PENDING, NeedsOperator),
    ] {
        let to = step_at(
            &task(ActionKind::Wipe, state),
            &TaskEvent::Looked(TaskFinding::Nothing),
            now() + after,
        );
        assert_eq!(to.state, wanted, "{state:?} after {after}");
        let newly = wanted == StillPending && state != StillPending;
        assert_eq!(
            to.cause.as_deref() == Some("stillPending"),
            newly,
            "{state:?} after {after}"
        );
        assert!(to.due_at.is_some());
    }
}

/// The pace at which Intune is read again, look by look and by age.
#[test]
fn a6_the_pace_of_looks_is_exact() {
    let due = |looks: u32, age: TimeDelta| {
        let mut task = task(ActionKind::Retire, TaskState::PendingOnDevice);
        task.read_backs = looks;
        let at = now() + age;
        step_at(&task, &TaskEvent::Looked(TaskFinding::Pending), at)
            .due_at
            .unwrap()
            - at
    };
    let first: Vec<i64> = (0..8)
        .map(|looks| due(looks, TimeDelta::zero()).num_seconds())
        .collect();
    assert_eq!(first, [5, 15, 30, 60, 300, 300, 300, 900]);
    for (age, minutes) in [
        (TimeDelta::hours(2) - TimeDelta::seconds(1), 15),
        (TimeDelta::hours(2), 60),
        (STILL_PENDING - TimeDelta::seconds(1), 60),
        (STILL_PENDING, 360),
        (TimeDelta::days(7) - TimeDelta::seconds(1), 360),
        (TimeDelta::days(7), 24 * 60),
    ] {
        assert_eq!(due(9, age), TimeDelta::minutes(minutes), "{age}");
    }
    let unreadable = step_at(
        &task(ActionKind::Wipe, TaskState::HandedOver),
        &TaskEvent::NotRead { text: "silence".into() },
        now(),
    );
    assert_eq!((unreadable.state, unreadable.read_backs), (TaskState::HandedOver, 0));
    assert_eq!(unreadable.due_at, Some(now() + TimeDelta::seconds(5)));
}

/// How long is waited before it goes out again: what Graph says, else ever longer, and never past the job's end.
#[test]
fn a3_waits_before_another_call_are_exact() {
    let refused = |status: u16, retry_after_s: Option<u64>| TaskEvent::Refused {
        status,
        code: "code".into(),
        text: "text".into(),
        retry_after_s,
    };
    let wait = |attempts: u32, throttled: u32, event: &TaskEvent| {
        let mut task = task(ActionKind::RemoteLock, TaskState::Issuing);
        (task.attempts, task.throttled) = (attempts, throttled);
        (step_at(&task, event, now()).due_at.unwrap() - now()).num_seconds()
    };
    for (attempts, seconds) in [(0, 5), (1, 10), (2, 20), (5, 160), (6, 300), (7, 300), (60, 300)] {
        assert_eq!(wait(attempts, 0, &not_sent()), seconds, "{attempts} attempts");
    }
    for (throttled, seconds) in [(0, 10), (1, 20), (2, 40)] {
        assert_eq!(wait(1, throttled, &refused(429, None)), seconds, "{throttled} before");
    }
    for status in [401, 429] {
        assert_eq!(wait(1, 0, &refused(status, Some(0))), 1, "{status}: a second at least");
        assert_eq!(wait(1, 0, &refused(status, Some(77))), 77, "{status}");
        for beyond in [u64::MAX, i64::MAX as u64] {
            assert_eq!(
                wait(1, 0, &refused(status, Some(beyond))),
                10,
                "{status}: as if nothing was said"
            );
        }
        assert_eq!(
            wait(1, 0, &refused(status, Some(900_000))),
            86_400,
            "{status}: the job ends then"
        );
    }
    let mut late = task(ActionKind::RemoteLock, TaskState::Issuing);
    late.attempts = 1;
    let to = step_at(&late, &not_sent(), now() + TimeDelta::hours(30));
    assert_eq!(
        to.due_at,
        Some(now() + TimeDelta::hours(30)),
        "its time is over: at once, to be told so"
    );
}

/// Only verbs that Microsoft caps wait for the next day, after three refusals in a row.
#[test]
fn three_429_in_a_row_matter_to_capped_verbs_only() {
    for (verb, throttled, cause) in [
        (ActionKind::Wipe, 1, "throttled"),
        (ActionKind::Wipe, 2, "dailyCap"),
        (ActionKind::Wipe, 7, "dailyCap"),
        (ActionKind::Retire, 2, "dailyCap"),
        (ActionKind::Delete, 2, "dailyCap"),
        (ActionKind::FreshStart, 2, "throttled"),
        (ActionKind::RemoteLock, 9, "throttled"),
    ] {
        let mut before = task(verb, TaskState::Issuing);
        before.throttled = throttled;
        let to = step_at(&before, &refusal(429), now());
        assert_eq!(
            (to.cause.as_deref(), to.throttled),
            (Some(cause), throttled + 1),
            "{verb}"
        );
    }
    let mut short = task(ActionKind::Wipe, TaskState::Issuing);
    short.throttled = 2;
    let to = step_at(&short, &refusal(429), now() + TimeDelta::hours(20));
    assert_eq!(to.due_at, Some(now() + TimeDelta::hours(24)), "not past the job's end");
}

/// What was known of a call that Intune took, by the kind of trace that its verb leaves.
#[test]
fn a6_what_intune_took_is_told_by_the_trace_that_the_verb_leaves() {
    for (verb, state, wait) in [
        (ActionKind::EditNotes, TaskState::Done, None),
        (ActionKind::Wipe, TaskState::HandedOver, Some(5)),
        (ActionKind::Notify, TaskState::HandedOverNotTraceable, None),
    ] {
        let mut before = task(verb, TaskState::Issuing);
        (before.read_backs, before.throttled) = (4, 2);
        let to = step_at(&before, &TaskEvent::Taken(now()), now());
        assert_eq!((to.state, to.read_backs, to.throttled), (state, 0, 0), "{verb}");
        assert_eq!(to.sent_at, Some(now()), "{verb}");
        assert_eq!(to.due_at, wait.map(|s| now() + TimeDelta::seconds(s)), "{verb}");
    }
}

/// Sealed parameters that open no more: what was sent needs a person, what was not has failed.
#[test]
fn e1_parameters_that_open_no_more_end_what_was_not_sent() {
    let unopened = TaskEvent::Unopened {
        text: "was sealed elsewhere".into(),
    };
    for state in TaskState::ALL.iter().copied().filter(|state| !state.is_end()) {
        let to = step(ActionKind::Wipe, state, &unopened);
        let wanted = if state.is_unissued() {
            TaskState::Failed
        } else {
            TaskState::NeedsOperator
        };
        assert_eq!(to.state, wanted, "{state:?}");
    }
    assert_eq!(
        step(ActionKind::Wipe, TaskState::Accepted, &TaskEvent::Expired).state,
        TaskState::Expired
    );
}

/// The other administrators are asked again, ever less often, and not beyond the job's end.
#[test]
fn a_tenant_approval_that_waits_is_asked_for_again_until_the_job_ends() {
    let mut before = task(ActionKind::Wipe, TaskState::WaitingTenantApproval);
    (before.cause, before.detail, before.read_backs) = (Some("approvalRequired".into()), Some(json!({"text": "t"})), 2);
    let waiting = TaskEvent::TenantApproval(TenantApproval::Waiting);
    let to = step_at(&before, &waiting, now());
    assert_eq!((to.read_backs, to.due_at), (3, Some(now() + TimeDelta::seconds(30))));
    assert_eq!((to.cause, to.detail), (before.cause.clone(), before.detail.clone()));
    let end = now() + TimeDelta::hours(24);
    let to = step_at(&before, &waiting, end - TimeDelta::seconds(3));
    assert_eq!(to.due_at, Some(end));
    let first = step(
        ActionKind::Wipe,
        TaskState::Issuing,
        &TaskEvent::ApprovalRequired {
            code: Some("c".into()),
            text: String::new(),
        },
    );
    assert_eq!(
        (first.approval_code.as_deref(), first.due_at),
        (Some("c"), Some(now() + TimeDelta::seconds(30)))
    );
}

#[test]
fn a3_a_wipe_whose_effect_never_shows_ends_with_an_operator_and_is_still_followed() {
    let mut task = task(ActionKind::Wipe, TaskState::Unclear);
    let mut looks = 0;
    while task.state == TaskState::Unclear {
        let to = step_at(&task, &TaskEvent::Looked(TaskFinding::Nothing), now());
        (task.state, task.read_backs) = (to.state, to.read_backs);
        looks += 1;
        assert!(to.due_at.is_some());
    }
    assert_eq!((task.state, looks), (TaskState::NeedsOperator, LOOKS_UNCLEAR));
    let later = step_at(&task, &TaskEvent::Looked(done()), now());
    assert_eq!(later.state, TaskState::Done, "what shows late amends it");
}

#[test]
fn a3_a_notification_whose_answer_was_lost_is_not_sent_again() {
    let moved = step(ActionKind::Notify, TaskState::Issuing, &unclear());
    assert_eq!(moved.state, TaskState::NeedsOperator);
    let moved = step(ActionKind::Notify, TaskState::Issuing, &TaskEvent::Taken(now()));
    assert_eq!((moved.state, moved.due_at), (TaskState::HandedOverNotTraceable, None));
}

#[test]
fn a3_a_verb_whose_repetition_is_harmless_is_not_repeated_for_ever() {
    let mut task = task(ActionKind::Sync, TaskState::Issuing);
    for attempts in 1..ATTEMPTS {
        task.attempts = attempts;
        assert_eq!(step_at(&task, &unclear(), now()).state, TaskState::Accepted);
    }
    task.attempts = ATTEMPTS;
    assert_eq!(step_at(&task, &unclear(), now()).state, TaskState::Unclear);
}

#[test]
fn a6_after_48_hours_it_is_still_pending_and_followed_ever_less_often() {
    let mut task = task(ActionKind::Retire, TaskState::PendingOnDevice);
    let mut waits = Vec::new();
    for hours in [0, 1, 24, 47, 48, 49, 24 * 8, 24 * 90] {
        let at = now() + TimeDelta::hours(hours);
        let to = step_at(&task, &TaskEvent::Looked(TaskFinding::Pending), at);
        let wanted = if hours >= 48 {
            TaskState::StillPending
        } else {
            TaskState::PendingOnDevice
        };
        assert_eq!(to.state, wanted, "after {hours} hours");
        waits.push(to.due_at.unwrap() - at);
        (task.state, task.read_backs) = (to.state, to.read_backs + 3);
    }
    assert!(waits.is_sorted(), "{waits:?}");
}

#[test]
fn three_429_in_a_row_put_a_capped_verb_off_to_the_next_day_and_say_so() {
    let mut task = task(ActionKind::Wipe, TaskState::Issuing);
    for _ in 0..2 {
        let to = step_at(&task, &refusal(429), now());
        assert_eq!(to.cause.as_deref(), Some("throttled"));
        task.throttled = to.throttled;
    }
    let to = step_at(&task, &refusal(429), now());
    assert_eq!(
        (to.state, to.cause.as_deref()),
        (TaskState::WaitingBudget, Some("dailyCap"))
    );
    assert_eq!(to.due_at, parse_time("2026-11-21T00:10:00Z"));
    let taken = step_at(&task, &TaskEvent::Taken(now()), now());
    assert_eq!(taken.throttled, 0, "the row is broken");
}

#[test]
fn what_the_other_administrators_say_is_followed() {
    use TaskState::{Accepted, Refused, WaitingTenantApproval};
    let rows = [
        (TenantApproval::Waiting, WaitingTenantApproval),
        (TenantApproval::Approved, Accepted),
        (TenantApproval::Rejected, Refused),
        (TenantApproval::Cancelled, Refused),
    ];
    for (said, state) in rows {
        let mut task = task(ActionKind::Wipe, WaitingTenantApproval);
        task.approval_code = Some("code".into());
        let to = step_at(&task, &TaskEvent::TenantApproval(said), now());
        assert_eq!(to.state, state, "{said:?}");
        assert_eq!(
            to.approval_code.as_deref(),
            Some("code"),
            "the same request goes out again with its code"
        );
    }
}

/// Against a naive model: a world in which each call may or may not have an effect, told truly, falsely or not at all.
/// Whatever happens in whatever order, a verb that must not be repeated has one effect at most.
#[test]
fn a3_no_order_of_events_gives_a_second_effect() {
    for verb in ActionKind::ALL
        .iter()
        .copied()
        .filter(|verb| !ActionSpec::for_action(*verb).repeatable)
    {
        for seed in 0..400 {
            let mut dice = Dice::apart(seed, verb as u64);
            let (effects, states) = live(verb, &mut dice);
            assert!(effects <= 1, "{verb}, seed {seed}: {effects} effects, {states:?}");
        }
    }
}

/// The control: a recovery that sends again must be seen by the same model.
#[test]
fn a3_the_model_finds_a_recovery_that_sends_again() {
    let doubles = (0..400).filter(|seed| {
        let mut dice = Dice::apart(*seed, 1);
        live_with(ActionKind::Wipe, &mut dice, &Careless).0 > 1
    });
    assert!(doubles.count() > 0);
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

fn live(verb: ActionKind, dice: &mut Dice) -> (u32, BTreeSet<TaskState>) {
    live_with(verb, dice, &ResendRepeatable)
}

fn live_with(verb: ActionKind, dice: &mut Dice, recovery: &dyn ResendPolicy) -> (u32, BTreeSet<TaskState>) {
    let mut task = task(verb, TaskState::Accepted);
    let (mut effects, mut seen) = (0, BTreeSet::new());
    let mut at = now();
    for _ in 0..40 {
        seen.insert(task.state);
        if task.state.is_end() {
            break;
        }
        let event = match task.state {
            // The guard lets it through: the call is made.
            TaskState::Accepted | TaskState::WaitingBudget => {
                (task.state, task.attempts, task.intent_at) = (TaskState::Issuing, task.attempts + 1, Some(at));
                let (effect, event) = call(dice);
                effects += effect;
                event
            }
            TaskState::WaitingTenantApproval => TaskEvent::TenantApproval(TenantApproval::Approved),
            _ => TaskEvent::Looked(look(dice, effects)),
        };
        let spec = ActionSpec::for_action(verb);
        let standing = TaskContext {
            task: &task,
            spec,
            trace: (spec.trace)(&super::super::specs::ActionParameters::default()),
            expires_at: now() + TimeDelta::days(30),
            now: at,
        };
        let to = next(&standing, &event, recovery);
        assert_ne!(to.state, TaskState::Issuing, "only the guard gives leave");
        assert_eq!(to.due_at.is_none(), to.state.is_end(), "{event:?} to {:?}", to.state);
        (task.state, task.read_backs, task.throttled) = (to.state, to.read_backs, to.throttled);
        task.approval_code = to.approval_code;
        at += TimeDelta::minutes(10);
    }
    (effects, seen)
}

/// What a call does, and what is heard of it. Refusals that prove that nothing happened are truthful; the rest may lie.
fn call(dice: &mut Dice) -> (u32, TaskEvent) {
    match dice.below(9) {
        0 => (1, TaskEvent::Taken(now())),
        1 => (0, not_sent()),
        2 => (0, refusal(429)),
        3 => (0, refusal(401)),
        4 => (1, unclear()),
        5 => (0, unclear()),
        6 => (1, TaskEvent::Crashed),
        7 => (0, TaskEvent::Crashed),
        _ => (
            0,
            TaskEvent::ApprovalRequired {
                code: Some("code".into()),
                text: String::new(),
            },
        ),
    }
}

/// What a look shows: the effect late or never.
fn look(dice: &mut Dice, effects: u32) -> TaskFinding {
    match (effects, dice.below(4)) {
        (0, _) | (_, 0 | 1) => TaskFinding::Nothing,
        (_, 2) => TaskFinding::Pending,
        _ => done(),
    }
}
