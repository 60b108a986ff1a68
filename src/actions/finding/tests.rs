use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;
use crate::model::{ActionKind, parse_time};

const ID: &str = "7809c88c-0000-4000-8000-000000000001";

/// When the intent was committed, by Graph's clock; all times of these tests are seconds after it.
fn at(seconds: i64) -> Timestamp {
    parse_time("2026-11-19T10:00:00Z").expect("a time") + TimeDelta::seconds(seconds)
}

/// As a single GET writes it: seven digits.
fn told(seconds: i64) -> String {
    at(seconds).format("%Y-%m-%dT%H:%M:%S.1234567Z").to_string()
}

fn entry(name: &str, state: &str, started: i64) -> Value {
    json!({"actionName": name, "actionState": state, "startDateTime": told(started),
        "lastUpdatedDateTime": told(started + 1)})
}

fn device(results: &[Value]) -> Value {
    json!({"id": ID, "managementState": "managed", "lastSyncDateTime": told(-3600), "deviceActionResults": results})
}

fn with(mut device: Value, key: &str, value: Value) -> Value {
    device[key] = value;
    device
}

fn audit(action: &str, state: &str, requested: i64) -> Value {
    json!({"managedDeviceId": ID, "action": action, "actionState": state, "requestDateTime": told(requested)})
}

fn nothing_before() -> Baseline {
    Baseline::from_device(&device(&[]), at(0))
}

fn look(verb: ActionKind, baseline: &Baseline, device: Option<&Value>, audits: &[Value]) -> TaskFinding {
    derive_finding(
        ActionSpec::for_action(verb),
        &ActionParameters::default(),
        baseline,
        at(0),
        device,
        around(audits),
    )
}

fn around(audits: &[Value]) -> ReadbackContext<'_> {
    ReadbackContext {
        id: ID.parse().expect("an id"),
        audits: Some(audits),
        own_tasks: &[],
    }
}

/// In one word, so that a table can be read.
fn word(finding: &TaskFinding) -> &'static str {
    match finding {
        TaskFinding::Nothing => "nothing",
        TaskFinding::UnderWay => "underWay",
        TaskFinding::Pending => "pending",
        TaskFinding::Active => "active",
        TaskFinding::Done { .. } => "done",
        TaskFinding::Failed { .. } => "failed",
        TaskFinding::NotSupported => "notSupported",
        TaskFinding::Cancelled => "cancelled",
        TaskFinding::Vanished { .. } => "vanished",
    }
}

/// Every state of Microsoft's, in other spellings, and such as are not there yet.
const STATES: &[(&str, &str)] = &[
    ("pending", "pending"),
    ("Pending", "pending"),
    ("active", "active"),
    ("done", "done"),
    ("DONE", "done"),
    ("failed", "failed"),
    ("notSupported", "notSupported"),
    ("canceled", "cancelled"),
    ("cancelled", "cancelled"),
    ("none", "underWay"),
    ("", "underWay"),
    ("postponed", "underWay"),
];

#[test]
fn every_state_of_every_verb_is_read_from_entries_that_are_new_and_only_from_those() {
    let mut rows = 0;
    for verb in ActionKind::ALL {
        let trace = (ActionSpec::for_action(*verb).trace)(&ActionParameters::default());
        for name in trace.results {
            for (state, expected) in STATES {
                let now = device(&[entry(name, state, 5)]);
                assert_eq!(
                    word(&look(*verb, &nothing_before(), Some(&now), &[])),
                    *expected,
                    "{verb} {name} {state}"
                );
                let before = Baseline::from_device(&now, at(10));
                assert_eq!(
                    word(&look(*verb, &before, Some(&now), &[])),
                    "nothing",
                    "{verb} {name} {state} from before"
                );
                rows += 2;
            }
        }
    }
    assert!(rows > 400, "{rows}");
}

#[test]
fn every_state_of_every_audit_is_read_if_it_is_not_older_than_the_intent() {
    for verb in ActionKind::ALL {
        let trace = (ActionSpec::for_action(*verb).trace)(&ActionParameters::default());
        for name in trace.audits {
            for (state, expected) in STATES {
                let now = device(&[]);
                let found = look(*verb, &nothing_before(), Some(&now), &[audit(name, state, 5)]);
                assert_eq!(word(&found), *expected, "{verb} {name} {state}");
                let found = look(*verb, &nothing_before(), Some(&now), &[audit(name, state, -SKEW_S - 5)]);
                assert_eq!(word(&found), "nothing", "{verb} {name} {state} from before");
            }
        }
    }
}

#[test]
fn every_management_state_of_every_verb_is_read_if_it_is_another_than_before() {
    for verb in ActionKind::ALL {
        let trace = (ActionSpec::for_action(*verb).trace)(&ActionParameters::default());
        let rows = [
            (trace.states, "underWay"),
            (trace.states_failed, "failed"),
            (trace.states_cancelled, "cancelled"),
            (&["managed", "unhealthy", "discovered", "somethingNew"][..], "nothing"),
        ];
        for (states, expected) in rows {
            for state in states {
                let now = with(device(&[]), "managementState", (*state).into());
                assert_eq!(
                    word(&look(*verb, &nothing_before(), Some(&now), &[])),
                    expected,
                    "{verb} {state}"
                );
                let before = Baseline::from_device(&now, at(0));
                assert_eq!(
                    word(&look(*verb, &before, Some(&now), &[])),
                    "nothing",
                    "{verb} {state} before"
                );
            }
        }
    }
}

/// Only the audit of this very action, as ended, is Intune's word for it.
#[test]
fn cr_v2_a6_a_device_that_is_not_there_any_more_proves_nothing_unless_the_audit_of_the_action_says_more() {
    for (verb, audits, expected) in [
        (ActionKind::Wipe, vec![], "vanished"),
        (ActionKind::Wipe, vec![audit("factoryReset", "done", 5)], "done"),
        (ActionKind::Wipe, vec![audit("factoryReset", "failed", 5)], "failed"),
        (
            ActionKind::Wipe,
            vec![audit("factoryReset", "canceled", 5)],
            "cancelled",
        ),
        (
            ActionKind::Wipe,
            vec![audit("factoryReset", "notSupported", 5)],
            "notSupported",
        ),
        (ActionKind::Wipe, vec![audit("factoryReset", "pending", 5)], "vanished"),
        (ActionKind::Wipe, vec![audit("factoryReset", "active", 5)], "vanished"),
        (ActionKind::Wipe, vec![audit("factoryReset", "none", 5)], "vanished"),
        (
            ActionKind::Wipe,
            vec![audit("removeCompanyData", "done", 5)],
            "vanished",
        ),
        (ActionKind::Wipe, vec![audit("delete", "done", 5)], "vanished"),
        (ActionKind::Wipe, vec![audit("factoryReset", "done", -500)], "vanished"),
        (
            ActionKind::Wipe,
            vec![audit("factoryReset", "pending", 5), audit("delete", "done", 9)],
            "vanished",
        ),
        (
            ActionKind::Wipe,
            vec![audit("factoryReset", "done", 5), audit("delete", "done", 9)],
            "done",
        ),
        (ActionKind::Delete, vec![], "vanished"),
        (ActionKind::Delete, vec![audit("delete", "done", 5)], "done"),
        (
            ActionKind::Retire,
            vec![audit("removeCompanyData", "pending", 5)],
            "vanished",
        ),
        (ActionKind::Retire, vec![audit("removeCompanyData", "done", 5)], "done"),
        (
            ActionKind::FreshStart,
            vec![audit("cleanWindowsDevice", "pending", 5)],
            "vanished",
        ),
        (
            ActionKind::FreshStart,
            vec![audit("cleanWindowsDevice", "done", 5)],
            "done",
        ),
        (ActionKind::Reboot, vec![], "vanished"),
        (ActionKind::Reboot, vec![audit("rebootNow", "pending", 5)], "vanished"),
        (ActionKind::Reboot, vec![audit("rebootNow", "done", 5)], "done"),
        (ActionKind::Reboot, vec![audit("rebootNow", "failed", 5)], "failed"),
        (ActionKind::Sync, vec![], "vanished"),
    ] {
        assert_eq!(
            word(&look(verb, &nothing_before(), None, &audits)),
            expected,
            "{verb} {audits:?}"
        );
    }
}

/// What else may have taken the device away, by whom it is told, and whether another look may help.
#[test]
fn cr_v2_why_a_disappearance_proves_nothing_is_said() {
    use TaskState::{Accepted, DeviceGone, Done, Failed, HandedOver, StillPending};
    let doubt = |audits: Option<&[Value]>, own: &[(ActionKind, TaskState)]| {
        let around = ReadbackContext {
            audits,
            own_tasks: own,
            ..around(&[])
        };
        let found = derive_finding(
            ActionSpec::for_action(ActionKind::Wipe),
            &ActionParameters::default(),
            &nothing_before(),
            at(0),
            None,
            around,
        );
        match found {
            TaskFinding::Vanished { doubt } => doubt,
            other => panic!("{other:?}"),
        }
    };
    let ours = audit("factoryReset", "pending", 5);
    let other = |action: &str, state: &str, at: i64| doubt(Some(&[ours.clone(), audit(action, state, at)]), &[]);
    assert_eq!(doubt(None, &[]), VanishDoubt::AuditUnread);
    assert_eq!(doubt(Some(&[]), &[]), VanishDoubt::NotAudited);
    assert_eq!(
        doubt(Some(std::slice::from_ref(&ours)), &[]),
        VanishDoubt::NotDone("pending".into())
    );
    assert_eq!(
        doubt(Some(&[audit("factoryReset", "", 5)]), &[]),
        VanishDoubt::NotDone("in no state".into())
    );
    for passes in [
        VanishDoubt::AuditUnread,
        VanishDoubt::NotAudited,
        VanishDoubt::NotDone("active".into()),
    ] {
        assert!(passes.may_clear_up(), "{passes}");
    }
    for (action, state, requested) in [
        ("delete", "done", 9),
        ("Delete", "pending", 9),
        ("removeCompanyData", "done", -86_400),
        ("removeCompanyData", "active", 3),
        ("factoryReset", "pending", -86_400),
        ("factoryReset", "done", 30),
        ("cleanWindowsDevice", "done", 30),
    ] {
        let found = other(action, state, requested);
        assert!(!found.may_clear_up(), "{action} {state}: {found}");
        assert!(found.to_string().contains(action), "{found}");
        assert!(found.to_string().contains(state), "{found}");
    }
    for (action, state) in [
        ("delete", "failed"),
        ("removeCompanyData", "canceled"),
        ("removeCompanyData", "cancelled"),
        ("cleanWindowsDevice", "notSupported"),
        ("rebootNow", "done"),
    ] {
        assert_eq!(
            other(action, state, 9),
            VanishDoubt::NotDone("pending".into()),
            "{action} {state}"
        );
    }
    for (verb, state, explains) in [
        (ActionKind::Retire, HandedOver, true),
        (ActionKind::Retire, StillPending, true),
        (ActionKind::Retire, Done, true),
        (ActionKind::Delete, Done, true),
        (ActionKind::Retire, Failed, false),
        (ActionKind::Retire, Accepted, false),
        (ActionKind::Retire, DeviceGone, false),
        (ActionKind::RemoveSharedUser, Done, false),
    ] {
        let found = doubt(Some(std::slice::from_ref(&ours)), &[(verb, state)]);
        assert_eq!(!found.may_clear_up(), explains, "{verb} {state:?}: {found}");
        assert_eq!(found.to_string().contains("sent from here"), explains, "{found}");
    }
    let mut foreign = audit("delete", "done", 9);
    foreign["managedDeviceId"] = "7809c88c-0000-4000-8000-000000000002".into();
    assert_eq!(
        doubt(Some(&[foreign]), &[]),
        VanishDoubt::NotAudited,
        "what happened to another device explains nothing"
    );
}

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

#[test]
fn a_check_in_is_a_syncs_success_if_it_came_after() {
    for (last_sync, expected) in [
        (json!(told(-3600)), "nothing"),
        (json!(told(-1)), "nothing"),
        (json!(told(0)), "done"),
        (json!(told(90)), "done"),
        (json!("0001-01-01T00:00:00Z"), "nothing"),
        (Value::Null, "nothing"),
        (json!("yesterday"), "nothing"),
    ] {
        let now = with(
            device(&[entry("syncDevice", "pending", 1)]),
            "lastSyncDateTime",
            last_sync.clone(),
        );
        let found = look(ActionKind::Sync, &nothing_before(), Some(&now), &[]);
        let expected = if expected == "nothing" { "pending" } else { expected };
        assert_eq!(word(&found), expected, "{last_sync}");
        let other = look(ActionKind::Reboot, &nothing_before(), Some(&now), &[]);
        assert_eq!(other, TaskFinding::Nothing, "a check-in is no restart");
    }
}

#[test]
fn an_end_outweighs_what_is_under_way_whichever_source_tells_it() {
    let pending = || device(&[entry("wipe", "pending", 5)]);
    let issued = || with(pending(), "managementState", "wipeIssued".into());
    for (now, audits, expected) in [
        (issued(), vec![], "pending"),
        (issued(), vec![audit("factoryReset", "active", 5)], "active"),
        (issued(), vec![audit("factoryReset", "done", 5)], "done"),
        (
            with(pending(), "managementState", "wipeFailed".into()),
            vec![],
            "failed",
        ),
        (
            with(pending(), "managementState", "wipeCanceled".into()),
            vec![],
            "cancelled",
        ),
        (
            device(&[entry("wipe", "done", 5)]),
            vec![audit("factoryReset", "pending", 5)],
            "done",
        ),
        (
            device(&[entry("wipe", "done", 5)]),
            vec![audit("factoryReset", "failed", 5)],
            "done",
        ),
        (device(&[]), vec![audit("removeCompanyData", "done", 5)], "nothing"),
    ] {
        assert_eq!(
            word(&look(ActionKind::Wipe, &nothing_before(), Some(&now), &audits)),
            expected,
            "{now} {audits:?}"
        );
    }
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

#[test]
fn an_edit_is_done_when_the_record_says_so() {
    for (verb, key, wanted, shown, expected) in [
        (
            ActionKind::EditName,
            "managedDeviceName",
            "Reception",
            json!("Reception"),
            "done",
        ),
        (
            ActionKind::EditName,
            "managedDeviceName",
            "Reception",
            json!("Desk"),
            "nothing",
        ),
        (ActionKind::EditNotes, "notes", "", Value::Null, "done"),
        (ActionKind::EditNotes, "notes", "", json!("in repair"), "nothing"),
        (ActionKind::EditNotes, "notes", "in repair", Value::Null, "nothing"),
        (
            ActionKind::EditOwner,
            "managedDeviceOwnerType",
            "company",
            json!("company"),
            "done",
        ),
        (
            ActionKind::EditOwner,
            "managedDeviceOwnerType",
            "company",
            json!("personal"),
            "nothing",
        ),
        (ActionKind::EditCategory, "categoryId", ID, json!("Unknown"), "nothing"),
    ] {
        let parameters = ActionParameters([(key.to_owned(), wanted.into())].into_iter().collect());
        let property = if key == "categoryId" {
            "deviceCategoryDisplayName"
        } else {
            key
        };
        let now = with(device(&[]), property, shown.clone());
        let spec = ActionSpec::for_action(verb);
        let found = derive_finding(spec, &parameters, &nothing_before(), at(0), Some(&now), around(&[]));
        assert_eq!(word(&found), expected, "{verb} {wanted} {shown}");
    }
}

#[test]
fn a_failure_has_microsofts_number_and_a_sentence() {
    let mut raw = entry("rotateBitLockerKeys", "failed", 5);
    raw["errorCode"] = json!(-2_016_281_112);
    let found = look(
        ActionKind::RotateBitLockerKeys,
        &nothing_before(),
        Some(&device(&[raw])),
        &[],
    );
    let TaskFinding::Failed { code, meaning } = found else {
        panic!("{found:?}")
    };
    assert_eq!(code, "-2016281112 (0x87D1FDE8)");
    assert!(meaning.contains("BitLocker must be on"), "{meaning}");
    for verb in ActionKind::ALL {
        assert!(failure_text::explain_failure(*verb).len() > 20);
    }
}

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

fn secret_device(started: i64) -> Value {
    let mut lock = entry("remoteLock", "done", started);
    lock["unlockPin"] = "765432".into();
    let mut passcode = entry("resetPasscode", "done", started);
    passcode["passcode"] = "canary-code".into();
    let mut position = entry("locateDevice", "done", started);
    position["deviceLocation"] = json!({"latitude": 51.5765432, "longitude": 8.1});
    let mut device = device(&[lock, passcode, position]);
    device["activationLockBypassCode"] = "canary-bypass".into();
    device
}

#[test]
fn e1_secrets_come_apart_from_the_finding_and_from_the_baseline() {
    let now = secret_device(5);
    for (verb, kind, expected) in [
        (ActionKind::RemoteLock, SecretKind::UnlockPin, "765432"),
        (ActionKind::ResetPasscode, SecretKind::Passcode, "canary-code"),
        (ActionKind::Locate, SecretKind::Position, "51.5765432"),
    ] {
        let spec = ActionSpec::for_action(verb);
        let found = extract_secrets(spec, &nothing_before(), &now);
        assert_eq!(found.len(), 1, "{verb}");
        assert_eq!(found[0].kind, kind);
        assert!(found[0].value.expose_secret().contains(expected), "{verb}");
        let finding = look(verb, &nothing_before(), Some(&now), &[]);
        let baseline = Baseline::from_device(&now, at(0));
        let written = serde_json::to_string(&(&finding, &baseline)).expect("plain data");
        let printed = format!("{found:?} {finding:?} {baseline:?} {written}");
        for canary in ["765432", "canary"] {
            assert!(!printed.contains(canary), "{verb}: {printed}");
        }
    }
}

#[test]
fn e1_secrets_of_others_and_the_bypass_code_are_never_read() {
    let now = secret_device(5);
    for verb in ActionKind::ALL {
        let is_one = matches!(
            verb,
            ActionKind::RemoteLock | ActionKind::ResetPasscode | ActionKind::Locate
        );
        assert_eq!(
            extract_secrets(ActionSpec::for_action(*verb), &nothing_before(), &now).len(),
            usize::from(is_one),
            "{verb}"
        );
        let before = Baseline::from_device(&now, at(10));
        assert!(
            extract_secrets(ActionSpec::for_action(*verb), &before, &now).is_empty(),
            "{verb}: they were there before"
        );
    }
    let pending = device(&[entry("remoteLock", "pending", 5)]);
    assert!(
        extract_secrets(
            ActionSpec::for_action(ActionKind::RemoteLock),
            &nothing_before(),
            &pending
        )
        .is_empty()
    );
}
