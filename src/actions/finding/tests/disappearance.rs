//! What is said of a device that is not listed any more (A6).

use super::*;

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
