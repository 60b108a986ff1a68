//! Answers lost, effects late, requests held.

use simulated_tenant::fault::{Release, action_catalogue};
use simulated_tenant::server::{Options, start};

use super::*;
use crate::support::wait::{PATIENCE, until};

const WIPE: &str = "*/wipe";

#[tokio::test]
async fn an_answer_is_lost_before_the_effect_or_after_it() {
    for status in [429, 500, 502, 503, 504] {
        for effect in [false, true] {
            let tried = tenant().await;
            let id = laptop(&tried).await;
            let fault = json!({"kind": "status", "status": status, "effect": effect});
            arm(&tried, json!({"fault": fault, "path": WIPE})).await;
            assert_eq!(act(&tried, &id, "wipe", json!({})).await.status, status);
            assert_eq!(effects(&tried, &id, "wipe"), u64::from(effect), "{status}");
            assert_eq!(states(&tried, &id).await.len(), usize::from(effect));
        }
    }
}

#[tokio::test]
async fn a_connection_is_reset_before_the_effect_or_after_it() {
    for (when, effect, counted) in [
        ("before", false, 0),
        ("before", true, 1),
        ("during", false, 1),
        ("after", false, 1),
    ] {
        let running = start(Options::quick(30, 3)).await.unwrap();
        let simulated = running.simulated.clone();
        let tenant = simulated.tenant(&running.registration.tenant_id).unwrap();
        let bearer = simulated
            .directory()
            .issue(&tenant.id, &running.registration.client_id, simulated.clock().now())
            .unwrap();
        let http = reqwest::Client::new();
        let body = json!({"fault": {"kind": "reset", "when": when, "effect": effect}, "path": "*/syncDevice"});
        let armed = http
            .post(format!("{}/simulator/faults", running.base))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(armed.status().as_u16(), 201);
        let listed: Value = http
            .get(format!(
                "{}{DEVICES}?$filter=operatingSystem eq 'Windows'&$top=1",
                running.base
            ))
            .bearer_auth(&bearer)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let id = listed["value"][0]["id"].as_str().unwrap();
        let sent = http
            .post(format!("{}{DEVICES}/{id}/syncDevice", running.base))
            .bearer_auth(&bearer)
            .send()
            .await;
        if when == "before" {
            assert!(sent.is_err(), "{when}");
        }
        assert_eq!(
            simulated.effects_of(Uuid::parse_str(id).unwrap(), "syncDevice"),
            counted,
            "{when} {effect}"
        );
        running.stop().await;
    }
}

#[tokio::test]
async fn traces_come_late_by_time_or_by_looks() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let late = json!({"kind": "conduct", "conduct": {"shownAfterMs": 60_000, "answers": false}});
    arm(&tried, json!({"fault": late, "path": WIPE})).await;
    accepted(&tried, &id, "wipe", json!({})).await;
    let filter = format!("managedDeviceId eq '{id}'");
    assert_eq!(effects(&tried, &id, "wipe"), 1, "it is counted at once");
    pass(&tried, 59);
    assert!(states(&tried, &id).await.is_empty() && audits(&tried, &filter).await.is_empty());
    assert_eq!(management_state(&tried, &id).await, "managed");
    pass(&tried, 1);
    assert_eq!(
        (states(&tried, &id).await.len(), audits(&tried, &filter).await.len()),
        (1, 1)
    );
    assert_eq!(management_state(&tried, &id).await, "wipePending");

    let id = laptop(&tried).await;
    let late = json!({"kind": "conduct", "conduct": {"shownAfterReads": 3, "answers": false}});
    arm(&tried, json!({"fault": late, "path": WIPE})).await;
    accepted(&tried, &id, "wipe", json!({})).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(states(&tried, &id).await.len());
    }
    assert_eq!(seen, [0, 0, 0, 1, 1]);
}

#[tokio::test]
async fn a_late_effect_takes_the_device_all_the_same() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    tune(&tried, json!({"conduct": {"shownAfterMs": 3_600_000}})).await;
    accepted(&tried, &id, "wipe", json!({})).await;
    pass(&tried, 10);
    assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404);
    pass(&tried, 3590);
    assert_eq!(
        audits(&tried, &format!("managedDeviceId eq '{id}'")).await[0]["actionState"],
        "done"
    );
}

#[tokio::test]
async fn traces_may_be_missing_altogether_each_by_itself() {
    for (without, results, audited, state) in [
        (json!(["results"]), 0, 1, "wipePending"),
        (json!(["audits"]), 1, 0, "wipePending"),
        (json!(["state"]), 1, 1, "managed"),
        (json!(["results", "audits", "state"]), 0, 0, "managed"),
    ] {
        let tried = tenant().await;
        let id = laptop(&tried).await;
        let fault = json!({"kind": "conduct", "conduct": {"traceless": without}});
        arm(&tried, json!({"fault": fault, "path": WIPE})).await;
        accepted(&tried, &id, "wipe", json!({})).await;
        assert_eq!(states(&tried, &id).await.len(), results, "{without}");
        assert_eq!(
            audits(&tried, "action eq 'factoryReset'").await.len(),
            audited,
            "{without}"
        );
        assert_eq!(management_state(&tried, &id).await, state, "{without}");
    }
}

#[tokio::test]
async fn an_answer_is_lost_and_the_effect_comes_late_at_once() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let late = json!({"kind": "conduct", "conduct": {"shownAfterMs": 60_000, "answers": false}});
    arm(&tried, json!({"fault": late, "path": WIPE})).await;
    let lost = json!({"kind": "status", "status": 504, "effect": true});
    arm(&tried, json!({"fault": lost, "path": WIPE})).await;
    assert_eq!(act(&tried, &id, "wipe", json!({})).await.status, 504);
    assert!(states(&tried, &id).await.is_empty());
    pass(&tried, 60);
    assert_eq!(states(&tried, &id).await.len(), 1);
}

#[tokio::test]
async fn within_a_batch_a_fault_after_the_effect_leaves_the_effect() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let lost = json!({"kind": "status", "status": 503, "effect": true});
    arm(&tried, json!({"fault": lost, "path": "*/syncDevice"})).await;
    let url = format!("/deviceManagement/managedDevices/{id}/syncDevice");
    let json_type = json!({"Content-Type": "application/json"});
    let step = json!({"id": "1", "method": "POST", "url": url, "headers": json_type, "body": {}});
    let batch = json!({"requests": [step]});
    let got = tried.post("/v1.0/$batch", batch).await.json();
    assert_eq!(got["responses"][0]["status"], 503);
    assert_eq!(effects(&tried, &id, "syncDevice"), 1);
}

#[tokio::test]
async fn a_request_is_held_before_or_after_its_effect_until_it_is_let_go() {
    for (stage, held_effects, then, status, effects_then) in [
        ("before", 0, Release::Go, 204, 1),
        ("before", 0, Release::Reset, 502, 0),
        ("after", 1, Release::Go, 204, 1),
        ("after", 1, Release::Reset, 502, 1),
    ] {
        let tried = tenant().await;
        let id = laptop(&tried).await;
        arm(&tried, json!({"fault": {"kind": "hold", "stage": stage}, "path": WIPE})).await;
        let path = format!("{}{DEVICES}/{id}/wipe", tried.base);
        let request = reqwest::Client::new().post(path).bearer_auth(&tried.bearer);
        let sent = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
        let holds = tried.get("/simulator/holds?count=1&waitMs=30000").await.json();
        assert_eq!(holds["holds"][0]["stage"], stage);
        assert_eq!(effects(&tried, &id, "wipe"), held_effects, "{stage}");
        assert_eq!(tried.sim.faults().holds().release(None, then), 1);
        // Without the simulator's own accept loop a cut connection shows as 502.
        assert_eq!(sent.await.unwrap(), status, "{stage} {then:?}");
        assert_eq!(effects(&tried, &id, "wipe"), effects_then, "{stage} {then:?}");
        assert!(tried.sim.faults().holds().list().is_empty());
    }
}

#[tokio::test]
async fn a_request_that_is_held_outlives_the_client_that_sent_it() {
    let running = start(Options::quick(30, 3)).await.unwrap();
    let simulated = running.simulated.clone();
    let registration = &running.registration;
    let bearer = simulated
        .directory()
        .issue(
            &registration.tenant_id,
            &registration.client_id,
            simulated.clock().now(),
        )
        .unwrap();
    let http = reqwest::Client::new();
    let rule = json!({"fault": {"kind": "hold", "stage": "before"}, "path": "*/syncDevice"});
    let armed = http
        .post(format!("{}/simulator/faults", running.base))
        .json(&rule)
        .send()
        .await
        .unwrap();
    assert_eq!(armed.status().as_u16(), 201);
    let tenant = simulated.tenant(&registration.tenant_id).unwrap();
    let id = {
        let world = tenant.world.read().unwrap();
        let windows = world.behind(None).find(|(_, entry)| entry.device.kind.os == "Windows");
        windows.unwrap().0.id
    };
    let request = http
        .post(format!("{}{DEVICES}/{id}/syncDevice", running.base))
        .bearer_auth(&bearer);
    let client = tokio::spawn(request.send());
    let holds = simulated.faults().holds();
    assert_eq!(holds.wait(1, PATIENCE).await.len(), 1);
    client.abort();
    assert!(client.await.is_err(), "the client is dead");
    assert_eq!(holds.release(None, Release::Go), 1);
    until("it took effect", async || simulated.effects_of(id, "syncDevice") > 0).await;
    running.stop().await;
}

#[tokio::test]
async fn every_fault_of_the_catalogue_has_its_effect_or_none_as_it_says() {
    let running = start(Options::quick(30, 3)).await.unwrap();
    let simulated = running.simulated.clone();
    let registration = &running.registration;
    let tenant = simulated.tenant(&registration.tenant_id).unwrap();
    let now = simulated.clock().now();
    let bearer = simulated
        .directory()
        .issue(&tenant.id, &registration.client_id, now)
        .unwrap();
    let id = {
        let world = tenant.world.read().unwrap();
        let windows = world.behind(None).find(|(_, entry)| entry.device.kind.os == "Windows");
        windows.unwrap().0.id
    };
    for fault in action_catalogue::every() {
        // A client that waits for ever would make the test do so.
        if fault.name == "silence" {
            continue;
        }
        simulated.faults().arm(fault.rule).unwrap();
        // One connection each: what a fault resets is not found broken by the next.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let request = http.post(format!("{}{DEVICES}/{id}/syncDevice", running.base));
        let answer = request.bearer_auth(&bearer).send().await;
        assert_eq!(
            answer.ok().map(|answer| answer.status().as_u16()),
            fault.answer,
            "{}",
            fault.name
        );
        let counted = simulated.effects_of(id, "syncDevice");
        assert_eq!(counted, u64::from(fault.effect), "{}", fault.name);
        tenant.effects.clear();
        assert_eq!(simulated.faults().list().len(), 1, "{}", fault.name);
        assert_eq!(simulated.faults().list()[0].struck, 1, "{}", fault.name);
        simulated.faults().clear();
    }
    running.stop().await;
}

#[tokio::test]
async fn a_mix_can_be_of_actions() {
    let tried = tenant().await;
    let mixed = tried
        .post("/simulator/faults/mix", json!({"chance": 0, "actions": true}))
        .await
        .json();
    let names = mixed["armed"].as_array().unwrap();
    assert!(names.contains(&json!("504 after the effect")) && !names.contains(&json!("silence")));
}

#[tokio::test]
async fn a_look_at_the_device_does_not_use_a_conduct_up() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let fault = json!({"kind": "conduct", "conduct": {"outcome": "failed"}});
    arm(
        &tried,
        json!({"fault": fault, "path": format!("*/managedDevices/{id}*")}),
    )
    .await;
    assert!(results(&tried, &id).await.is_empty());
    accepted(&tried, &id, "rebootNow", json!({})).await;
    pass(&tried, 10);
    assert_eq!(results(&tried, &id).await[0]["actionState"], "failed");
}
