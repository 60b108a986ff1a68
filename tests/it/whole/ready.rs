//! Readiness of the whole bus.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::Whole;

#[tokio::test]
async fn e3_too_little_free_space_is_told_by_readiness_before_the_disk_is_full() {
    let mut whole = Whole::prepare(12, &[]).await;
    for (least_mb, status, cause) in [("1000000000", 503, json!("lowDiskSpace")), ("0", 200, json!(null))] {
        whole.bus_ini(&format!("[store]\nmin_free_mb = {least_mb}\n"));
        whole.start().await;
        let (found, ready) = whole.ask(Method::GET, "/readyz", json!({})).await;
        assert_eq!((found.as_u16(), &ready["store"]["cause"]), (status, &cause), "{ready}");
        assert_eq!(ready["store"]["writable"], true, "it still takes writes: {ready}");
        assert_eq!(whole.ask(Method::GET, "/healthz", json!({})).await.0, 200);
        whole.stop().await;
    }
}

#[tokio::test]
async fn f4_readiness_and_status_say_why_a_snapshot_is_open_until_the_second_scan_has_ended_it() {
    let mut whole = Whole::prepare(12, &[("full", "0 3 1 1 *"), ("incremental", "off")]).await;
    let wrong = json!({"kind": "list", "twist": {"wrongCount": {"count": 14}}});
    let overview = "/v1.0/deviceManagement/managedDeviceOverview";
    whole.fault(json!({"fault": wrong, "path": overview, "times": 0})).await;
    whole.start().await;
    whole.completed("full", 1).await;
    let codes = |found: &Value| -> Vec<String> {
        let reasons = found["openBecause"].as_array().cloned().unwrap_or_default();
        reasons
            .iter()
            .map(|why| why["code"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let ready = whole.get("/readyz").await;
    let instance = &ready["instances"][0];
    assert_eq!(
        (&ready["ready"], &instance["complete"]),
        (&json!(true), &json!(false)),
        "{ready}"
    );
    assert_eq!(codes(instance), ["otherCount", "secondScan"], "{ready}");
    let shown = whole.get("/sics/v1/instances/IntuneConnector_1").await;
    let fleet = &shown["status"]["fleet"];
    assert_eq!((codes(fleet).len(), &fleet["proven"]), (2, &json!(false)), "{shown}");
    assert_eq!(fleet["nextTry"], shown["status"]["nextFull"], "{shown}");
    assert!(
        fleet["openBecause"][0]["detail"].as_str().unwrap().contains("14"),
        "{shown}"
    );
    // The schedule comes once a year: the second scan comes all the same.
    whole.clock.advance(TimeDelta::minutes(11));
    whole.completed("full", 2).await;
    let ready = whole.get("/readyz").await;
    let instance = &ready["instances"][0];
    assert_eq!(
        (codes(instance).len(), &instance["complete"]),
        (0, &json!(true)),
        "{ready}"
    );
}
