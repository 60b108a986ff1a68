//! What follows a device through its life: its user, its end, what people did with its record.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::{count_writes, prepare, serial, side};
use crate::support::inventories::{Inventory, InventoryKind, SeenState};
use crate::targets::{FLEET, FilledTarget};

/// A fleet whose first device belongs to the first of two people whom Snipe-IT knows.
async fn with_people() -> (FilledTarget, Vec<String>) {
    let (scene, inventory) = prepare().await;
    let people = scene.people(2).await;
    for (number, person) in people.iter().enumerate() {
        side(&inventory).add_user(&format!("person-{number}"), person);
    }
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    filled.scene.set_user(&filled.laptops[0].id, Some(&people[0])).await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    assert_eq!(filled.record(0).await.user.as_ref(), Some(&people[0]));
    (filled, people)
}

#[tokio::test(flavor = "multi_thread")]
async fn br_2_a_user_who_changes_is_changed_over_there() {
    let (filled, people) = with_people().await;
    for person in [&people[1], &people[0], &people[1]] {
        filled.scene.set_user(&filled.laptops[0].id, Some(person)).await;
        filled.scan_and_settle().await;
        assert_eq!(filled.record(0).await.user.as_ref(), Some(person));
        assert_eq!(
            filled.record(0).await.name,
            filled.laptops[0].name,
            "the name stays with it"
        );
    }
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_9_a_user_who_is_cleared_is_checked_in() {
    let (filled, people) = with_people().await;
    filled.scene.set_user(&filled.laptops[0].id, None).await;
    filled.scan_and_settle().await;
    let record = filled.record(0).await;
    assert_eq!((record.user, record.state), (None, SeenState::Active));
    let asset: u64 = record.id.parse().unwrap();
    let history = side(&filled.inventory).server.list_history(asset);
    assert!(history.iter().any(|entry| entry.action == "checkin"), "{history:?}");
    // Whom somebody over there handed it to by hand is not ours to take away.
    side(&filled.inventory).check_out(&record.id, &people[1]);
    filled
        .scene
        .patch(&filled.laptops[0].id, json!({"osVersion": "10.0.26100.1010"}))
        .await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.user.as_ref(), Some(&people[1]));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_4_an_asset_that_was_bought_before_its_device_enrols_waits_for_it_untouched() {
    let (scene, inventory) = prepare().await;
    let coming = "PF-COMING-1";
    let bought = side(&inventory).add_asset(json!({"name": "in its box", "serial": coming, "order_number": "PO-1"}));
    let before = inventory.records().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let now = filled.inventory.records().await;
    assert!(before.iter().all(|record| now.contains(record)));
    let enrolled = filled.scene.put_laptop(json!({"serialNumber": coming})).await;
    filled.scan_and_settle().await;
    let record = filled.inventory.record_of(&enrolled.id).await;
    assert_eq!((&record.id, &record.name), (&bought, &enrolled.name));
    assert_eq!(record.values["order_number"], "PO-1");
    assert_eq!(filled.inventory.records().await.len(), FLEET + 1);
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_8_each_class_of_devices_is_of_its_own_category_and_tags_of_assets_stay() {
    let (scene, inventory) = prepare().await;
    let theirs = side(&inventory).add_asset(json!({"name": "tablet", "serial": "TAB0001X", "asset_tag": "T-7"}));
    let phone = json!({"operatingSystem": "iOS", "model": "iPhone 15 Pro", "manufacturer": "Apple", "serialNumber": "PHN0001X"});
    let phone = scene.put_laptop(phone).await;
    let tablet =
        json!({"operatingSystem": "iOS", "model": "iPad Air", "manufacturer": "Apple", "serialNumber": "TAB0001X"});
    let tablet = scene.put_laptop(tablet).await;
    let second =
        json!({"operatingSystem": "iOS", "model": "iPad Pro", "manufacturer": "Apple", "serialNumber": "TAB0002X"});
    let second = scene.put_laptop(second).await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({"asset_tag": "serial"})).await;
    for (device, category) in [
        (&phone.id, "Mobile Phones"),
        (&second.id, "Tablets"),
        (&filled.laptops[0].id, "Computers"),
    ] {
        let record = filled.inventory.record_of(device).await;
        assert_eq!(record.values["category"], category, "{record:?}");
        assert_eq!(record.values["asset_tag"], format!("INTUNE-{}", record.serial));
    }
    let adopted = filled.inventory.record_of(&tablet.id).await;
    assert_eq!((&adopted.id, adopted.values["asset_tag"].as_str()), (&theirs, "T-7"));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_11_a_device_that_is_deleted_is_not_ignored() {
    for kind in InventoryKind::ALL {
        let Some(filled) = FilledTarget::open(kind).await else {
            continue;
        };
        filled.scene.remove(&filled.laptops[0].id).await;
        filled.scan_and_settle().await;
        let record = filled.record(0).await;
        let seen = filled.scene.target(&filled.target).await;
        assert_eq!(
            seen["gone"], 1,
            "{kind:?}: where nothing can be said over there, it is said here: {seen}"
        );
        if let Inventory::SnipeIt(_) = &filled.inventory {
            assert_eq!(record.values["status"], "Intune: gone");
        }
        assert_eq!(record.state == SeenState::Retired, kind.retires());
        filled.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn br_18_what_people_threw_away_after_a_device_went_does_not_come_back() {
    let (scene, inventory) = prepare().await;
    let mut filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    filled.scene.remove(&filled.laptops[0].id).await;
    filled.scan_and_settle().await;
    let record = filled.record(0).await;
    side(&filled.inventory).trash(&record.id);
    side(&filled.inventory).server.forget_counts();
    for _ in 0..3 {
        filled.scene.advance(TimeDelta::days(1));
        filled.scene.restart().await;
        filled.scene.until_running(&filled.target).await;
        filled.scene.resync(&filled.target).await;
        filled.scan_and_settle().await;
        assert_eq!(filled.record(0).await.state, SeenState::Deleted);
    }
    assert_eq!(count_writes(side(&filled.inventory)), 0);
    // The hardware comes back, enrolled anew: then its asset does, too.
    let again = json!({"deviceName": "BACK", "serialNumber": serial(&filled.scene, 1)});
    let back = filled.scene.put_device(&Uuid::new_v4().to_string(), again).await;
    filled.scan_and_settle().await;
    let record_again = filled.inventory.record_of(&back.id).await;
    assert_eq!((&record_again.id, record_again.state), (&record.id, SeenState::Active));
    filled.stop().await;
}
