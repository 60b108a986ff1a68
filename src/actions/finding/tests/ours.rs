//! Which of several entries is of our call, and which is of somebody else (A3, A4).

use super::*;

#[test]
fn a3_what_was_there_before_or_began_before_or_has_no_start_is_somebody_elses() {
    let old = entry("remoteLock", "done", -30);
    let before = Baseline::from_device(&device(std::slice::from_ref(&old)), at(0));
    let no_start = |value: Value| {
        let mut raw = entry("remoteLock", "done", 5);
        raw["startDateTime"] = value;
        raw
    };
    for (what, now, expected) in [
        ("nothing", vec![], "nothing"),
        ("the old one", vec![old.clone()], "nothing"),
        (
            "the old one in another state",
            vec![entry("remoteLock", "failed", -30)],
            "nothing",
        ),
        (
            "one older than the newest",
            vec![entry("remoteLock", "done", -40)],
            "nothing",
        ),
        (
            "one that began long before",
            vec![entry("remoteLock", "done", -3600)],
            "nothing",
        ),
        (
            "one within the skew, but new",
            vec![old.clone(), entry("remoteLock", "done", -10)],
            "done",
        ),
        (
            "a new one beside it",
            vec![old.clone(), entry("remoteLock", "pending", 3)],
            "pending",
        ),
        ("another action", vec![entry("rebootNow", "done", 3)], "nothing"),
        (
            "a name in another case",
            vec![entry("REMOTELOCK", "active", 3)],
            "active",
        ),
        ("without a start", vec![no_start(Value::Null)], "nothing"),
        (
            "that never started",
            vec![no_start("0001-01-01T00:00:00Z".into())],
            "nothing",
        ),
        (
            "without a name",
            vec![json!({"actionState": "done", "startDateTime": told(3)})],
            "nothing",
        ),
        ("that is no object", vec![json!("done")], "nothing"),
    ] {
        let found = look(ActionKind::RemoteLock, &before, Some(&device(&now)), &[]);
        assert_eq!(word(&found), expected, "{what}");
    }
}

#[test]
fn of_several_new_entries_the_earliest_is_ours() {
    let now = device(&[
        entry("windowsDefenderScan", "pending", 600),
        entry("windowsDefenderScan", "failed", 4),
        entry("windowsDefenderScan", "done", 60),
    ]);
    assert_eq!(
        word(&look(ActionKind::DefenderScan, &nothing_before(), Some(&now), &[])),
        "failed"
    );
}

/// Dedicated Androids carry a finished position that nobody asked for.
#[test]
fn the_position_that_nobody_asked_for_is_not_ours() {
    let default = entry("locateDevice", "done", -86_400);
    let before = Baseline::from_device(&device(std::slice::from_ref(&default)), at(0));
    let found = look(
        ActionKind::Locate,
        &before,
        Some(&device(std::slice::from_ref(&default))),
        &[],
    );
    assert_eq!(found, TaskFinding::Nothing);
    let without_baseline = look(ActionKind::Locate, &nothing_before(), Some(&device(&[default])), &[]);
    assert_eq!(without_baseline, TaskFinding::Nothing);
}

/// A wipe after a pending retire: what Intune shows of the retire is not the wipe's.
#[test]
fn a4_an_escalation_is_not_taken_for_what_it_overrides() {
    let retiring = with(
        device(&[entry("retire", "pending", -500)]),
        "managementState",
        "retirePending".into(),
    );
    let before = Baseline::from_device(&retiring, at(0));
    assert_eq!(
        look(ActionKind::Wipe, &before, Some(&retiring), &[]),
        TaskFinding::Nothing
    );
    let wiping = with(retiring, "managementState", "wipePending".into());
    assert_eq!(
        look(ActionKind::Wipe, &before, Some(&wiping), &[]),
        TaskFinding::UnderWay
    );
}

#[test]
fn an_audit_of_another_device_is_not_looked_at() {
    let mut other = audit("factoryReset", "done", 5);
    other["managedDeviceId"] = "7809c88c-0000-4000-8000-000000000002".into();
    assert_eq!(
        look(ActionKind::Wipe, &nothing_before(), Some(&device(&[])), &[other]),
        TaskFinding::Nothing
    );
    let mut ours = audit("FactoryReset", "done", 5);
    ours["managedDeviceId"] = ID.to_uppercase().into();
    assert_eq!(
        word(&look(ActionKind::Wipe, &nothing_before(), Some(&device(&[])), &[ours])),
        "done"
    );
    let no_time = json!({"action": "factoryReset", "actionState": "done"});
    assert_eq!(
        look(ActionKind::Wipe, &nothing_before(), Some(&device(&[])), &[no_time]),
        TaskFinding::Nothing
    );
}

#[test]
fn of_several_users_of_a_shared_ipad_only_ours_counts() {
    let mut other = entry("deleteUserFromSharedAppleDevice", "done", 2);
    other["userPrincipalName"] = "b@example.org".into();
    let mut ours = entry("deleteUserFromSharedAppleDevice", "pending", 5);
    ours["userPrincipalName"] = "A@example.org".into();
    let parameters = ActionParameters(
        [("userPrincipalName".to_owned(), "a@example.org".into())]
            .into_iter()
            .collect(),
    );
    let spec = ActionSpec::for_action(ActionKind::RemoveSharedUser);
    let look = |now: &[Value]| {
        derive_finding(
            spec,
            &parameters,
            &nothing_before(),
            at(0),
            Some(&device(now)),
            around(&[]),
        )
    };
    assert_eq!(look(std::slice::from_ref(&other)), TaskFinding::Nothing);
    assert_eq!(look(&[other, ours]), TaskFinding::Pending);
}
