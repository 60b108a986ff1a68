use super::*;
use crate::actions::guard::approval::{ApprovalSignIn, check_approval};
use crate::model::{AccountControl, ControlKind};
use crate::store::ApprovalFacts;

/// 1 asks for a wipe; 2 may approve, 3 may nothing.
fn facts() -> ApprovalFacts {
    let mut job = job(ActionKind::Wipe);
    job.approval = ApprovalState::Waiting;
    ApprovalFacts {
        now: now(),
        job,
        approver: Some(person(2, &["Jobs_Approve"])),
        instance: Some("IntuneConnector_1".parse().unwrap()),
        operators: vec![person(1, &["*"]), person(2, &["Jobs_Approve"]), person(3, &[])],
        controls: Vec::new(),
    }
}

/// Nobody but the requester may approve.
fn alone(facts: &mut ApprovalFacts) {
    facts.approver = Some(person(1, &["*"]));
    facts.operators = vec![person(1, &["*"]), person(3, &[])];
}

/// The approver, as it stands in the store as well.
fn approver(facts: &mut ApprovalFacts, change: impl Fn(&mut OperatorRow)) {
    change(facts.approver.as_mut().unwrap());
    facts
        .operators
        .iter_mut()
        .filter(|row| row.id == OperatorId(2))
        .for_each(change);
}

fn made(by: i64, over: i64, ago: TimeDelta) -> AccountControl {
    AccountControl::new(OperatorId(by), OperatorId(over), ControlKind::Made, now() - ago)
}

fn code(facts: &ApprovalFacts) -> Result<(), &'static str> {
    check_approval(facts, ApprovalSignIn::OwnPassword, &[7; 32]).map_err(|refused| refused.code)
}

#[test]
fn another_person_with_the_right_and_their_own_password_may_approve() {
    assert_eq!(code(&facts()), Ok(()));
}

type Row = (&'static str, &'static str, fn(&mut ApprovalFacts));

#[test]
fn nobody_else_may() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("approved already", "notWaiting", |facts| facts.job.approval = ApprovalState::Approved),
        ("no approval wanted", "notWaiting", |facts| facts.job.approval = ApprovalState::None),
        ("rejected", "notWaiting", |facts| facts.job.approval = ApprovalState::Rejected),
        ("lapsed", "expired", |facts| facts.job.expires_at = now()),
        ("nothing to bind it to", "digest", |facts| facts.job.approval_digest = None),
        ("something else was shown", "digest", |facts| facts.job.approval_digest = Some(vec![8; 32])),
        ("nobody", "personally", |facts| facts.approver = None),
        ("disabled", "personally", |facts| approver(facts, |row| row.disabled = true)),
        ("a management server", "personally", |facts| approver(facts, |row| row.kind = OperatorKind::Server)),
        ("without a password", "personally", |facts| approver(facts, |row| row.password_hash = None)),
        ("with a password from somebody else", "passwordChangeNeeded", |facts| approver(facts, |row| row.password_given = true)),
        ("without the right", "missingRight", |facts| facts.approver = Some(person(2, &["Jobs_Read", "Actions_*"]))),
        ("suspended", "suspended", |facts| approver(facts, |row| row.suspended = true)),
        ("the rights hold elsewhere", "outOfScope", |facts| approver(facts, |row| row.scope = elsewhere())),
        ("the requester", "ownRequest", |facts| facts.approver = Some(person(1, &["*"]))),
        ("made by the requester, and there is a second person", "relatedAccounts", |facts| {
            facts.operators.push(person(4, &["Jobs_Approve"]));
            facts.controls = vec![made(1, 2, TimeDelta::days(7) - TimeDelta::seconds(1))];
        }),
        ("it made the requester's", "relatedAccounts", |facts| {
            facts.operators.push(person(4, &["Jobs_Approve"]));
            facts.controls = vec![made(2, 1, TimeDelta::days(1))];
        }),
        ("made by the requester, and there is no second person", "tooEarly", |facts| facts.controls = vec![made(1, 2, TimeDelta::days(1))]),
        ("the grandchild", "tooEarly", |facts| facts.controls = vec![made(1, 9, TimeDelta::days(1)), made(9, 2, TimeDelta::hours(1))]),
        ("a sibling", "tooEarly", |facts| facts.controls = vec![made(9, 1, TimeDelta::days(1)), made(9, 2, TimeDelta::days(1))]),
        ("the only one, at once", "tooEarly", alone),
    ];
    for (what, expected, change) in rows {
        let mut facts = facts();
        change(&mut facts);
        assert_eq!(code(&facts), Err(*expected), "{what}");
    }
    let by_token = check_approval(&facts(), ApprovalSignIn::Other, &[7; 32]).unwrap_err();
    assert_eq!(by_token.code, "personally");
}

#[test]
fn accounts_made_by_one_another_long_ago_are_two_people() {
    let mut facts = facts();
    facts.controls = vec![made(1, 2, TimeDelta::days(7))];
    assert_eq!(code(&facts), Ok(()));
}

#[test]
fn a9_a_removed_account_of_the_requester_ties_as_before() {
    let mut facts = facts();
    facts.operators.retain(|row| row.id != OperatorId(1));
    assert_eq!(code(&facts), Ok(()));
    facts.controls = vec![made(2, 1, TimeDelta::days(1))];
    assert_eq!(code(&facts), Err("tooEarly"), "who made it, sent by it and removed it");
}

#[test]
fn a7_where_there_is_no_second_person_a_day_has_to_pass() {
    let mut facts = facts();
    alone(&mut facts);
    facts.job.created_at = now() - TimeDelta::hours(24) + TimeDelta::seconds(1);
    assert_eq!(code(&facts), Err("tooEarly"));
    facts.job.created_at = now() - TimeDelta::hours(24);
    assert_eq!(code(&facts), Ok(()), "an account that may not approve blocks nobody");
    assert_eq!(
        check_approval(&facts, ApprovalSignIn::Other, &[7; 32])
            .unwrap_err()
            .code,
        "personally"
    );
    // Management servers, disabled and suspended accounts, those with a given password or a right elsewhere: nobody.
    let server = OperatorRow {
        kind: OperatorKind::Server,
        ..person(4, &["*"])
    };
    let gone = OperatorRow {
        disabled: true,
        ..person(5, &["*"])
    };
    let suspended = OperatorRow {
        suspended: true,
        ..person(6, &["*"])
    };
    let given = OperatorRow {
        password_given: true,
        ..person(7, &["*"])
    };
    let away = OperatorRow {
        scope: elsewhere(),
        ..person(8, &["*"])
    };
    facts.operators.extend([server, gone, suspended, given, away]);
    assert_eq!(code(&facts), Ok(()));
    facts.operators.push(person(9, &["Jobs_Approve"]));
    assert_eq!(code(&facts), Err("ownRequest"));
}

#[test]
fn mi7_what_the_data_folder_asks_for_any_second_person_agrees_to() {
    let local = OperatorRow {
        password_hash: None,
        name: "local".into(),
        ..person(1, &["*"])
    };
    let mut facts = facts();
    facts.operators = vec![local, person(2, &["Jobs_Approve"])];
    assert_eq!(code(&facts), Err("tooEarly"), "the only one may well stand behind it");
    // One that they made themselves is nobody else.
    facts.operators.push(person(4, &["Jobs_Approve"]));
    facts.controls = vec![made(2, 4, TimeDelta::hours(1))];
    assert_eq!(code(&facts), Err("tooEarly"));
    facts.operators.push(person(5, &[]));
    assert_eq!(code(&facts), Ok(()), "somebody else can see it");
    // It stands in nobody's way either.
    facts.job.created_at = now() - TimeDelta::hours(24);
    facts.operators.truncate(2);
    facts.controls.clear();
    assert_eq!(code(&facts), Ok(()));
}
