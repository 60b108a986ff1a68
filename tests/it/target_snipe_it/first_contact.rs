//! Finding assets: by our id and by serial number, whichever list hides them; and the list of all.

use std::collections::BTreeSet;

use intune_connector::contract::RetireAction;
use intune_connector::targets::{RecordSearch, RecordState, TargetRecord};
use serde_json::json;

use super::rig::{SnipeRig, VERSIONS, device, key};
use crate::support::snipe_it::{SnipeOptions, SnipeVersion};

async fn by_device(rig: &SnipeRig, number: u128) -> Vec<TargetRecord> {
    let device = device(number, json!({}));
    rig.adapter.find_records(RecordSearch::Device(&device)).await.unwrap()
}

async fn by_serial(rig: &SnipeRig, serial: &str) -> Vec<TargetRecord> {
    rig.adapter.find_records(RecordSearch::Serial(serial)).await.unwrap()
}

#[tokio::test]
async fn an_asset_is_found_in_use_archived_and_in_the_trash() {
    for version in VERSIONS {
        for shows_archived in [false, true] {
            let mut options = SnipeOptions::of_version(version);
            options.shows_archived = shows_archived;
            let rig = SnipeRig::with(options, |_| ()).await;
            assert!(by_device(&rig, 1).await.is_empty(), "there is no field for our id yet");
            assert!(by_serial(&rig, "PF0TEST1").await.is_empty());
            let record = rig.create(1, json!({"serial": "PF0TEST1"}), None).await.unwrap();
            for (action, state) in [
                (RetireAction::Leave, RecordState::Active),
                (RetireAction::Retire, RecordState::Retired),
                (RetireAction::Delete, RecordState::Deleted),
            ] {
                rig.retire(&record, action).await.unwrap();
                for found in [by_device(&rig, 1).await, by_serial(&rig, "pf0test1").await] {
                    let states: Vec<RecordState> = found.iter().map(|record| record.state).collect();
                    assert_eq!(states, [state], "once");
                    assert_eq!(found[0].device, Some(key(1).device));
                }
            }
            assert!(by_device(&rig, 2).await.is_empty());
        }
    }
}

#[tokio::test]
async fn two_hits_are_told_as_two() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        for number in [1, 1, 2] {
            rig.create(number, json!({"serial": "PF0TEST1"}), None).await.unwrap();
        }
        assert_eq!(by_device(&rig, 1).await.len(), 2);
        assert_eq!(by_serial(&rig, "PF0TEST1").await.len(), 3);
    }
}

#[tokio::test]
async fn serial_numbers_with_signs_of_paths_are_found_and_no_other() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let serials = [
            "AA/BB-17",
            "AA/BB-17/C",
            "AA//BB-17",
            "../AABB-17",
            "AA?BB#C-17",
            "50%-1700",
            "a b+1700",
            "R&D-1700",
            "É-17000",
        ];
        for (number, serial) in (1..).zip(serials) {
            rig.create(number, json!({ "serial": serial }), None).await.unwrap();
        }
        for serial in serials {
            let found = by_serial(&rig, serial).await;
            let found: Vec<Option<&str>> = found.iter().map(|record| record.serial.as_deref()).collect();
            assert_eq!(found, [Some(serial)]);
        }
    }
}

#[tokio::test]
async fn all_assets_are_listed_once_whatever_list_they_are_in() {
    for version in VERSIONS {
        for shows_archived in [false, true] {
            let mut options = SnipeOptions::of_version(version);
            options.max_results = 10;
            options.shows_archived = shows_archived;
            let rig = SnipeRig::with(options, |_| ()).await;
            let mut all = BTreeSet::new();
            for number in 1..=35 {
                let record = rig.create(number, json!({}), None).await.unwrap();
                match number % 5 {
                    0 => drop(rig.retire(&record, RetireAction::Retire).await.unwrap()),
                    1 => drop(rig.retire(&record, RetireAction::Delete).await.unwrap()),
                    _ => (),
                }
                all.insert(key(number).device);
            }
            let (mut seen, mut count, mut next) = (BTreeSet::new(), 0, None);
            loop {
                let page = rig.adapter.list_records(next).await.unwrap();
                count += page.records.len();
                seen.extend(page.records.iter().filter_map(|record| record.device));
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(seen, all);
            // Seven archived ones stand in two lists, where a setting over there says so.
            assert_eq!(count, if shows_archived { 42 } else { 35 });
        }
    }
}

#[tokio::test]
async fn assets_that_leave_the_list_between_two_pages_hide_no_other() {
    let mut options = SnipeOptions::of_version(SnipeVersion::V8);
    options.max_results = 10;
    let rig = SnipeRig::with(options, |_| ()).await;
    let mut records = Vec::new();
    for number in 1..=40 {
        records.push(rig.create(number, json!({}), None).await.unwrap());
    }
    let first = rig.adapter.list_records(None).await.unwrap();
    for record in &records[..8] {
        rig.retire(record, RetireAction::Delete).await.unwrap();
    }
    let (mut seen, mut next) = (BTreeSet::new(), first.next);
    seen.extend(first.records.into_iter().filter_map(|record| record.device));
    while let Some(page) = next {
        let page = rig.adapter.list_records(Some(page)).await.unwrap();
        seen.extend(page.records.iter().filter_map(|record| record.device));
        next = page.next;
    }
    let missed: Vec<u128> = (1..=40).filter(|number| !seen.contains(&key(*number).device)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert!(rig.adapter.list_records(Some("nowhere".to_owned())).await.is_err());
}

#[tokio::test]
async fn what_the_other_synchronisation_may_keep_is_marked() {
    let options = SnipeOptions::of_version(SnipeVersion::V8);
    let rig = SnipeRig::with(options, |own| own.built_in_sync = true).await;
    rig.create(1, json!({"serial": "PF0TEST1"}), None).await.unwrap();
    rig.server.with_state(|state| {
        let model = state.tables.add_model("Shell", "Laptops");
        state.tables.add_asset("X-1", Some("PF0TEST2"), model);
    });
    let suspected =
        |found: Vec<TargetRecord>| -> Vec<bool> { found.iter().map(|record| record.synced_by_others).collect() };
    assert_eq!(suspected(by_serial(&rig, "PF0TEST1").await), [false]);
    assert_eq!(suspected(by_serial(&rig, "PF0TEST2").await), [true]);
    let steps = rig.verify().await;
    assert!(steps.iter().any(|step| step.step == "builtInSync"), "{steps:?}");
}
