//! B-20 to B-27: what runs, and who starts and stops it, by the API of a whole bus.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::whole::{INSTANCE, Whole, until};

const ENGINE: &str = "IntuneWorkflowEngine_1";

async fn member(whole: &Whole, name: &str) -> Value {
    let told = whole.get("/sics/v1/supervisors").await;
    let members = told["supervisors"][0]["members"].as_array().unwrap();
    members
        .iter()
        .find(|member| member["name"] == name)
        .cloned()
        .unwrap_or_default()
}

async fn order(whole: &Whole, name: &str, order: &str) -> Value {
    whole
        .post(&format!("/sics/v1/instances/{name}/{order}"), json!({}))
        .await
}

async fn start_type(whole: &Whole, name: &str, start_type: &str) -> Value {
    let path = format!("/sics/v1/instances/{name}/start-type");
    whole.good(Method::PUT, &path, json!({ "startType": start_type })).await
}

async fn instance_state(whole: &Whole) -> Value {
    whole.get("/sics/v1/instances").await["instances"][0]["state"].clone()
}

#[tokio::test]
async fn b20_b21_instances_start_stop_and_restart_and_everybody_can_see_how_they_are() {
    let mut whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    until("its numbers", async || {
        member(&whole, INSTANCE).await["numbers"]["rows"] == 25
    })
    .await;
    let seen = member(&whole, INSTANCE).await;
    assert_eq!(seen["state"], "running");
    assert_eq!(seen["product"], "intune-connector");
    assert_eq!(seen["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(seen["numbers"]["requests"], 3, "a request a page");
    assert_eq!(seen["lastError"], Value::Null);
    whole.clock.advance(chrono::TimeDelta::seconds(30));
    assert_eq!(order(&whole, INSTANCE, "stop").await["state"], "stopped");
    assert_eq!(instance_state(&whole).await, "stopped");
    let (status, problem) = whole
        .ask(
            Method::POST,
            "/sics/v1/scans",
            json!({"instance": INSTANCE, "kind": "full"}),
        )
        .await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("notRunning")));
    assert_eq!(
        member(&whole, ENGINE).await["state"],
        "running",
        "its neighbour runs on"
    );
    let started = order(&whole, INSTANCE, "start").await;
    assert_eq!(
        (&started["state"], &started["since"]),
        (&json!("running"), &json!("2026-09-21T14:13:50Z"))
    );
    assert_eq!(order(&whole, ENGINE, "restart").await["state"], "running");
    let (status, _) = whole
        .ask(Method::POST, "/sics/v1/instances/Nobody_9/start", json!({}))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let trail = whole.get("/sics/v1/audit?limit=1000").await.to_string();
    for action in ["instance.stopped", "instance.started", "instance.restarted"] {
        assert!(trail.contains(action), "{action}");
    }
    whole.stop().await;
}

#[tokio::test]
async fn b22_members_come_back_by_themselves_when_the_bus_does() {
    let mut whole = Whole::new(5, &[]).await;
    whole.stop().await;
    whole.start().await;
    assert_eq!(member(&whole, INSTANCE).await["state"], "running");
    assert_eq!(member(&whole, ENGINE).await["state"], "running");
    whole.stop().await;
}

#[tokio::test]
async fn b23_b25_each_member_names_its_supervisor_and_who_names_none_gets_the_one_there_is() {
    let mut whole = Whole::new(5, &[]).await;
    let told = whole.get("/sics/v1/supervisors").await;
    assert_eq!(told["supervisors"][0]["id"], "local");
    assert_eq!(
        told["supervisors"][0]["kinds"],
        json!([
            "intune-app-orders",
            "intune-connector",
            "intune-target-file",
            "intune-target-glpi",
            "intune-target-netbox",
            "intune-target-ocs",
            "intune-target-postgresql",
            "intune-target-servicenow",
            "intune-target-snipe-it",
            "workflow-engine"
        ])
    );
    assert_eq!(member(&whole, ENGINE).await["supervisor"], "local");
    let settings: Value = super::another(&whole);
    let (status, problem) = whole
        .ask(
            Method::POST,
            "/sics/v1/instances?supervisor=elsewhere",
            settings.clone(),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("unknownSupervisor"))
    );
    let added = whole.post("/sics/v1/instances?supervisor=local", settings).await;
    assert_eq!(added["status"]["name"], "IntuneConnector_2");
    assert_eq!(member(&whole, "IntuneConnector_2").await["supervisor"], "local");
    whole.stop().await;
}

#[tokio::test]
async fn b24_automatic_manual_disabled_and_created_stopped() {
    let mut whole = Whole::new(5, &[]).await;
    let settings: Value = super::another(&whole);
    whole.post("/sics/v1/instances?stopped=true", settings).await;
    let name = "IntuneConnector_2";
    assert_eq!(member(&whole, name).await["state"], "stopped");
    assert_eq!(member(&whole, name).await["startType"], "automatic");
    start_type(&whole, INSTANCE, "manual").await;
    start_type(&whole, ENGINE, "disabled").await;
    assert_eq!(
        member(&whole, INSTANCE).await["state"],
        "running",
        "manual stops nobody"
    );
    assert_eq!(member(&whole, ENGINE).await["state"], "stopped", "disabled does");
    let (status, problem) = whole
        .ask(Method::POST, &format!("/sics/v1/instances/{ENGINE}/start"), json!({}))
        .await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("disabled")));
    whole.stop().await;
    whole.start().await;
    assert_eq!(
        member(&whole, name).await["state"],
        "running",
        "automatic: with the bus"
    );
    assert_eq!(
        member(&whole, INSTANCE).await["state"],
        "stopped",
        "manual: not by itself"
    );
    assert_eq!(member(&whole, ENGINE).await["state"], "stopped");
    assert_eq!(order(&whole, INSTANCE, "start").await["state"], "running");
    whole.stop().await;
}

#[tokio::test]
async fn b24_enabled_no_in_the_settings_is_disabled() {
    let mut whole = Whole::new(5, &[("enabled", "no")]).await;
    assert_eq!(instance_state(&whole).await, "disabled");
    assert_eq!(member(&whole, INSTANCE).await["startType"], "disabled");
    let (status, _) = whole
        .ask(Method::POST, &format!("/sics/v1/instances/{INSTANCE}/start"), json!({}))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    whole
        .good(
            Method::PATCH,
            &format!("/sics/v1/instances/{INSTANCE}"),
            json!({"enabled": "yes"}),
        )
        .await;
    assert_eq!(member(&whole, INSTANCE).await["state"], "running");
    whole.stop().await;
}

#[tokio::test]
async fn b26_e2_one_whose_settings_are_wrong_is_shown_as_failed_with_advice_and_its_neighbours_run() {
    let mut whole = Whole::prepare(5, &[]).await;
    let ini = whole.data().join("instances/IntuneConnector_1.ini");
    let text = std::fs::read_to_string(&ini).unwrap();
    whole.start().await;
    order(&whole, INSTANCE, "stop").await;
    std::fs::write(&ini, text.replace("[", "[wrong")).unwrap();
    assert_eq!(order(&whole, INSTANCE, "start").await["state"], "failed");
    let seen = member(&whole, INSTANCE).await;
    assert_eq!(seen["lastError"]["code"], "settings");
    assert_ne!(seen["lastError"]["advice"], "");
    assert_eq!(instance_state(&whole).await, "misconfigured");
    assert_eq!(member(&whole, ENGINE).await["state"], "running");
    std::fs::write(&ini, text).unwrap();
    assert_eq!(order(&whole, INSTANCE, "start").await["state"], "running");
    whole.stop().await;
}

#[tokio::test]
async fn mi_12_b27_no_member_has_an_account_that_nothing_uses_and_nobody_can_make_one() {
    let mut whole = Whole::new(5, &[]).await;
    order(&whole, INSTANCE, "restart").await;
    for name in [INSTANCE, ENGINE] {
        assert_eq!(member(&whole, name).await["state"], "running");
        let (status, _) = whole
            .ask(Method::GET, &format!("/sics/v1/operators/{name}"), json!({}))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}");
    }
    let body = json!({"name": "Impostor_1", "kind": "microservice", "rights": ["*"]});
    let (status, _) = whole.ask(Method::POST, "/sics/v1/operators", body).await;
    assert!(status.is_client_error(), "{status}");
    whole.completed("full", 1).await;
    whole
        .confirmed(Method::DELETE, &format!("/sics/v1/instances/{INSTANCE}"), json!({}), 5)
        .await;
    for name in [INSTANCE, ENGINE] {
        assert_eq!(member(&whole, name).await, Value::Null);
    }
    whole.stop().await;
}
