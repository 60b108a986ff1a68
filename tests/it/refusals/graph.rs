//! Graph refuses.

use chrono::TimeDelta;
use serde_json::json;

use super::{asked, decided, refused, storm};
use crate::compliance::{DEVICE, Gate, ONE};
use crate::support::wait::{found, until};
use crate::whole::{INSTANCE, LIST, Whole};

/// A bus whose next scan is told to come back after so many seconds, and which has been told.
async fn throttled_list(seconds: u64) -> Whole {
    let mut whole = Whole::prepare(12, &[("full", "every 4h"), ("incremental", "off")]).await;
    let fault = json!({"kind": "throttled", "retryAfter": {"seconds": seconds}});
    whole.fault(json!({"fault": fault, "path": LIST, "times": 0})).await;
    whole.start().await;
    until("the scan has been refused", async || !refused(&whole).await.is_empty()).await;
    until("the scan has ended", async || {
        whole.get("/sics/v1/instances").await["instances"][0]["state"] == "failing"
    })
    .await;
    whole
}

/// Asks for a scan, and waits until it has come to nothing.
async fn scan_in_vain(whole: &Whole) {
    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    until("the scan has ended", async || {
        whole.get("/sics/v1/instances").await["instances"][0]["state"] == "failing"
    })
    .await;
}

#[tokio::test]
async fn st_2_e9_no_list_is_asked_for_before_the_time_that_graph_named() {
    let whole = throttled_list(600).await;
    assert_eq!(whole.lists().len(), 1);
    assert_eq!(refused(&whole).await, [("devices".to_owned(), "throttled".to_owned())]);
    let status = &whole.get("/sics/v1/instances").await["instances"][0];
    assert_eq!(status["nextFull"], status["refused"][0]["until"], "{status}");
    scan_in_vain(&whole).await;
    let told = whole.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    let device = told["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == "device")
        .unwrap();
    assert_eq!(
        (&device["state"], &device["cause"]),
        (&json!("failed"), &json!("throttled"))
    );
    assert!(
        device["detail"].as_str().unwrap().contains("no requests before"),
        "{device}"
    );
    for _ in 0..9 {
        whole.advance(TimeDelta::seconds(60));
        scan_in_vain(&whole).await;
    }
    assert_eq!(
        whole.lists().len(),
        1,
        "scans, the one asked for and verify leave it alone"
    );
    whole.heal().await;
    whole.advance(TimeDelta::seconds(61));
    whole.completed("full", 1).await;
    assert_eq!(refused(&whole).await, []);
}

#[tokio::test]
async fn st_2_e9_a_day_is_believed_for_an_hour_and_then_one_asks() {
    let whole = throttled_list(86_400).await;
    for _ in 0..59 {
        whole.advance(TimeDelta::seconds(60));
    }
    scan_in_vain(&whole).await;
    assert_eq!(whole.lists().len(), 1);
    whole.advance(TimeDelta::seconds(61));
    let asked_again = async || match whole.lists().len() {
        1 => Err("not yet"),
        lists => Ok(lists),
    };
    assert_eq!(found("one asks again", asked_again).await, 2);
    until("it was told the same", async || !refused(&whole).await.is_empty()).await;
    for _ in 0..5 {
        whole.advance(TimeDelta::seconds(60));
        scan_in_vain(&whole).await;
    }
    assert_eq!(whole.lists().len(), 2);
}

#[tokio::test]
async fn st_2b_e9_decisions_leave_a_throttled_graph_alone() {
    let gate = Gate::both(&[]).await;
    let fault = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    gate.fault(json!({"fault": fault, "path": ONE, "times": 0})).await;
    let answers = storm(&gate, 200).await;
    assert_eq!(answers.len(), 1600);
    assert!(answers.iter().all(|answer| answer["outcome"] == "ERROR"));
    let requests = gate.asked().len();
    assert!((1..=8).contains(&requests), "{requests} requests");
    gate.heal().await;
    gate.advance(TimeDelta::seconds(601));
    assert_eq!(decided(&gate).await, "COMPLIANT");
}

#[tokio::test]
async fn st_2b_e9_a_throttled_gateway_does_not_close_the_lane_of_actions() {
    let gate = Gate::both(&[("verbs", "sync")]).await;
    let fault = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    gate.fault(json!({"fault": fault, "path": ONE, "method": "GET", "times": 8}))
        .await;
    storm(&gate, 20).await;
    assert_eq!(refused(&gate).await, [("devices".to_owned(), "throttled".to_owned())]);
    let slot = gate
        .bus()
        .instances
        .read_slot(&INSTANCE.parse().unwrap(), |slot| slot.action_client.clone());
    let acting = slot.flatten().unwrap();
    let device = DEVICE.parse().unwrap();
    gate.heal().await;
    acting.read_device(device, None).await.unwrap();
    acting.acquire_action_permit().await.unwrap();
    let scanning = acting.in_lane(intune_connector::graph::BudgetLane::Scan);
    assert!(
        scanning
            .read_device(device, None)
            .await
            .unwrap_err()
            .blocking_refusal()
            .map(|held| held.until)
            .is_some()
    );
}

#[tokio::test]
async fn e9_a_throttled_count_is_left_alone_and_the_list_is_read() {
    let mut whole = Whole::prepare(12, &[("full", "every 4h"), ("incremental", "off")]).await;
    let fault = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    whole
        .fault(json!({"fault": fault, "path": "*/managedDeviceOverview", "times": 0}))
        .await;
    whole.start().await;
    until("the list was read", async || whole.lists().len() >= 2).await;
    until("the count is known to be refused", async || {
        !refused(&whole).await.is_empty()
    })
    .await;
    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    until("it was read again", async || whole.lists().len() >= 4).await;
    assert_eq!(asked(&whole, "/managedDeviceOverview"), 1);
    assert_eq!(refused(&whole).await, [("count".to_owned(), "throttled".to_owned())]);
}

#[tokio::test]
async fn e9_a_missing_right_is_asked_for_rarely_and_heals_within_a_minute() {
    let gate = Gate::both(&[]).await;
    gate.fault(json!({"fault": {"kind": "forbidden"}, "path": ONE, "times": 0}))
        .await;
    storm(&gate, 20).await;
    let requests = gate.asked().len();
    assert!((1..=16).contains(&requests), "{requests} requests");
    assert_eq!(refused(&gate).await, [("devices".to_owned(), "forbidden".to_owned())]);
    gate.heal().await;
    gate.advance(TimeDelta::seconds(60));
    assert_eq!(decided(&gate).await, "COMPLIANT");
}

#[tokio::test]
async fn e9_a_right_that_is_granted_after_the_sign_in_is_used_within_a_minute() {
    let mut whole = Whole::prepare(3, &[("full", "every 4h"), ("incremental", "off")]).await;
    let registration = whole.sim.registration.clone();
    let roles = format!("apps/{}/{}/roles", registration.tenant_id, registration.client_id);
    whole.control("PUT", &roles, json!({"roles": []})).await;
    whole.start().await;
    until("the right is known to be missing", async || {
        !refused(&whole).await.is_empty()
    })
    .await;
    // Tokens have the rights of the moment at which they were issued; the one in use is good for an hour more.
    let read = ["DeviceManagementManagedDevices.Read.All"];
    whole.control("PUT", &roles, json!({"roles": read})).await;
    whole.advance(TimeDelta::seconds(60));
    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    whole.completed("full", 1).await;
}

#[tokio::test]
async fn e9_a_token_that_graph_does_not_take_makes_no_storm_of_sign_ins() {
    let gate = Gate::both(&[]).await;
    gate.fault(json!({"fault": {"kind": "unauthorized"}, "path": ONE, "times": 0}))
        .await;
    storm(&gate, 20).await;
    assert!(gate.signed_in() <= 4, "{} sign-ins", gate.signed_in());
    assert!(gate.asked().len() <= 24, "{} requests", gate.asked().len());
    gate.heal().await;
    gate.advance(TimeDelta::seconds(60));
    assert_eq!(decided(&gate).await, "COMPLIANT");
}
