//! Records that are made twice, or that several devices fight over.

use std::collections::BTreeSet;

use serde_json::json;

use super::{prepare, serial, side};
use crate::support::inventories::{Inventory, InventoryKind, SeenRecord, SeenState};
use crate::support::target_bodies::merge;
use crate::support::targets::TargetScene;
use crate::support::wait::found;
use crate::targets::{FLEET, FilledTarget, assert_written};

#[tokio::test(flavor = "multi_thread")]
async fn br_1_no_run_makes_a_second_record_of_a_device() {
    for kind in InventoryKind::ALL {
        let Some(mut filled) = FilledTarget::open(kind).await else {
            continue;
        };
        let before = filled.inventory.records().await;
        for number in 0..3 {
            filled
                .scene
                .patch(
                    &filled.laptops[number].id,
                    json!({"osVersion": format!("10.0.26100.{number}")}),
                )
                .await;
            filled.scan_and_settle().await;
            filled.scene.restart().await;
            filled.scene.until_running(&filled.target).await;
            filled.scene.resync(&filled.target).await;
            filled.scene.settled(&filled.target).await;
        }
        // Not even where nothing is known any more of what belongs together.
        filled.scene.forget_all_links(&filled.target).await;
        filled.scene.resync(&filled.target).await;
        filled.scene.agree_until_settled(&filled.target).await;
        assert_eq!(filled.inventory.records().await.len(), before.len(), "{kind:?}");
        assert_written(&filled.inventory, &filled.laptops).await;
        filled.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn br_6_two_devices_with_one_serial_number_do_not_fight_over_one_record() {
    let (scene, inventory) = prepare().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let first = filled.laptops[0].clone();
    let same = json!({"serialNumber": first.serial, "deviceName": "THE-OTHER"});
    let other = filled.scene.put_laptop(same).await;
    filled.scan_and_settle().await;
    let row = filled.scene.until_aside(&filled.target, &other.id).await;
    assert_eq!(row["reason"], "linkedElsewhere", "{row}");
    let writes = side(&filled.inventory).server.count("PATCH hardware/{id}");
    for run in 1..=4 {
        for (id, version) in [
            (&first.id, format!("10.0.1.{run}")),
            (&other.id, format!("10.0.2.{run}")),
        ] {
            let changed = json!({"osVersion": version});
            filled.scene.patch(id, changed).await;
        }
        filled.scan_and_settle().await;
        filled.scene.resync(&filled.target).await;
        filled.scene.settled(&filled.target).await;
        let record = filled.inventory.record_of(&first.id).await;
        let version = format!("10.0.1.{run}");
        assert_eq!((&record.name, &record.values["OS Version"]), (&first.name, &version));
        // One write for the one that has it, and none to and fro.
        assert_eq!(
            side(&filled.inventory).server.count("PATCH hardware/{id}"),
            writes + run
        );
    }
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_7_numbers_that_the_other_side_gives_double_nothing() {
    let (mut scene, inventory) = prepare().await;
    // The answer to a create gets lost: Snipe-IT has numbered the asset, and nobody has read how.
    let laptops = scene.put_laptops(6).await;
    scene.scan().await;
    inventory.line().lose_later_answers(b"POST /api/v1/hardware", 2, 2);
    let target = scene.install(&inventory, json!({"asset_tag": "auto"})).await;
    scene.passing_settled(&target).await;
    assert!(inventory.line().lost() > 0);
    assert_written(&inventory, &laptops).await;
    let records = inventory.records().await;
    let mut tags: Vec<&String> = records.iter().map(|record| &record.values["asset_tag"]).collect();
    tags.sort();
    tags.dedup();
    assert_eq!((records.len(), tags.len()), (6, 6));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_12_serial_numbers_that_a_maker_gives_to_many_merge_nothing() {
    let (scene, inventory) = prepare().await;
    for number in 0..8 {
        let junk =
            json!({"serialNumber": "To be filled by O.E.M.", "deviceName": format!("OEM-{}-{number}", scene.mark)});
        scene.put_laptop(junk).await;
    }
    let theirs = side(&inventory).add_asset(json!({"name": "theirs", "serial": "To be filled by O.E.M."}));
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let records = filled.inventory.records().await;
    let names: BTreeSet<&String> = records
        .iter()
        .filter(|record| record.name.starts_with("OEM-"))
        .map(|record| &record.name)
        .collect();
    assert_eq!(names.len(), 8, "each is a record of its own");
    let left = records.iter().find(|record| record.id == theirs).unwrap();
    assert_eq!((left.name.as_str(), &left.device), ("theirs", &None));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_13_a_record_that_is_there_is_found_by_its_serial_number() {
    let (scene, inventory) = prepare().await;
    let theirs: Vec<String> = (1..=5)
        .map(|number| {
            let asset = json!({"name": format!("by hand {number}"), "serial": serial(&scene, number)});
            side(&inventory).add_asset(asset)
        })
        .collect();
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    for (laptop, id) in theirs.iter().enumerate() {
        assert_eq!(&filled.record(laptop).await.id, id);
    }
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(
        (&seen["adopted"], &seen["created"]),
        (&json!(5), &json!(FLEET - 5)),
        "{seen}"
    );
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_14_no_double_is_made_beside_a_record_that_is_there_whatever_state_it_is_in() {
    let (scene, inventory) = prepare().await;
    let states = [json!({}), json!({"archived": true}), json!({"deleted": true})];
    let mut theirs = Vec::new();
    for (number, state) in states.into_iter().enumerate() {
        let asset = json!({"name": "theirs", "serial": serial(&scene, number + 1)});
        theirs.push(side(&inventory).add_asset(merge(asset, state)));
    }
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    for (laptop, id) in theirs.iter().enumerate() {
        let record = filled.record(laptop).await;
        assert_eq!((&record.id, record.state), (id, SeenState::Active));
    }
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_15_two_hits_by_serial_number_block_until_a_person_decides() {
    let (scene, inventory) = prepare().await;
    let twins =
        ["one", "two"].map(|name| side(&inventory).add_asset(json!({"name": name, "serial": serial(&scene, 1)})));
    let before = inventory.records().await;
    let mut filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let device = filled.laptops[0].id.clone();
    for _ in 0..3 {
        let row = filled.scene.until_aside(&filled.target, &device).await;
        assert_eq!(
            (&row["reason"], row["records"].as_array().unwrap().len()),
            (&json!("serialTwice"), 2),
            "{row}"
        );
        let now = filled.inventory.records().await;
        assert!(before.iter().all(|record| now.contains(record)), "{now:?}");
        assert!(filled.inventory.records_of(&device).await.is_empty());
        filled.scene.restart().await;
        filled.scene.until_running(&filled.target).await;
        filled.scene.patch(&device, json!({})).await;
        filled.scene.resync(&filled.target).await;
        filled.scan_and_settle().await;
    }
    let adopt = json!({"decision": "adopt", "record": twins[0]});
    filled.scene.decide(&filled.target, &device, adopt).await;
    found("the decision is carried out", async || {
        let link = filled.scene.link(&filled.target, &device).await;
        (link["record"] == twins[0].as_str()).then_some(()).ok_or(link)
    })
    .await;
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_17_a_device_is_known_by_its_serial_number_and_never_by_its_tag() {
    let (scene, inventory) = prepare().await;
    // Somebody else's asset has the tag that a new one would get, and one with the right serial number another tag.
    let first = serial(&scene, 1);
    let other = side(&inventory).add_asset(json!({
        "name": "not this one", "serial": "XK-99-1", "asset_tag": format!("INTUNE-{}", serial(&scene, 2)),
    }));
    let own = side(&inventory).add_asset(json!({"name": "this one", "serial": first, "asset_tag": "A-1"}));
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({"asset_tag": "serial"})).await;
    let taken = filled.record(0).await;
    assert_eq!((&taken.id, taken.values["asset_tag"].as_str()), (&own, "A-1"));
    let records = filled.inventory.records().await;
    let untouched = records.iter().find(|record| record.id == other).unwrap();
    assert_eq!((untouched.name.as_str(), &untouched.device), ("not this one", &None));
    // The device whose tag is taken is told, not merged.
    let second = &filled.laptops[1].id;
    let made: Vec<&SeenRecord> = records
        .iter()
        .filter(|record| record.device.as_ref() == Some(second))
        .collect();
    if made.is_empty() {
        let row = filled.scene.until_aside(&filled.target, second).await;
        assert_eq!(row["reason"], "refused", "{row}");
    }
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn br_19_our_id_goes_before_a_serial_number_and_the_uuid_of_the_hardware_decides_nothing() {
    let (scene, inventory) = prepare().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let own = filled.record(0).await;
    // Somebody gives the serial number of this device to another asset as well, and changes it here.
    let decoy = side(&filled.inventory).add_asset(json!({"name": "decoy", "serial": filled.laptops[0].serial}));
    filled.inventory.edit(&own.id, "serial", "TYPED-WRONGLY").await;
    filled.scene.forget_link(&filled.target, &filled.laptops[0].id).await;
    filled.scene.resend(&filled.target, &filled.laptops[0].id).await;
    found("it is found by our id", async || {
        let link = filled.scene.link(&filled.target, &filled.laptops[0].id).await;
        (link["record"] == own.id.as_str()).then_some(()).ok_or(link)
    })
    .await;
    let records = filled.inventory.records().await;
    let left = records.iter().find(|record| record.id == decoy).unwrap();
    assert_eq!((left.name.as_str(), &left.device), ("decoy", &None));
    filled.stop().await;

    // OCS is told no UUID of hardware, by which it could merge what is not one.
    let Some(inventory) = Inventory::open(InventoryKind::Ocs).await else {
        return;
    };
    let filled = FilledTarget::fill(TargetScene::new().await, inventory, 3, json!({})).await;
    let Inventory::Ocs(ocs) = &filled.inventory else {
        unreachable!()
    };
    for record in filled.inventory.records().await {
        let uuid = ocs.column(&record.id, "IFNULL(UUID, '')").await;
        assert_eq!(uuid, "", "{record:?}");
    }
    filled.stop().await;
}
