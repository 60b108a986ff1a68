//! What a write does over there, and what it costs.

use intune_connector::config::AssetTagRule;
use intune_connector::contract::RetireAction;
use intune_connector::targets::{RecordState, TargetFault};
use serde_json::json;

use super::rig::{SnipeRig, Update, VERSIONS, key, values};
use crate::support::snipe_it::{SnipeOptions, SnipeVersion};

#[tokio::test]
async fn a_new_asset_has_all_that_was_wished_and_is_found_by_its_id() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &["OS Version"]).await;
        let wished = json!({
            "name": "PC-1", "serial": "PF0TEST1", "model": "Latitude 7450", "manufacturer": "Dell", "byod": true,
            "OS Version": "10.0.26100", "notes": "R&D <1>",
        });
        let record = rig.create(1, wished, None).await.unwrap();
        let asset = rig.see(&record);
        assert_eq!(asset.name.as_deref(), Some("PC-1"));
        assert_eq!(asset.serial.as_deref(), Some("PF0TEST1"));
        assert_eq!(
            (asset.model.as_str(), asset.manufacturer.as_deref()),
            ("Latitude 7450", Some("Dell"))
        );
        assert_eq!(
            (asset.category.as_str(), asset.status.as_str()),
            ("Computers", "Ready to Deploy")
        );
        assert_eq!((asset.asset_tag.as_str(), asset.byod), ("00001", true));
        assert_eq!(asset.custom["OS Version"], "10.0.26100");
        assert_eq!(asset.custom["Intune ID"], key(1).device.to_string());
        let read = rig.adapter.read_record(&record).await.unwrap().unwrap();
        assert_eq!((read.device, read.state), (Some(key(1).device), RecordState::Active));
        assert_eq!(read.values["notes"], json!("R&D <1>"));
    }
}

#[tokio::test]
async fn one_request_makes_and_one_changes_an_asset_once_the_names_are_known() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &["OS Version"]).await;
        let wished = |number: u32| json!({"name": format!("PC-{number}"), "model": "Latitude 7450", "OS Version": "1"});
        let anna = rig.add_user("anna");
        rig.create(1, wished(1), None).await.unwrap();
        rig.server.forget_counts();
        let record = rig.create(2, wished(2), Some(anna)).await.unwrap();
        assert_eq!((rig.server.count("POST hardware"), rig.server.count_all()), (1, 1));
        rig.server.forget_counts();
        let mut change = Update::of(2, &record, json!({"name": "PC-2b", "OS Version": "2"}));
        change.user = super::rig::assign(rig.add_user("ben"));
        rig.update(change).await.unwrap();
        assert_eq!(
            (rig.server.count("PATCH hardware/{id}"), rig.server.count_all()),
            (1, 1)
        );
        let asset = rig.see(&record);
        assert_eq!(
            (asset.name.as_deref(), asset.user.as_deref()),
            (Some("PC-2b"), Some("ben"))
        );
        assert_eq!(asset.custom["OS Version"], "2");
    }
}

#[tokio::test]
async fn a_gone_device_is_checked_in_and_archived_by_one_request_and_left_so_by_the_next() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let anna = rig.add_user("anna");
        let record = rig.create(1, json!({"name": "PC-1"}), Some(anna)).await.unwrap();
        let other = rig.create(2, json!({"name": "PC-2"}), None).await.unwrap();
        // The label is made with the first one.
        rig.retire(&other, RetireAction::Retire).await.unwrap();
        rig.server.forget_counts();
        rig.retire(&record, RetireAction::Retire).await.unwrap();
        assert_eq!(rig.server.count_all(), 1);
        rig.retire(&record, RetireAction::Retire).await.unwrap();
        for gone in [&record, &other] {
            let asset = rig.see(gone);
            assert_eq!((asset.status.as_str(), asset.user.as_deref()), ("Intune: gone", None));
        }
        let id = record.0.parse().unwrap();
        let history = rig.server.list_history(id);
        let note = history
            .iter()
            .find(|entry| entry.action == "checkin")
            .unwrap()
            .note
            .clone();
        assert_eq!(note.as_deref(), Some("Intune: deleted at 2026-11-30T08:00:00Z"));
        assert_eq!(
            rig.adapter.read_record(&record).await.unwrap().unwrap().state,
            RecordState::Retired
        );
    }
}

#[tokio::test]
async fn back_to_stock_and_into_the_trash() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let anna = rig.add_user("anna");
        let record = rig.create(1, json!({"name": "PC-1"}), Some(anna)).await.unwrap();
        rig.retire(&record, RetireAction::Stock).await.unwrap();
        let asset = rig.see(&record);
        assert_eq!(
            (asset.status.as_str(), asset.user, asset.is_deleted),
            ("Ready to Deploy", None, false)
        );
        for _ in 0..2 {
            rig.retire(&record, RetireAction::Delete).await.unwrap();
            assert!(rig.see(&record).is_deleted);
        }
        rig.server.forget_counts();
        rig.retire(&record, RetireAction::Leave).await.unwrap();
        assert_eq!(rig.server.count_all(), 0);
    }
}

#[tokio::test]
async fn a_device_that_comes_back_gets_its_asset_back_from_wherever_it_is() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
        for action in [RetireAction::Retire, RetireAction::Delete] {
            rig.retire(&record, action).await.unwrap();
            let mut back = Update::of(1, &record, json!({}));
            back.restore = true;
            rig.update(back).await.unwrap();
            let asset = rig.see(&record);
            assert_eq!((asset.status.as_str(), asset.is_deleted), ("Ready to Deploy", false));
        }
        // Without being told, nothing is taken out of the trash.
        rig.retire(&record, RetireAction::Delete).await.unwrap();
        let change = Update::of(1, &record, json!({"name": "x"}));
        assert_eq!(rig.update(change).await, Err(TargetFault::NotThere));
        let missing = intune_connector::targets::RecordId("999999".to_owned());
        assert_eq!(
            rig.retire(&missing, RetireAction::Retire).await,
            Err(TargetFault::NotThere)
        );
        assert_eq!(rig.adapter.read_record(&missing).await, Ok(None));
    }
}

#[tokio::test]
async fn tags_are_numbered_over_there_or_made_of_the_serial_number() {
    for version in VERSIONS {
        let mut options = SnipeOptions::of_version(version);
        options.auto_increment = false;
        let rig = SnipeRig::with(options.clone(), |_| ()).await;
        let refused = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap_err();
        assert!(matches!(&refused, TargetFault::Misconfigured { advice, .. } if advice.contains("`asset_tag`")));
        assert_eq!(rig.server.list_assets().len(), 0);

        let rig = SnipeRig::with(options, |own| own.asset_tag = AssetTagRule::Serial).await;
        for (number, serial, tag) in [
            (1_u128 << 96, "PF0TEST1", "INTUNE-PF0TEST1"),
            // Taken; and a serial number that means nothing.
            (2_u128 << 96, "PF0TEST1", "INTUNE-00000002"),
            (3_u128 << 96, "0000000", "INTUNE-00000003"),
        ] {
            let record = rig.create(number, json!({ "serial": serial }), None).await.unwrap();
            assert_eq!(rig.see(&record).asset_tag, tag);
        }
    }
}

#[tokio::test]
async fn what_a_rule_over_there_refuses_concerns_one_record() {
    let mut options = SnipeOptions::of_version(SnipeVersion::V8);
    options.unique_serial = true;
    let rig = SnipeRig::with(options, |_| ()).await;
    rig.create(1, json!({"serial": "PF0TEST1"}), None).await.unwrap();
    for (given, wrong) in [
        (json!({"serial": "pf0test1"}), "serial"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"status": "Nowhere"}), "status"),
        (json!({"company": "Nobody"}), "company"),
    ] {
        let refused = rig.create(2, given, None).await.unwrap_err();
        assert!(
            matches!(&refused, TargetFault::Refused { field: Some(field), .. } if field == wrong),
            "{refused}"
        );
    }
    assert_eq!(rig.server.list_assets().len(), 1);
}

#[tokio::test]
async fn values_from_before_are_put_back() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &["OS Version"]).await;
        let before = json!({"name": "Old & good", "model": "Dock", "OS Version": "1"});
        let record = rig.create(1, before.clone(), None).await.unwrap();
        let changed = json!({"name": "New", "model": "Other", "OS Version": "2"});
        rig.update(Update::of(1, &record, changed)).await.unwrap();
        assert_eq!(rig.see(&record).model, "Other");
        rig.adapter.put_back(&record, &values(before)).await.unwrap();
        let asset = rig.see(&record);
        assert_eq!(
            (asset.name.as_deref(), asset.model.as_str()),
            (Some("Old & good"), "Dock")
        );
        assert_eq!(asset.custom["OS Version"], "1");
        let nothing = values(json!({"OS Version": null, "intune_id": null}));
        rig.adapter.put_back(&record, &nothing).await.unwrap();
        assert!(rig.see(&record).custom.is_empty());
    }
}
