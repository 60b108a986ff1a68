//! A change is written, its answer gets lost, and before the target can look again the device is as it was before. What is known
//! of the record says that nothing has to be done; what stands in it says otherwise, and counts.

use serde_json::json;

use super::users::with_people;
use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::{InventoryKind, SeenState};
use crate::support::wait::found;

for_each_served_kind![
    a_change_that_is_taken_back_before_anybody_was_told_of_it_is_put_right,
    a_user_who_is_taken_back_before_anybody_was_told_is_put_right,
    a_device_that_comes_back_before_anybody_was_told_that_it_was_retired_is_in_use,
    a_device_that_goes_before_anybody_was_told_that_it_came_back_is_retired,
];

/// Near the beginning of a request that changes values of a record.
fn change_mark(filled: &FilledTarget) -> &'static [u8] {
    match filled.inventory.kind() {
        InventoryKind::SnipeIt => b"PATCH /api/v1/hardware",
        _ => filled.inventory.write_mark(),
    }
}

/// Of one that assigns it to somebody.
fn user_mark(filled: &FilledTarget) -> &'static [u8] {
    match filled.inventory.kind() {
        InventoryKind::Glpi => b"PATCH /",
        _ => change_mark(filled),
    }
}

/// Of one that retires it.
fn retire_mark(filled: &FilledTarget) -> &'static [u8] {
    match filled.inventory.kind() {
        InventoryKind::Glpi => b"PATCH /",
        InventoryKind::NetBox => b"PATCH /api/dcim/devices/",
        _ => change_mark(filled),
    }
}

/// What happened is read and written; the answer to this gets lost, and nobody gets through any more.
async fn write_unanswered(filled: &FilledTarget, mark: &'static [u8]) {
    let lost = filled.inventory.line().lost();
    filled.inventory.line().cut_at_answer(mark);
    filled.scene.scan().await;
    filled
        .scene
        .passing_until(&filled.target, "it rests", |seen| !seen["paused"].is_null())
        .await;
    assert_eq!(filled.inventory.line().lost(), lost + 1, "the answer was lost");
}

/// What happened meanwhile is read, and the target gets through again.
async fn go_on(filled: &mut FilledTarget) {
    filled.scene.scan().await;
    filled.inventory.line_mut().mend().await;
    filled.scene.passing_settled(&filled.target).await;
}

async fn a_change_that_is_taken_back_before_anybody_was_told_of_it_is_put_right(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let (laptop, other) = (filled.laptops[0].clone(), filled.laptops[1].clone());
    let name = format!("{}-TAKEN-BACK", laptop.name);
    filled.scene.patch(&laptop.id, json!({"deviceName": name})).await;
    write_unanswered(&filled, change_mark(&filled)).await;
    found("it is written all the same", async || {
        let record = filled.record(0).await;
        (record.name == name).then_some(()).ok_or(record)
    })
    .await;
    filled.scene.patch(&laptop.id, json!({"deviceName": laptop.name})).await;
    go_on(&mut filled).await;
    assert_written(&filled.inventory, &[laptop, other]).await;
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    // What was uncertain is certain again: an unchanged fleet costs nothing.
    let turns = filled.inventory.turns();
    filled.scene.resync(&filled.target).await;
    filled.scene.passing_settled(&filled.target).await;
    assert_eq!(filled.inventory.turns(), turns);
    filled.stop().await;
}

async fn a_user_who_is_taken_back_before_anybody_was_told_is_put_right(kind: InventoryKind) {
    let Some((mut filled, people)) = with_people(kind, json!({})).await else {
        return;
    };
    let laptop = filled.laptops[0].id.clone();
    for before in [Some(people[0].as_str()), None] {
        filled.scene.set_user(&laptop, before).await;
        filled.scan_and_settle().await;
        assert_eq!(filled.record(0).await.user.as_deref(), before);
        filled.scene.set_user(&laptop, Some(&people[1])).await;
        write_unanswered(&filled, user_mark(&filled)).await;
        found("it is written all the same", async || {
            let record = filled.record(0).await;
            (record.user.as_deref() == Some(&people[1])).then_some(()).ok_or(record)
        })
        .await;
        filled.scene.set_user(&laptop, before).await;
        go_on(&mut filled).await;
        assert_eq!(filled.record(0).await.user.as_deref(), before);
    }
    filled.stop().await;
}

async fn a_device_that_comes_back_before_anybody_was_told_that_it_was_retired_is_in_use(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await.filter(|_| kind.retires()) else {
        return;
    };
    let laptop = filled.laptops[0].clone();
    filled.scene.remove(&laptop.id).await;
    write_unanswered(&filled, retire_mark(&filled)).await;
    found("it is retired all the same", async || {
        let record = filled.record(0).await;
        (record.state == SeenState::Retired).then_some(()).ok_or(record)
    })
    .await;
    let same = json!({"deviceName": laptop.name, "serialNumber": laptop.serial});
    filled.scene.put_device(&laptop.id, same).await;
    go_on(&mut filled).await;
    assert_written(&filled.inventory, &[laptop]).await;
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    filled.stop().await;
}

async fn a_device_that_goes_before_anybody_was_told_that_it_came_back_is_retired(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await.filter(|_| kind.retires()) else {
        return;
    };
    let laptop = filled.laptops[0].clone();
    filled.scene.remove(&laptop.id).await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.state, SeenState::Retired);
    let same = json!({"deviceName": laptop.name, "serialNumber": laptop.serial});
    filled.scene.put_device(&laptop.id, same).await;
    write_unanswered(&filled, retire_mark(&filled)).await;
    found("it is brought back all the same", async || {
        let record = filled.record(0).await;
        (record.state == SeenState::Active).then_some(()).ok_or(record)
    })
    .await;
    filled.scene.remove(&laptop.id).await;
    go_on(&mut filled).await;
    assert_eq!(filled.record(0).await.state, SeenState::Retired);
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    filled.stop().await;
}
