//! Devices that go: their record is marked by the rule of the mapping, never deleted but where a setting allows it for what
//! the target made itself; and whoever comes back gets the same record.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::{Inventory, InventoryKind, SeenState};
use crate::support::target_bodies::INSTANCE;
use crate::support::targets::TargetScene;
use crate::support::wait::found;

for_each_kind![
    a_device_that_is_gone_is_marked_and_one_that_comes_back_gets_the_same_record,
    a_device_that_enrols_again_and_goes_before_its_record_was_written_takes_it_along,
    what_only_leaves_this_target_is_left_untouched,
    what_went_while_the_target_was_away_is_found_by_a_new_beginning,
];

/// Takes a device out of the tenant and puts it back as it was.
async fn put_back(filled: &FilledTarget, laptop: usize) {
    let old = &filled.laptops[laptop];
    let same = json!({"deviceName": old.name, "serialNumber": old.serial});
    filled.scene.put_device(&old.id, same).await;
}

fn gone_state(kind: InventoryKind) -> SeenState {
    if kind.retires() {
        SeenState::Retired
    } else {
        SeenState::Active
    }
}

async fn a_device_that_is_gone_is_marked_and_one_that_comes_back_gets_the_same_record(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = filled.record(2).await;
    filled.scene.remove(&filled.laptops[2].id).await;
    filled.scan_and_settle().await;
    let gone = filled.record(2).await;
    assert_eq!(gone.state, gone_state(kind));
    // In NetBox and in files a user is a text among others, and tells who had the device.
    let keeps_user = !kind.retires() || matches!(kind, InventoryKind::NetBox | InventoryKind::File);
    assert!(keeps_user || gone.user.is_none(), "{gone:?}");
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(seen["gone"], 1, "{seen}");
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());

    put_back(&filled, 2).await;
    filled.scan_and_settle().await;
    let back = filled.record(2).await;
    assert_eq!((back.state, &back.name), (SeenState::Active, &filled.laptops[2].name));
    if kind != InventoryKind::Ocs {
        assert_eq!(back.id, before.id);
    }
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(
        (&seen["gone"], &seen["linked"]),
        (&json!(0), &json!(filled.laptops.len())),
        "{seen}"
    );
    filled.stop().await;
}

/// Its record bears the id that it had before when it goes.
async fn a_device_that_enrols_again_and_goes_before_its_record_was_written_takes_it_along(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let (old, before) = (filled.laptops[2].clone(), filled.record(2).await);
    match kind {
        // The trial comes before the write, and whoever has it is looked for before.
        InventoryKind::ServiceNow => filled
            .inventory
            .line()
            .cut_at_answer(b"/identifyreconcile/queryEnhanced"),
        _ => filled.inventory.cut().await,
    }
    filled.scene.remove(&old.id).await;
    let same = json!({"deviceName": old.name, "serialNumber": old.serial, "enrolledDateTime": "2026-09-20T08:00:00Z"});
    let new = filled.scene.put_device(&Uuid::new_v4().to_string(), same).await;
    filled.scene.scan().await;
    filled
        .scene
        .passing_until(&filled.target, "it rests", |seen| !seen["paused"].is_null())
        .await;
    let link = filled.scene.link(&filled.target, &new.id).await;
    // GLPI is asked for the user before the link moves.
    assert!(
        link["record"] == before.id.as_str() || kind == InventoryKind::Glpi,
        "{link}"
    );
    filled.scene.remove(&new.id).await;
    filled.scene.scan().await;
    filled.mend().await;
    filled.scene.passing_settled(&filled.target).await;
    let records = filled.inventory.records().await;
    let record = records.iter().find(|record| record.id == before.id).unwrap();
    assert_eq!(record.state, gone_state(kind), "{record:?}");
    assert_eq!(records.len(), FLEET);
    filled.stop().await;
}

async fn what_only_leaves_this_target_is_left_untouched(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = filled.inventory.records().await;
    // Of the target's server, one device is filtered; it is the same for all others, and over there nothing happens.
    let path = format!("/sics/v1/servers/{}", filled.target);
    let filter = json!({"filter": format!("deviceName != '{}'", filled.laptops[0].name)});
    let (status, shown) = filled.scene.ask(Method::PATCH, &path, filter.clone()).await;
    if !status.is_success() {
        let confirmed = format!("{path}?confirm={}", shown["confirm"].as_str().unwrap());
        filled.scene.good(Method::PATCH, &confirmed, filter).await;
    }
    filled.scene.nudge(&filled.target).await;
    found("the device is not this target's any more", async || {
        let link = filled.scene.link(&filled.target, &filled.laptops[0].id).await;
        (link["phase"] == "released").then_some(()).ok_or(link)
    })
    .await;
    assert_eq!(filled.inventory.records().await, before);
    // Back again, the same record goes on.
    filled.scene.good(Method::PATCH, &path, json!({"filter": null})).await;
    filled
        .scene
        .patch(&filled.laptops[0].id, json!({"osVersion": "10.0.26100.7777"}))
        .await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    let link = filled.scene.link(&filled.target, &filled.laptops[0].id).await;
    assert_eq!(link["phase"], "active", "{link}");
    assert_eq!(filled.inventory.records().await.len(), before.len());

    // The whole instance is removed: every device is told as gone, and every record stays as it is.
    let before = filled.inventory.records().await;
    filled
        .scene
        .confirmed(Method::DELETE, &format!("/sics/v1/instances/{INSTANCE}"), json!({}))
        .await;
    found("no device is this target's any more", async || {
        let links = filled.scene.links(&filled.target).await;
        let is_let_go = |link: &Value| link["phase"] == "released";
        links.values().all(is_let_go).then_some(()).ok_or(links)
    })
    .await;
    assert_eq!(filled.inventory.records().await, before);
    filled.stop().await;
}

async fn what_went_while_the_target_was_away_is_found_by_a_new_beginning(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    filled.inventory.cut().await;
    filled.scene.remove(&filled.laptops[1].id).await;
    filled
        .scene
        .patch(&filled.laptops[4].id, json!({"osVersion": "10.0.26100.8888"}))
        .await;
    filled.scene.scan().await;
    let paused = |seen: &Value| !seen["paused"].is_null();
    filled.scene.passing_until(&filled.target, "it rests", paused).await;
    filled.scene.resync(&filled.target).await;
    filled.mend().await;
    filled.scene.passing_settled(&filled.target).await;
    assert_eq!(filled.record(1).await.state, gone_state(kind));
    assert_written(&filled.inventory, &filled.laptops[2..]).await;
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_deleted_only_where_it_was_made_here_and_a_setting_and_the_mapping_say_so() {
    let kinds = [
        InventoryKind::SnipeIt,
        InventoryKind::PostgreSql,
        InventoryKind::NetBox,
        InventoryKind::File,
    ];
    for kind in kinds {
        let Some(filled) = FilledTarget::open(kind).await else {
            continue;
        };
        let delete = |mapping: &mut Value| mapping["gone"]["deleted"] = json!("delete");
        filled.scene.change_mapping(&filled.target, delete).await;
        filled.scene.agree_until_settled(&filled.target).await;
        // The setting does not allow it yet: it is marked instead.
        filled.scene.remove(&filled.laptops[0].id).await;
        filled.scan_and_settle().await;
        filled.scene.agree_until_settled(&filled.target).await;
        assert_eq!(filled.record(0).await.state, SeenState::Retired, "{kind:?}");
        filled
            .scene
            .reconfigure(&filled.target, json!({"delete_allowed": true}))
            .await;
        filled.scene.remove(&filled.laptops[1].id).await;
        filled.scan_and_settle().await;
        filled.scene.agree_until_settled(&filled.target).await;
        let left = filled.inventory.records_of(&filled.laptops[1].id).await;
        assert!(
            left.iter().all(|record| record.state == SeenState::Deleted),
            "{kind:?}: {left:?}"
        );
        assert_written(&filled.inventory, &filled.laptops[2..]).await;
        filled.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_record_is_never_deleted_whatever_the_settings_say() {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    let Inventory::SnipeIt(side) = &inventory else {
        unreachable!()
    };
    let scene = TargetScene::new().await;
    let theirs = side.add_asset(json!({"name": "bought in 2024", "serial": format!("SN{}0001", scene.mark)}));
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({"delete_allowed": true})).await;
    assert_eq!(filled.record(0).await.id, theirs);
    let delete = |mapping: &mut Value| mapping["gone"]["deleted"] = json!("delete");
    filled.scene.change_mapping(&filled.target, delete).await;
    filled.scene.agree_until_settled(&filled.target).await;
    filled.scene.remove(&filled.laptops[0].id).await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    assert_eq!(filled.record(0).await.state, SeenState::Retired);
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_wiped_by_a_job_may_go_back_to_stock() {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    let scene = TargetScene::new().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let stock = |mapping: &mut Value| mapping["gone"]["wiped"] = json!("stock");
    filled.scene.change_mapping(&filled.target, stock).await;
    filled.scene.agree_until_settled(&filled.target).await;
    filled.scene.wipe(&filled.laptops[0]).await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    let record = filled.record(0).await;
    assert_eq!((record.state, record.user), (SeenState::Active, None));
    assert_eq!(record.values.get("status").map(String::as_str), Some("Ready to Deploy"));
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(seen["gone"], 1, "{seen}");
    filled.stop().await;
}
