//! How the jobs of a bus stand, as its metrics show it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Whole, until};

#[tokio::test]
async fn jobs_that_wait_and_a_kill_switch_show_in_the_metrics() {
    let mut whole = Whole::new(12, &[("verbs", "sync, retire")]).await;
    whole.completed("full", 1).await;
    let devices = whole.get("/sics/v1/devices?limit=4").await;
    let rows = devices["devices"].as_array().unwrap().iter();
    let targets: Vec<Value> = rows
        .map(|row| json!({"id": row["device"]["id"], "seq": row["seq"]}))
        .collect();
    let body =
        json!({"action": "retire", "devices": targets, "expectDevices": 4, "confirm": "retire", "reason": "sold"});
    whole.post("/sics/v1/jobs", body).await;
    whole
        .good(
            Method::PUT,
            "/sics/v1/killswitch",
            json!({"on": true, "reason": "a drill"}),
        )
        .await;

    // Gauges are drawn at the start, and then each quarter of a minute.
    whole.stop().await;
    whole.start().await;
    until("the gauges are drawn", async || {
        let metrics = whole.get("/metrics").await;
        let metrics = metrics.as_str().unwrap();
        let shown = |line: &str| metrics.lines().any(|shown| shown == line);
        shown("intune_connector_jobs_waiting_approval 1")
            && shown("intune_connector_tasks_open{state=\"waitingApproval\"} 4")
            && shown("intune_connector_kill_switch_on 1")
    })
    .await;
}
