//! What people are told of management servers, of a tenant whose records can't all be read.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, LIST, Whole};

/// Reads to the end and acknowledges; how the server stands then.
async fn progress(whole: &Whole, server: &str) -> Value {
    let path = format!("/sics/v1/servers/{server}");
    let told = whole.get(&format!("{path}/changes?limit=1000")).await;
    assert_eq!(told["more"], false, "{told}");
    let acknowledged = json!({"cursor": told["cursor"]});
    whole
        .good(Method::POST, &format!("{path}/changes/ack"), acknowledged)
        .await;
    let shown = whole.get(&path).await;
    let listed = whole.get("/sics/v1/servers").await;
    assert_eq!(listed["servers"][0]["instances"], shown["instances"]);
    shown["instances"][0].clone()
}

#[tokio::test]
async fn e10_records_that_could_not_be_read_are_told_with_a_servers_status_and_count_against_complete() {
    let mut whole = Whole::prepare(25, &[]).await;
    let twist = json!({"unreadable": {"how": {"property": {"name": "serialNumber", "value": {"a": 1}}}}});
    whole
        .fault(json!({"fault": {"kind": "list", "twist": twist}, "path": LIST, "times": 2}))
        .await;
    whole.start().await;
    let scan = whole.completed("full", 1).await;
    assert_eq!(scan["setAside"], 2, "{scan}");
    whole.server("cmdb", json!({})).await;
    let lacks = progress(&whole, "cmdb").await;
    assert_eq!(
        (&lacks["phase"], &lacks["behind"]),
        (&json!("live"), &json!(0)),
        "{lacks}"
    );
    assert_eq!(
        (&lacks["rejected"], &lacks["complete"]),
        (&json!(2), &json!(false)),
        "{lacks}"
    );

    whole.heal().await;
    let again = json!({"instance": INSTANCE, "kind": "full"});
    whole.post("/sics/v1/scans", again).await;
    whole.completed("full", 2).await;
    let has_all = progress(&whole, "cmdb").await;
    assert_eq!(
        (&has_all["rejected"], &has_all["complete"]),
        (&json!(0), &json!(true)),
        "{has_all}"
    );
}
