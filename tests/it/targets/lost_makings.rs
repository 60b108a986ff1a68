//! A record is made, its answer gets lost, and before the target can look again its device has gone or has another id: the
//! record is found by the id for which it was made, and stays nobody's in no case.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::{InventoryKind, SeenState};
use crate::support::targets::Laptop;
use crate::support::wait::found;

for_each_served_kind![
    a_device_that_re_enrols_before_its_record_is_known_gets_it,
    a_snapshot_that_tells_only_the_new_id_brings_it_the_record_too,
    a_device_that_goes_before_its_record_is_known_takes_it_along,
];

/// A filled target that has made a record for a new laptop, knows nothing of it, and gets through to nobody.
async fn make_unanswered(kind: InventoryKind) -> Option<(FilledTarget, Laptop)> {
    Some(make_unanswered_in(FilledTarget::open(kind).await?).await)
}

async fn make_unanswered_in(filled: FilledTarget) -> (FilledTarget, Laptop) {
    filled.inventory.line().cut_at_answer(filled.inventory.making_mark());
    let laptop = filled.scene.put_laptop(json!({})).await;
    filled.scene.scan().await;
    filled
        .scene
        .passing_until(&filled.target, "it rests", |seen| !seen["paused"].is_null())
        .await;
    assert_eq!(filled.inventory.line().lost(), 1, "the answer was lost");
    found("the record is made all the same", async || {
        let records = filled.inventory.records_of(&laptop.id).await;
        (records.len() == 1).then_some(()).ok_or(records)
    })
    .await;
    let link = filled.scene.link(&filled.target, &laptop.id).await;
    assert_eq!(link["record"].as_str().unwrap_or_default(), "", "{link}");
    (filled, laptop)
}

/// Its hardware under another id.
async fn enrol_again(filled: &FilledTarget, old: &Laptop) -> Laptop {
    filled.scene.remove(&old.id).await;
    let same = json!({"deviceName": old.name, "serialNumber": old.serial, "enrolledDateTime": "2026-09-20T08:00:00Z"});
    let new = filled.scene.put_device(&Uuid::new_v4().to_string(), same).await;
    filled.scene.scan().await;
    new
}

/// It has one record, and nobody else has one that was made for its hardware.
async fn assert_taken_over(filled: &FilledTarget, old: &Laptop, new: &Laptop) {
    assert_written(&filled.inventory, std::slice::from_ref(new)).await;
    let of_old = filled.inventory.records_of(&old.id).await;
    assert!(of_old.is_empty(), "{of_old:?}");
    assert_eq!(filled.inventory.records().await.len(), FLEET + 1);
}

async fn a_device_that_re_enrols_before_its_record_is_known_gets_it(kind: InventoryKind) {
    let Some((mut filled, old)) = make_unanswered(kind).await else {
        return;
    };
    let new = enrol_again(&filled, &old).await;
    filled.inventory.line_mut().mend().await;
    filled.scene.passing_settled(&filled.target).await;
    assert_taken_over(&filled, &old, &new).await;
    filled.stop().await;
}

async fn a_snapshot_that_tells_only_the_new_id_brings_it_the_record_too(kind: InventoryKind) {
    let Some((mut filled, old)) = make_unanswered(kind).await else {
        return;
    };
    let new = enrol_again(&filled, &old).await;
    filled.scene.resync(&filled.target).await;
    filled.inventory.line_mut().mend().await;
    filled.scene.passing_settled(&filled.target).await;
    assert_taken_over(&filled, &old, &new).await;
    filled.stop().await;
}

/// OCS knows a computer by our id and by when it enrolled, and this target is not told when.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_target_that_is_not_told_when_devices_enrolled_is_found_too() {
    let Some(filled) = FilledTarget::open(InventoryKind::Ocs).await else {
        return;
    };
    let path = format!("/sics/v1/servers/{}", filled.target);
    let fields = json!({"fields": ["deviceName", "serialNumber", "operatingSystem", "osVersion"]});
    filled.scene.confirmed(Method::PATCH, &path, fields).await;
    filled.scene.agree_until_settled(&filled.target).await;
    let before = filled.inventory.records().await.len();
    let (mut filled, laptop) = make_unanswered_in(filled).await;
    filled.scene.remove(&laptop.id).await;
    filled.scene.scan().await;
    filled.inventory.line_mut().mend().await;
    filled.scene.passing_settled(&filled.target).await;
    let link = filled.scene.link(&filled.target, &laptop.id).await;
    assert!(
        link["record"].as_str().is_some_and(|record| !record.is_empty()),
        "{link}"
    );
    assert_eq!(filled.inventory.records().await.len(), before + 1);
    filled.stop().await;
}

async fn a_device_that_goes_before_its_record_is_known_takes_it_along(kind: InventoryKind) {
    let Some((mut filled, laptop)) = make_unanswered(kind).await else {
        return;
    };
    filled.scene.remove(&laptop.id).await;
    filled.scene.scan().await;
    filled.inventory.line_mut().mend().await;
    filled.scene.passing_settled(&filled.target).await;
    let record = filled.inventory.record_of(&laptop.id).await;
    let wanted = if kind.retires() {
        SeenState::Retired
    } else {
        SeenState::Active
    };
    assert_eq!(record.state, wanted, "{record:?}");
    let link = filled.scene.link(&filled.target, &laptop.id).await;
    assert_ne!(link["record"], Value::Null, "{link}");
    assert_eq!(filled.inventory.records().await.len(), FLEET + 1);
    filled.stop().await;
}
