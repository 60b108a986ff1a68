//! The hand that moves the world.

use super::*;
use crate::support::wait::until;

#[tokio::test]
async fn a_device_is_put_changed_and_removed() {
    let tried = start(0).await;
    let path = "/simulator/devices/5515d4ef-2551-456f-a975-e772ffefe6a0";
    let device = format!("{DEVICES}/5515d4ef-2551-456f-a975-e772ffefe6a0");
    let put =
        json!({"properties": {"deviceName": "A", "operatingSystem": "Linux", "x-new": [1]}, "leaveOut": ["model"]});
    assert_eq!(
        tried.send(tried.request(Method::PUT, path).json(&put)).await.status,
        204
    );
    let got = tried.get(&device).await.json();
    assert_eq!(
        (&got["deviceName"], &got["operatingSystem"], &got["x-new"]),
        (&json!("A"), &json!("Linux"), &json!([1]))
    );
    assert!(got.get("model").is_none());
    let patch = json!({"properties": {"deviceName": "B", "lastSyncDateTime": "2026-11-20T09:00:00Z"}});
    assert_eq!(
        tried.send(tried.request(Method::PATCH, path).json(&patch)).await.status,
        204
    );
    let listed = tried.get(DEVICES).await.devices();
    assert_eq!((listed.len(), &listed[0]["deviceName"]), (1, &json!("B")));
    assert_eq!(listed[0]["lastSyncDateTime"], "2026-11-20T09:00:00Z");
    assert_eq!(tried.send(tried.request(Method::DELETE, path)).await.status, 204);
    assert_eq!(tried.get(&device).await.status, 404);
    assert_eq!(tried.send(tried.request(Method::DELETE, path)).await.status, 404);
}

#[tokio::test]
async fn a_sync_takes_effect_once_and_is_done_when_the_device_checks_in() {
    let tried = start(1).await;
    let id = tried.first_id().await;
    assert_eq!(
        tried
            .post(&format!("{DEVICES}/{id}/syncDevice"), json!({}))
            .await
            .status,
        204
    );
    let state = async || {
        let got = tried
            .get(&format!("{DEVICES}/{id}?$select=deviceActionResults"))
            .await
            .json();
        got["deviceActionResults"][0]["actionState"].clone()
    };
    assert_eq!(state().await, "pending");
    tried.sim.clock().advance(chrono::TimeDelta::minutes(5));
    assert_eq!(
        tried.post("/simulator/devices/check-in", json!({})).await.json()["checkedIn"],
        1
    );
    assert_eq!(state().await, "done");
    assert_eq!(
        tried.get(DEVICES).await.devices()[0]["lastSyncDateTime"],
        "2026-11-20T10:05:00Z"
    );
    assert_eq!(
        tried.get("/simulator").await.json()["tenants"][0]["effects"],
        json!({"syncDevice": 1})
    );
}

#[tokio::test]
async fn time_that_passes_brings_changes_and_the_same_seed_brings_the_same() {
    let (one, two) = (start(500).await, start(500).await);
    for tried in [&one, &two] {
        let passed = tried
            .post("/simulator/clock", json!({"advanceS": 86_400, "live": true}))
            .await
            .json();
        assert_eq!(passed["happened"], 1500);
    }
    let truth = one.get("/simulator/devices").await.text;
    assert_eq!(truth, two.get("/simulator/devices").await.text);
    assert!(truth.contains("2026-11-21T0"), "somebody checked in today");
}

#[tokio::test]
async fn a_step_says_what_happened() {
    let tried = start(10).await;
    let step = tried
        .post("/simulator/churn", json!({"steps": 1, "kind": "reenrol"}))
        .await
        .json();
    let (new, old) = (&step["happened"][0]["deviceId"], &step["happened"][0]["replaces"]);
    assert!(new != old && old.is_string());
    let device = tried.get(&format!("{DEVICES}/{}", new.as_str().unwrap())).await.json();
    assert_eq!(device["enrolledDateTime"], "2026-11-20T10:00:00Z");
}

#[tokio::test]
async fn the_truth_is_what_a_walk_shows() {
    let tried = start(1200).await;
    let truth = tried.get("/simulator/devices").await.json();
    assert_eq!(truth["devices"].as_array().unwrap(), &tried.walk(DEVICES).await);
}

#[tokio::test]
async fn the_log_counts_what_was_asked_of_graph_and_not_the_control_api() {
    let tried = start(3).await;
    tried.get(DEVICES).await;
    tried.get(&format!("{DEVICES}?$top=1")).await;
    let counters = tried.get("/simulator/counters").await.json();
    assert_eq!(
        counters["byPath"],
        json!({"GET /v1.0/deviceManagement/managedDevices": 2})
    );
    let log = tried.get("/simulator/requests?after=1").await.json();
    assert_eq!(
        (&log["requests"][0]["number"], &log["requests"][0]["query"]),
        (&json!(2), &json!("$top=1"))
    );
    assert!(!log.to_string().contains(&tried.bearer));
    tried.send(tried.request(Method::DELETE, "/simulator/requests")).await;
    assert_eq!(tried.get("/simulator/counters").await.json()["total"], 0);
}

#[tokio::test]
async fn a_reset_brings_the_first_day_back() {
    let tried = start(50).await;
    let before = tried.get("/simulator/devices").await.text;
    tried.post("/simulator/churn", json!({"steps": 200})).await;
    tried
        .post(
            "/simulator/faults",
            json!({"fault": {"kind": "unauthorized"}, "times": 0}),
        )
        .await;
    assert_ne!(tried.get("/simulator/devices").await.text, before);
    assert_eq!(tried.post("/simulator/reset", json!({})).await.status, 204);
    assert_eq!(tried.get("/simulator/devices").await.text, before);
    assert_eq!(tried.get(DEVICES).await.status, 200);
}

#[tokio::test]
async fn wrong_orders_are_refused_with_a_reason() {
    let tried = start(1).await;
    for rule in [
        json!({}),
        json!({"fault": {"kind": "nonsense"}}),
        json!({"fault": {"kind": "silent"}, "nht": 1}),
        json!({"fault": {"kind": "status", "status": 99}, "path": "/v1.0/*"}),
        json!({"fault": {"kind": "redirect", "to": "/", "status": 600}}),
    ] {
        let refused = tried.post("/simulator/faults", rule).await;
        assert_eq!(refused.status, 400);
        assert!(!refused.json()["error"].as_str().unwrap().is_empty());
    }
    let tuned = tried
        .send(
            tried
                .request(Method::PATCH, "/simulator/tuning")
                .json(&json!({"pageSise": 3})),
        )
        .await;
    assert_eq!(tuned.status, 400);
    assert_eq!(tried.get("/simulator/devices?tenant=nobody").await.status, 404);
}

#[tokio::test]
async fn a_fleet_with_churn_changes_in_real_time() {
    let tried = start(50).await;
    let before = tried.get("/simulator/devices").await.text;
    let life = tokio::spawn(tried.sim.clone().live());
    tried
        .send(
            tried
                .request(Method::PUT, "/simulator/churn")
                .json(&json!({"perSecond": 500.0})),
        )
        .await;
    until("devices change", async || {
        tried.get("/simulator/devices").await.text != before
    })
    .await;
    life.abort();
}

#[tokio::test]
async fn what_is_unconfirmed_can_be_had_both_ways() {
    let tried = start(30).await;
    let tune = async |tuning: Value| {
        let tuned = tried
            .send(tried.request(Method::PATCH, "/simulator/tuning").json(&tuning))
            .await;
        assert_eq!(tuned.status, 200, "{}", tuned.text);
    };
    let both = "$filter=operatingSystem%20eq%20'iOS'%20and%20model%20eq%20'x'";
    assert_eq!(tried.get(&format!("{DEVICES}?{both}")).await.status, 200);
    tune(json!({"filterAnd": false, "pageSize": 10, "countIsTotal": true, "listManagementState": true})).await;
    assert_eq!(tried.get(&format!("{DEVICES}?{both}")).await.status, 400);
    let page = tried.get(&format!("{DEVICES}?$top=20")).await;
    assert_eq!((page.devices().len(), &page.json()["@odata.count"]), (10, &json!(30)));
    assert_eq!(page.devices()[0]["managementState"], "managed");
    tune(json!({"refuseLargeTop": true})).await;
    assert_eq!(tried.get(&format!("{DEVICES}?$top=20")).await.status, 400);
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let tried = start(5).await;
    let other = "99999999-2222-4333-8444-555555555555";
    let new = json!({"tenantId": other, "devices": 3, "seed": 9});
    assert_eq!(tried.post("/simulator/tenants", new).await.status, 201);
    let app = json!({"roles": [READ]});
    let put = tried
        .request(Method::PUT, &format!("/simulator/apps/{other}/{CLIENT}"))
        .json(&app);
    assert_eq!(tried.send(put).await.status, 204);
    let bearer = tried
        .sim
        .directory()
        .issue(other, CLIENT, tried.sim.clock().now())
        .unwrap();
    let theirs = tried
        .request(Method::GET, DEVICES)
        .bearer_auth(bearer)
        .send()
        .await
        .unwrap();
    let theirs: Value = theirs.json().await.unwrap();
    assert_eq!(theirs["value"].as_array().unwrap().len(), 3);
    assert_eq!(tried.get(DEVICES).await.devices().len(), 5);
}

#[tokio::test]
async fn a_mix_arms_every_fault_but_the_slow_ones() {
    let tried = start(3).await;
    let mixed = tried
        .post("/simulator/faults/mix", json!({"chance": 0, "without": ["401"]}))
        .await
        .json();
    let names = mixed["armed"].as_array().unwrap();
    assert!(names.len() > 40 && !names.contains(&json!("401")) && !names.contains(&json!("silence")));
    assert_eq!(tried.get(DEVICES).await.status, 200, "a chance of none strikes nobody");
}
