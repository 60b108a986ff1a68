//! Random sequences of requests, calls and hours against a naive model: every destructive intent with its moment in a
//! plain vector, counted anew for each question. Whatever is asked for, no window of an hour or a day holds more than
//! a limit.

use super::*;
use crate::actions::guard::{GuardLimits, PolicyCache, check_intake, guard_call};
use simulated_tenant::world::Dice;

#[derive(Clone)]
struct Waiting {
    tenant: usize,
    operator: usize,
}

struct Sent {
    at: Timestamp,
    of: Waiting,
}

/// What the store would count.
fn counts(open: &[Waiting], sent: &[Sent], now: Timestamp, mine: impl Fn(&Waiting) -> bool) -> TaskCounts {
    let within = |hours: i64| {
        let young = |row: &&Sent| mine(&row.of) && now - row.at < TimeDelta::hours(hours);
        sent.iter().filter(young).count() as u64
    };
    TaskCounts {
        open: open.iter().filter(|row| mine(row)).count() as u64,
        hour: within(1),
        day: within(24),
    }
}

/// The most that any window of this length held.
fn most(sent: &[Sent], span: TimeDelta, mine: impl Fn(&Waiting) -> bool) -> u64 {
    let mine: Vec<Timestamp> = sent.iter().filter(|row| mine(&row.of)).map(|row| row.at).collect();
    let held = |start: &Timestamp| mine.iter().filter(|at| **at >= *start && **at - *start < span).count();
    mine.iter().map(held).max().unwrap_or(0) as u64
}

#[test]
fn no_hour_and_no_day_ever_holds_more_than_a_limit() {
    let (mut refused, mut waited, mut went) = (0, 0, 0);
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let bound = |dice: &mut Dice, most: usize| 1 + dice.below(most) as u64;
        let limits = GuardLimits {
            per_job: bound(&mut dice, 5),
            per_hour: bound(&mut dice, 8),
            per_day: bound(&mut dice, 20),
            operator_per_hour: bound(&mut dice, 8),
            operator_per_day: bound(&mut dice, 20),
            ..GuardLimits::default()
        };
        let bus = super::limits(|policy| policy.limits = limits);
        // In every other run the limits have just been lowered: what came in before is more than may go out.
        let looser = if seed % 2 == 0 { 1 } else { 5 };
        let bus_before = super::limits(|policy| {
            policy.limits = GuardLimits {
                per_job: limits.per_job * looser,
                per_hour: limits.per_hour * looser,
                per_day: limits.per_day * looser,
                operator_per_hour: limits.operator_per_hour * looser,
                operator_per_day: limits.operator_per_day * looser,
                ..limits
            };
        });
        let policies = PolicyCache::default();
        let (mut open, mut sent): (Vec<Waiting>, Vec<Sent>) = (Vec::new(), Vec::new());
        let mut now = now();
        for _ in 0..250 {
            now += TimeDelta::seconds(dice.between(0, 2400));
            let of = Waiting {
                tenant: dice.below(2),
                operator: dice.below(3),
            };
            if dice.per_mille(400) {
                let mut facts = intake_facts();
                facts.now = now;
                facts.bus_policy = bus_before.clone();
                facts.tenant_counts = counts(&open, &sent, now, |row| row.tenant == of.tenant);
                facts.operator_counts = counts(&open, &sent, now, |row| row.operator == of.operator);
                let devices = 1 + dice.below(6);
                let mut asked = asked(ActionKind::Wipe, devices);
                asked.oldest_read = None;
                match check_intake(&facts, &asked) {
                    Ok(_) => open.extend(vec![of; devices]),
                    Err(_) => refused += 1,
                }
            } else if !open.is_empty() {
                let index = dice.below(open.len());
                let of = open[index].clone();
                let mut facts = intent_facts(ActionKind::Wipe);
                facts.now = now;
                facts.job.expires_at = now + TimeDelta::hours(1);
                facts.bus_policy = bus.clone();
                facts.tenant_counts = counts(&open, &sent, now, |row| row.tenant == of.tenant);
                facts.operator_counts = counts(&open, &sent, now, |row| row.operator == of.operator);
                match guard_call(&facts, &aimed(laptop()), &policies) {
                    Ok(_) => {
                        sent.push(Sent { at: now, of });
                        open.remove(index);
                        went += 1;
                    }
                    Err(stop) => {
                        assert_eq!(stop.state, TaskState::WaitingBudget, "{stop:?}");
                        waited += 1;
                    }
                }
            }
        }
        let (hour, day) = (TimeDelta::hours(1), TimeDelta::hours(24));
        for n in 0..3 {
            assert!(
                most(&sent, hour, |row| row.tenant == n) <= limits.per_hour,
                "seed {seed}, tenant {n}"
            );
            assert!(
                most(&sent, day, |row| row.tenant == n) <= limits.per_day,
                "seed {seed}, tenant {n}"
            );
            assert!(
                most(&sent, hour, |row| row.operator == n) <= limits.operator_per_hour,
                "seed {seed}, operator {n}"
            );
            assert!(
                most(&sent, day, |row| row.operator == n) <= limits.operator_per_day,
                "seed {seed}, operator {n}"
            );
        }
    }
    assert!(
        refused > 100 && waited > 100 && went > 500,
        "the run means something: {refused} refused, {went} went out, {waited} waited"
    );
}
