//! A scan that keeps nothing, while the bus runs.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, LIST, Whole, until};

const DRY_RUN: &str = "/sics/v1/scans/dry-run";

#[tokio::test]
async fn a_dry_run_beside_the_running_bus_tells_what_a_scan_would_find_and_keeps_nothing() {
    let whole = Whole::new(35, &[]).await;
    whole.completed("full", 1).await;
    let all = whole.control("GET", "devices", json!({})).await;
    let ids: Vec<&str> = all["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| device["id"].as_str().unwrap())
        .collect();
    whole.control("DELETE", &format!("devices/{}", ids[0]), json!({})).await;
    let renamed = json!({"properties": {"deviceName": "RENAMED"}});
    whole.control("PATCH", &format!("devices/{}", ids[1]), renamed).await;
    let seq = whole.bus().store.newest_seq().await.unwrap();

    let found = whole.post(DRY_RUN, json!({"instance": INSTANCE})).await;
    let n = |key: &str| found[key].as_u64().unwrap();
    assert_eq!((n("seen"), n("new"), n("changed"), n("gone")), (34, 0, 1, 1), "{found}");
    assert_eq!(whole.bus().store.newest_seq().await.unwrap(), seq);
    assert_eq!(whole.scans().await.len(), 1);
}

#[tokio::test]
async fn a_dry_run_runs_alone_tells_its_progress_and_ends_when_nobody_listens() {
    let whole = Whole::new(35, &[]).await;
    whole.completed("full", 1).await;
    whole
        .fault(json!({"fault": {"kind": "silent"}, "path": LIST, "fromPage": 3, "times": 0}))
        .await;
    let local = &whole.bus().local;
    let asked = whole
        .http
        .post(format!("{}{DRY_RUN}", local.url))
        .bearer_auth(&local.token)
        .header("accept", "text/event-stream")
        .json(&json!({"instance": INSTANCE}));
    let mut stream = asked.send().await.unwrap();
    let first = stream.chunk().await.unwrap().unwrap();
    let first = String::from_utf8_lossy(&first);
    let told: Value =
        serde_json::from_str(first.trim().strip_prefix("data:").unwrap().lines().next().unwrap()).unwrap();
    assert!(told["progress"]["devices"].is_u64(), "{told}");

    let (status, second) = whole.ask(Method::POST, DRY_RUN, json!({"instance": INSTANCE})).await;
    assert_eq!(
        (status.as_u16(), second["code"].as_str()),
        (429, Some("tooManyDryRuns"))
    );
    drop(stream);
    whole.heal().await;
    until("there is a place again", async || {
        let (status, answer) = whole.ask(Method::POST, DRY_RUN, json!({"instance": INSTANCE})).await;
        assert!(status == 200 || answer["code"] == "tooManyDryRuns", "{answer}");
        status == 200
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_that_fails_says_why() {
    let whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    whole
        .fault(json!({"fault": {"kind": "status", "status": 403}, "path": LIST, "times": 0}))
        .await;
    let (status, answer) = whole.ask(Method::POST, DRY_RUN, json!({"instance": INSTANCE})).await;
    assert_eq!(status, 502, "{answer}");
    assert!(!answer["advice"].as_str().unwrap().is_empty(), "{answer}");
    let (status, answer) = whole
        .ask(Method::POST, DRY_RUN, json!({"instance": "IntuneConnector_9"}))
        .await;
    assert_eq!(status, 404, "{answer}");
}
