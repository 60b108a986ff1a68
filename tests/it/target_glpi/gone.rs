//! Devices that go: a status or the trash, and never an inventory afterwards; and whoever comes back.

use intune_connector::contract::RetireAction;
use intune_connector::targets::{RecordId, RecordState, TargetFault};
use serde_json::json;

use super::rig::{GlpiRig, SERIAL, Update, values};

async fn with_record() -> (GlpiRig, RecordId) {
    let rig = GlpiRig::new().await;
    let record = rig
        .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
        .await
        .unwrap();
    (rig, record)
}

fn status(rig: &GlpiRig, record: &RecordId) -> Option<String> {
    let status = rig.see(record).status;
    rig.server
        .with_state(|state| state.tables.state_name(status).map(str::to_owned))
}

#[tokio::test]
async fn what_has_gone_gets_a_status_that_is_made_once_and_what_is_in_stock_another() {
    let (rig, record) = with_record().await;
    for (action, expected) in [
        (RetireAction::Leave, None),
        (RetireAction::Retire, Some("Gone from Intune")),
        (RetireAction::Retire, Some("Gone from Intune")),
        (RetireAction::Stock, Some("In stock")),
    ] {
        rig.retire(1, &record, action).await.unwrap();
        assert_eq!(status(&rig, &record).as_deref(), expected);
    }
    assert_eq!(rig.server.with_state(|state| state.tables.states.len()), 2);
    assert_eq!(rig.count_inventories(), 1, "nothing is sent for what has gone");
    assert_eq!(rig.by_device(1).await[0].state, RecordState::Retired);
    let back = Update {
        restore: true,
        ..Update::of(1, &record, json!({}))
    };
    assert_eq!(rig.update(back).await.unwrap(), record);
    assert_eq!(status(&rig, &record), None);
}

#[tokio::test]
async fn the_trash_comes_back_with_an_inventory_so_none_is_sent_for_what_lies_there() {
    let (rig, record) = with_record().await;
    rig.retire(1, &record, RetireAction::Delete).await.unwrap();
    assert!(rig.see(&record).is_deleted);
    let refused = rig
        .adapter
        .put_back(&record, &values(json!({"hardware.name": "OLD"})))
        .await;
    assert!(matches!(refused, Err(TargetFault::Refused { .. })), "{refused:?}");
    rig.retire(1, &record, RetireAction::Delete).await.unwrap();
    assert!(rig.see(&record).is_deleted && rig.count_inventories() == 1);
    // The device itself comes back: then its record does, too.
    let back = Update {
        restore: true,
        ..Update::of(1, &record, json!({}))
    };
    assert_eq!(rig.update(back).await.unwrap(), record);
    assert!(!rig.see(&record).is_deleted);
}

#[tokio::test]
async fn a_default_status_is_applied_at_every_inventory_and_what_has_gone_keeps_its_own() {
    let (rig, record) = with_record().await;
    let default = rig.server.with_state(|state| {
        let id = state.tables.add_state("In use");
        state.options.default_status = Some(id);
        id
    });
    rig.update(Update::of(1, &record, json!({"operatingsystem.version": "11"})))
        .await
        .unwrap();
    assert_eq!(rig.see(&record).status, Some(default));
    rig.retire(1, &record, RetireAction::Retire).await.unwrap();
    assert_eq!(status(&rig, &record).as_deref(), Some("Gone from Intune"));
}

#[tokio::test]
async fn what_somebody_purged_is_not_there_and_its_successor_is_marked_when_the_device_goes() {
    let (rig, record) = with_record().await;
    let id = rig.see(&record).id;
    rig.server
        .with_state(|state| state.tables.items.retain(|item| item.id != id));
    let back = Update {
        restore: true,
        ..Update::of(1, &record, json!({}))
    };
    assert_eq!(rig.update(back).await, Err(TargetFault::NotThere));
    assert_eq!(
        rig.retire(1, &record, RetireAction::Retire).await,
        Err(TargetFault::NotThere)
    );
    assert_eq!(rig.adapter.read_record(&record).await, Ok(None));
    // A partial inventory makes nothing; the next first contact does.
    rig.update(Update::of(1, &record, json!({"hardware.name": "PC-1"})))
        .await
        .unwrap();
    assert!(rig.server.list_items().is_empty());
    let whole = json!({"hardware.name": "PC-1", "bios.ssn": SERIAL});
    let other = rig.create(1, whole).await.unwrap();
    assert_eq!(rig.retire(1, &record, RetireAction::Retire).await, Ok(other.clone()));
    assert_eq!(status(&rig, &other).as_deref(), Some("Gone from Intune"));
}

#[tokio::test]
async fn values_are_put_back_into_the_same_record() {
    let (rig, record) = with_record().await;
    rig.update(Update::of(1, &record, json!({"hardware.name": "WRONG"})))
        .await
        .unwrap();
    rig.adapter
        .put_back(&record, &values(json!({"hardware.name": "PC-1"})))
        .await
        .unwrap();
    let items = rig.server.list_items();
    assert_eq!(
        (items.len(), items[0].name.as_str(), items[0].serial.as_str()),
        (1, "PC-1", SERIAL)
    );
}

#[tokio::test]
async fn glpi_10_leaves_what_has_gone_to_its_own_job() {
    let rig = GlpiRig::without_api().await;
    let record = rig
        .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
        .await
        .unwrap();
    let before = (rig.server.list_items(), rig.server.count_all());
    for action in [RetireAction::Retire, RetireAction::Stock, RetireAction::Delete] {
        rig.retire(1, &record, action).await.unwrap();
    }
    assert_eq!((rig.server.list_items(), rig.server.count_all()), before);
}
