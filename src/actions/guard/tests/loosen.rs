use super::*;
use crate::actions::guard::PolicyWindow;
use crate::actions::guard::relaxation::{self, Change};
use crate::actions::specs::ApiVersion;
use simulated_tenant::world::Dice;

fn told(changes: &[Change]) -> Vec<(&str, bool)> {
    changes
        .iter()
        .map(|change| (change.key.as_str(), change.loosens))
        .collect()
}

#[test]
fn a7_more_is_looser_less_is_tighter() {
    type Set = fn(&mut BusPolicy, u64);
    let rows: [(&str, Set); 10] = [
        ("limits.perJob", |policy, to| policy.limits.per_job = to),
        ("limits.perHour", |policy, to| policy.limits.per_hour = to),
        ("limits.perDay", |policy, to| policy.limits.per_day = to),
        ("limits.operatorPerHour", |policy, to| {
            policy.limits.operator_per_hour = to
        }),
        ("limits.operatorPerDay", |policy, to| {
            policy.limits.operator_per_day = to
        }),
        ("approval.above", |policy, to| policy.approval.above = to),
        ("approval.perHour", |policy, to| policy.approval.per_hour = to),
        ("approval.perDay", |policy, to| policy.approval.per_day = to),
        ("limits.disruptivePerJob", |policy, to| {
            policy.limits.disruptive_per_job = to
        }),
        ("limits.disruptivePerHour", |policy, to| {
            policy.limits.disruptive_per_hour = to
        }),
    ];
    for (key, set) in rows {
        for (to, loosens) in [(0, false), (500_000, true)] {
            let (old, mut new) = (BusPolicy::default(), BusPolicy::default());
            set(&mut new, to);
            assert_eq!(told(&relaxation::diff_bus_policy(&old, &new)), [(key, loosens)]);
            assert_eq!(told(&relaxation::diff_bus_policy(&new, &old)), [(key, !loosens)]);
        }
    }
    let (old, mut new) = (BusPolicy::default(), BusPolicy::default());
    new.approval.always = true;
    assert_eq!(
        told(&relaxation::diff_bus_policy(&old, &new)),
        [("approval.always", false)]
    );
    assert_eq!(
        told(&relaxation::diff_bus_policy(&new, &old)),
        [("approval.always", true)]
    );
    assert_eq!(relaxation::diff_bus_policy(&old, &old), []);
}

#[test]
fn a9_who_is_alone_for_ever_may_switch_approval_off_and_that_loosens() {
    let (on, mut off) = (BusPolicy::default(), BusPolicy::default());
    off.approval.needed = false;
    assert!(on.approval.needed);
    assert_eq!(
        told(&relaxation::diff_bus_policy(&on, &off)),
        [("approval.needed", true)]
    );
    assert_eq!(
        told(&relaxation::diff_bus_policy(&off, &on)),
        [("approval.needed", false)]
    );
}

#[test]
fn a9_switching_the_broken_glass_on_loosens_and_off_does_not() {
    let (on, mut off) = (BusPolicy::default(), BusPolicy::default());
    off.approval.broken_glass = false;
    assert!(on.approval.broken_glass, "it is there for an emergency");
    assert_eq!(
        told(&relaxation::diff_bus_policy(&on, &off)),
        [("approval.brokenGlass", false)]
    );
    assert_eq!(
        told(&relaxation::diff_bus_policy(&off, &on)),
        [("approval.brokenGlass", true)]
    );
    let changes = relaxation::diff_bus_policy(&off, &on);
    assert_eq!(relaxation::apply_bus_change(&off, &changes[0]), Ok(on));
    assert!(
        relaxation::apply_bus_change(&on, &changes[0]).is_err(),
        "it is on already"
    );
}

fn nightly(minutes: u32) -> PolicyWindow {
    PolicyWindow {
        cron: "0 22 * * *".into(),
        minutes,
        zone: "UTC".into(),
    }
}

#[test]
fn a7_what_lets_more_out_is_looser() {
    type Set = fn(&mut InstancePolicy);
    /// What, before, after, and the changes that come of it.
    type Row = (&'static str, Set, Set, &'static [(&'static str, bool)]);
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("a verb on", |_| (), |new| { new.verbs.insert(ActionKind::Wipe); }, &[("verbs.wipe", true)]),
        ("a verb off", |old| { old.verbs.insert(ActionKind::Wipe); }, |_| (), &[("verbs.wipe", false)]),
        ("one for another", |old| { old.verbs.insert(ActionKind::Sync); }, |new| { new.verbs.insert(ActionKind::Notify); }, &[("verbs.sync", false), ("verbs.notify", true)]),
        ("personal on", |_| (), |new| { new.personal_allowed.insert(ActionKind::Wipe); }, &[("personalAllowed.wipe", true)]),
        ("personal off", |old| { old.personal_allowed.insert(ActionKind::Wipe); }, |_| (), &[("personalAllowed.wipe", false)]),
        ("protected", |_| (), |new| new.never_touch = Some("true".into()), &[("neverTouch", false)]),
        ("protection changed", |old| old.never_touch = Some("true".into()), |new| new.never_touch = Some("false".into()), &[("neverTouch", true)]),
        ("protection gone", |old| old.never_touch = Some("true".into()), |_| (), &[("neverTouch", true)]),
        ("id protected", |_| (), |new| { new.never_touch_ids.insert(device_id()); }, &[("neverTouchIds.added", false)]),
        ("id not protected", |old| { old.never_touch_ids.insert(device_id()); }, |_| (), &[("neverTouchIds.removed", true)]),
        ("a window", |_| (), |new| new.windows = vec![nightly(60)], &[("windows", false)]),
        ("no window", |old| old.windows = vec![nightly(60)], |_| (), &[("windows", true)]),
        ("longer", |old| old.windows = vec![nightly(60)], |new| new.windows = vec![nightly(61)], &[("windows", true)]),
        ("shorter", |old| old.windows = vec![nightly(60)], |new| new.windows = vec![nightly(59)], &[("windows", false)]),
        ("other hours", |old| old.windows = vec![nightly(60)], |new| new.windows = vec![PolicyWindow { cron: "0 23 * * *".into(), ..nightly(60) }], &[("windows", true)]),
        ("other zone", |old| old.windows = vec![nightly(60)], |new| new.windows = vec![PolicyWindow { zone: "Europe/Berlin".into(), ..nightly(60) }], &[("windows", true)]),
        ("one more", |old| old.windows = vec![nightly(60)], |new| new.windows = vec![nightly(60), PolicyWindow { cron: "0 1 * * *".into(), ..nightly(5) }], &[("windows", true)]),
        ("one of two", |old| old.windows = vec![nightly(60), PolicyWindow { cron: "0 1 * * *".into(), ..nightly(5) }], |new| new.windows = vec![nightly(60)], &[("windows", false)]),
        ("version", |_| (), |new| { new.versions.insert(ActionKind::Rename, ApiVersion::V1); }, &[("versions", false)]),
        ("definition", |_| (), |new| { new.definitions.insert("x".into(), ActionKind::Sync); }, &[("definitions", false)]),
    ];
    for (what, before, after, expected) in rows {
        let (mut old, mut new) = (InstancePolicy::default(), InstancePolicy::default());
        before(&mut old);
        after(&mut new);
        let changes = relaxation::diff_instance_policy(&old, &new);
        assert_eq!(told(&changes), *expected, "{what}");
        let made = changes
            .iter()
            .try_fold(old, |policy, change| relaxation::apply_instance_change(&policy, change));
        assert_eq!(made, Ok(new), "{what}");
    }
}

fn any_instance(dice: &mut Dice) -> InstancePolicy {
    let some = |dice: &mut Dice| {
        ActionKind::ALL
            .iter()
            .copied()
            .filter(|_| dice.per_mille(300))
            .collect()
    };
    InstancePolicy {
        verbs: some(dice),
        never_touch: dice
            .pick(&[None, Some("true".to_owned()), Some("false".to_owned())])
            .clone(),
        never_touch_ids: (0..3)
            .filter(|_| dice.per_mille(500))
            .map(|n| DeviceId(uuid::Uuid::from_u128(n)))
            .collect(),
        personal_allowed: some(dice),
        windows: (0..3)
            .filter(|_| dice.per_mille(500))
            .map(|n| nightly(60 + n))
            .collect(),
        ..InstancePolicy::default()
    }
}

fn any_bus(dice: &mut Dice) -> BusPolicy {
    let mut policy = BusPolicy::default();
    let mut number = || dice.below(5) as u64;
    (policy.limits.per_job, policy.limits.per_hour, policy.approval.above) = (number(), number(), number());
    (policy.approval.per_day, policy.limits.disruptive_per_job) = (number(), number());
    policy.approval.always = number() == 0;
    policy.approval.needed = number() == 0;
    policy.approval.broken_glass = number() == 0;
    policy
}

#[test]
fn all_changes_together_make_the_wish_in_any_order_and_none_is_made_twice() {
    let mut dice = Dice::new(3);
    for _ in 0..300 {
        let (old, new) = (any_instance(&mut dice), any_instance(&mut dice));
        let mut changes = relaxation::diff_instance_policy(&old, &new);
        if dice.per_mille(500) {
            changes.reverse();
        }
        let made = changes.iter().try_fold(old.clone(), |policy, change| {
            relaxation::apply_instance_change(&policy, change)
        });
        assert_eq!(made, Ok(new.clone()));
        for change in changes.iter().filter(|change| !change.key.starts_with("neverTouchIds")) {
            assert!(
                relaxation::apply_instance_change(&new, change).is_err(),
                "{change:?} was made already"
            );
        }
        let (old, new) = (any_bus(&mut dice), any_bus(&mut dice));
        let changes = relaxation::diff_bus_policy(&old, &new);
        let made = changes
            .iter()
            .try_fold(old, |policy, change| relaxation::apply_bus_change(&policy, change));
        assert_eq!(made, Ok(new));
        for change in &changes {
            assert!(
                relaxation::apply_bus_change(&new, change).is_err(),
                "{change:?} was made already"
            );
        }
    }
}

#[test]
fn nothing_unknown_is_made() {
    let change = |key: &str, to: Value| Change {
        key: key.into(),
        from: Value::Null,
        to,
        sentence: String::new(),
        loosens: true,
    };
    for (key, to) in [
        ("killSwitch", json!(false)),
        ("verbs.everything", json!(true)),
        ("verbs.wipe", json!("yes")),
        ("", json!(1)),
    ] {
        assert!(
            relaxation::apply_instance_change(&InstancePolicy::default(), &change(key, to.clone())).is_err(),
            "{key}"
        );
        assert!(
            relaxation::apply_bus_change(&BusPolicy::default(), &change(key, to)).is_err(),
            "{key}"
        );
    }
}
