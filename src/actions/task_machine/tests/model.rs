//! The machine against a naive model: whatever happens in whatever order, one effect at most (A3).

use std::collections::BTreeSet;

use super::*;
use simulated_tenant::world::Dice;

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
            trace: (spec.trace)(&crate::actions::specs::ActionParameters::default()),
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
