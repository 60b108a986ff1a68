//! What changes on a device follows, in the same record: names, values, enrolments.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FilledTarget, assert_written};
use crate::support::inventories::{InventoryKind, SeenRecord, SeenState};
use crate::support::target_bodies::INSTANCE;
use crate::support::targets::Laptop;
use crate::support::wait::found;

for_each_kind![
    a_renamed_device_keeps_its_record,
    an_emptied_value_is_emptied_over_there,
    hostile_names_arrive_as_they_are_or_as_the_other_side_can_hold_them,
    a_device_that_re_enrols_keeps_its_record,
    links_that_were_forgotten_are_found_again,
];

for_each_served_kind![a_device_is_sent_again_when_somebody_wants_it];

async fn a_renamed_device_keeps_its_record(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let laptop = filled.laptops[3].clone();
    let before = filled.record(3).await;
    let renamed = Laptop {
        name: format!("{}-RENAMED", laptop.name),
        ..laptop
    };
    let changed = json!({"deviceName": renamed.name});
    filled.scene.patch(&renamed.id, changed).await;
    filled.scan_and_settle().await;
    assert_written(&filled.inventory, std::slice::from_ref(&renamed)).await;
    let after = filled.record(3).await;
    if kind != InventoryKind::Ocs {
        // OCS numbers a computer anew when it merges two; nobody keeps those numbers.
        assert_eq!(after.id, before.id);
    }
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    filled.stop().await;
}

async fn an_emptied_value_is_emptied_over_there(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let field = kind.version_field();
    let value = |record: &SeenRecord| record.values.get(field).cloned().unwrap_or_default();
    assert_eq!(value(&filled.record(0).await), "10.0.26100.4061");
    filled
        .scene
        .patch(&filled.laptops[0].id, json!({"osVersion": null}))
        .await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    assert_eq!(value(&filled.record(0).await), "");
    filled.stop().await;
}

const HOSTILE: [&str; 6] = [
    "O'Brien & <b>Söhne</b>",
    "a=(b)",
    "' OR 1=1 --",
    "Jürgen’s 💻",
    "../../etc/passwd",
    "{{7*7}}${7*7}",
];

async fn hostile_names_arrive_as_they_are_or_as_the_other_side_can_hold_them(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    for (name, laptop) in HOSTILE.iter().zip(&filled.laptops) {
        let renamed = json!({"deviceName": name});
        filled.scene.patch(&laptop.id, renamed).await;
    }
    let long = "N".repeat(300);
    let renamed = json!({"deviceName": long});
    filled.scene.patch(&filled.laptops[8].id, renamed).await;
    filled.scan_and_settle().await;
    for (name, laptop) in HOSTILE.iter().zip(&filled.laptops) {
        let record = filled.inventory.record_of(&laptop.id).await;
        if kind != InventoryKind::Ocs {
            assert_eq!(record.name, *name);
            continue;
        }
        // Its filter takes `=(` for an attack, and would make 1 of the whole; its tables hold the first plane of signs.
        let letters = |text: &str| -> String {
            let plain = |letter: &char| letter.is_alphanumeric();
            text.chars().filter(plain).collect()
        };
        assert_eq!(letters(&record.name), letters(name));
    }
    let record = filled.inventory.record_of(&filled.laptops[8].id).await;
    let name = &record.name;
    assert!(long.starts_with(name) && name.len() > 30, "{name}");
    filled.stop().await;
}

async fn a_device_that_re_enrols_keeps_its_record(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let old = filled.laptops[5].clone();
    let before = filled.record(5).await;
    filled.scene.remove(&old.id).await;
    let new = filled
        .scene
        .put_device(
            &Uuid::new_v4().to_string(),
            json!({"deviceName": old.name, "serialNumber": old.serial, "enrolledDateTime": "2026-09-20T08:00:00Z"}),
        )
        .await;
    filled.scan_and_settle().await;
    assert_written(&filled.inventory, std::slice::from_ref(&new)).await;
    assert!(filled.inventory.records_of(&old.id).await.is_empty());
    let after = filled.inventory.record_of(&new.id).await;
    if kind != InventoryKind::Ocs {
        assert_eq!(after.id, before.id);
    }
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    assert_eq!(after.state, SeenState::Active);
    filled.stop().await;
}

async fn a_device_is_sent_again_when_somebody_wants_it(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let laptop = filled.laptops[0].clone();
    let record = filled.record(0).await;
    // Somebody over there has changed what the target keeps; it does not look each day.
    filled
        .inventory
        .edit(&record.id, kind.name_field(), "SOMETHING ELSE")
        .await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.name, "SOMETHING ELSE");
    filled.scene.resend(&filled.target, &laptop.id).await;
    found("the name is written again", async || {
        let seen = filled.record(0).await;
        (seen.name == laptop.name).then_some(()).ok_or(seen)
    })
    .await;
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    // One that nobody knows is refused.
    let path = format!("/sics/v1/targets/{}/resend", filled.target);
    let unknown = json!({"instance": INSTANCE, "deviceId": Uuid::new_v4().to_string()});
    assert_eq!(filled.scene.ask(Method::POST, &path, unknown).await.0.as_u16(), 404);
    filled.stop().await;
}

async fn links_that_were_forgotten_are_found_again(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = filled.scene.links(&filled.target).await;
    assert_eq!(before.len(), filled.laptops.len());
    let one = &filled.laptops[1];
    filled.scene.forget_link(&filled.target, &one.id).await;
    filled.scene.resend(&filled.target, &one.id).await;
    found("one link is found again", async || {
        let link = filled.scene.link(&filled.target, &one.id).await;
        (link["phase"] == "active").then_some(()).ok_or(link)
    })
    .await;
    assert_eq!(
        filled.scene.forget_all_links(&filled.target).await,
        filled.laptops.len() as u64
    );
    filled.scene.resync(&filled.target).await;
    filled.scene.agree_until_settled(&filled.target).await;
    let after = filled.scene.links(&filled.target).await;
    let record = |links: &BTreeMap<String, Value>, id: &str| links[id]["record"].clone();
    for laptop in &filled.laptops {
        if kind != InventoryKind::Ocs {
            assert_eq!(record(&after, &laptop.id), record(&before, &laptop.id));
        }
    }
    assert_written(&filled.inventory, &filled.laptops).await;
    assert_eq!(filled.inventory.records().await.len(), filled.laptops.len());
    filled.stop().await;
}
