//! How far a management server is behind, as everybody sees it: the API, the connection check, the metrics.

use serde_json::{Value, json};

use super::{INSTANCE, Whole, until};

async fn server(whole: &Whole) -> Value {
    let told = whole.get("/sics/v1/servers").await;
    told["servers"][0].clone()
}

async fn read_and_acknowledge(whole: &Whole) {
    let path = "/sics/v1/servers/cmdb/changes";
    let told = whole.get(&format!("{path}?limit=1000")).await;
    whole
        .post(&format!("{path}/ack"), json!({"cursor": told["cursor"]}))
        .await;
}

#[tokio::test]
async fn a_server_that_is_behind_shows_by_how_many_changes_and_since_when() {
    let mut whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    whole.server("cmdb", json!({})).await;
    let fresh = server(&whole).await;
    assert_eq!(
        (&fresh["instances"][0]["behind"], &fresh["acknowledgedAt"]),
        (&json!(25), &Value::Null)
    );

    read_and_acknowledge(&whole).await;
    let caught_up = server(&whole).await;
    assert_eq!(caught_up["instances"][0]["behind"], 0, "{caught_up}");
    let at = caught_up["acknowledgedAt"]
        .as_str()
        .unwrap()
        .parse::<chrono::DateTime<chrono::Utc>>();
    assert_eq!(at.unwrap(), whole.clock.now());

    let all = whole.control("GET", "devices", json!({})).await;
    for (n, device) in all["devices"].as_array().unwrap().iter().take(2).enumerate() {
        let path = format!("devices/{}", device["id"].as_str().unwrap());
        let renamed = json!({"properties": {"deviceName": format!("RENAMED-{n}")}});
        whole.control("PATCH", &path, renamed).await;
    }
    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    whole.completed("full", 2).await;
    assert_eq!(server(&whole).await["instances"][0]["behind"], 2);

    let checked = whole.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    let steps = checked["steps"].as_array().unwrap();
    let detail = steps.iter().find(|step| step["step"] == "server").unwrap()["detail"].as_str();
    assert!(
        detail.unwrap().starts_with("accepted, 2 changes behind; seen "),
        "{detail:?}"
    );

    // Gauges are drawn at the start, and then each quarter of a minute.
    whole.stop().await;
    whole.start().await;
    until("the gauges are drawn", async || {
        let metrics = whole.get("/metrics").await;
        let metrics = metrics.as_str().unwrap();
        let acknowledged = "intune_connector_server_last_acknowledged_seconds{server=\"cmdb\"} ";
        metrics.contains("intune_connector_server_lag{server=\"cmdb\"} 2\n") && metrics.contains(acknowledged)
    })
    .await;
    read_and_acknowledge(&whole).await;
    assert_eq!(server(&whole).await["instances"][0]["behind"], 0);
}
