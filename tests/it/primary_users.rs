//! The primary user of a device: read apart from the list, kept whatever the list says, and only where somebody receives it.

use chrono::TimeDelta;
use intune_connector::model::DeviceId;
use intune_connector::store::{DeviceHistory, DeviceHistoryKey};
use serde_json::{Value, json};

use crate::support::rig::Rig;

/// Somebody's device, and somebody else.
struct Choice {
    id: DeviceId,
    user: String,
    other: String,
}

async fn choose(rig: &Rig) -> Choice {
    let all = rig.control("GET", "devices", json!({})).await;
    let mut with_user = all["devices"].as_array().unwrap().iter().filter_map(|device| {
        let name = device["userPrincipalName"].as_str().filter(|name| !name.is_empty())?;
        Some((device["id"].as_str()?, name))
    });
    let (id, user) = with_user.next().unwrap();
    let (_, other) = with_user.find(|(_, name)| *name != user).unwrap();
    Choice {
        id: id.parse().unwrap(),
        user: user.to_owned(),
        other: other.to_owned(),
    }
}

async fn assign(rig: &Rig, id: DeviceId, user: Option<&str>) {
    rig.control("PUT", &format!("devices/{id}/user"), json!({ "user": user }))
        .await;
}

async fn rename(rig: &Rig, id: DeviceId, name: &str) {
    let properties = json!({"properties": {"deviceName": name}});
    rig.control("PATCH", &format!("devices/{id}"), properties).await;
}

/// As it is published.
async fn shown(rig: &Rig, id: DeviceId) -> Value {
    let row = rig.shelf.store.find_device(rig.shelf.instance_id(), id);
    serde_json::from_str(row.await.unwrap().unwrap().body.get()).unwrap()
}

async fn user_of(rig: &Rig, id: DeviceId) -> Value {
    shown(rig, id).await["primaryUser"]["userPrincipalName"].clone()
}

async fn history(rig: &Rig, device: DeviceId) -> DeviceHistory {
    let key = DeviceHistoryKey {
        instance: rig.shelf.instance_id(),
        device,
        before: None,
        limit: 100,
    };
    rig.shelf.store.find_device_history(key).await.unwrap()
}

fn batches(rig: &Rig) -> usize {
    let log = rig.sim.simulated.log().entries(0, usize::MAX);
    log.iter().filter(|entry| entry.path.ends_with("/$batch")).count()
}

const ON: (&str, &str) = ("primary_user", "on");

#[tokio::test]
async fn s4_neither_a_list_nor_a_single_get_erases_the_primary_user_and_each_device_is_asked_for_once() {
    let rig = Rig::with(25, &[ON]).await;
    let Choice { id, user, .. } = choose(&rig).await;
    rig.full().await;
    assert_eq!(shown(&rig, id).await["primaryUser"], Value::Null, "nobody has asked");
    assert!(rig.read_users().await > 1);
    assert_eq!(batches(&rig), 2, "25 devices");
    assert_eq!(user_of(&rig, id).await, user.as_str());
    let person = shown(&rig, id).await["primaryUser"].clone();
    assert!(
        person["id"].is_string() && person["displayName"].is_string(),
        "{person}"
    );

    rig.enrich().await;
    let after_enriching = batches(&rig);
    rename(&rig, id, "RENAMED").await;
    rig.full().await;
    let known = shown(&rig, id).await;
    assert_eq!(
        (&known["deviceName"], &known["primaryUser"]["userPrincipalName"]),
        (&json!("RENAMED"), &json!(user))
    );

    // It has changed, so it is asked for again, and it alone; the same answer is no news.
    let head = *rig.shelf.store.watch_head().borrow();
    assert_eq!(rig.read_users().await, 0);
    assert_eq!(batches(&rig), after_enriching + 1);
    assert_eq!(rig.read_users().await, 0);
    assert_eq!(batches(&rig), after_enriching + 1, "nothing is due");
    assert_eq!(*rig.shelf.store.watch_head().borrow(), head);
}

#[tokio::test]
async fn s4_one_that_changes_or_is_cleared_is_a_change_of_the_device_with_its_history() {
    let rig = Rig::with(12, &[ON]).await;
    let Choice { id, user, other } = choose(&rig).await;
    rig.full().await;
    rig.read_users().await;
    let of_person = |history: &DeviceHistory| -> Vec<(String, Value, Value)> {
        let fields = history.changes.iter().flat_map(|change| &change.fields);
        fields
            .filter(|field| field.field == "primaryUser" || field.field == "primaryUser.userPrincipalName")
            .map(|field| (field.field.clone(), field.before.clone(), field.after.clone()))
            .collect()
    };
    let first = of_person(&history(&rig, id).await);
    assert!(first.is_empty(), "the first reading completes it: {first:?}");

    assign(&rig, id, Some(&other)).await;
    rig.full().await;
    assert_eq!(rig.read_users().await, 1);
    assert_eq!(user_of(&rig, id).await, other.as_str());
    let moved = ("primaryUser.userPrincipalName".to_owned(), json!(user), json!(other));
    assert_eq!(of_person(&history(&rig, id).await), [moved]);

    assign(&rig, id, None).await;
    rig.full().await;
    assert_eq!(rig.read_users().await, 1);
    let nobody = shown(&rig, id).await["primaryUser"].clone();
    assert!(nobody.is_object() && nobody["userPrincipalName"].is_null(), "{nobody}");
    let told = of_person(&history(&rig, id).await);
    let cleared = ("primaryUser.userPrincipalName".to_owned(), json!(other), Value::Null);
    assert!(told.contains(&cleared), "{told:?}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s4_a_device_that_went_meanwhile_holds_nobody_up_and_one_that_can_not_be_had_now_is_asked_for_later() {
    let rig = Rig::with(12, &[ON]).await;
    let Choice { id, user, .. } = choose(&rig).await;
    rig.full().await;
    let gone = rig
        .truth()
        .await
        .into_iter()
        .find(|(of, _)| *of != id.to_string())
        .unwrap();
    rig.remove(&gone.0).await;
    let path = format!("*/{id}/users");
    let broken = json!({"fault": {"kind": "status", "status": 400}, "path": path, "times": 1});
    rig.fault(broken).await;
    rig.read_users().await;
    assert_eq!(batches(&rig), 1);
    rig.read_users().await;
    assert_eq!(batches(&rig), 1, "nobody asks again for what was answered");
    assert_eq!(user_of(&rig, id).await, Value::Null);
    rename(&rig, id, "CHANGED").await;
    rig.full().await;
    rig.read_users().await;
    assert_eq!(user_of(&rig, id).await, user.as_str());
}

#[tokio::test]
async fn f8_nobody_asks_for_the_users_of_personal_devices_that_are_reduced() {
    let own = [
        ON,
        ("personal", "reduced"),
        ("filter", "managedDeviceOwnerType == 'personal'"),
    ];
    let rig = Rig::with(60, &own).await;
    rig.full().await;
    let view = rig.view().await;
    assert!(!view.bodies.is_empty());
    assert!(view.bodies.values().all(|body| !body.contains("primaryUser")));
    assert_eq!(rig.read_users().await, 0);
    assert_eq!(batches(&rig), 0);
}

#[tokio::test]
async fn f8_what_is_switched_off_is_forgotten_and_what_is_switched_on_again_is_read_again() {
    let mut rig = Rig::with(12, &[ON]).await;
    let Choice { id, user, .. } = choose(&rig).await;
    rig.full().await;
    rig.read_users().await;
    assert_eq!(user_of(&rig, id).await, user.as_str());

    rig.set(&[("primary_user", "off")]);
    rig.full().await;
    assert!(shown(&rig, id).await.get("primaryUser").is_none());
    assert_eq!(rig.read_users().await, 0);
    let raw = rusqlite::Connection::open(rig.shelf.folder.path().join("bus.db")).unwrap();
    let kept = |of: &str| -> i64 {
        raw.query_row(&format!("SELECT count(*) FROM {of} IS NOT NULL"), [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((kept("body WHERE users"), kept("device WHERE users_at")), (0, 0));

    rig.set(&[ON]);
    rig.full().await;
    assert_eq!(shown(&rig, id).await["primaryUser"], Value::Null);
    rig.read_users().await;
    assert_eq!(user_of(&rig, id).await, user.as_str());
    assert!(kept("device WHERE users_at") > 0);
}

#[tokio::test]
async fn s4_with_daily_readings_one_that_no_list_shows_is_found_a_day_later() {
    let rig = Rig::with(12, &[("primary_user", "daily")]).await;
    let Choice { id, other, .. } = choose(&rig).await;
    rig.full().await;
    rig.read_users().await;
    let apart = json!({"user": other, "listed": false});
    rig.control("PUT", &format!("devices/{id}/user"), apart).await;
    rig.advance(TimeDelta::hours(23));
    assert_eq!((rig.read_users().await, batches(&rig)), (0, 1));
    rig.advance(TimeDelta::hours(2));
    assert_eq!(rig.read_users().await, 1);
    assert_eq!(user_of(&rig, id).await, other.as_str());
}
