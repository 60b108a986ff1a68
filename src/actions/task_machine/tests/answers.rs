//! What each answer to the call does to a task, and when the call goes out again.

use super::*;

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
