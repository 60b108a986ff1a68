//! Roles: rights under a name, each where it was given.

use intune_connector::model::{RIGHTS, RightScope, SYSTEM_ROLES};
use intune_connector::store::{NewOperator, NewRole, OperatorKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

fn at(instance: &str) -> RightScope {
    RightScope {
        instances: Some(vec![instance.parse().unwrap()]),
        servers: None,
    }
}

async fn person(bus: &Bus, name: &str, rights: &[&str]) -> String {
    let new = NewOperator {
        name: name.into(),
        kind: OperatorKind::Person,
        password_hash: Some("$argon2id$not-a-hash".into()),
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope::default(),
        created_by: None,
    };
    let id = bus.shelf.store.add_operator(new).await.unwrap().id;
    bus.token(id, None).await
}

async fn give(bus: &Bus, operator: &str, role: &str, body: Value) -> Value {
    let path = format!("/sics/v1/operators/{operator}/roles/{role}");
    status(bus.send(Method::PUT, &bus.admin, &path, body), 200).await
}

#[tokio::test]
async fn b70_b73_every_role_shows_its_rights_as_a_tree_and_who_holds_it_where() {
    let bus = Bus::new().await;
    bus.operator("anna", &[], RightScope::default()).await;
    let body = json!({"name": "helpdesk", "summary": "first line", "rights": ["Devices_*", "Jobs_Read", "Scans_Read"]});
    status(bus.post(&bus.admin, "/sics/v1/roles", body), 201).await;
    let held = give(
        &bus,
        "anna",
        "HelpDesk",
        json!({"scope": {"instances": ["IntuneConnector_1"]}}),
    )
    .await;
    assert_eq!(
        held["roles"],
        json!([{"role": "helpdesk", "scope": {"instances": ["IntuneConnector_1"]}}])
    );
    let all = status(bus.get(&bus.admin, "/sics/v1/roles"), 200).await;
    let names: Vec<&str> = all["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].as_str().unwrap())
        .collect();
    for role in SYSTEM_ROLES {
        assert!(names.contains(&role.name), "{names:?}");
    }
    let shown = status(bus.get(&bus.admin, "/sics/v1/roles/helpdesk"), 200).await;
    assert_eq!(shown["origin"], "own");
    assert_eq!(
        shown["holders"],
        json!([{"operator": "anna", "scope": {"instances": ["IntuneConnector_1"]}}])
    );
    assert_eq!(
        shown["tree"][0],
        json!({"main": "Devices", "sub": ["Read"], "all": true})
    );
    let jobs = shown["tree"]
        .as_array()
        .unwrap()
        .iter()
        .find(|main| main["main"] == "Jobs")
        .unwrap();
    assert_eq!((&jobs["sub"], &jobs["all"]), (&json!(["Read"]), &json!(false)));
}

#[tokio::test]
async fn rights_of_one_role_do_not_hold_in_the_scope_of_another() {
    let bus = Bus::new().await;
    let (one, two) = ("IntuneConnector_1", "IntuneConnector_2");
    assert_eq!(bus.shelf.another_instance().await.name.as_str(), two);
    let anna = bus.operator("anna", &[], RightScope::default()).await;
    assert_eq!(problem(bus.get(&anna, "/sics/v1/devices"), 403).await, "missingRight");
    for (name, rights) in [
        ("sees", json!(["Devices_Read"])),
        ("scans", json!(["Scans_Read", "Scans_Run"])),
    ] {
        let body = json!({"name": name, "rights": rights});
        status(bus.post(&bus.admin, "/sics/v1/roles", body), 201).await;
    }
    give(&bus, "anna", "sees", json!({"scope": {"instances": [one]}})).await;
    give(&bus, "anna", "scans", json!({"scope": {"instances": [two]}})).await;
    status(bus.get(&anna, &format!("/sics/v1/devices?instance={one}")), 200).await;
    assert_eq!(
        problem(bus.get(&anna, &format!("/sics/v1/devices?instance={two}")), 403).await,
        "outOfScope"
    );
    status(bus.get(&anna, &format!("/sics/v1/scans?instance={two}")), 200).await;
    assert_eq!(
        problem(bus.get(&anna, &format!("/sics/v1/scans?instance={one}")), 403).await,
        "outOfScope"
    );
    let mine = status(bus.get(&anna, "/sics/v1"), 200).await;
    assert_eq!(mine["rights"], json!(["Devices_Read", "Scans_Read", "Scans_Run"]));
    // Taken away, it holds nowhere; a role that is no more gives nothing.
    let path = "/sics/v1/operators/anna/roles/sees";
    status(bus.send(Method::DELETE, &bus.admin, path, json!({})), 204).await;
    assert_eq!(
        problem(bus.send(Method::DELETE, &bus.admin, path, json!({})), 404).await,
        "unknown"
    );
    assert_eq!(
        problem(bus.get(&anna, &format!("/sics/v1/devices?instance={one}")), 403).await,
        "missingRight"
    );
    status(
        bus.send(Method::DELETE, &bus.admin, "/sics/v1/roles/scans", json!({})),
        204,
    )
    .await;
    assert_eq!(status(bus.get(&anna, "/sics/v1"), 200).await["rights"], json!([]));
}

#[tokio::test]
async fn b71_missing_dependencies_are_refused_with_their_names_or_added_by_a_switch() {
    let bus = Bus::new().await;
    let body =
        |add: bool| json!({"name": "wipers", "rights": ["Actions_Wipe", "Jobs_Approve"], "addDependencies": add});
    let answer = status(bus.post(&bus.admin, "/sics/v1/roles", body(false)), 409).await;
    assert_eq!(answer["code"], "dependenciesMissing");
    assert_eq!(
        answer["missing"],
        json!([{"right": "Jobs_Send", "neededBy": "Actions_Wipe"}, {"right": "Jobs_Read", "neededBy": "Jobs_Approve"}])
    );
    assert_eq!(
        problem(bus.get(&bus.admin, "/sics/v1/roles/wipers"), 404).await,
        "unknown",
        "it was not made"
    );
    let made = status(bus.post(&bus.admin, "/sics/v1/roles", body(true)), 201).await;
    assert_eq!(
        made["rights"],
        json!(["Actions_Wipe", "Jobs_Approve", "Jobs_Send", "Jobs_Read"])
    );
    let account = json!({"name": "ben", "kind": "person", "rights": ["Audit_Export"]});
    assert_eq!(
        problem(bus.post(&bus.admin, "/sics/v1/operators", account.clone()), 409).await,
        "dependenciesMissing"
    );
    let mut account = account;
    account["addDependencies"] = json!(true);
    let added = status(bus.post(&bus.admin, "/sics/v1/operators", account), 201).await;
    assert_eq!(added["rights"], json!(["Audit_Export", "Audit_Read"]));
}

#[tokio::test]
async fn b72_roles_of_the_system_and_of_products_are_protected_and_each_refusal_has_its_result() {
    let bus = Bus::new().await;
    let of_product = NewRole {
        name: "intune-helpdesk".parse().unwrap(),
        rights: vec!["Devices_Read".parse().unwrap()],
        summary: "looks".into(),
    };
    let store = &bus.shelf.store;
    store
        .set_product_roles("intune-connector".into(), vec![of_product.clone()], false)
        .await
        .unwrap();
    let roles = "/sics/v1/roles";
    let result = async |request, code| status(request, code).await["result"].clone();
    for (name, code, wanted) in [
        ("9 lives", 422, "NameNotValid"),
        ("Administrator", 409, "NameNotUnique"),
        ("intune-helpdesk", 409, "NameNotUnique"),
    ] {
        let body = json!({"name": name, "rights": ["Devices_Read"]});
        assert_eq!(result(bus.post(&bus.admin, roles, body), code).await, wanted);
    }
    for (name, wanted) in [("auditor", "RoleIsSystemRole"), ("intune-helpdesk", "RoleIsPluginRole")] {
        let path = format!("{roles}/{name}");
        for method in [Method::PATCH, Method::DELETE] {
            let body = json!({"rights": ["Devices_Read"]});
            assert_eq!(result(bus.send(method, &bus.admin, &path, body), 409).await, wanted);
        }
    }
    // What is held changes with an update of its product only; a name that somebody else has stays his.
    let wider = NewRole {
        rights: vec!["Devices_Read".parse().unwrap(), "Jobs_Read".parse().unwrap()],
        ..of_product
    };
    store
        .set_product_roles("intune-connector".into(), vec![wider.clone()], false)
        .await
        .unwrap();
    store
        .set_product_roles("other".into(), vec![wider.clone()], true)
        .await
        .unwrap();
    let shown = async || status(bus.get(&bus.admin, &format!("{roles}/intune-helpdesk")), 200).await;
    assert_eq!(shown().await["rights"], json!(["Devices_Read"]));
    store
        .set_product_roles("intune-connector".into(), vec![wider], true)
        .await
        .unwrap();
    assert_eq!(shown().await["rights"], json!(["Devices_Read", "Jobs_Read"]));
    store
        .set_product_roles("intune-connector".into(), Vec::new(), true)
        .await
        .unwrap();
    assert_eq!(
        problem(bus.get(&bus.admin, &format!("{roles}/intune-helpdesk")), 404).await,
        "unknown"
    );
}

#[tokio::test]
async fn nobody_gives_what_he_does_not_have_there() {
    let bus = Bus::new().await;
    let body = json!({"name": "wipers", "rights": ["Actions_Wipe", "Jobs_Send"]});
    status(bus.post(&bus.admin, "/sics/v1/roles", body), 201).await;
    bus.operator("ben", &[], RightScope::default()).await;
    let manager = bus
        .operator("manager", &["Operators_*", "Devices_Read"], RightScope::default())
        .await;
    let put = |path: &str| bus.send(Method::PUT, &manager, path, json!({}));
    assert_eq!(
        problem(put("/sics/v1/operators/ben/roles/wipers"), 403).await,
        "beyondYours"
    );
    assert_eq!(
        problem(put("/sics/v1/operators/ben/roles/administrator"), 403).await,
        "beyondYours"
    );
    assert_eq!(
        problem(put("/sics/v1/operators/manager/roles/auditor"), 409).await,
        "yourself"
    );
    let new = json!({"name": "mine", "rights": ["Actions_Wipe", "Jobs_Send"]});
    assert_eq!(
        problem(bus.post(&manager, "/sics/v1/roles", new), 403).await,
        "beyondYours"
    );
    // Whoever holds more through a role is beyond him as a whole.
    give(&bus, "ben", "wipers", json!({})).await;
    let path = "/sics/v1/operators/ben";
    for (method, path) in [
        (Method::PATCH, path.to_owned()),
        (Method::DELETE, path.to_owned()),
        (Method::DELETE, format!("{path}/roles/wipers")),
    ] {
        let body = json!({"disabled": true});
        assert_eq!(
            problem(bus.send(method, &manager, &path, body), 403).await,
            "beyondYours"
        );
    }
    let token = bus.post(&manager, &format!("{path}/tokens"), json!({"name": "mine"}));
    assert_eq!(problem(token, 403).await, "beyondYours");
    let change = bus.send(
        Method::PATCH,
        &manager,
        "/sics/v1/roles/wipers",
        json!({"summary": "x"}),
    );
    assert_eq!(problem(change, 403).await, "beyondYours");
    // With a right that holds for one instance, nothing is given that holds everywhere.
    let partly = bus.operator("partly", &["Operators_*"], RightScope::default()).await;
    let row = bus.shelf.store.find_operator_by_name("partly").await.unwrap().unwrap();
    bus.shelf
        .store
        .assign_role(row.id, "auditor".parse().unwrap(), at("IntuneConnector_1"))
        .await
        .unwrap();
    bus.operator("carl", &[], RightScope::default()).await;
    let path = "/sics/v1/operators/carl/roles/auditor";
    assert_eq!(
        problem(bus.send(Method::PUT, &partly, path, json!({})), 403).await,
        "beyondYours"
    );
    let narrow = json!({"scope": {"instances": ["IntuneConnector_1"]}});
    status(bus.send(Method::PUT, &partly, path, narrow), 200).await;
}

#[tokio::test]
async fn the_last_administrator_can_not_be_removed_disabled_or_demoted() {
    let bus = Bus::new().await;
    person(&bus, "anna", &["*"]).await;
    let anna = "/sics/v1/operators/anna";
    let refused = async || {
        for (method, path, body) in [
            (Method::DELETE, anna, json!({})),
            (Method::PATCH, anna, json!({"disabled": true})),
            (Method::PATCH, anna, json!({"rights": ["Devices_Read"]})),
            (
                Method::PATCH,
                anna,
                json!({"scope": {"instances": ["IntuneConnector_1"]}}),
            ),
        ] {
            let request = bus.send(method, &bus.admin, path, body);
            assert_eq!(problem(request, 409).await, "lastAdministrator");
        }
    };
    refused().await;
    // A server is no administrator, nor is a person without a password, nor is somebody who is one for an instance only.
    bus.operator("ben", &[], RightScope::default()).await;
    // Past the rule that a second person has to agree: that is told elsewhere.
    let given = async |name: &str, scope: RightScope| {
        let store = &bus.shelf.store;
        let row = store.find_operator_by_name(name).await.unwrap().unwrap();
        store
            .assign_role(row.id, "administrator".parse().unwrap(), scope)
            .await
            .unwrap();
    };
    given("ben", RightScope::default()).await;
    person(&bus, "carl", &[]).await;
    given("carl", at("IntuneConnector_1")).await;
    refused().await;
    given("carl", RightScope::default()).await;
    status(
        bus.send(Method::PATCH, &bus.admin, anna, json!({"rights": ["Devices_Read"]})),
        200,
    )
    .await;
    let taken = bus.send(
        Method::DELETE,
        &bus.admin,
        "/sics/v1/operators/carl/roles/administrator",
        json!({}),
    );
    assert_eq!(problem(taken, 409).await, "lastAdministrator");
    let all = RIGHTS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let row = bus.shelf.store.find_operator_by_name("carl").await.unwrap().unwrap();
    assert!(all.iter().all(|right| row.has_right_everywhere(right)));
}

#[tokio::test]
async fn a_token_reaches_no_further_than_its_scope_and_never_further_than_its_account() {
    let bus = Bus::new().await;
    let (one, two) = ("IntuneConnector_1", "IntuneConnector_2");
    assert_eq!(bus.shelf.another_instance().await.name.as_str(), two);
    bus.operator("anna", &["Devices_Read"], RightScope::default()).await;
    let token = async |scope: Value| {
        let body = json!({"name": "t", "scope": scope});
        status(bus.post(&bus.admin, "/sics/v1/operators/anna/tokens", body), 201).await
    };
    let made = token(json!({"instances": [one]})).await;
    assert_eq!(made["scope"], json!({"instances": [one]}));
    let text = made["token"].as_str().unwrap();
    status(bus.get(text, &format!("/sics/v1/devices?instance={one}")), 200).await;
    assert_eq!(
        problem(bus.get(text, &format!("/sics/v1/devices?instance={two}")), 403).await,
        "outOfScope"
    );
    let listed = status(bus.get(text, "/sics/v1"), 200).await;
    assert!(!listed.to_string().contains(two), "{listed}");
    let both = token(json!({"instances": [one, two]})).await;
    let narrowed = json!({"scope": {"instances": [two]}});
    status(
        bus.send(Method::PATCH, &bus.admin, "/sics/v1/operators/anna", narrowed),
        200,
    )
    .await;
    assert_eq!(
        problem(bus.get(text, &format!("/sics/v1/devices?instance={one}")), 403).await,
        "outOfScope"
    );
    let both = both["token"].as_str().unwrap();
    status(bus.get(both, &format!("/sics/v1/devices?instance={two}")), 200).await;
    assert_eq!(
        problem(bus.get(both, &format!("/sics/v1/devices?instance={one}")), 403).await,
        "outOfScope"
    );
}
