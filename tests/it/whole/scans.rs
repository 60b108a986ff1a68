//! Scans that somebody asks for, and settings that would take something away.

use reqwest::Method;
use serde_json::json;

use super::{INSTANCE, LIST, Whole};

#[tokio::test]
async fn s3_a_full_scan_that_is_asked_for_while_an_incremental_one_runs_comes_after_it() {
    let mut whole = Whole::new(12, &[("incremental", "off")]).await;
    whole.completed("full", 1).await;
    let hold = json!({"kind": "hold", "stage": "before"});
    whole.fault(json!({"fault": hold, "path": LIST, "times": 1})).await;
    let ask = async |kind: &str| {
        let body = json!({"instance": INSTANCE, "kind": kind});
        let told = whole.post("/sics/v1/scans", body).await;
        (told["kind"].clone(), told["alreadyRunning"].clone())
    };
    assert_eq!(ask("incremental").await, (json!("incremental"), json!(false)));
    whole.control("GET", "holds?count=1&waitMs=60000", json!({})).await;
    assert_eq!(
        ask("incremental").await,
        (json!("incremental"), json!(true)),
        "it joins"
    );
    assert_eq!(ask("full").await, (json!("full"), json!(false)), "it brings more");
    whole.control("POST", "holds", json!({"then": "go"})).await;
    whole.completed("full", 2).await;
    assert_eq!(whole.scans().await.len(), 3);
    whole.stop().await;
}

#[tokio::test]
async fn f7_a_filter_that_leaves_nobody_out_does_not_hide_what_else_changes() {
    let mut whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let path = format!("/sics/v1/instances/{INSTANCE}");
    let nobody = json!({"filter": "deviceName != 'nobody'"});
    let both = json!({"filter": "deviceName != 'nobody'", "personal": "reduced"});
    let (status, told) = whole.ask(Method::PATCH, &path, both).await;
    assert_eq!(
        (status.as_u16(), &told["code"], &told["count"]),
        (409, &json!("confirmationNeeded"), &json!(12))
    );
    whole.good(Method::PATCH, &path, nobody).await;
    let some = json!({"filter": "operatingSystem == 'Windows'", "personal": "reduced"});
    let (_, told) = whole.ask(Method::PATCH, &path, some).await;
    let detail = told["detail"].as_str().unwrap_or_default();
    assert!(
        detail.contains("personal devices") && detail.contains("leaves devices out"),
        "{told}"
    );
    whole.stop().await;
}
