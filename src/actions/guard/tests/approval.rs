use super::*;
use crate::actions::guard::approval::{SignedInBy, may_approve};
use crate::store::Approver;

fn facts() -> Approver {
    let mut job = job(Verb::Wipe);
    job.approval = Approval::Waiting;
    Approver {
        now: now(),
        job,
        approver: Some(person(2, &["Jobs_Approve"])),
        approver_suspended: false,
        instance: Some("IntuneConnector_1".parse().unwrap()),
        requester: Some(person(1, &["*"])),
        others: vec![person(2, &["Jobs_Approve"]), person(3, &[])],
    }
}

fn alone(facts: &mut Approver) {
    facts.approver = Some(person(1, &["*"]));
    facts.others = Vec::new();
}

#[test]
fn another_person_with_the_right_and_his_own_password_may_approve() {
    assert_eq!(may_approve(&facts(), SignedInBy::OwnPassword, &[7; 32]), Ok(()));
}

type Row = (&'static str, &'static str, fn(&mut Approver));

#[test]
fn nobody_else_may() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("approved already", "notWaiting", |facts| facts.job.approval = Approval::Approved),
        ("no approval wanted", "notWaiting", |facts| facts.job.approval = Approval::None),
        ("rejected", "notWaiting", |facts| facts.job.approval = Approval::Rejected),
        ("lapsed", "expired", |facts| facts.job.expires_at = now()),
        ("nothing to bind it to", "digest", |facts| facts.job.approval_digest = None),
        ("something else was shown", "digest", |facts| facts.job.approval_digest = Some(vec![8; 32])),
        ("nobody", "personally", |facts| facts.approver = None),
        ("disabled", "personally", |facts| facts.approver.as_mut().unwrap().disabled = true),
        ("a management server", "personally", |facts| facts.approver.as_mut().unwrap().kind = OperatorKind::Server),
        ("without a password", "personally", |facts| facts.approver.as_mut().unwrap().password_hash = None),
        ("without the right", "missingRight", |facts| facts.approver = Some(person(2, &["Jobs_Read", "Actions_*"]))),
        ("suspended himself", "suspended", |facts| facts.approver_suspended = true),
        ("his rights hold elsewhere", "outOfScope", |facts| facts.approver.as_mut().unwrap().scope = elsewhere()),
        ("the requester", "ownRequest", |facts| facts.approver = Some(person(1, &["*"]))),
        ("his account was made by the requester", "relatedAccounts", |facts| {
            let approver = facts.approver.as_mut().unwrap();
            (approver.created_by, approver.created_at) = (Some(OperatorId(1)), now() - TimeDelta::days(7) + TimeDelta::seconds(1));
        }),
        ("he made the requester's", "relatedAccounts", |facts| {
            let requester = facts.requester.as_mut().unwrap();
            (requester.created_by, requester.created_at) = (Some(OperatorId(2)), now() - TimeDelta::days(1));
        }),
        ("the only one, at once", "tooEarly", alone),
        ("the requester's account is gone, he is the only one", "tooEarly", |facts| {
            facts.requester = None;
            facts.others = vec![person(2, &["Jobs_Approve"])];
        }),
    ];
    for (what, code, change) in rows {
        let mut facts = facts();
        change(&mut facts);
        let refused = may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]).expect_err(what);
        assert_eq!(refused.code, *code, "{what}: {refused:?}");
    }
    let by_token = may_approve(&facts(), SignedInBy::Other, &[7; 32]).unwrap_err();
    assert_eq!(by_token.code, "personally");
}

#[test]
fn accounts_made_by_one_another_long_ago_are_two_people() {
    let mut facts = facts();
    let approver = facts.approver.as_mut().unwrap();
    (approver.created_by, approver.created_at) = (Some(OperatorId(1)), now() - TimeDelta::days(7));
    assert_eq!(may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]), Ok(()));
}

#[test]
fn a7_where_there_is_only_one_operator_a_day_has_to_pass() {
    let mut facts = facts();
    alone(&mut facts);
    facts.job.created_at = now() - TimeDelta::hours(24) + TimeDelta::seconds(1);
    assert_eq!(
        may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]).unwrap_err().code,
        "tooEarly"
    );
    facts.job.created_at = now() - TimeDelta::hours(24);
    assert_eq!(may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]), Ok(()));
    assert_eq!(
        may_approve(&facts, SignedInBy::Other, &[7; 32]).unwrap_err().code,
        "personally"
    );
    // Management servers and disabled accounts are nobody; any other person is somebody.
    let server = OperatorRow {
        kind: OperatorKind::Server,
        ..person(4, &["*"])
    };
    let gone = OperatorRow {
        disabled: true,
        ..person(5, &["*"])
    };
    facts.others = vec![server, gone];
    assert_eq!(may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]), Ok(()));
    facts.others.push(person(6, &[]));
    assert_eq!(
        may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]).unwrap_err().code,
        "ownRequest"
    );
}

#[test]
fn a7_an_account_without_a_password_is_nobody_in_particular() {
    // The way in for commands on this machine: the only administrator may well stand behind it.
    let local = OperatorRow {
        password_hash: None,
        ..person(9, &["*"])
    };
    let mut facts = facts();
    facts.requester = Some(local.clone());
    facts.others = vec![person(2, &["Jobs_Approve"])];
    let early = may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]).unwrap_err();
    assert_eq!(early.code, "tooEarly");
    let mut new = person(3, &[]);
    (new.created_by, new.created_at) = (Some(OperatorId(2)), now());
    facts.others.push(new);
    let early = may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]).unwrap_err();
    assert_eq!(
        early.code, "tooEarly",
        "an account that he has just made himself is not another person"
    );
    facts.others.push(person(4, &[]));
    assert_eq!(may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]), Ok(()));
    // It does not stand in the way of the only person either.
    alone(&mut facts);
    facts.others = vec![local];
    facts.job.created_at = now() - TimeDelta::hours(24);
    assert_eq!(may_approve(&facts, SignedInBy::OwnPassword, &[7; 32]), Ok(()));
}
