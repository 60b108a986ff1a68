use super::*;
use crate::actions::guard::account_changes::{AccountChangeContext, AccountChangeVerdict, assess_account_change};
use crate::model::{AccountChange, AccountControl, ControlKind, InstanceName};

/// Who asks.
const ALICE: i64 = 1;

struct Case {
    before: Vec<OperatorRow>,
    after: Vec<OperatorRow>,
    controls: Vec<AccountControl>,
    change: AccountChange,
    made_at: Timestamp,
}

impl Case {
    /// Alice and bob are administrators of long standing; carol may approve nothing; 4 is a helpdesk without power.
    fn new(change: impl FnOnce(&mut Vec<OperatorRow>)) -> Case {
        let mut before = vec![person(ALICE, &["*"]), person(2, &["*"]), person(4, &["Devices_Read"])];
        for row in &mut before {
            row.second_factor_since = Some(now() - TimeDelta::days(90));
        }
        let mut after = before.clone();
        change(&mut after);
        Case {
            before,
            after,
            controls: Vec::new(),
            change: AccountChange::Change {
                operator: OperatorId(2),
                name: "bob".into(),
                password: None,
                given: true,
                rights: None,
                scope: None,
                disabled: None,
            },
            made_at: now() - TimeDelta::days(300),
        }
    }

    fn weigh(&self) -> AccountChangeVerdict {
        let places: Vec<InstanceName> = vec!["IntuneConnector_1".parse().unwrap()];
        assess_account_change(&AccountChangeContext {
            change: &self.change,
            by: OperatorId(ALICE),
            before: &self.before,
            after: &self.after,
            controls: &self.controls,
            instances: &places,
            former_account: None,
            now: now(),
            made_at: self.made_at,
        })
    }

    fn waits(&self) -> bool {
        matches!(self.weigh(), AccountChangeVerdict::Waits { .. })
    }
}

type Row = (&'static str, bool, fn(&mut Vec<OperatorRow>));

#[test]
fn a9_control_over_an_account_with_power_waits_and_nothing_else_does() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("an administrator is made", true, |all| all.push(person(7, &["*"]))),
        ("one who may approve", true, |all| all.push(person(7, &["Jobs_Approve"]))),
        ("one who may wipe", true, |all| all.push(person(7, &["Actions_Wipe"]))),
        ("one who manages accounts", true, |all| all.push(person(7, &["Operators_Manage"]))),
        ("a server that may retire", true, |all| all.push(OperatorRow { kind: OperatorKind::Server, ..person(7, &["Actions_*"]) })),
        ("one who may look", false, |all| all.push(person(7, &["Devices_Read", "Actions_Sync"]))),
        ("rights to destroy", true, |all| all[2].rights.push("Actions_Wipe".parse().unwrap())),
        ("rights to look", false, |all| all[2].rights.push("Scans_Read".parse().unwrap())),
        ("another password of an administrator", true, |all| all[1].password_hash = Some("other".into())),
        ("another password of a helpdesk", false, |all| all[2].password_hash = Some("other".into())),
        ("the second factor of an administrator is taken away", true, |all| all[1].second_factor_since = None),
        ("one's own second factor", false, |all| all[0].second_factor_since = None),
        ("the second factor of a helpdesk is taken away", false, |all| all[2].second_factor_since = None),
        ("one's own password", false, |all| all[0].password_hash = Some("other".into())),
        ("rights are taken from the last second person", true, |all| all[1].rights = vec!["Devices_Read".parse().unwrap()]),
        ("the last second person is disabled", true, |all| all[1].disabled = true),
        ("the last second person is removed", true, |all| { all.remove(1); }),
        ("the last second person is narrowed", true, |all| all[1].scope = elsewhere()),
        ("a helpdesk is disabled", false, |all| all[2].disabled = true),
        ("a helpdesk is removed", false, |all| { all.remove(2); }),
    ];
    for (what, waits, change) in rows {
        assert_eq!(Case::new(change).waits(), *waits, "{what}");
    }
}

#[test]
fn a9_whoever_lets_somebody_approve_orders_is_tied_to_them_and_waits_for_nobody() {
    let given = Case::new(|all| all[2].rights.push("Orders_Approve".parse().unwrap())).weigh();
    let AccountChangeVerdict::AtOnce { controls, told } = given else {
        panic!("{given:?}")
    };
    let ties: Vec<_> = controls
        .iter()
        .map(|control| (control.by.0, control.over.0, control.kind))
        .collect();
    assert_eq!((ties, told), (vec![(ALICE, 4, ControlKind::Rights)], false));
    let looks = Case::new(|all| all[2].rights.push("Orders_Read".parse().unwrap())).weigh();
    assert!(matches!(looks, AccountChangeVerdict::AtOnce { controls, .. } if controls.is_empty()));
}

#[test]
fn a9_what_is_not_the_last_one_goes_at_once_and_enabling_waits() {
    let mut case = Case::new(|all| all[1].disabled = true);
    for rows in [&mut case.before, &mut case.after] {
        rows.push(person(3, &["Jobs_Approve"]));
    }
    assert!(!case.waits(), "somebody else is left");
    // That one is tied to the asker: it was no second person.
    case.controls = vec![AccountControl::new(
        OperatorId(ALICE),
        OperatorId(3),
        ControlKind::Made,
        now(),
    )];
    assert!(case.waits());
    std::mem::swap(&mut case.before, &mut case.after);
    assert!(case.waits(), "enabled again");
    let mut case = Case::new(|all| all[2].disabled = false);
    case.before[2].disabled = true;
    let AccountChangeVerdict::AtOnce { controls, .. } = case.weigh() else {
        panic!("it has no power")
    };
    assert_eq!(
        (controls.len(), controls[0].kind),
        (1, ControlKind::Enabled),
        "and is remembered"
    );
}

#[test]
fn a9_a_bus_is_set_up_within_its_first_hour_and_ties_what_is_made_then() {
    let mut case = Case::new(|all| all.push(person(7, &["*"])));
    case.before.remove(1);
    case.after.remove(1);
    assert!(case.waits(), "nobody is there to ask, a day has to pass");
    case.made_at = now() - TimeDelta::hours(1) + TimeDelta::seconds(1);
    let AccountChangeVerdict::AtOnce { controls, told } = case.weigh() else {
        panic!("it is being set up")
    };
    assert!(
        told && controls
            .iter()
            .any(|control| control.kind == ControlKind::Made && control.over == OperatorId(7))
    );
    case.made_at = now() - TimeDelta::hours(1);
    assert!(case.waits());
    // Somebody is there to ask.
    let mut case = Case::new(|all| all.push(person(7, &["*"])));
    case.made_at = now();
    assert!(case.waits());
}

#[test]
fn a9_the_data_folder_acts_at_once_ties_nobody_and_is_told() {
    let mut case = Case::new(|all| all.push(person(7, &["*"])));
    for rows in [&mut case.before, &mut case.after] {
        let local = &mut rows[0];
        (local.name, local.password_hash) = ("local".into(), None);
    }
    assert_eq!(
        case.weigh(),
        AccountChangeVerdict::AtOnce {
            controls: Vec::new(),
            told: true
        }
    );
}
