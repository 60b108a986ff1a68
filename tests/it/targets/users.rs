//! Users: found over there by e-mail address or user name, assigned, followed when they change and when they go; told with
//! a number where they are unknown, and never made.

use serde_json::json;

use super::{FLEET, FilledTarget};
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::targets::TargetScene;
use crate::support::wait::found;

for_each_kind![
    a_user_is_written_follows_a_change_and_goes_with_it,
    users_are_left_alone_where_the_setting_says_so,
    the_primary_user_goes_before_the_one_who_enrolled_the_device,
];

/// Has an inventory that knows users know these.
pub(super) fn make_known(inventory: &Inventory, people: &[String]) {
    for (number, person) in people.iter().enumerate() {
        let name = format!("person-{number}");
        match inventory {
            Inventory::SnipeIt(side) => side.add_user(&name, person),
            Inventory::ServiceNow(side) => side.add_user(&name, person),
            Inventory::Glpi(side) => side.add_user(person),
            Inventory::Ocs(_) | Inventory::PostgreSql(_) | Inventory::NetBox(_) | Inventory::File(_) => {}
        }
    }
}

/// A fleet whose first device belongs to somebody whom the inventory knows; the two people.
pub(super) async fn with_people(
    kind: InventoryKind,
    answers: serde_json::Value,
) -> Option<(FilledTarget, Vec<String>)> {
    let inventory = Inventory::open(kind).await?;
    let scene = TargetScene::new().await;
    let people = scene.people(2).await;
    make_known(&inventory, &people);
    let filled = FilledTarget::fill(scene, inventory, FLEET, answers).await;
    filled.scene.set_user(&filled.laptops[0].id, Some(&people[0])).await;
    filled.scan_and_settle().await;
    filled.scene.agree_until_settled(&filled.target).await;
    Some((filled, people))
}

async fn a_user_is_written_follows_a_change_and_goes_with_it(kind: InventoryKind) {
    let Some((filled, people)) = with_people(kind, json!({})).await else {
        return;
    };
    let laptop = filled.laptops[0].id.clone();
    assert_eq!(filled.record(0).await.user, Some(people[0].clone()));
    filled.scene.set_user(&laptop, Some(&people[1])).await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.user, Some(people[1].clone()));
    filled.scene.set_user(&laptop, None).await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.user, None);
    filled.scene.set_user(&laptop, Some(&people[0])).await;
    filled.scan_and_settle().await;
    assert_eq!(filled.record(0).await.user, Some(people[0].clone()));
    assert_eq!(filled.inventory.records().await.len(), FLEET);
    filled.stop().await;
}

async fn users_are_left_alone_where_the_setting_says_so(kind: InventoryKind) {
    // OCS, NetBox and files have a text for the user, and no such setting.
    let answers = match kind {
        InventoryKind::Ocs | InventoryKind::NetBox | InventoryKind::File => json!({}),
        _ => json!({"assign_users": false}),
    };
    let Some((filled, people)) = with_people(kind, answers).await else {
        return;
    };
    if kind == InventoryKind::SnipeIt {
        assert_eq!(filled.record(0).await.user, None);
        let Inventory::SnipeIt(side) = &filled.inventory else {
            unreachable!()
        };
        let record = filled.record(0).await;
        // Whoever has it over there keeps it.
        side.check_out(&record.id, &people[1]);
        filled.scene.set_user(&filled.laptops[0].id, None).await;
        filled.scan_and_settle().await;
        assert_eq!(filled.record(0).await.user, Some(people[1].clone()));
    }
    filled.stop().await;
}

async fn the_primary_user_goes_before_the_one_who_enrolled_the_device(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let scene = TargetScene::with_settings(&[("primary_user", "on")]).await;
    let people = scene.people(2).await;
    make_known(&inventory, &people);
    let laptop = scene.put_laptop(json!({})).await;
    scene.set_user(&laptop.id, Some(&people[0])).await;
    let enrolled_by = json!({"userPrincipalName": people[1]});
    scene.patch(&laptop.id, enrolled_by).await;
    let filled = FilledTarget::fill(scene, inventory, 5, json!({})).await;
    found("the primary user has it", async || {
        let seen = filled.inventory.record_of(&laptop.id).await;
        (seen.user.as_ref() == Some(&people[0])).then_some(()).ok_or(seen)
    })
    .await;
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_snipe_it_does_not_know_are_told_with_a_number_and_never_made() {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    let scene = TargetScene::new().await;
    let people = scene.people(2).await;
    let mut filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let Inventory::SnipeIt(side) = &filled.inventory else {
        unreachable!()
    };
    let users = side.users();
    for (laptop, person) in filled.laptops.iter().zip(&people) {
        filled.scene.set_user(&laptop.id, Some(person)).await;
    }
    filled.scan_and_settle().await;
    assert_eq!(side.users(), users, "nobody is made");
    assert_eq!(filled.record(0).await.user, None);
    // When the person is there, the device brings them together; who was not there is believed for a while to be away.
    side.add_user("late", &people[0]);
    filled.scene.restart().await;
    filled.scene.until_running(&filled.target).await;
    filled.scene.resend(&filled.target, &filled.laptops[0].id).await;
    found("the user is assigned", async || {
        let seen = filled.record(0).await;
        (seen.user.as_ref() == Some(&people[0])).then_some(()).ok_or(seen)
    })
    .await;
    filled.stop().await;
}
