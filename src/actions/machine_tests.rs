use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::model::{DeviceId, InstanceId, JobId, OperatorId, TaskId, parse_time};
use crate::simulator::world::Dice;

fn now() -> Timestamp {
    parse_time("2026-11-20T10:00:00Z").unwrap()
}

fn task(verb: Verb, state: TaskState) -> TaskRow {
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
        looks: 0,
        due_at: None,
        updated_at: now(),
    }
}

fn step_at(task: &TaskRow, event: &Event, at: Timestamp) -> Move {
    let spec = VerbSpec::of(task.verb);
    let standing = Standing {
        task,
        spec,
        trace: (spec.trace)(&super::super::verbs::Parameters::default()),
        expires_at: now() + TimeDelta::hours(24),
        now: at,
    };
    next(&standing, event, &Careful)
}

fn step(verb: Verb, state: TaskState, event: &Event) -> Move {
    step_at(&task(verb, state), event, now())
}

fn refusal(status: u16) -> Event {
    Event::Refused {
        status,
        code: "code".into(),
        text: "text".into(),
        retry_after_s: None,
    }
}

fn unclear() -> Event {
    Event::Unclear {
        code: "timedOut".into(),
        text: "no answer in time".into(),
    }
}

fn not_sent() -> Event {
    Event::NotSent {
        code: "connectionRefused".into(),
        text: "nobody listens there".into(),
    }
}

fn done() -> Finding {
    Finding::Done { detail: "seen".into() }
}

fn failed() -> Finding {
    Finding::Failed {
        code: "failed".into(),
        meaning: "it failed".into(),
    }
}

/// Every answer to the one call, for a verb that must not be repeated and for one that may.
#[test]
fn a3_each_answer_has_its_meaning() {
    use TaskState::*;
    let approval = |code: Option<&str>| Event::ApprovalRequired {
        code: code.map(str::to_owned),
        text: "text".into(),
    };
    let rows = [
        (Event::Taken(now()), HandedOver, HandedOver),
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
        (Event::Crashed, Unclear, Accepted),
    ];
    for (event, wipe, sync) in rows {
        assert_eq!(step(Verb::Wipe, Issuing, &event).state, wipe, "wipe, {event:?}");
        assert_eq!(step(Verb::Sync, Issuing, &event).state, sync, "sync, {event:?}");
    }
}

/// Every finding, in every state in which anybody looks.
#[test]
fn a3_a6_each_finding_amends_what_was_told_before() {
    use TaskState::*;
    let rows: [(Finding, [TaskState; 5]); 9] = [
        (
            Finding::Nothing,
            [Unclear, HandedOver, PendingOnDevice, StillPending, NeedsOperator],
        ),
        (Finding::Pending, [PendingOnDevice; 5]),
        (Finding::Active, [PendingOnDevice; 5]),
        (Finding::UnderWay, [HandedOver; 5]),
        (done(), [Done; 5]),
        (failed(), [Failed; 5]),
        (Finding::NotSupported, [NotSupported; 5]),
        (Finding::Cancelled, [Cancelled; 5]),
        (Finding::Vanished, [Unclear, Done, Done, Done, DeviceGone]),
    ];
    for (finding, wanted) in rows {
        for (from, to) in [Unclear, HandedOver, PendingOnDevice, StillPending, NeedsOperator]
            .into_iter()
            .zip(wanted)
        {
            let moved = step(Verb::Wipe, from, &Event::Looked(finding.clone()));
            assert_eq!(moved.state, to, "{finding:?} in {from:?}");
            assert_eq!(
                moved.due_at.is_none(),
                to.is_end(),
                "{finding:?} in {from:?}: followed until an end"
            );
        }
    }
    let lock = step(Verb::RemoteLock, HandedOver, &Event::Looked(Finding::Vanished));
    assert_eq!(lock.state, DeviceGone, "a lock does not make a device vanish");
}

/// A retire was pending, the wipe's answer was lost, the device has gone: who knows whose doing that was?
#[test]
fn a6_a_wipe_that_may_never_have_been_sent_is_not_done_because_the_device_has_gone() {
    let mut task = task(Verb::Wipe, TaskState::Unclear);
    while task.state == TaskState::Unclear {
        let to = step_at(&task, &Event::Looked(Finding::Vanished), now());
        (task.state, task.looks) = (to.state, to.looks);
        assert!(task.looks <= LOOKS_UNCLEAR);
    }
    assert_eq!(task.state, TaskState::DeviceGone);
    task.state = TaskState::Unclear;
    task.sent_at = Some(now());
    let taken = step_at(&task, &Event::Looked(Finding::Vanished), now());
    assert_eq!(taken.state, TaskState::Done, "Intune had said that it took it");
}

#[test]
fn a3_a_wipe_whose_effect_never_shows_ends_with_an_operator_and_is_still_followed() {
    let mut task = task(Verb::Wipe, TaskState::Unclear);
    let mut looks = 0;
    while task.state == TaskState::Unclear {
        let to = step_at(&task, &Event::Looked(Finding::Nothing), now());
        (task.state, task.looks) = (to.state, to.looks);
        looks += 1;
        assert!(to.due_at.is_some());
    }
    assert_eq!((task.state, looks), (TaskState::NeedsOperator, LOOKS_UNCLEAR));
    let later = step_at(&task, &Event::Looked(done()), now());
    assert_eq!(later.state, TaskState::Done, "what shows late amends it");
}

#[test]
fn a3_a_notification_whose_answer_was_lost_is_not_sent_again() {
    let moved = step(Verb::Notify, TaskState::Issuing, &unclear());
    assert_eq!(moved.state, TaskState::NeedsOperator);
    let moved = step(Verb::Notify, TaskState::Issuing, &Event::Taken(now()));
    assert_eq!((moved.state, moved.due_at), (TaskState::HandedOverNotTraceable, None));
}

#[test]
fn a3_a_verb_whose_repetition_is_harmless_is_not_repeated_for_ever() {
    let mut task = task(Verb::Sync, TaskState::Issuing);
    for attempts in 1..ATTEMPTS {
        task.attempts = attempts;
        assert_eq!(step_at(&task, &unclear(), now()).state, TaskState::Accepted);
    }
    task.attempts = ATTEMPTS;
    assert_eq!(step_at(&task, &unclear(), now()).state, TaskState::Unclear);
}

#[test]
fn a6_after_48_hours_it_is_still_pending_and_followed_ever_less_often() {
    let mut task = task(Verb::Retire, TaskState::PendingOnDevice);
    let mut waits = Vec::new();
    for hours in [0, 1, 24, 47, 48, 49, 24 * 8, 24 * 90] {
        let at = now() + TimeDelta::hours(hours);
        let to = step_at(&task, &Event::Looked(Finding::Pending), at);
        let wanted = if hours >= 48 {
            TaskState::StillPending
        } else {
            TaskState::PendingOnDevice
        };
        assert_eq!(to.state, wanted, "after {hours} hours");
        waits.push(to.due_at.unwrap() - at);
        (task.state, task.looks) = (to.state, to.looks + 3);
    }
    assert!(waits.is_sorted(), "{waits:?}");
}

#[test]
fn three_429_in_a_row_put_a_capped_verb_off_to_the_next_day_and_say_so() {
    let mut task = task(Verb::Wipe, TaskState::Issuing);
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
    let taken = step_at(&task, &Event::Taken(now()), now());
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
        let mut task = task(Verb::Wipe, WaitingTenantApproval);
        task.approval_code = Some("code".into());
        let to = step_at(&task, &Event::TenantApproval(said), now());
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
    for verb in Verb::ALL.iter().copied().filter(|verb| !VerbSpec::of(*verb).repeatable) {
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
        live_with(Verb::Wipe, &mut dice, &Careless).0 > 1
    });
    assert!(doubles.count() > 0);
}

struct Careless;

impl Recovery for Careless {
    fn again(&self, _: &VerbSpec) -> bool {
        true
    }
    fn again_on_absence(&self, _: &VerbSpec) -> bool {
        true
    }
}

fn live(verb: Verb, dice: &mut Dice) -> (u32, BTreeSet<TaskState>) {
    live_with(verb, dice, &Careful)
}

fn live_with(verb: Verb, dice: &mut Dice, recovery: &dyn Recovery) -> (u32, BTreeSet<TaskState>) {
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
            TaskState::WaitingTenantApproval => Event::TenantApproval(TenantApproval::Approved),
            _ => Event::Looked(look(dice, effects)),
        };
        let spec = VerbSpec::of(verb);
        let standing = Standing {
            task: &task,
            spec,
            trace: (spec.trace)(&super::super::verbs::Parameters::default()),
            expires_at: now() + TimeDelta::days(30),
            now: at,
        };
        let to = next(&standing, &event, recovery);
        assert_ne!(to.state, TaskState::Issuing, "only the guard gives leave");
        assert_eq!(to.due_at.is_none(), to.state.is_end(), "{event:?} to {:?}", to.state);
        (task.state, task.looks, task.throttled) = (to.state, to.looks, to.throttled);
        task.approval_code = to.approval_code;
        at += TimeDelta::minutes(10);
    }
    (effects, seen)
}

/// What a call does, and what is heard of it. Refusals that prove that nothing happened are truthful; the rest may lie.
fn call(dice: &mut Dice) -> (u32, Event) {
    match dice.below(9) {
        0 => (1, Event::Taken(now())),
        1 => (0, not_sent()),
        2 => (0, refusal(429)),
        3 => (0, refusal(401)),
        4 => (1, unclear()),
        5 => (0, unclear()),
        6 => (1, Event::Crashed),
        7 => (0, Event::Crashed),
        _ => (
            0,
            Event::ApprovalRequired {
                code: Some("code".into()),
                text: String::new(),
            },
        ),
    }
}

/// What a look shows: the effect late or never.
fn look(dice: &mut Dice, effects: u32) -> Finding {
    match (effects, dice.below(4)) {
        (0, _) | (_, 0 | 1) => Finding::Nothing,
        (_, 2) => Finding::Pending,
        _ => done(),
    }
}
