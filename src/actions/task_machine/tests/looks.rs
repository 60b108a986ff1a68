//! What looks at Intune do to a task, and when the next one is.

use super::*;

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
        trace: (spec.trace)(&crate::actions::specs::ActionParameters::default()),
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
