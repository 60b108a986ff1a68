//! What a fleet costs that has not changed: nothing. What one costs of which a little has changed: a request for each
//! device, or one for each page where many records go with one request. Of files, a request is a file that was replaced.

use chrono::TimeDelta;
use serde_json::json;

use super::users::make_known;
use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::targets::{Laptop, TargetScene};

for_each_kind![
    a_fleet_that_is_told_again_unchanged_costs_no_request,
    one_device_in_a_hundred_costs_one_request_each_or_one_a_page,
    a_check_in_alone_is_not_written_more_than_once_a_day,
];

/// What a new process asks Snipe-IT once: fields, labels, models.
const LISTS: u64 = 6;

/// Requests that the target says it has sent, and turns on the line.
async fn sent(filled: &FilledTarget) -> (u64, u64) {
    let seen = filled.scene.target(&filled.target).await;
    (seen["requests"].as_u64().unwrap(), filled.inventory.turns())
}

async fn a_fleet_that_is_told_again_unchanged_costs_no_request(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = sent(&filled).await;
    let records = filled.inventory.records().await;
    assert!(before.0 > 0 && before.1 > 0, "{before:?}");
    filled.scan_and_settle().await;
    // Everything once more, as a server is told it that has lost its cursor.
    filled.scene.resync(&filled.target).await;
    filled.scene.settled(&filled.target).await;
    // And by another process.
    filled.scene.restart().await;
    filled.scene.until_running(&filled.target).await;
    filled.scene.resync(&filled.target).await;
    filled.scan_and_settle().await;
    let after = sent(&filled).await;
    // A process that ends says goodbye to a database.
    let goodbye = u64::from(kind == InventoryKind::PostgreSql);
    assert_eq!(after.0, before.0);
    assert!(after.1 <= before.1 + goodbye, "{before:?}, {after:?}");
    assert_eq!(filled.inventory.records().await, records);
    filled.stop().await;
}

async fn one_device_in_a_hundred_costs_one_request_each_or_one_a_page(kind: InventoryKind) {
    let Some(filled) = FilledTarget::with_answers(kind, 200, json!({})).await else {
        return;
    };
    let before = sent(&filled).await;
    let renamed: Vec<Laptop> = filled.laptops[..2]
        .iter()
        .map(|laptop| Laptop {
            name: format!("{}-NEW", laptop.name),
            ..laptop.clone()
        })
        .collect();
    for laptop in &renamed {
        let changed = json!({"deviceName": laptop.name, "osVersion": "10.0.26100.9999"});
        filled.scene.patch(&laptop.id, changed).await;
    }
    filled.scan_and_settle().await;
    let after = sent(&filled).await;
    // Nobody over there knows their users: that is known since they were made.
    let most = if kind.is_bulk() { 1 } else { renamed.len() as u64 };
    let cost = (after.0 - before.0, after.1 - before.1);
    assert!(
        cost.0 > 0 && cost.0 <= most && cost.1 <= most,
        "{cost:?}, {most} at most"
    );
    assert_written(&filled.inventory, &renamed).await;
    assert_written(&filled.inventory, &filled.laptops[2..]).await;
    filled.stop().await;
}

async fn a_check_in_alone_is_not_written_more_than_once_a_day(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = sent(&filled).await;
    for _ in 0..4 {
        filled.scene.advance(TimeDelta::hours(1));
        filled.scene.control("POST", "devices/check-in", json!({})).await;
        filled.scan_and_settle().await;
    }
    assert_eq!(sent(&filled).await, before);
    filled.stop().await;
}

mod a_changed_device_whose_user_is_the_same_costs_one_request_in_a_new_process_too {
    use crate::support::inventories::InventoryKind;

    #[tokio::test(flavor = "multi_thread")]
    async fn snipe_it() {
        super::change_in_a_new_process(InventoryKind::SnipeIt, super::LISTS).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn glpi() {
        super::change_in_a_new_process(InventoryKind::Glpi, 0).await;
    }

    /// It asks for the classes of a page.
    #[tokio::test(flavor = "multi_thread")]
    async fn servicenow() {
        super::change_in_a_new_process(InventoryKind::ServiceNow, 1).await;
    }
}

/// Half of the users are known over there, and the others are not. `once`: requests of a new process before its first write.
async fn change_in_a_new_process(kind: InventoryKind, once: u64) {
    let inventory = Inventory::open(kind).await.unwrap();
    let scene = TargetScene::new().await;
    let people = scene.people(8).await;
    let known = &people[..4];
    make_known(&inventory, known);
    let mut filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    for (laptop, person) in filled.laptops.iter().zip(&people) {
        filled.scene.set_user(&laptop.id, Some(person)).await;
    }
    filled.scan_and_settle().await;
    filled.scene.restart().await;
    filled.scene.until_running(&filled.target).await;
    filled.scene.advance(TimeDelta::days(1));
    filled.scan_and_settle().await;
    let before = filled.inventory.line().turns();
    for laptop in &filled.laptops[..people.len()] {
        let changed = json!({"osVersion": "10.0.26100.9998"});
        filled.scene.patch(&laptop.id, changed).await;
    }
    filled.scan_and_settle().await;
    let cost = filled.inventory.line().turns() - before;
    let writes = if kind.is_bulk() { 1 } else { people.len() as u64 };
    assert!(cost > 0 && cost <= writes + once, "{cost} requests");
    for (number, person) in people.iter().enumerate() {
        let expected = Some(person).filter(|person| known.contains(person));
        assert_eq!(filled.record(number).await.user.as_ref(), expected);
    }
    filled.stop().await;
}
