//! What it costs, and what it does where it is told to do nothing.

use serde_json::json;

use super::{count_writes, prepare, serial, side};
use crate::support::inventories::snipe_side::SnipeSide;
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::snipe_it::{SnipeOptions, SnipeVersion};
use crate::support::targets::TargetScene;
use crate::targets::{FLEET, FilledTarget, assert_written};

#[tokio::test(flavor = "multi_thread")]
async fn br_3_a_first_import_needs_no_tag_from_anybody() {
    for (numbers_itself, version) in [
        (true, SnipeVersion::V8),
        (false, SnipeVersion::V8),
        (false, SnipeVersion::V7),
    ] {
        let options = SnipeOptions {
            auto_increment: numbers_itself,
            ..SnipeOptions::of_version(version)
        };
        let inventory = Inventory::SnipeIt(SnipeSide::with_options(options).await);
        let scene = TargetScene::new().await;
        // One of the devices has no serial number that a tag could be made of.
        let nameless = json!({"serialNumber": "To be filled by O.E.M."});
        let odd = scene.put_laptop(nameless).await;
        let answers = json!({"asset_tag": if numbers_itself { "auto" } else { "serial" }});
        let filled = FilledTarget::fill(scene, inventory, FLEET, answers).await;
        assert_written(&filled.inventory, &filled.laptops).await;
        let records = filled.inventory.records().await;
        assert!(
            records.iter().all(|record| !record.values["asset_tag"].is_empty()),
            "{records:?}"
        );
        let odd = filled.inventory.record_of(&odd.id).await;
        assert!(
            numbers_itself || odd.values["asset_tag"].starts_with("INTUNE-"),
            "{odd:?}"
        );
        filled.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn br_5_a_device_that_has_not_changed_costs_no_call() {
    for kind in InventoryKind::ALL {
        let Some(filled) = FilledTarget::open(kind).await else {
            continue;
        };
        let turns = filled.inventory.turns();
        for _ in 0..3 {
            filled.scan_and_settle().await;
        }
        filled.scene.resync(&filled.target).await;
        filled.scene.settled(&filled.target).await;
        assert_eq!(filled.inventory.turns(), turns, "{kind:?}");
        filled.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn br_10_a_look_ahead_makes_and_changes_nothing() {
    let (mut scene, inventory) = prepare().await;
    side(&inventory).add_asset(json!({"name": "by hand", "serial": serial(&scene, 1)}));
    let laptops = scene.put_laptops(8).await;
    scene.scan().await;
    let window = json!({"writing_more": true, "write_window": "01:00-01:05", "zone": "UTC"});
    let target = scene.install(&inventory, window).await;
    let before = inventory.records().await;
    side(&inventory).server.forget_counts();
    for _ in 0..2 {
        let preview = scene.preview(&target).await;
        assert_eq!(
            (&preview["creates"], &preview["adoptions"]),
            (&json!(7), &json!(1)),
            "{preview}"
        );
        let checked = scene.verify(&target).await;
        assert_eq!(checked["complete"], true, "{checked}");
    }
    assert_eq!(count_writes(side(&inventory)), 0, "nothing but reads was sent");
    assert_eq!(inventory.records().await, before);
    let seen = scene.target(&target).await;
    assert_eq!(
        (&seen["linked"], &seen["behind"]),
        (&json!(0), &json!(laptops.len())),
        "{seen}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_16_a_fleet_costs_one_write_a_device_once_and_lists_are_read_in_pages() {
    let (scene, inventory) = prepare().await;
    let count = 240;
    let filled = FilledTarget::fill(scene, inventory, count, json!({})).await;
    assert_written(&filled.inventory, &filled.laptops).await;
    let server = &side(&filled.inventory).server;
    assert_eq!(server.count("POST hardware"), count);
    assert_eq!(server.count("PATCH hardware/{id}"), 0);
    // Each user is looked for once: by e-mail address, and by name where that finds nobody.
    let users = server.count("GET users");
    assert!(users <= 2 * count, "{users} requests for users");
    // Nothing is asked for by serial number one by one while a whole fleet is met.
    let rest = server.count_all() - count - users;
    assert!(rest <= 60, "{rest} requests beside the {count} that make an asset");
    filled.stop().await;
}
