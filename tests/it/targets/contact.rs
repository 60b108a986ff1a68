//! First contact with an inventory in which people keep these devices already: one hit by serial number is taken over, two
//! are never guessed at, junk numbers find nothing, and a person decides about what is doubtful.

use reqwest::Method;
use serde_json::{Value, json};

use super::{FLEET, FilledTarget};
use crate::support::inventories::snipe_side::SnipeSide;
use crate::support::inventories::{Inventory, InventoryKind, SeenRecord, SeenState};
use crate::support::targets::TargetScene;
use crate::support::wait::found;

/// A Snipe-IT, and the fleet that is about to come.
async fn prepare() -> (TargetScene, Inventory) {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    (TargetScene::new().await, inventory)
}

fn side(inventory: &Inventory) -> &SnipeSide {
    match inventory {
        Inventory::SnipeIt(side) => side,
        _ => panic!("another kind"),
    }
}

/// The serial number that the laptop of this number gets.
fn serial(scene: &TargetScene, number: usize) -> String {
    format!("SN{}{number:04}", scene.mark)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asset_with_the_serial_number_is_taken_over_and_only_mapped_fields_are_written() {
    let (scene, inventory) = prepare().await;
    let theirs = side(&inventory).add_asset(json!({
        "name": "bought in 2024", "serial": serial(&scene, 1).to_lowercase(), "asset_tag": "KEEP-17",
        "notes": "of the board", "order_number": "PO-4711", "model": "Their own model",
    }));
    let archived =
        side(&inventory).add_asset(json!({"name": "in a drawer", "serial": serial(&scene, 2), "archived": true}));
    let trashed =
        side(&inventory).add_asset(json!({"name": "in the trash", "serial": serial(&scene, 3), "deleted": true}));
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let taken = filled.record(0).await;
    assert_eq!((&taken.id, &taken.name), (&theirs, &filled.laptops[0].name));
    for (field, value) in [
        ("asset_tag", "KEEP-17"),
        ("notes", "of the board"),
        ("order_number", "PO-4711"),
        ("model", "Their own model"),
    ] {
        assert_eq!(taken.values.get(field).map(String::as_str), Some(value), "{field}");
    }
    for (laptop, id) in [(1, &archived), (2, &trashed)] {
        let record = filled.record(laptop).await;
        assert_eq!(
            (&record.id, record.state),
            (id, SeenState::Active),
            "it comes back into use"
        );
    }
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(
        (&seen["adopted"], &seen["created"]),
        (&json!(3), &json!(FLEET - 3)),
        "{seen}"
    );
    let link = filled.scene.link(&filled.target, &filled.laptops[0].id).await;
    assert_eq!(
        (&link["origin"], &link["record"]),
        (&json!("adopted"), &json!(theirs)),
        "{link}"
    );
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_would_be_taken_over_by_what_and_changed_field_by_field() {
    let (mut scene, inventory) = prepare().await;
    let theirs = side(&inventory).add_asset(json!({"name": "bought in 2024", "serial": serial(&scene, 1)}));
    for name in ["one", "two"] {
        side(&inventory).add_asset(json!({"name": name, "serial": serial(&scene, 2)}));
    }
    let laptops = scene.put_laptops(3).await;
    scene.scan().await;
    let before = inventory.records().await;
    let window = json!({"writing_more": true, "write_window": "01:00-01:05", "zone": "UTC"});
    let target = scene.install(&inventory, window).await;
    let preview = scene.preview(&target).await;
    assert_eq!(
        (&preview["creates"], &preview["adoptions"], &preview["setAside"]),
        (&json!(1), &json!(1), &json!(1)),
        "{preview}"
    );
    let items = preview["items"].as_array().unwrap();
    let item = |id: &str| items.iter().find(|item| item["deviceId"] == id).unwrap();
    let adopted = item(&laptops[0].id);
    assert_eq!(
        (&adopted["outcome"], &adopted["record"], &adopted["foundBy"]),
        (&json!("adopt"), &json!(theirs), &json!("serialNumber")),
        "{adopted}"
    );
    let changes = adopted["changes"].as_array().unwrap();
    let named = changes.iter().find(|change| change["field"] == "name").unwrap();
    assert_eq!(
        (&named["before"], &named["after"]),
        (&json!("bought in 2024"), &json!(laptops[0].name))
    );
    let doubtful = item(&laptops[1].id);
    assert_eq!(
        (&doubtful["outcome"], &doubtful["reason"]),
        (&json!("setAside"), &json!("serialTwice")),
        "{doubtful}"
    );
    assert_eq!(inventory.records().await, before);
    assert_eq!(
        scene.aside(&target).await,
        Vec::<Value>::new(),
        "a look decides nothing"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_assets_with_one_serial_number_are_set_aside_and_a_person_decides() {
    let (scene, inventory) = prepare().await;
    let mut pairs = Vec::new();
    for number in 1..=3 {
        let pair = ["left", "right"]
            .map(|name| side(&inventory).add_asset(json!({"name": name, "serial": serial(&scene, number)})));
        pairs.push(pair);
    }
    let before = inventory.records().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let (scene, target) = (&filled.scene, filled.target.as_str());
    let ids: Vec<&str> = filled.laptops.iter().map(|laptop| laptop.id.as_str()).collect();
    let rows = scene.aside(target).await;
    assert_eq!(rows.len(), 3, "{rows:?}");
    for (number, pair) in pairs.iter().enumerate() {
        let row = rows.iter().find(|row| row["deviceId"] == ids[number]).unwrap();
        assert_eq!(
            (&row["reason"], &row["device"]["serialNumber"]),
            (&json!("serialTwice"), &json!(filled.laptops[number].serial))
        );
        let shown = row["records"].as_array().unwrap().iter();
        let mut shown: Vec<&str> = shown.map(|record| record["record"].as_str().unwrap()).collect();
        shown.sort_unstable();
        let mut expected: Vec<&str> = pair.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(shown, expected, "{row}");
    }
    // Neither was touched, and none was made; the rest of the fleet is there, and nobody waits for them.
    let now = filled.inventory.records().await;
    assert!(before.iter().all(|record| now.contains(record)));
    assert_eq!(now.len(), before.len() + FLEET - 3);
    assert_eq!(scene.target(target).await["behind"], 0);

    let path = format!("/sics/v1/targets/{target}/set-aside/IntuneConnector_1/{}", ids[0]);
    let guess = json!({"decision": "adopt"});
    assert_eq!(scene.refused(Method::POST, &path, guess).await, "wrongRecord");
    let stranger = json!({"decision": "adopt", "record": pairs[1][0]});
    assert_eq!(scene.refused(Method::POST, &path, stranger).await, "wrongRecord");
    scene
        .decide(target, ids[0], json!({"decision": "adopt", "record": pairs[0][1]}))
        .await;
    scene.decide(target, ids[1], json!({"decision": "create"})).await;
    scene.decide(target, ids[2], json!({"decision": "ignore"})).await;
    found("what was decided is done", async || {
        let links = [scene.link(target, ids[0]).await, scene.link(target, ids[1]).await];
        let is_done = links.iter().all(|link| link["phase"] == "active");
        is_done.then_some(()).ok_or(links)
    })
    .await;
    assert_eq!(filled.record(0).await.id, pairs[0][1]);
    let made = filled.record(1).await;
    assert!(!pairs[1].contains(&made.id), "{made:?}");
    assert!(filled.inventory.records_of(ids[2]).await.is_empty());
    // What is ignored stays ignored: the newest state comes by, and nothing is asked again.
    scene.patch(ids[2], json!({"deviceName": "IGNORED"})).await;
    scene.patch(ids[0], json!({"osVersion": "10.0.26100.5555"})).await;
    scene.scan_and_settle(target).await;
    assert_eq!(scene.aside(target).await, Vec::<Value>::new());
    assert!(filled.inventory.records_of(ids[2]).await.is_empty());
    let osversion = filled.record(0).await.values.get("OS Version").cloned();
    assert_eq!(osversion.as_deref(), Some("10.0.26100.5555"));
    assert_eq!(filled.inventory.records().await.len(), now.len() + 1);
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_set_aside_goes_on_by_itself_when_somebody_has_cleared_up_over_there() {
    let (scene, inventory) = prepare().await;
    let twins =
        ["left", "right"].map(|name| side(&inventory).add_asset(json!({"name": name, "serial": serial(&scene, 1)})));
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let laptop = &filled.laptops[0].id;
    filled.scene.until_aside(&filled.target, laptop).await;
    side(&filled.inventory).trash(&twins[0]);
    filled
        .scene
        .patch(laptop, json!({"osVersion": "10.0.26100.6666"}))
        .await;
    filled.scan_and_settle().await;
    found("the one that is left is taken over", async || {
        let link = filled.scene.link(&filled.target, laptop).await;
        (link["record"] == twins[1].as_str()).then_some(()).ok_or(link)
    })
    .await;
    assert_eq!(filled.scene.aside(&filled.target).await, Vec::<Value>::new());
    filled.stop().await;
}

const JUNK: [&str; 5] = [
    "To be filled by O.E.M.",
    "00000000",
    "Default string",
    "System Serial Number",
    "N/A",
];

#[tokio::test(flavor = "multi_thread")]
async fn junk_serial_numbers_find_nothing_and_are_written_nowhere() {
    let (scene, inventory) = prepare().await;
    let mut theirs = Vec::new();
    for junk in JUNK {
        theirs.push(side(&inventory).add_asset(json!({"name": format!("theirs {junk}"), "serial": junk})));
    }
    let before = inventory.records().await;
    for (number, junk) in JUNK.iter().chain(&JUNK).enumerate() {
        scene
            .put_laptop(json!({"serialNumber": junk, "deviceName": format!("JUNK-{}-{number}", scene.mark)}))
            .await;
    }
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let now = filled.inventory.records().await;
    assert!(before.iter().all(|record| now.contains(record)), "{now:?}");
    let ours: Vec<_> = now.iter().filter(|record| record.name.starts_with("JUNK-")).collect();
    assert_eq!(ours.len(), 2 * JUNK.len(), "each has a record of its own");
    assert!(ours.iter().all(|record| record.serial.is_empty()), "{ours:?}");
    assert_eq!(filled.scene.aside(&filled.target).await, Vec::<Value>::new());
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_snipe_its_own_adapter_are_set_aside_where_it_is_said_to_be_on() {
    let (scene, inventory) = prepare().await;
    side(&inventory).add_asset(json!({"name": "a shell", "serial": serial(&scene, 1), "external_source": "intune"}));
    let before = inventory.records().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({"built_in_sync": true})).await;
    let row = filled.scene.until_aside(&filled.target, &filled.laptops[0].id).await;
    assert_eq!(row["reason"], "syncedByOthers", "{row}");
    let now = filled.inventory.records().await;
    assert!(before.iter().all(|record| now.contains(record)));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_netbox_is_taken_over_by_its_serial_number_and_two_of_them_are_set_aside() {
    let inventory = Inventory::open(InventoryKind::NetBox).await.unwrap();
    let Inventory::NetBox(side) = &inventory else {
        unreachable!()
    };
    let scene = TargetScene::new().await;
    let theirs = side.add_device("bought in 2024", &serial(&scene, 1).to_lowercase());
    side.edit(&theirs, "comments", "of the board");
    let twins = ["left", "right"].map(|name| side.add_device(name, &serial(&scene, 2)));
    let before = inventory.records().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let taken = filled.record(0).await;
    assert_eq!((&taken.id, &taken.name), (&theirs, &filled.laptops[0].name));
    for (field, value) in [
        ("comments", "of the board"),
        ("model", "Their model"),
        ("site", "Their site"),
    ] {
        assert_eq!(taken.values.get(field).map(String::as_str), Some(value), "{field}");
    }
    let row = filled.scene.until_aside(&filled.target, &filled.laptops[1].id).await;
    assert_eq!(row["reason"], "serialTwice", "{row}");
    let now = filled.inventory.records().await;
    let is_twin = |record: &&SeenRecord| twins.contains(&record.id);
    assert!(before.iter().filter(is_twin).all(|record| now.contains(record)));
    assert_eq!(now.len(), FLEET + 1);
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_ocs_would_merge_by_their_name_alone_are_set_aside() {
    let Some(inventory) = Inventory::open(InventoryKind::Ocs).await else {
        return;
    };
    // By this setting, the server takes whatever has the same name for the same.
    let by_name = json!({"duplicate_level": 1});
    let filled = FilledTarget::fill(TargetScene::new().await, inventory, 3, by_name).await;
    let rows = filled.scene.aside(&filled.target).await;
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.iter().all(|row| row["reason"] == "mergedByName"), "{rows:?}");
    assert!(filled.inventory.records().await.is_empty());
    let device = &filled.laptops[0].id;
    let create = json!({"decision": "create"});
    filled.scene.decide(&filled.target, device, create).await;
    found("it is written when somebody has decided", async || {
        let seen = filled.inventory.records().await;
        (seen.len() == 1 && seen[0].device.as_ref() == Some(device))
            .then_some(())
            .ok_or(seen)
    })
    .await;
    filled.stop().await;
}
