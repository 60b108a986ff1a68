//! A whole bus before a ServiceNow in which people have these devices already.

use serde_json::json;

use crate::support::inventories::servicenow_side::ServiceNowSide;
use crate::support::inventories::{Inventory, SeenState};
use crate::support::servicenow::ServiceNowOptions;
use crate::support::targets::TargetScene;

fn side(inventory: &Inventory) -> &ServiceNowSide {
    match inventory {
        Inventory::ServiceNow(side) => side,
        _ => panic!("another kind"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ci_is_taken_over_two_are_set_aside_and_one_of_the_same_name_is_not_merged() {
    let inventory = Inventory::ServiceNow(ServiceNowSide::open().await);
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(5).await;
    let add = |values| side(&inventory).add_ci(values);
    let stock =
        json!({"name": "in stock", "serial_number": laptops[0].serial, "install_status": "6", "asset_tag": "P1"});
    let taken = add(stock);
    for name in ["left", "right"] {
        add(json!({"name": name, "serial_number": laptops[1].serial}));
    }
    let namesake = add(json!({"name": laptops[2].name, "serial_number": "ANOTHER-1"}));
    let foreign = json!({"name": "kept", "serial_number": laptops[3].serial, "discovery_source": "SG-Intune"});
    let foreign = add(foreign);
    let before = inventory.records().await;
    scene.scan().await;
    let target = scene.install(&inventory, json!({"other_sources": "SG-Intune"})).await;
    scene.agree_until_settled(&target).await;
    let record = inventory.record_of(&laptops[0].id).await;
    assert_eq!(
        (&record.id, record.state, &record.name),
        (&taken, SeenState::Active, &laptops[0].name)
    );
    assert_eq!(
        (
            record.values["asset_tag"].as_str(),
            record.values["install_status"].as_str()
        ),
        ("P1", "1")
    );
    for (laptop, reason) in [(1, "serialTwice"), (2, "refused"), (3, "syncedByOthers")] {
        let row = scene.until_aside(&target, &laptops[laptop].id).await;
        assert_eq!(row["reason"], reason, "{row}");
    }
    let now = inventory.records().await;
    for id in [&namesake, &foreign] {
        assert!(
            now.contains(before.iter().find(|record| record.id == *id).unwrap()),
            "{id} was touched"
        );
    }
    assert_eq!(now.len(), before.len() + 1, "one was made");
    assert_eq!(inventory.record_of(&laptops[4].id).await.name, laptops[4].name);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_beyond_fifty_is_listed_once_and_written_page_by_page() {
    let inventory = Inventory::ServiceNow(ServiceNowSide::with_options(ServiceNowOptions::default()).await);
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(120).await;
    side(&inventory).add_ci(json!({"name": "theirs", "serial_number": laptops[7].serial}));
    scene.scan().await;
    let target = scene.install(&inventory, json!({"assign_users": false})).await;
    scene.agree_until_settled(&target).await;
    assert_eq!(inventory.records().await.len(), laptops.len());
    let server = &side(&inventory).server;
    let writes = server.count("POST identifyreconcile/enhanced");
    assert!(writes <= 8, "{writes} requests for 120 devices");
    assert!(server.count_all() <= 40, "{} requests in all", server.count_all());
    scene.stop().await;
}
