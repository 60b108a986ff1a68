//! The five actions of a management server, from the request to what it reads back.

use intune_connector::actions::guard::InstancePolicy;
use intune_connector::store::OperatorKind;
use serde_json::{Value, json};

use super::office::{JOBS, Office, refs};
use crate::sics::bus::{problem, status};
use crate::support::workshop::everything;

#[tokio::test]
async fn a1_a_synchronisation_is_acknowledged_when_it_is_durable_and_ends_as_done() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let body = json!({"action": "sync", "devices": [{"id": ids[0]}]});
    let request = office
        .post(&office.acmp, JOBS, body.clone())
        .header("idempotency-key", "4711");
    let receipt = status(request, 202).await;
    assert_eq!((&receipt["id"], &receipt["devices"]), (&json!("4711"), &json!(1)));
    assert_eq!(receipt["states"], json!({"accepted": 1}));
    office.settle().await;
    assert_eq!(office.states("4711").await, ["accepted", "handedOver", "done"]);
    let again = office.post(&office.acmp, JOBS, body).header("idempotency-key", "4711");
    let known = status(again, 200).await;
    assert_eq!((&known["known"], &known["job"]), (&json!(true), &receipt["job"]));
    assert_eq!(known["states"], json!({"done": 1}), "what is known of the first");
    assert_eq!(office.shop.effects(&ids[0], "syncDevice"), 1);
    let shown = status(office.get(&office.acmp, &format!("{JOBS}/4711")), 200).await;
    let steps: Vec<&Value> = shown["tasks"][0]["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["state"])
        .collect();
    assert_eq!(steps, ["accepted", "handedOver", "done"]);
    let listed = status(office.get(&office.acmp, JOBS), 200).await;
    assert_eq!(listed["jobs"][0]["id"], "4711");
    let trail = office.trail().await;
    let accepted = trail.iter().find(|line| line.contains("acmp job.accepted")).unwrap();
    assert!(
        !accepted.contains(&ids[0]) && !accepted.contains("DEV-"),
        "ids of jobs only: {accepted}"
    );
}

#[tokio::test]
async fn a_lock_waits_for_its_device_and_its_code_is_for_the_one_who_asked() {
    let office = Office::new().await;
    let mac = office.shop.mac().await;
    office.shop.rig.full().await;
    office
        .shop
        .rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let receipt = office.job("remoteLock", &[&mac], json!({})).await;
    let id = receipt["id"].as_str().unwrap();
    office.settle().await;
    assert_eq!(office.states(id).await.last().unwrap(), "pendingOnDevice");
    office
        .shop
        .rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": true}}}))
        .await;
    office
        .shop
        .rig
        .control("POST", "devices/check-in", json!({"ids": [mac]}))
        .await;
    for _ in 0..3 {
        office.settle().await;
    }
    assert_eq!(office.states(id).await.last().unwrap(), "done");
    let task = office.results(0).await[0]["task"].clone();
    let path = format!("{JOBS}/{id}/tasks/{task}/secrets");
    let answer = office.get(&office.acmp, &path).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let secrets: Value = answer.json().await.unwrap();
    assert_eq!(secrets["secrets"][0]["kind"], "unlockPin", "{secrets}");
    assert!(!secrets["secrets"][0]["value"].as_str().unwrap().is_empty());
    // Whoever may see everything may not see this: it was not his job.
    let elsewhere = format!("/sics/v1/jobs/{}/tasks/{task}/secrets", receipt["job"]);
    assert_eq!(problem(office.get(&office.admin, &elsewhere), 404).await, "unknown");
    let trail = office.trail().await;
    assert!(
        trail.iter().any(|line| line.contains("acmp job.secretsShown")),
        "{trail:?}"
    );
}

#[tokio::test]
async fn a_wipe_that_a_second_person_approved_is_done_and_the_change_feed_says_by_job() {
    let office = Office::new().await;
    office.shop.bus_policy(500, 3).await;
    let ids = office.laptops(5).await;
    let changes = "/sics/v1/servers/cmdb/changes?limit=1000";
    let before = status(office.get(&office.acmp, changes), 200).await;
    let ack = json!({"cursor": before["cursor"]});
    status(office.post(&office.acmp, "/sics/v1/servers/cmdb/changes/ack", ack), 200).await;
    let receipt = office.job("wipe", &refs(&ids[..4]), json!({})).await;
    assert_eq!(receipt["needsApproval"], true);
    office.settle().await;
    assert_eq!(
        office.shop.effects(&ids[0], "wipe"),
        0,
        "nothing goes out before somebody else agrees"
    );
    let job = format!("/sics/v1/jobs/{}", receipt["job"]);
    let shown = status(office.get(&office.admin, &job), 200).await;
    let first = &shown["tasks"][0];
    assert!(first["effect"].as_str().unwrap().len() > 10, "{first}");
    for key in ["deviceName", "serialNumber", "userPrincipalName", "lastSyncDateTime"] {
        assert!(first["device"].get(key).is_some(), "{key}: {first}");
    }
    assert_eq!(shown["reason"], "a test");
    let body = json!({"name": "bob", "password": crate::sics::bus::PASSWORD, "digest": shown["approvalDigest"]});
    let approved = status(office.post(&office.admin, &format!("{job}/approve"), body), 200).await;
    assert_eq!(
        (&approved["approval"], &approved["decidedBy"]),
        (&json!("approved"), &json!("bob"))
    );
    for _ in 0..3 {
        office.settle().await;
    }
    let shown = status(
        office.get(&office.acmp, &format!("{JOBS}/{}", receipt["id"].as_str().unwrap())),
        200,
    )
    .await;
    assert_eq!(shown["states"], json!({"done": 4}), "{shown}");
    let wiped: Vec<u64> = ids.iter().map(|id| office.shop.effects(id, "wipe")).collect();
    assert_eq!(wiped, [1, 1, 1, 1, 0]);
    let told = status(office.get(&office.acmp, changes), 200).await;
    let gone: Vec<&Value> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["kind"] == "gone")
        .collect();
    assert_eq!(gone.len(), 4, "{told}");
    assert!(gone.iter().all(|change| change["reason"] == "byJob"), "{gone:?}");
}

#[tokio::test]
async fn a_retire_is_done_and_a_notification_is_handed_over_and_not_traceable() {
    let office = Office::new().await;
    let phone = office.shop.phone().await;
    let other = office.shop.phone().await;
    office.shop.rig.full().await;
    let retired = office.job("retire", &[&phone], json!({})).await;
    let message = json!({"notificationTitle": "Tonight", "notificationBody": "Please leave it on."});
    let told = office.job("notify", &[&other], message).await;
    for _ in 0..3 {
        office.settle().await;
    }
    assert_eq!(
        office.states(retired["id"].as_str().unwrap()).await.last().unwrap(),
        "done"
    );
    let states = office.states(told["id"].as_str().unwrap()).await;
    assert_eq!(states, ["accepted", "handedOverNotTraceable"]);
}

#[tokio::test]
async fn what_fails_at_the_device_and_what_it_does_not_support_is_told_as_such() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    for (id, outcome) in ids.iter().zip(["failed", "notSupported"]) {
        let fault = json!({"fault": {"kind": "conduct", "conduct": {"outcome": outcome}}, "path": format!("*{id}/*"), "times": 0});
        office.shop.rig.fault(fault).await;
        let receipt = office.job("reboot", &[id], json!({})).await;
        office.settle().await;
        let states = office.states(receipt["id"].as_str().unwrap()).await;
        assert_eq!(states.last().unwrap(), outcome, "{states:?}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_to_each_device_and_keeps_nothing() {
    let office = Office::new().await;
    let (laptop, mac) = (office.shop.laptop().await, office.shop.mac().await);
    office.shop.rig.full().await;
    let mut body = office.shop.body("reboot", &[&laptop, &mac], json!({})).await;
    body["dryRun"] = json!(true);
    let receipt = status(office.post(&office.acmp, JOBS, body), 200).await;
    assert_eq!(
        (&receipt["job"], receipt["dryRun"].as_array().unwrap().len()),
        (&Value::Null, 2)
    );
    assert!(
        !receipt["dryRun"][0]["effect"].as_str().unwrap().is_empty(),
        "{receipt}"
    );
    let listed = status(office.get(&office.acmp, JOBS), 200).await;
    assert_eq!(listed["jobs"], json!([]));
    assert_eq!(office.shop.effects(&laptop, "rebootNow"), 0);
}

#[tokio::test]
async fn a_dry_run_asks_the_same_rules_of_a_device_as_the_call() {
    let office = Office::new().await;
    let protected = office.shop.laptop().await;
    let own = json!({"operatingSystem": "iOS", "osVersion": "18.1", "managedDeviceOwnerType": "personal"});
    let (own, ours) = (office.shop.put(own).await, office.shop.laptop().await);
    office.shop.rig.full().await;
    let policy = InstancePolicy {
        never_touch_ids: [protected.parse().unwrap()].into(),
        never_touch: Some("model == 'Nothing like that'".to_owned()),
        ..everything()
    };
    office.shop.instance_policy(policy).await;
    let mut body = office.shop.body("wipe", &[&protected, &own, &ours], json!({})).await;
    body["dryRun"] = json!(true);
    let receipt = status(office.post(&office.acmp, JOBS, body.clone()), 200).await;
    let rule = |id: &str| {
        let rows = receipt["dryRun"].as_array().unwrap();
        let row = rows.iter().find(|row| row["deviceId"] == *id).unwrap();
        (
            row["would"].as_bool().unwrap(),
            row["rule"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(rule(&protected), (false, "neverTouch".to_owned()));
    assert_eq!(rule(&own), (false, "personal".to_owned()));
    assert_eq!(rule(&ours), (true, String::new()));

    body["dryRun"] = json!(false);
    let receipt = status(office.post(&office.acmp, JOBS, body), 202).await;
    office.settle().await;
    let path = format!("{JOBS}/{}", receipt["id"].as_str().unwrap());
    let told = status(office.get(&office.acmp, &path), 200).await;
    for id in [&protected, &own] {
        let row = told["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["deviceId"] == **id)
            .unwrap();
        assert_eq!(
            (&row["state"], row["cause"].as_str().unwrap()),
            (&json!("refused"), rule(id).1.as_str())
        );
        assert_eq!(office.shop.all_effects(id), 0);
    }
    assert_eq!(office.shop.effects(&ours, "wipe"), 1);
}

#[tokio::test]
async fn people_send_jobs_in_their_own_name_and_see_their_own() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let carol = office
        .account("carol", OperatorKind::Person, &["Jobs_Send", "Actions_Sync"], false)
        .await;
    let dave = office
        .account("dave", OperatorKind::Person, &["Jobs_Send"], false)
        .await;
    let body = json!({"id": "mine", "action": "sync", "devices": [{"id": ids[0]}]});
    let receipt = status(office.post(&carol, "/sics/v1/jobs", body), 202).await;
    let by_name = status(office.get(&carol, "/sics/v1/jobs/mine"), 200).await;
    assert_eq!(
        (&by_name["job"], &by_name["operator"]),
        (&receipt["job"], &json!("carol"))
    );
    let seen = |token: String| {
        let request = office.get(&token, "/sics/v1/jobs");
        async move { status(request, 200).await["jobs"].as_array().unwrap().len() }
    };
    assert_eq!((seen(carol.clone()).await, seen(dave.clone()).await), (1, 0));
    assert_eq!(seen(office.admin.clone()).await, 1);
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    assert_eq!(problem(office.get(&dave, &path), 404).await, "unknown");
}

#[tokio::test]
async fn what_was_not_sent_is_cancelled_and_what_was_sent_is_not() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let first = office.job("sync", &[&ids[0]], json!({})).await;
    let path = format!("{JOBS}/{}", first["id"].as_str().unwrap());
    let answer = status(
        office.send(reqwest::Method::DELETE, &office.acmp, &path, json!({})),
        200,
    )
    .await;
    assert_eq!(answer, json!({"cancelled": 1, "left": 0}));
    office.settle().await;
    assert_eq!(office.shop.effects(&ids[0], "syncDevice"), 0);
    let second = office.job("sync", &[&ids[1]], json!({})).await;
    office.settle().await;
    let path = format!("{JOBS}/{}", second["id"].as_str().unwrap());
    let answer = status(
        office.send(reqwest::Method::DELETE, &office.acmp, &path, json!({})),
        200,
    )
    .await;
    assert_eq!(answer, json!({"cancelled": 0, "left": 1}));
}

#[tokio::test]
async fn all_actions_are_described_with_the_schema_of_what_they_take() {
    let office = Office::new().await;
    let all = status(office.get(&office.acmp, "/sics/v1/actions"), 200).await;
    let actions = all["actions"].as_array().unwrap();
    assert_eq!(actions.len(), 28);
    for action in actions {
        let name = action["name"].as_str().unwrap();
        let danger = action["danger"].as_str().unwrap();
        assert!(
            ["harmless", "disruptive", "destructive"].contains(&danger),
            "{name}: {danger}"
        );
        let schema = &action["parameters"];
        assert_eq!(schema["type"], "object", "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
        let properties = schema["properties"].as_object().unwrap();
        for (parameter, kind) in properties {
            assert!(
                kind["type"].is_string() || kind["enum"].is_array(),
                "{name}.{parameter}: {kind}"
            );
            assert!(kind["description"].is_string(), "{name}.{parameter}: {kind}");
        }
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(
            required
                .iter()
                .all(|one| properties.contains_key(one.as_str().unwrap())),
            "{name}: {schema}"
        );
    }
    let wipe = actions.iter().find(|action| action["name"] == "wipe").unwrap();
    assert_eq!(wipe["danger"], "destructive");
    assert_eq!(wipe["parameters"]["properties"]["keepUserData"]["type"], "boolean");
}
