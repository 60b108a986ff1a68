//! The life of an action by the tenant's clock.

use super::*;

fn entry(name: &str, state: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), state.to_owned())]
}

#[tokio::test]
async fn an_action_is_pending_then_active_then_done() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "rebootNow", json!({})).await;
    assert_eq!(states(&tried, &id).await, entry("rebootNow", "pending"));
    pass(&tried, 5);
    assert_eq!(states(&tried, &id).await, entry("rebootNow", "active"));
    pass(&tried, 5);
    let done = results(&tried, &id).await;
    assert_eq!(
        done,
        [
            json!({"actionName": "rebootNow", "actionState": "done", "startDateTime": "2026-11-20T10:00:00Z",
                "lastUpdatedDateTime": "2026-11-20T10:00:10Z"})
        ]
    );
    let listed = tried.get(DEVICES).await.devices();
    assert_eq!(
        listed[0]["deviceActionResults"],
        json!([]),
        "the list shows nothing of it"
    );
}

#[tokio::test]
async fn without_delays_the_next_look_shows_the_end() {
    let tried = tenant().await;
    tune(&tried, json!({"conduct": {"pendingMs": 0, "activeMs": 0}})).await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "syncDevice", json!({})).await;
    assert_eq!(states(&tried, &id).await, entry("syncDevice", "done"));
}

#[tokio::test]
async fn a_device_that_never_answers_does_so_when_it_checks_in() {
    let tried = tenant().await;
    tune(&tried, json!({"conduct": {"answers": false}})).await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "wipe", json!({})).await;
    pass(&tried, 90 * 86_400);
    assert_eq!(states(&tried, &id).await, entry("wipe", "pending"));
    assert_eq!(management_state(&tried, &id).await, "wipePending");
    let checked = tried
        .post("/simulator/devices/check-in", json!({"ids": [id]}))
        .await
        .json();
    assert_eq!(checked["checkedIn"], 1);
    assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404);
}

#[tokio::test]
async fn every_end_is_told() {
    for (outcome, wipe_ends_as) in [
        ("canceled", Some("wipeCanceled")),
        ("done", None),
        ("failed", Some("wipeFailed")),
        ("notSupported", Some("managed")),
    ] {
        let tried = tenant().await;
        tune(&tried, json!({"conduct": {"outcome": outcome}})).await;
        let id = laptop(&tried).await;
        accepted(&tried, &id, "rebootNow", json!({})).await;
        pass(&tried, 10);
        assert_eq!(states(&tried, &id).await, entry("rebootNow", outcome));
        accepted(&tried, &id, "wipe", json!({})).await;
        pass(&tried, 10);
        let got = tried.get(&format!("{DEVICES}/{id}")).await;
        assert_eq!(wipe_ends_as.map_or(404, |_| 200), got.status, "{outcome}");
        if let Some(state) = wipe_ends_as {
            assert_eq!(got.json()["managementState"], state);
        }
        let audits = audits(
            &tried,
            &format!("managedDeviceId eq '{id}' and action eq 'factoryReset'"),
        )
        .await;
        assert_eq!(audits[0]["actionState"], outcome);
    }
}

#[tokio::test]
async fn a_wipe_takes_the_device_away_unless_it_keeps_something() {
    for (body, vanishes) in [
        (json!({}), true),
        (json!({"keepUserData": false, "keepEnrollmentData": false}), true),
        (json!({"keepUserData": true}), false),
        (json!({"keepEnrollmentData": true}), false),
    ] {
        let tried = tenant().await;
        let id = laptop(&tried).await;
        accepted(&tried, &id, "wipe", body.clone()).await;
        assert_eq!(management_state(&tried, &id).await, "wipePending");
        pass(&tried, 5);
        assert_eq!(management_state(&tried, &id).await, "wipeIssued");
        pass(&tried, 5);
        let got = tried.get(&format!("{DEVICES}/{id}")).await;
        assert_eq!(got.status == 404, vanishes, "{body}");
        assert_eq!(tried.get(DEVICES).await.devices().is_empty(), vanishes, "{body}");
        if !vanishes {
            assert_eq!(got.json()["managementState"], "managed");
        }
    }
}

#[tokio::test]
async fn a_retire_goes_through_its_states_and_the_device_vanishes() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "retire", json!({})).await;
    assert_eq!(management_state(&tried, &id).await, "retirePending");
    pass(&tried, 5);
    assert_eq!(management_state(&tried, &id).await, "retireIssued");
    pass(&tried, 5);
    assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404);
    let audit = &audits(&tried, "action eq 'removeCompanyData'").await[0];
    assert_eq!(
        (&audit["managedDeviceId"], &audit["actionState"]),
        (&json!(id), &json!("done"))
    );
    assert_eq!(audit["deviceDisplayName"], "LAP-1", "audits outlive their device");
}

#[tokio::test]
async fn a_delete_takes_the_row_at_once_and_wipes_a_companys_android() {
    let tried = tenant().await;
    let wiped = [
        android(&tried, "androidEnterpriseFullyManaged").await,
        android(&tried, "androidEnterpriseDedicatedDevice").await,
        android(&tried, "androidEnterpriseCorporateWorkProfile").await,
        android(&tried, "androidAOSPUserOwnedDeviceEnrollment").await,
    ];
    let retired = [
        android(&tried, "userEnrollment").await,
        laptop(&tried).await,
        phone(&tried).await,
    ];
    for id in wiped.iter().chain(&retired) {
        let path = format!("{DEVICES}/{id}");
        assert_eq!(tried.send(tried.request(Method::DELETE, &path)).await.status, 204);
        assert_eq!(tried.get(&path).await.status, 404);
        assert_eq!(tried.send(tried.request(Method::DELETE, &path)).await.status, 404);
        let effect = tried.sim.effects(Some(Uuid::parse_str(id).unwrap())).pop().unwrap();
        let expected = if wiped.contains(id) { "wipe" } else { "retire" };
        assert_eq!((effect.verb, effect.consequence), ("delete", Some(expected)));
        assert_eq!(
            audits(&tried, &format!("managedDeviceId eq '{id}'")).await[0]["action"],
            "delete"
        );
    }
}

#[tokio::test]
async fn wipe_retire_and_delete_make_other_open_actions_be_ignored() {
    for (overriding, vanishes_after) in [("wipe", 10), ("retire", 10)] {
        let tried = tenant().await;
        let id = laptop(&tried).await;
        tune(&tried, json!({"conduct": {"pendingMs": 20_000}})).await;
        accepted(&tried, &id, "setDeviceName", json!({"deviceName": "NEW-1"})).await;
        tune(&tried, json!({"conduct": {"pendingMs": 60_000}})).await;
        accepted(&tried, &id, overriding, json!({})).await;
        pass(&tried, 40);
        let device = tried.get(&format!("{DEVICES}/{id}")).await.json();
        assert_eq!(device["deviceName"], "LAP-1", "the new name is forgotten");
        let names = states(&tried, &id).await;
        assert_eq!(names[0], ("setDeviceName".to_owned(), "pending".to_owned()));
        pass(&tried, 20 + vanishes_after);
        assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn a_retire_that_is_pending_does_not_block_a_wipe() {
    let tried = tenant().await;
    tune(&tried, json!({"conduct": {"answers": false}})).await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "retire", json!({})).await;
    tune(&tried, json!({"conduct": {"answers": true}})).await;
    accepted(&tried, &id, "wipe", json!({})).await;
    assert_eq!(management_state(&tried, &id).await, "wipePending");
    pass(&tried, 10);
    assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404);
    let tasks = tried.get(&format!("/simulator/tasks?device={id}")).await.json();
    let told: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["verb"].clone(), task["state"].clone(), task["ignored"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("wipe"), json!("done"), json!(false)),
            (json!("retire"), json!("pending"), json!(true))
        ]
    );
}

#[tokio::test]
async fn a_sync_moves_the_check_in_and_leaves_no_audit() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    pass(&tried, 3600);
    accepted(&tried, &id, "syncDevice", json!({})).await;
    pass(&tried, 10);
    let device = tried.get(&format!("{DEVICES}/{id}")).await.json();
    assert_eq!(device["lastSyncDateTime"], "2026-11-20T11:00:10Z");
    assert!(audits(&tried, &format!("managedDeviceId eq '{id}'")).await.is_empty());
}

#[tokio::test]
async fn a_new_name_shows_once_the_device_has_taken_it() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "setDeviceName", json!({"deviceName": "LAP-99"})).await;
    let name = async || tried.get(&format!("{DEVICES}/{id}")).await.json()["deviceName"].clone();
    assert_eq!(name().await, "LAP-1");
    pass(&tried, 10);
    assert_eq!(name().await, "LAP-99");
    assert_eq!(
        tried
            .get(&format!("{DEVICES}?$filter=deviceName eq 'LAP-99'"))
            .await
            .ids(),
        [id]
    );
}

#[tokio::test]
async fn fresh_start_keeps_what_it_is_told_to_keep() {
    let tried = tenant().await;
    let private = json!({"operatingSystem": "Windows", "managedDeviceOwnerType": "personal"});
    for (id, keep, status) in [
        (laptop(&tried).await, false, 200),
        (device(&tried, private.clone()).await, true, 200),
        (device(&tried, private).await, false, 404),
    ] {
        accepted(&tried, &id, "cleanWindowsDevice", json!({ "keepUserData": keep })).await;
        pass(&tried, 10);
        assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, status);
    }
}

#[tokio::test]
async fn a_device_that_is_gone_by_other_ways_ends_nothing_any_more() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "rebootNow", json!({})).await;
    let path = format!("/simulator/devices/{id}");
    assert_eq!(tried.send(tried.request(Method::DELETE, &path)).await.status, 204);
    pass(&tried, 60);
    let audit = &audits(&tried, &format!("managedDeviceId eq '{id}'")).await[0];
    assert_eq!(audit["actionState"], "pending", "nobody was left to do it");
}
