//! Saved views of the console: everybody's own, shared where their owner wants it.

use intune_connector::model::RightScope;
use intune_connector::sics::SicsLimits;
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

const VIEWS: &str = "/sics/v1/views";

async fn names(bus: &Bus, token: &str) -> Vec<String> {
    let told = status(bus.get(token, VIEWS), 200).await;
    let rows = told["views"].as_array().unwrap().iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.map(|row| format!("{}/{} of {}", text(row, "page"), text(row, "name"), text(row, "owner")))
        .collect()
}

fn put(bus: &Bus, token: &str, name: &str, body: Value) -> reqwest::RequestBuilder {
    bus.send(Method::PUT, token, &format!("{VIEWS}/{name}"), body)
}

fn delete(bus: &Bus, token: &str, rest: &str) -> reqwest::RequestBuilder {
    bus.open_request(Method::DELETE, &format!("{VIEWS}/{rest}"))
        .bearer_auth(token)
}

#[tokio::test]
async fn a_view_is_its_owners_and_everybodys_where_it_is_shared() {
    let bus = Bus::new().await;
    let anna = bus.operator("anna", &[], RightScope::default()).await;
    let ben = bus.operator("ben", &[], RightScope::default()).await;
    let body = json!({"page": "devices", "query": "platform=iOS&sort=deviceName", "shared": false});
    let made = status(put(&bus, &anna, "Old%20phones", body.clone()), 201).await;
    assert_eq!(
        made,
        json!({"name": "Old phones", "page": "devices", "query": "platform=iOS&sort=deviceName", "shared": false,
            "owner": "anna"})
    );
    assert_eq!(names(&bus, &anna).await, ["devices/Old phones of anna"]);
    assert!(names(&bus, &ben).await.is_empty(), "it is not shared");
    // The same name on another page, and of another owner, is another view; in another case it is the same.
    status(put(&bus, &anna, "Old%20phones", json!({"page": "jobs"})), 201).await;
    status(put(&bus, &ben, "Old%20phones", body.clone()), 201).await;
    let shared = json!({"page": "devices", "query": "platform=iOS", "shared": true});
    let changed = status(put(&bus, &anna, "OLD%20PHONES", shared), 200).await;
    assert_eq!(changed["shared"], true);
    assert_eq!(
        names(&bus, &ben).await,
        ["devices/OLD PHONES of anna", "devices/Old phones of ben"]
    );
    let told = status(bus.get(&ben, VIEWS), 200).await;
    assert_eq!(told["views"][0]["query"], "platform=iOS");
    // Who has several of a name says which is meant.
    assert_eq!(problem(delete(&bus, &anna, "Old%20phones"), 409).await, "severalViews");
    status(delete(&bus, &anna, "Old%20phones?page=jobs"), 204).await;
    status(delete(&bus, &anna, "old%20phones"), 204).await;
    assert_eq!(problem(delete(&bus, &anna, "Old%20phones"), 404).await, "unknown");
    assert_eq!(names(&bus, &ben).await, ["devices/Old phones of ben"]);
    let trail = bus.trail().await;
    for entry in [
        "anna view.saved devices/Old phones",
        "ben view.saved devices/Old phones",
        "anna view.removed jobs/Old phones",
        "anna view.removed devices/OLD PHONES",
    ] {
        assert!(trail.iter().any(|row| row == entry), "{entry}: {trail:?}");
    }
}

#[tokio::test]
async fn only_who_manages_accounts_changes_a_view_of_another() {
    let bus = Bus::new().await;
    let anna = bus.operator("anna", &[], RightScope::default()).await;
    let ben = bus.operator("ben", &["Devices_Read"], RightScope::default()).await;
    status(
        put(&bus, &anna, "mine", json!({"page": "devices", "shared": true})),
        201,
    )
    .await;
    let of_anna = json!({"page": "devices", "query": "x=1", "shared": true, "owner": "anna"});
    assert_eq!(
        problem(put(&bus, &ben, "mine", of_anna.clone()), 403).await,
        "missingRight"
    );
    assert_eq!(
        problem(delete(&bus, &ben, "mine?owner=anna"), 403).await,
        "missingRight"
    );
    assert_eq!(
        problem(delete(&bus, &ben, "mine"), 404).await,
        "unknown",
        "he has none of his own"
    );
    let changed = status(put(&bus, &bus.admin, "mine", of_anna), 200).await;
    assert_eq!((&changed["owner"], &changed["query"]), (&json!("anna"), &json!("x=1")));
    // Nobody is given a view that they did not make.
    let other = json!({"page": "devices", "owner": "anna"});
    assert_eq!(problem(put(&bus, &bus.admin, "other", other), 404).await, "unknown");
    let nobodys = json!({"page": "devices", "owner": "nobody"});
    assert_eq!(problem(put(&bus, &bus.admin, "other", nobodys), 404).await, "unknown");
    status(delete(&bus, &bus.admin, "mine?owner=anna&page=devices"), 204).await;
    assert!(names(&bus, &anna).await.is_empty());
}

#[tokio::test]
async fn views_go_with_their_account_and_are_bounded() {
    let limits = SicsLimits {
        views_per_operator: 3,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let anna = bus.operator("anna", &[], RightScope::default()).await;
    for number in 0..3 {
        let body = json!({"page": "devices", "shared": true});
        status(put(&bus, &anna, &format!("view-{number}"), body), 201).await;
    }
    let fourth = put(&bus, &anna, "view-3", json!({"page": "devices"}));
    assert_eq!(problem(fourth, 409).await, "tooManyViews");
    status(
        put(&bus, &anna, "view-2", json!({"page": "devices", "shared": true})),
        200,
    )
    .await;
    assert_eq!(names(&bus, &bus.admin).await.len(), 3);
    let removed = bus
        .open_request(Method::DELETE, "/sics/v1/operators/anna")
        .bearer_auth(&bus.admin);
    status(removed, 204).await;
    assert!(names(&bus, &bus.admin).await.is_empty());
}

#[tokio::test]
async fn wrong_views_are_told_apart() {
    let bus = Bus::new().await;
    let (good, long) = (json!({"page": "devices"}), "x".repeat(81));
    for (name, body, code) in [
        ("%20x", good.clone(), "wrongName"),
        ("x%20", good.clone(), "wrongName"),
        (long.as_str(), good.clone(), "wrongName"),
        ("x%0Ay", good.clone(), "unfitText"),
        ("x%E2%80%AEy", good.clone(), "unfitText"),
        ("x", json!({"page": ""}), "wrongPage"),
        ("x", json!({"page": "a/b"}), "wrongPage"),
        ("x", json!({"page": "x".repeat(41)}), "wrongPage"),
        ("x", json!({"page": "devices", "query": "x".repeat(2_001)}), "tooLong"),
        ("x", json!({"page": "devices", "query": "?search=a"}), "wrongView"),
        ("x", json!({"page": "devices", "query": "search=a%0Ab"}), "unfitText"),
        ("x", json!({"page": "devices", "query": "a\nb"}), "unfitText"),
        ("x", json!({"page": "devices", "colour": "red"}), "wrongBody"),
        ("x", json!({}), "wrongBody"),
    ] {
        let request = put(&bus, &bus.admin, name, body.clone());
        assert_eq!(problem(request, 400).await, code, "{name} {body}");
    }
    status(
        put(
            &bus,
            &bus.admin,
            &"ä".repeat(80),
            json!({"page": "devices", "query": "x".repeat(2_000)}),
        ),
        201,
    )
    .await;
    assert_eq!(
        problem(delete(&bus, &bus.admin, "x?colour=red"), 400).await,
        "wrongQuery"
    );
}
