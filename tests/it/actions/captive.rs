//! Somebody in between answers in Graph's place: nothing says that Intune took the call (A3).

use chrono::TimeDelta;
use intune_connector::model::TaskState;
use serde_json::{Value, json};

use crate::support::workshop::Workshop;

fn answer(status: u16, content_type: &str, body: &str) -> Value {
    json!({"kind": "body", "status": status, "contentType": content_type, "body": body})
}

/// Only 200, 202 and 204, empty or with JSON, are Graph's word.
#[tokio::test]
async fn cr_d4_only_graphs_own_answers_count_as_taken() {
    use TaskState::{HandedOver, Unclear};
    let shop = Workshop::new().await;
    let page = "<html><title>Sign in</title></html>";
    let rows = [
        (answer(200, "text/html", page), Unclear),
        (answer(202, "text/html; charset=utf-8", page), Unclear),
        (answer(200, "application/json", page), Unclear),
        (answer(200, "application/json", "{\"value\": "), Unclear),
        (answer(200, "text/plain", "{}"), Unclear),
        (answer(201, "application/json", "{}"), Unclear),
        (answer(203, "application/json", "{}"), Unclear),
        (answer(200, "application/json", "{}"), HandedOver),
        (
            answer(202, "application/json; charset=utf-8", "{\"value\": {}}"),
            HandedOver,
        ),
        (answer(200, "text/html", ""), HandedOver),
        (answer(202, "application/json", " \r\n"), HandedOver),
    ];
    let mut devices = Vec::new();
    for _ in &rows {
        devices.push(shop.laptop().await);
    }
    shop.rig.full().await;
    for ((fault, wanted), id) in rows.into_iter().zip(&devices) {
        let rule = json!({"fault": fault, "path": format!("*{id}/*"), "method": "POST"});
        shop.rig.fault(rule.clone()).await;
        let job = shop.send("wipe", &[id], json!({})).await;
        shop.round().await;
        assert_eq!(shop.state(job).await, wanted, "{rule}");
    }
}

/// It is read back, and nothing that must not be repeated is sent again by itself.
#[tokio::test]
async fn cr_d4_a_page_of_a_portal_with_200_is_read_back() {
    let shop = Workshop::new().await;
    let (laptop, mac) = (shop.laptop().await, shop.mac().await);
    shop.rig.full().await;
    for id in [&laptop, &mac] {
        let rule = json!({"fault": {"kind": "body"}, "path": format!("*{id}/*"), "method": "POST"});
        shop.rig.fault(rule).await;
    }
    let wipe = shop.send("wipe", &[&laptop], json!({})).await;
    let sync = shop.send("sync", &[&mac], json!({})).await;
    shop.settle(TimeDelta::minutes(10), 12).await;
    assert_eq!(shop.state(wipe).await, TaskState::NeedsOperator);
    let evidence = shop.task(wipe).await.detail.unwrap();
    assert!(
        evidence["text"].as_str().unwrap().contains("is not known"),
        "{evidence}"
    );
    assert_eq!(shop.effects(&laptop, "wipe"), 0, "and it is not sent again");
    assert_eq!(shop.state(sync).await, TaskState::Done, "what may be repeated is");
    assert_eq!(shop.effects(&mac, "syncDevice"), 1);
}
