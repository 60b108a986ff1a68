use chrono::{DateTime, TimeDelta};

use super::*;
use crate::contract::{ApprovalMode, OrderKind, OrderState, OrderTargetKind};
use crate::model::{ControlKind, InstanceId, OperatorId, RightScope};
use crate::store::OrderCharge;

const RIGHTS: &[&str] = &["Orders_Approve", "Orders_Read"];

/// A person with these rights, at the instances of these names or at all.
fn person(id: i64, rights: &[&str], names: Option<&[&str]>) -> OperatorRow {
    OperatorRow {
        id: OperatorId(id),
        name: format!("operator-{id}"),
        kind: OperatorKind::Person,
        password_hash: Some("$argon2id$one".into()),
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope {
            instances: names.map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
            servers: None,
        },
        roles: Vec::new(),
        created_by: None,
        created_at: Timestamp::default(),
        disabled: false,
        password_given: false,
        suspended: false,
        second_factor_since: None,
    }
}

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// Placed by account 1 an hour ago.
fn order() -> OrderRow {
    OrderRow {
        key: 1,
        id: "order-1".into(),
        instance: InstanceId(3),
        application: "7-zip".into(),
        application_key: 1,
        kind: OrderKind::Install,
        target_kind: OrderTargetKind::Device,
        target: "PC-1".into(),
        object_id: None,
        target_name: None,
        devices: Vec::new(),
        state: OrderState::WaitingForApproval,
        approval: ApprovalMode::Operator,
        placed_by: OperatorId(1),
        placed_by_name: "operator-1".into(),
        placed_at: now() - TimeDelta::hours(1),
        decided_by: None,
        decided_by_name: None,
        decided_at: None,
        processed_at: None,
        approvers: None,
        report_from: None,
        charge: OrderCharge::default(),
        ended_at: None,
        deadline_at: None,
        expires_at: None,
        reminded_at: None,
        term_ended_at: None,
        status: None,
        message: None,
        failure: None,
        attempts: 0,
        next_attempt_at: None,
        language: None,
        note: None,
        warnings: Vec::new(),
        remove_membership: false,
        membership_cleared: false,
        digest: String::new(),
    }
}

/// What account `approver` is told; "yes": it may approve.
fn verdict(
    order: &OrderRow,
    named: &[&str],
    operators: &[OperatorRow],
    controls: &[AccountControl],
    approver: i64,
) -> &'static str {
    let approval = OrderApproval {
        order,
        instance: &"IntuneAppOrders_3".parse().unwrap(),
        named: named.to_vec(),
        operators,
        controls,
        now: now(),
    };
    let approver = operators.iter().find(|row| row.id == OperatorId(approver)).unwrap();
    match approval.check_approver(approver) {
        Ok(()) => "yes",
        Err(denied) => denied.code,
    }
}

#[test]
fn sh21_a_second_person_with_the_right_there_approves() {
    let mut server = person(4, RIGHTS, None);
    server.password_hash = None;
    let mut suspended = person(5, RIGHTS, None);
    suspended.suspended = true;
    let operators = [
        person(1, &["Orders_*"], None),
        person(2, RIGHTS, Some(&["IntuneAppOrders_3"])),
        person(3, RIGHTS, Some(&["IntuneAppOrders_4"])),
        server,
        suspended,
    ];
    for (approver, expected) in [
        (1, "ownOrder"),
        (2, "yes"),
        (3, "outOfScope"),
        (4, "personally"),
        (5, "suspended"),
    ] {
        assert_eq!(
            verdict(&order(), &[], &operators, &[], approver),
            expected,
            "{approver}"
        );
    }
}

#[test]
fn a9_what_a_tied_account_has_ordered_is_approved_by_somebody_else() {
    let operators = [
        person(1, RIGHTS, None),
        person(2, RIGHTS, None),
        person(3, RIGHTS, None),
    ];
    let made = [AccountControl::new(
        OperatorId(2),
        OperatorId(1),
        ControlKind::Made,
        now() - TimeDelta::days(1),
    )];
    assert_eq!(verdict(&order(), &[], &operators, &made, 2), "relatedAccounts");
    assert_eq!(verdict(&order(), &[], &operators, &made, 3), "yes");
}

#[test]
fn where_an_application_names_its_approvers_nobody_else_approves() {
    let operators = [
        person(1, RIGHTS, None),
        person(2, RIGHTS, None),
        person(3, RIGHTS, None),
    ];
    let named = ["Operator-2"];
    assert_eq!(verdict(&order(), &named, &operators, &[], 2), "yes");
    assert_eq!(verdict(&order(), &named, &operators, &[], 3), "notAnApprover");
}

#[test]
fn where_there_is_nobody_else_a_day_has_to_pass() {
    let operators = [person(1, RIGHTS, None), person(2, &["Orders_Read"], None)];
    assert_eq!(verdict(&order(), &[], &operators, &[], 1), "tooEarly");
    let old = OrderRow {
        placed_at: now() - TimeDelta::hours(24),
        ..order()
    };
    assert_eq!(verdict(&old, &[], &operators, &[], 1), "yes");
}

#[test]
fn a_callback_is_answered_by_the_account_of_a_system_that_did_not_place_the_order() {
    let server = |id: i64| OperatorRow {
        kind: OperatorKind::Server,
        ..person(id, RIGHTS, None)
    };
    let made = |by: i64| {
        let at = now() - TimeDelta::days(1);
        [AccountControl::new(
            OperatorId(by),
            OperatorId(2),
            ControlKind::Made,
            at,
        )]
    };
    let related = check_callback_account(&order(), &server(2), &made(1), now()).err();
    assert_eq!(related.map(|denied| denied.code), Some("relatedAccounts"), "a9");
    assert!(check_callback_account(&order(), &server(2), &made(3), now()).is_ok());
    let code = |account: &OperatorRow| {
        check_callback_account(&order(), account, &[], now())
            .err()
            .map(|denied| denied.code)
    };
    assert_eq!(code(&server(2)), None);
    assert_eq!(code(&server(1)), Some("ownOrder"));
    assert_eq!(code(&person(2, RIGHTS, None)), Some("callbackDecides"));
    let suspended = OperatorRow {
        suspended: true,
        ..server(2)
    };
    assert_eq!(code(&suspended), Some("suspended"));
}
