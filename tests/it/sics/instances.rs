//! Instances, scans, the brake and the connection check, as far as the API goes.

use intune_connector::model::{BitSet, RightScope};
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, confirmed, problem, status};
use crate::support::shelf::device;

#[tokio::test]
async fn f7_what_takes_devices_away_shows_its_count_first() {
    let bus = Bus::new().await;
    let path = format!("/sics/v1/instances/{}", bus.shelf.instance.name);
    let patch = |query: &str| {
        bus.send(
            Method::PATCH,
            &bus.admin,
            &format!("{path}{query}"),
            json!({"servers": "cmdb"}),
        )
    };
    let refused = status(patch(""), 409).await;
    assert_eq!(
        (&refused["code"], &refused["count"]),
        (&json!("confirmationNeeded"), &json!(3))
    );
    assert_eq!(problem(patch("?confirm=4"), 409).await, "confirmationNeeded");
    assert_eq!(problem(patch("?confirm=x"), 400).await, "wrongQuery");
    confirmed(patch, 200).await;
    let delete = |query: &str| bus.send(Method::DELETE, &bus.admin, &format!("{path}{query}"), json!({}));
    assert_eq!(problem(delete(""), 409).await, "confirmationNeeded");
    assert_eq!(confirmed(delete, 200).await["gone"], 3);
    let trail = bus.trail().await;
    assert_eq!(
        trail.iter().filter(|entry| entry.contains("instance.")).count(),
        2,
        "{trail:?}"
    );
}

#[tokio::test]
async fn e1_an_instance_is_added_without_its_secrets_being_seen_again() {
    let bus = Bus::new().await;
    let draft = json!({"tenant_id": "t", "client_id": "c", "secret": "canary-secret"});
    let added = status(bus.post(&bus.admin, "/sics/v1/instances", draft), 201).await;
    assert_eq!(added["settings"]["tenant_id"], "tenant");
    assert_eq!(added["status"]["credentialDaysLeft"], 12);
    let calls = format!("{:?}", bus.engine.calls.lock().unwrap());
    let trail = serde_json::to_string(&bus.shelf.store.list_audit_entries(0, 100).await.unwrap()).unwrap();
    assert!(
        !calls.contains("canary") && !trail.contains("canary") && trail.contains("\"secret\""),
        "{trail}"
    );
    let wrong = status(
        bus.post(&bus.admin, "/sics/v1/instances", json!({"client_id": "c"})),
        422,
    )
    .await;
    assert_eq!(
        (&wrong["code"], &wrong["key"]),
        (&json!("settings"), &json!("tenant_id"))
    );
    let body = bus.post(&bus.admin, "/sics/v1/instances", json!(["canary-secret"]));
    let text = body.send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_scan_is_started_by_who_may_and_where_he_may() {
    let bus = Bus::new().await;
    let name = bus.shelf.instance.name.as_str();
    let started = bus.post(&bus.admin, "/sics/v1/scans", json!({"instance": name, "kind": "full"}));
    assert_eq!(
        status(started, 202).await,
        json!({"scan": null, "kind": "full", "alreadyRunning": false})
    );
    assert_eq!(*bus.engine.calls.lock().unwrap(), [format!("scan {name} Full")]);
    let scope = RightScope {
        instances: Some(Vec::new()),
        servers: None,
    };
    let elsewhere = bus.operator("elsewhere", &["Scans_*"], scope).await;
    let refused = bus.post(&elsewhere, "/sics/v1/scans", json!({"instance": name, "kind": "full"}));
    assert_eq!(problem(refused, 403).await, "outOfScope");
    let unknown = bus.post(
        &bus.admin,
        "/sics/v1/scans",
        json!({"instance": "IntuneConnector_9", "kind": "full"}),
    );
    assert_eq!(problem(unknown, 404).await, "unknown");
    let wrong = bus.post(&bus.admin, "/sics/v1/scans", json!({"instance": name, "kind": "half"}));
    assert_eq!(problem(wrong, 400).await, "wrongBody");
    bus.shelf.full(vec![device(1, "A")]).await;
    let listed = status(bus.get(&bus.admin, "/sics/v1/scans?limit=5"), 200).await;
    assert_eq!(listed["scans"][0]["scan"]["state"], "completed");
    assert_eq!(
        problem(bus.get(&bus.admin, "/sics/v1/scans?limit=0"), 400).await,
        "wrongLimit"
    );
}

#[tokio::test]
async fn s2_the_brake_is_released_for_exactly_the_devices_shown() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let missing = bus
        .shelf
        .store
        .list_missing_devices(bus.shelf.instance_id(), BitSet::default())
        .await
        .unwrap();
    let rows = missing.iter().map(|device| device.row).collect();
    bus.shelf.store.withhold_missing(rows).await.unwrap();
    let path = format!("/sics/v1/instances/{}", bus.shelf.instance.name);
    let shown = status(bus.get(&bus.admin, &format!("{path}/brake")), 200).await;
    assert_eq!(shown["count"], 2);
    assert_eq!(shown["devices"][0]["deviceName"], "A");
    let confirm = |token: &str, digest: &Value, count| {
        bus.post(
            token,
            &format!("{path}/confirm-gone"),
            json!({"digest": digest, "count": count}),
        )
    };
    let reader = bus
        .operator(
            "reader",
            &["Scans_Read", "Scans_Run", "Instances_*"],
            RightScope::default(),
        )
        .await;
    assert_eq!(
        problem(confirm(&reader, &shown["digest"], 2), 403).await,
        "missingRight"
    );
    assert_eq!(
        problem(confirm(&bus.admin, &json!("0000000000000000"), 2), 409).await,
        "setHasChanged"
    );
    assert_eq!(
        problem(confirm(&bus.admin, &shown["digest"], 1), 409).await,
        "setHasChanged"
    );
    status(confirm(&bus.admin, &shown["digest"], 2), 200).await;
    assert!(
        bus.trail()
            .await
            .iter()
            .any(|entry| entry.starts_with("admin brake.released"))
    );
}

#[tokio::test]
async fn the_connection_check_answers_at_once_or_step_by_step() {
    let bus = Bus::new().await;
    let name = bus.shelf.instance.name.as_str();
    let whole = status(bus.post(&bus.admin, "/sics/v1/verify", json!({"instance": name})), 200).await;
    assert_eq!(whole["ok"], false);
    assert_eq!(whole["steps"].as_array().unwrap().len(), 3);
    let streamed = bus.post(&bus.admin, "/sics/v1/verify", json!({"draft": {"secret": "canary"}}));
    let text = streamed
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(text.matches("data:").count(), 3, "{text}");
    assert!(!format!("{:?}", bus.engine.calls.lock().unwrap()).contains("canary"));
    for wrong in [json!({}), json!({"instance": name, "draft": {}})] {
        assert_eq!(
            problem(bus.post(&bus.admin, "/sics/v1/verify", wrong), 400).await,
            "wrongBody"
        );
    }
    let checker = bus.operator("checker", &["Verify_Run"], RightScope::default()).await;
    status(bus.post(&checker, "/sics/v1/verify", json!({"instance": name})), 200).await;
    let draft = bus.post(&checker, "/sics/v1/verify", json!({"draft": {}}));
    assert_eq!(problem(draft, 403).await, "missingRight");
}
