use serde_json::json;

use super::*;
use crate::model::{OperatorKind, RelaxationState};
use crate::store::RoleRow;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn right(name: &str) -> Right {
    name.parse().unwrap()
}

fn scope_of(instance: &str) -> RightScope {
    RightScope {
        instances: Some(vec![instance.parse().unwrap()]),
        servers: None,
    }
}

fn account(rights: &[&str], roles: Vec<AssignedRole>) -> OperatorRow {
    OperatorRow {
        id: OperatorId(5),
        name: "Anna".into(),
        kind: OperatorKind::Person,
        password_hash: None,
        rights: rights.iter().map(|name| right(name)).collect(),
        scope: RightScope::default(),
        roles,
        created_by: Some(OperatorId(2)),
        created_at: at(0),
        disabled: false,
        password_given: false,
        suspended: false,
        second_factor_since: None,
    }
}

fn held(role: &str, rights: &[&str]) -> AssignedRole {
    AssignedRole {
        role: role.parse().unwrap(),
        rights: rights.iter().map(|name| right(name)).collect(),
        scope: RightScope::default(),
    }
}

fn entry(seconds: i64, actor: &str, action: &str, subject: &str, detail: Value) -> AccessEntryRow {
    AccessEntryRow {
        at: at(seconds),
        actor: actor.into(),
        action: action.into(),
        subject: subject.into(),
        detail,
    }
}

fn facts_of(entries: Vec<AccessEntryRow>) -> AccessFacts {
    AccessFacts {
        operators: Vec::new(),
        roles: Vec::new(),
        entries,
        approved: Vec::new(),
        last_sign_ins: BTreeMap::new(),
        account_names: [(2, "boss"), (3, "eve"), (4, "bob")]
            .map(|(id, name)| (OperatorId(id), name.to_owned()))
            .into(),
    }
}

/// Time and giver, as far as they are known.
fn told(origin: Option<GrantOrigin>) -> Option<(i64, String)> {
    origin.map(|origin| {
        let seconds = (origin.at - at(0)).num_seconds();
        (seconds, origin.by.unwrap_or_default())
    })
}

fn given(seconds: i64, by: &str) -> Option<(i64, String)> {
    Some((seconds, by.to_owned()))
}

#[test]
fn a_right_that_stays_keeps_its_giver_and_one_that_is_added_has_another() {
    let facts = facts_of(vec![
        entry(
            1,
            "boss",
            "operator.added",
            "anna",
            json!({"rights": ["Devices_Read", "Scans_Read"], "scope": {}}),
        ),
        entry(
            2,
            "eve",
            "operator.changed",
            "Anna",
            json!({"rights": ["Devices_Read", "Jobs_Read"]}),
        ),
        entry(3, "boss", "operator.changed", "anna", json!({"password": "changed"})),
    ]);
    let history = AccessHistory::from_facts(&facts);
    let row = account(&["Devices_Read", "Jobs_Read"], Vec::new());
    assert_eq!(
        told(history.own_right_origin(&row, &right("Devices_Read"))),
        given(1, "boss")
    );
    assert_eq!(
        told(history.own_right_origin(&row, &right("Jobs_Read"))),
        given(2, "eve")
    );
}

#[test]
fn in_another_scope_it_is_another_right() {
    let facts = facts_of(vec![
        entry(
            1,
            "boss",
            "operator.added",
            "anna",
            json!({"rights": ["Devices_Read"], "scope": {"instances": ["A_1"]}}),
        ),
        entry(2, "eve", "operator.changed", "anna", json!({"scope": {}})),
    ]);
    let history = AccessHistory::from_facts(&facts);
    let row = account(&["Devices_Read"], Vec::new());
    assert_eq!(
        told(history.own_right_origin(&row, &right("Devices_Read"))),
        given(2, "eve")
    );
    // An account that is not as the trail tells.
    let elsewhere = OperatorRow {
        scope: scope_of("B_2"),
        ..row
    };
    assert_eq!(history.own_right_origin(&elsewhere, &right("Devices_Read")), None);
}

#[test]
fn what_nobody_has_changed_is_the_accounts_from_the_beginning_and_what_was_there_before_is_not_guessed() {
    let untold = facts_of(Vec::new());
    let row = account(&["Devices_Read"], Vec::new());
    let origin = AccessHistory::from_facts(&untold).own_right_origin(&row, &right("Devices_Read"));
    assert_eq!(told(origin), given(0, "boss"));
    let changed = facts_of(vec![entry(
        2,
        "eve",
        "operator.changed",
        "anna",
        json!({"rights": ["Devices_Read"], "scope": {}}),
    )]);
    let origin = AccessHistory::from_facts(&changed).own_right_origin(&row, &right("Devices_Read"));
    assert_eq!(origin, None);
}

#[test]
fn an_account_that_was_removed_leaves_nothing_to_one_of_the_same_name() {
    let facts = facts_of(vec![
        entry(
            1,
            "eve",
            "operator.added",
            "anna",
            json!({"rights": ["Devices_Read"], "scope": {}}),
        ),
        entry(2, "eve", "role.given", "anna", json!({"role": "auditor", "scope": {}})),
        entry(3, "eve", "operator.removed", "anna", json!({})),
        entry(
            4,
            "boss",
            "operator.added",
            "anna",
            json!({"rights": ["Devices_Read"], "scope": {}}),
        ),
    ]);
    let history = AccessHistory::from_facts(&facts);
    let row = account(&["Devices_Read"], vec![held("auditor", &["Audit_Read"])]);
    assert_eq!(
        told(history.own_right_origin(&row, &right("Devices_Read"))),
        given(4, "boss")
    );
    assert_eq!(
        history.role_right_origin(&row, &row.roles[0], &right("Audit_Read")),
        None
    );
}

#[test]
fn a_role_gives_a_right_since_both_are_there() {
    let mut facts = facts_of(vec![
        entry(1, "boss", "role.added", "helpdesk", json!({"rights": ["Devices_Read"]})),
        entry(
            2,
            "boss",
            "role.given",
            "anna",
            json!({"role": "HelpDesk", "scope": {}}),
        ),
        entry(3, "eve", "role.given", "anna", json!({"role": "helpdesk", "scope": {}})),
        entry(
            4,
            "eve",
            "role.changed",
            "helpdesk",
            json!({"from": [], "rights": ["Devices_Read", "Jobs_Read"], "summary": null}),
        ),
        entry(5, "bob", "role.given", "anna", json!({"role": "auditor", "scope": {}})),
    ]);
    facts.roles.push(RoleRow {
        name: "helpdesk".parse().unwrap(),
        rights: vec![right("Devices_Read"), right("Jobs_Read")],
        summary: String::new(),
        product: None,
        changed_at: at(4),
    });
    let history = AccessHistory::from_facts(&facts);
    let roles = vec![
        held("helpdesk", &["Devices_Read", "Jobs_Read"]),
        held("auditor", &["Audit_Read"]),
    ];
    let row = account(&[], roles);
    let origin = |role: usize, name: &str| told(history.role_right_origin(&row, &row.roles[role], &right(name)));
    assert_eq!(
        origin(0, "Devices_Read"),
        given(2, "boss"),
        "given again for the same scope, it stays"
    );
    assert_eq!(
        origin(0, "Jobs_Read"),
        given(4, "eve"),
        "it came with the role's change"
    );
    assert_eq!(origin(1, "Audit_Read"), given(5, "bob"), "the system's role");
}

#[test]
fn a_right_that_an_update_of_a_product_brought_later_is_not_guessed() {
    let mut facts = facts_of(vec![entry(
        2,
        "boss",
        "role.given",
        "anna",
        json!({"role": "intune-helpdesk", "scope": {}}),
    )]);
    let role = |changed_at| RoleRow {
        name: "intune-helpdesk".parse().unwrap(),
        rights: vec![right("Devices_Read")],
        summary: String::new(),
        product: Some("intune-connector".into()),
        changed_at,
    };
    let row = account(&[], vec![held("intune-helpdesk", &["Devices_Read"])]);
    for (changed_at, expected) in [(at(1), given(2, "boss")), (at(3), None)] {
        facts.roles = vec![role(changed_at)];
        let history = AccessHistory::from_facts(&facts);
        let origin = history.role_right_origin(&row, &row.roles[0], &right("Devices_Read"));
        assert_eq!(told(origin), expected);
    }
}

#[test]
fn a9_what_a_second_person_agreed_to_is_told_with_both() {
    let sentence = json!({"sentence": "account anna gets the role auditor", "agreedBy": "eve"});
    let mut facts = facts_of(vec![entry(7, "bob", "role.given", "anna", sentence)]);
    let request = |decided_by| RelaxationRow {
        id: 1,
        relaxation: PolicyRelaxation::AccountChange {
            change: AccountChange::GiveRole {
                operator: OperatorId(5),
                name: "Anna".into(),
                role: "auditor".parse().unwrap(),
                scope: RightScope::default(),
            },
            seen: String::new(),
            sentence: String::new(),
        },
        asked_by: Some(OperatorId(4)),
        asked_at: at(6),
        state: RelaxationState::Approved,
        decided_by: Some(OperatorId(decided_by)),
        decided_at: Some(at(7)),
    };
    let row = account(&[], vec![held("auditor", &["Audit_Read"])]);
    for (decided_by, agreed) in [(3, Some("eve".to_owned())), (4, None)] {
        facts.approved = vec![request(decided_by)];
        let history = AccessHistory::from_facts(&facts);
        let origin = history
            .role_right_origin(&row, &row.roles[0], &right("Audit_Read"))
            .unwrap();
        assert_eq!((origin.by.as_deref(), origin.agreed_by), (Some("bob"), agreed));
    }
}

#[test]
fn an_account_that_was_recovered_has_everything_by_the_owner_of_the_machine() {
    for (made, before) in [
        (true, Vec::new()),
        (false, vec![("boss", json!({"rights": ["Devices_Read"], "scope": {}}))]),
    ] {
        let mut entries: Vec<AccessEntryRow> = before
            .into_iter()
            .map(|(actor, detail)| entry(1, actor, "operator.added", "anna", detail))
            .collect();
        entries.push(entry(2, "host", "operator.recovered", "anna", json!({"made": made})));
        let facts = facts_of(entries);
        let row = account(&["*"], Vec::new());
        let origin = AccessHistory::from_facts(&facts).own_right_origin(&row, &right("*"));
        assert_eq!(told(origin), given(2, "host"), "{made}");
    }
}
