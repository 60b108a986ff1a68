//! Writes: what is made once, how many requests a page costs, what stands over there afterwards.

use intune_connector::config::GoneStatus;
use intune_connector::contract::RetireAction;
use intune_connector::targets::{RecordState, TargetFault};
use serde_json::json;

use super::rig::{NetBoxRig, VERSIONS, create, device, restore, update, values};
use crate::support::net_box::{NetBoxOptions, NetBoxVersion};

#[tokio::test]
async fn a_page_of_new_devices_is_one_request_and_what_they_need_is_made_once() {
    for version in VERSIONS {
        let rig = NetBoxRig::new(version).await;
        let laptop = |number: u128| {
            let model = if number.is_multiple_of(2) { "21HM" } else { "21XX" };
            json!({"name": format!("PC-{number}"), "serial": format!("SN{number:06}"), "manufacturer": "LENOVO",
                "model": model, "status": null, "intune_id": device(number).key.device.to_string()})
        };
        let writes: Vec<_> = (1..=100).map(|number| create(number, laptop(number))).collect();
        let made = rig.write_all(&writes).await;
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        assert_eq!(rig.server.count("POST dcim/devices"), 1, "{version:?}");
        for (list, count) in [
            ("dcim/manufacturers", 1),
            ("dcim/device-types", 2),
            ("dcim/device-roles", 1),
            ("dcim/sites", 1),
            ("extras/tags", 1),
            ("extras/custom-fields", 1),
        ] {
            assert_eq!(rig.server.count(&format!("POST {list}")), count, "{list}");
        }
        let seen = rig.see(made[6].as_ref().unwrap());
        assert_eq!(
            (seen.name.as_deref(), seen.serial.as_str(), seen.status.as_str()),
            (Some("PC-7"), "SN000007", "active")
        );
        let (role, site, field) = rig.server.with_state(|state| {
            let tables = &state.tables;
            let field = tables.device_field("intune_id").unwrap().clone();
            (
                tables.name_of("dcim/device-roles", seen.role),
                tables.name_of("dcim/sites", seen.site),
                field,
            )
        });
        assert_eq!((role.as_str(), site.as_str()), ("Computer", "Intune"));
        assert!(field.is_unique && field.ui_editable == "no" && !field.validation_regex.is_empty());
        assert_eq!(rig.find(7).await.unwrap()[0].id, *made[6].as_ref().unwrap());
    }
}

#[tokio::test]
async fn a_page_of_changes_is_one_request_and_what_has_not_changed_is_none() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    rig.adapter.make_fields(&["intune_os".to_owned()]).await.unwrap();
    let made = rig.create_many(1..=50).await;
    rig.server.forget_counts();
    let changes: Vec<_> = (1..=50_u128)
        .zip(&made)
        .map(|(number, record)| {
            update(
                number,
                record,
                json!({"intune_os": "Windows", "name": format!("NEW-{number}")}),
            )
        })
        .collect();
    assert!(rig.write_all(&changes).await.iter().all(Result::is_ok));
    assert_eq!((rig.server.count_all(), rig.server.count("PATCH dcim/devices")), (1, 1));
    let seen = rig.see(&made[4]);
    assert_eq!(
        (seen.name.as_deref(), &seen.customs["intune_os"]),
        (Some("NEW-5"), &json!("Windows"))
    );
    // Sent again after a crash, nothing changes and nothing is entered into the changelog.
    rig.write_all(&changes)
        .await
        .into_iter()
        .for_each(|result| drop(result.unwrap()));
    assert_eq!(rig.see(&made[4]).changes, seen.changes);
    // Nothing differs and our id stands there: nothing is sent.
    rig.server.forget_counts();
    rig.write(update(1, &made[0], json!({}))).await.unwrap();
    assert_eq!(rig.server.count_all(), 0);
}

#[tokio::test]
async fn what_has_gone_gets_a_status_and_why_and_comes_back() {
    for (gone_status, status) in [
        (GoneStatus::Decommissioning, "decommissioning"),
        (GoneStatus::Offline, "offline"),
    ] {
        let options = NetBoxOptions::of_version(NetBoxVersion::V46);
        let rig = NetBoxRig::with(options, |own| own.gone_status = gone_status).await;
        let made = rig.create_many(1..=1).await.remove(0);
        let id: u64 = made.0.parse().unwrap();
        rig.server
            .with_state(|state| state.tables.devices.get_mut(&id).unwrap().comments = "theirs".to_owned());
        rig.retire(&made, RetireAction::Retire).await.unwrap();
        let gone = rig.see(&made);
        assert_eq!((gone.status.as_str(), gone.comments.as_str()), (status, "theirs"));
        assert_eq!(gone.customs["intune_gone"], json!("deleted 2026-11-30T08:00:00Z"));
        assert_eq!(gone.tags.len(), 1, "its tag stays");
        assert_eq!(rig.find(1).await.unwrap()[0].state, RecordState::Retired);
        rig.write(restore(1, &made)).await.unwrap();
        let back = rig.see(&made);
        assert_eq!(
            (back.status.as_str(), back.customs.get("intune_gone")),
            ("active", None)
        );
        rig.retire(&made, RetireAction::Stock).await.unwrap();
        assert_eq!(rig.see(&made).status, "inventory");
        rig.retire(&made, RetireAction::Leave).await.unwrap();
        assert_eq!(rig.see(&made).status, "inventory");
        rig.retire(&made, RetireAction::Delete).await.unwrap();
        assert!(rig.server.list_devices().is_empty());
        // What is not there need not be deleted, and cannot be retired.
        rig.retire(&made, RetireAction::Delete).await.unwrap();
        assert_eq!(
            rig.retire(&made, RetireAction::Retire).await,
            Err(TargetFault::NotThere)
        );
    }
}

#[tokio::test]
async fn names_that_are_there_are_taken_and_not_made_again() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    rig.server.with_state(|state| {
        let maker = state.tables.add_name("dcim/manufacturers", "Lenovo", None);
        state.tables.add_name("dcim/device-types", "21hm", Some(maker));
        state.tables.add_name("dcim/sites", "INTUNE", None);
    });
    let laptop = json!({"name": "PC-1", "manufacturer": "LENOVO", "model": "21HM", "platform": "Windows 11"});
    let made = rig.write(create(1, laptop)).await.unwrap();
    for list in ["dcim/manufacturers", "dcim/device-types", "dcim/sites"] {
        assert_eq!(rig.server.count(&format!("POST {list}")), 0, "{list}");
    }
    let read = rig.adapter.read_record(&made).await.unwrap().unwrap();
    for (field, value) in [
        ("manufacturer", "Lenovo"),
        ("model", "21hm"),
        ("platform", "Windows 11"),
    ] {
        assert_eq!(read.values[field], json!(value));
    }
    let fields = rig.adapter.list_fields().await.unwrap();
    assert!(fields.iter().any(|field| field.name == "platform" && !field.custom));
}

#[tokio::test]
async fn values_from_before_are_put_back() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    rig.adapter.make_fields(&["intune_os".to_owned()]).await.unwrap();
    let made = rig.create_many(1..=1).await.remove(0);
    let before = values(json!({"name": null, "serial": "OLD", "intune_os": null, "intune_id": null}));
    rig.adapter.put_back(&made, &before).await.unwrap();
    let seen = rig.see(&made);
    assert_eq!((seen.name, seen.serial.as_str()), (None, "OLD"));
    assert!(!seen.customs.contains_key("intune_id"));
    let lost = values(json!({"model": "of yesterday", "manufacturer": "Nobody"}));
    let fault = rig.adapter.put_back(&made, &lost).await.unwrap_err();
    assert_eq!(fault.code(), "refused", "{fault}");
    assert_eq!(rig.server.count("POST dcim/manufacturers"), 1, "nothing is made for it");
}
