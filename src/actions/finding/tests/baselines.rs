//! What was known before the call, by clocks that differ.

use super::*;

#[test]
fn a_clock_of_ours_that_is_wrong_loses_nothing() {
    let now = device(&[entry("remoteLock", "done", 5)]);
    for wrong_by_hours in [-48, -2, 2, 23] {
        let sent_at = at(wrong_by_hours * 3600);
        let spec = ActionSpec::for_action(ActionKind::RemoteLock);
        let found = derive_finding(
            spec,
            &ActionParameters::default(),
            &nothing_before(),
            sent_at,
            Some(&now),
            around(&[]),
        );
        assert_eq!(word(&found), "done", "{wrong_by_hours} h");
    }
}

/// For a harmless verb nothing is read before the call, so the baseline's date is ours.
#[test]
fn a_baseline_of_a_clock_that_is_fast_loses_nothing_either() {
    let before = Baseline::from_device(&device(&[]), at(1800));
    let now = device(&[entry("syncDevice", "active", 1)]);
    assert_eq!(look(ActionKind::Sync, &before, Some(&now), &[]), TaskFinding::Active);
    let checked_in = with(now, "lastSyncDateTime", told(60).into());
    assert_eq!(word(&look(ActionKind::Sync, &before, Some(&checked_in), &[])), "done");
}

/// An older audit is let in by no clock of ours.
#[test]
fn a_clock_of_ours_that_is_slow_takes_no_older_audit_for_ours() {
    let spec = ActionSpec::for_action(ActionKind::Wipe);
    let audits = [audit("factoryReset", "done", -600)];
    let now = device(&[]);
    let found = derive_finding(
        spec,
        &ActionParameters::default(),
        &nothing_before(),
        at(-3600),
        Some(&now),
        around(&audits),
    );
    assert_eq!(found, TaskFinding::Nothing);
}

/// Approved after four days: what others did meanwhile is not ours.
#[test]
fn a_baseline_that_had_to_wait_does_not_take_in_what_happened_meanwhile() {
    let spec = ActionSpec::for_action(ActionKind::RemoteLock);
    let look = |started: i64| {
        let now = device(&[entry("remoteLock", "done", started)]);
        derive_finding(
            spec,
            &ActionParameters::default(),
            &nothing_before(),
            at(4 * 86_400),
            Some(&now),
            around(&[]),
        )
    };
    assert_eq!(look(86_400), TaskFinding::Nothing);
    assert_eq!(word(&look(4 * 86_400 + 5)), "done");
}

#[test]
fn a_baseline_survives_being_written_down_and_read_again() {
    let before = Baseline::from_device(&device(&[entry("wipe", "failed", -5)]), at(0));
    let text = serde_json::to_string(&before).expect("plain data");
    assert_eq!(
        serde_json::from_str::<Baseline>(&text).expect("what was written"),
        before
    );
    assert_eq!(before.results[0].action, "wipe");
    assert_eq!(before.management_state.as_deref(), Some("managed"));
}

/// Without a baseline only the call's own time tells ours from others'.
#[test]
fn without_a_baseline_only_what_began_with_the_call_counts() {
    let missing = Baseline::from_device(&Value::Null, at(0));
    for (verb, name, started, expected) in [
        (ActionKind::Wipe, "wipe", -3600, "nothing"),
        (ActionKind::Wipe, "wipe", -SKEW_S - 1, "nothing"),
        (ActionKind::Wipe, "wipe", 5, "done"),
        (ActionKind::Sync, "nothing", 5, "nothing"),
    ] {
        let found = look(verb, &missing, Some(&device(&[entry(name, "done", started)])), &[]);
        assert_eq!(word(&found), expected, "{verb} {started}");
    }
    let checked_in = with(device(&[]), "lastSyncDateTime", told(30).into());
    assert_eq!(word(&look(ActionKind::Sync, &missing, Some(&checked_in), &[])), "done");
}
