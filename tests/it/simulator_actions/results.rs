//! What actions tell of themselves.

use super::*;
use crate::simulator_graph::facts::{Judge, Surplus, facts};

async fn done(tried: &Tried, id: &str, verb: &str, body: Value) -> Value {
    accepted(tried, id, verb, body).await;
    pass(tried, 10);
    results(tried, id).await.pop().unwrap()
}

#[tokio::test]
async fn a_mac_is_locked_with_a_code_and_not_twice_before_it_is_used() {
    let tried = tenant().await;
    let id = mac(&tried).await;
    accepted(&tried, &id, "remoteLock", json!({})).await;
    let pending = results(&tried, &id).await;
    assert_eq!(pending[0]["@odata.type"], "#microsoft.graph.remoteLockActionResult");
    assert_eq!(pending[0]["unlockPin"], Value::Null);
    pass(&tried, 10);
    let pin = results(&tried, &id).await[0]["unlockPin"].as_str().unwrap().to_owned();
    assert!(pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()));
    let second = done(&tried, &id, "remoteLock", json!({})).await;
    assert_eq!(
        (&second["actionState"], &second["unlockPin"]),
        (&json!("failed"), &Value::Null)
    );
    assert_eq!(
        tried
            .post(&format!("/simulator/devices/{id}/unlock"), json!({}))
            .await
            .status,
        204
    );
    assert_eq!(done(&tried, &id, "remoteLock", json!({})).await["actionState"], "done");
    pass(&tried, 31 * 86_400);
    let pins = results(&tried, &id).await;
    assert!(
        pins.iter().all(|entry| entry["unlockPin"].is_null()),
        "shown for 30 days: {pins:?}"
    );
}

#[tokio::test]
async fn a_passcode_is_shown_for_android_and_for_seven_days() {
    let tried = tenant().await;
    let id = android(&tried, "androidEnterpriseFullyManaged").await;
    let reset = done(&tried, &id, "resetPasscode", json!({})).await;
    assert_eq!(reset["passcode"].as_str().unwrap().len(), 8);
    assert_eq!(reset["errorCode"], 0);
    pass(&tried, 8 * 86_400);
    assert_eq!(results(&tried, &id).await[0]["passcode"], Value::Null);
    let id = phone(&tried).await;
    assert_eq!(
        done(&tried, &id, "resetPasscode", json!({})).await["passcode"],
        Value::Null,
        "it is removed"
    );
}

#[tokio::test]
async fn a_position_is_shown_for_a_day() {
    let tried = tenant().await;
    let id = android(&tried, "androidEnterpriseFullyManaged").await;
    let located = done(&tried, &id, "locateDevice", json!({})).await;
    assert!(located["deviceLocation"]["latitude"].is_f64(), "{located}");
    pass(&tried, 86_401);
    assert_eq!(results(&tried, &id).await[0]["deviceLocation"], Value::Null);
}

#[tokio::test]
async fn scans_say_which_and_stand_side_by_side() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    for quick in [true, false] {
        accepted(&tried, &id, "windowsDefenderScan", json!({ "quickScan": quick })).await;
    }
    let types = async || {
        let entries = results(&tried, &id).await;
        entries
            .iter()
            .map(|entry| entry["scanType"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(types().await, ["Quick scan", "Full scan"]);
    let actions: Vec<Value> = audits(&tried, &format!("managedDeviceId eq '{id}'")).await;
    assert_eq!(
        (&actions[0]["action"], &actions[1]["action"]),
        (&json!("fullScan"), &json!("quickScan"))
    );
    tune(&tried, json!({"newerReplaces": true})).await;
    accepted(&tried, &id, "windowsDefenderScan", json!({"quickScan": true})).await;
    assert_eq!(types().await, ["Quick scan"]);
}

#[tokio::test]
async fn lost_mode_goes_on_and_off_and_locating_an_iphone_needs_it() {
    let tried = tenant().await;
    let id = phone(&tried).await;
    let state = async || tried.get(&format!("{BETA}/{id}")).await.json()["lostModeState"].clone();
    assert_eq!(act(&tried, &id, "locateDevice", json!({})).await.status, 400);
    assert_eq!(
        act_beta(&tried, &id, "playLostModeSound", json!({"durationInMinutes": "5"}))
            .await
            .status,
        400
    );
    let message = json!({"message": "Lost", "phoneNumber": "+49 151 1", "footer": null});
    done(&tried, &id, "enableLostMode", message).await;
    assert_eq!(state().await, "enabled");
    done(&tried, &id, "locateDevice", json!({})).await;
    done(&tried, &id, "playLostModeSound", json!({"durationInMinutes": "5"})).await;
    done(&tried, &id, "disableLostMode", json!({})).await;
    assert_eq!(state().await, "disabled");
}

#[tokio::test]
async fn a_notification_leaves_no_trace_but_its_effect() {
    let tried = tenant().await;
    let id = phone(&tried).await;
    let body = json!({"notificationTitle": "Hello", "notificationBody": "Please update"});
    accepted(&tried, &id, "sendCustomNotificationToCompanyPortal", body).await;
    pass(&tried, 10);
    assert!(results(&tried, &id).await.is_empty());
    assert!(tried.get(AUDITS).await.devices().is_empty());
    assert_eq!(effects(&tried, &id, "sendCustomNotificationToCompanyPortal"), 1);
}

#[tokio::test]
async fn a_dedicated_android_has_been_located_by_nobody() {
    let tried = tenant().await;
    let made = json!({"count": 300, "operatingSystem": "Android"});
    tried.post("/simulator/devices", made).await;
    let listed = tried.get(DEVICES).await.devices();
    let dedicated = listed
        .iter()
        .find(|device| device["deviceEnrollmentType"] == "androidEnterpriseDedicatedDevice");
    let id = dedicated.unwrap()["id"].as_str().unwrap();
    assert_eq!(
        states(&tried, id).await,
        [("locateDevice".to_owned(), "done".to_owned())]
    );
}

#[tokio::test]
async fn all_that_actions_show_fits_the_schema() {
    let tried = tenant().await;
    let facts = facts();
    let user = json!({"userPrincipalName": "a@example.org"});
    let shared = json!({
        "operatingSystem": "iPadOS", "isSupervised": true, "deviceEnrollmentType": "appleBulkWithoutUser",
    });
    let asked = [
        (mac(&tried).await, "remoteLock", json!({})),
        (
            android(&tried, "androidEnterpriseFullyManaged").await,
            "resetPasscode",
            json!({}),
        ),
        (
            android(&tried, "androidEnterpriseDedicatedDevice").await,
            "locateDevice",
            json!({}),
        ),
        (laptop(&tried).await, "windowsDefenderScan", json!({"quickScan": true})),
        (device(&tried, shared).await, "deleteUserFromSharedAppleDevice", user),
        (laptop(&tried).await, "rotateBitLockerKeys", json!({})),
        (laptop(&tried).await, "wipe", json!({"keepUserData": true})),
    ];
    for (id, verb, body) in &asked {
        accepted(&tried, id, verb, body.clone()).await;
    }
    for _ in 0..3 {
        for (version, root) in [("v1.0", DEVICES), ("beta", BETA)] {
            let mut judge = Judge {
                version: &facts[version],
                surplus: Surplus::default(),
            };
            for (id, ..) in &asked {
                let got = tried
                    .get(&format!("{root}/{id}?$select=deviceActionResults,managementState"))
                    .await;
                judge.object("managedDevice", &got.json());
            }
            if version == "beta" {
                for audit in tried.get(AUDITS).await.devices() {
                    judge.object("remoteActionAudit", &audit);
                }
            }
            let categories = tried
                .get(&format!("/{version}/deviceManagement/deviceCategories"))
                .await
                .devices();
            categories
                .iter()
                .for_each(|category| judge.object("deviceCategory", category));
            let roles: Vec<&String> = judge.surplus.keys.iter().collect();
            assert!(
                judge.surplus.values.is_empty() && roles.is_empty(),
                "{version}: {:?}",
                judge.surplus
            );
        }
        pass(&tried, 5);
    }
}

#[tokio::test]
async fn results_may_call_a_verb_by_another_name() {
    let tried = tenant().await;
    tune(
        &tried,
        json!({"resultNames": {"wipe": "factoryReset"}, "newerReplaces": true}),
    )
    .await;
    let id = laptop(&tried).await;
    for _ in 0..2 {
        accepted(&tried, &id, "wipe", json!({})).await;
    }
    assert_eq!(
        states(&tried, &id).await,
        [("factoryReset".to_owned(), "pending".to_owned())]
    );
    assert_eq!(effects(&tried, &id, "wipe"), 2, "the count goes by the verb");
}
