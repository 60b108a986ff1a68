//! Who holds which right, and by whose hand.

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

const REVIEW: &str = "/sics/v1/access-review";

async fn entries(bus: &Bus) -> Vec<Value> {
    let review = status(bus.get(&bus.admin, REVIEW), 200).await;
    assert_eq!(review["madeAt"], json!(bus.shelf.clock.now()));
    review["entries"].as_array().unwrap().clone()
}

/// The entry of an account for a right as granted.
fn entry<'e>(entries: &'e [Value], operator: &str, right: &str) -> &'e Value {
    let mut found = entries
        .iter()
        .filter(|entry| entry["operator"] == operator && entry["right"] == right);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("{operator} {right}: {entries:#?}"));
    assert!(found.next().is_none(), "{operator} has {right} twice: {entries:#?}");
    one
}

#[tokio::test]
async fn a9_the_review_says_who_holds_what_through_which_role_since_when_and_by_whose_hand() {
    let bus = Bus::new().await;
    let manager = bus
        .operator(
            "manager",
            &["Operators_*", "Devices_Read", "Scans_Read"],
            RightScope::default(),
        )
        .await;
    let began = bus.shelf.clock.now();
    let new = json!({"name": "anna", "kind": "person", "rights": ["Scans_Read"]});
    status(bus.post(&bus.admin, "/sics/v1/operators", new), 201).await;
    bus.shelf.clock.advance(TimeDelta::hours(1));
    let role = json!({"name": "lookers", "rights": ["Devices_Read"]});
    status(bus.post(&bus.admin, "/sics/v1/roles", role), 201).await;
    bus.shelf.clock.advance(TimeDelta::hours(1));
    let given_at = bus.shelf.clock.now();
    let scope = json!({"instances": ["IntuneConnector_1"]});
    let give = bus.send(
        Method::PUT,
        &manager,
        "/sics/v1/operators/anna/roles/Lookers",
        json!({ "scope": scope }),
    );
    status(give, 200).await;

    let found = entries(&bus).await;
    let by_role = entry(&found, "anna", "Devices_Read");
    assert_eq!(
        (
            &by_role["role"],
            &by_role["scope"],
            &by_role["since"],
            &by_role["givenBy"]
        ),
        (&json!("lookers"), &scope, &json!(given_at), &json!("manager"))
    );
    assert_eq!(by_role["covers"], json!(["Devices_Read"]));
    let own = entry(&found, "anna", "Scans_Read");
    assert_eq!(
        (&own["role"], &own["since"], &own["givenBy"]),
        (&json!(null), &json!(began), &json!("admin"))
    );
    for power in ["destructive", "approving", "managing"] {
        assert_eq!(own[power], false, "{power}");
        assert_eq!(entry(&found, "admin", "*")[power], true, "{power}");
    }
    let managing = entry(&found, "manager", "Operators_*");
    assert_eq!(
        (&managing["managing"], &managing["destructive"], &managing["covers"]),
        (
            &json!(true),
            &json!(false),
            &json!(["Operators_Read", "Operators_Manage"])
        )
    );

    // Given for another scope, it is another right; taken away, it is none.
    bus.shelf.clock.advance(TimeDelta::hours(1));
    let path = "/sics/v1/operators/anna/roles/lookers";
    status(bus.send(Method::PUT, &bus.admin, path, json!({})), 200).await;
    let found = entries(&bus).await;
    let wider = entry(&found, "anna", "Devices_Read");
    assert_eq!(
        (&wider["since"], &wider["givenBy"]),
        (&json!(bus.shelf.clock.now()), &json!("admin"))
    );
    status(bus.send(Method::DELETE, &bus.admin, path, json!({})), 204).await;
    let found = entries(&bus).await;
    let mut left = found.iter().filter(|entry| entry["operator"] == "anna");
    assert!(left.all(|entry| entry["right"] == "Scans_Read"), "{found:#?}");
}

#[tokio::test]
async fn accounts_that_cannot_sign_in_and_machines_are_in_the_review_and_what_is_unknown_is_null() {
    let bus = Bus::new().await;
    bus.operator("acmp2", &["Changes_Read"], RightScope::default()).await;
    let off = json!({"disabled": true});
    status(
        bus.send(Method::PATCH, &bus.admin, "/sics/v1/operators/acmp2", off),
        200,
    )
    .await;
    status(bus.get(&bus.acmp, "/sics/v1"), 200).await;
    let found = entries(&bus).await;
    let disabled = entry(&found, "acmp2", "Changes_Read");
    assert_eq!(
        (&disabled["disabled"], &disabled["kind"]),
        (&json!(true), &json!("server"))
    );
    // Nobody has made it, and it has never signed in.
    assert_eq!(
        (&disabled["givenBy"], &disabled["lastSignInAt"]),
        (&json!(null), &json!(null))
    );
    let machine = entry(&found, "acmp", "Changes_Read");
    assert_eq!(machine["lastSignInAt"], json!(bus.shelf.clock.now()));
}

#[tokio::test]
async fn only_who_may_read_operators_everywhere_reviews() {
    let bus = Bus::new().await;
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_1".parse().unwrap()]),
        servers: None,
    };
    let limited = bus.operator("limited", &["Operators_Read"], elsewhere).await;
    assert_eq!(problem(bus.get(&limited, REVIEW), 403).await, "outOfScope");
    let without = bus.operator("without", &["Devices_Read"], RightScope::default()).await;
    assert_eq!(problem(bus.get(&without, REVIEW), 403).await, "missingRight");
}
