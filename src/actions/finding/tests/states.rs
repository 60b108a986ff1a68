//! Each state that Intune shows, of each verb and from each source.

use super::*;

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
