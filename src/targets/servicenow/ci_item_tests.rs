use serde_json::json;

use super::samples::own_settings;
use super::*;
use crate::model::GoneReason;
use crate::targets::samples_for_tests::{device_id, device_with, field_values};

const ANNA: &str = "5137153cc611227c000bbd1bd8cd2007";

fn item(write: &PlannedWrite, own: &ServiceNowSettings, references: &ReferenceIds) -> CiItem {
    let facts = ItemFacts {
        own,
        references,
        class: Some("cmdb_ci_handheld_computing"),
        clears_user: true,
    };
    build_item(write, &facts).unwrap()
}

fn create(values: Value, user: UserChange) -> PlannedWrite {
    let device = Box::new(device_with(json!({})));
    PlannedWrite::Create {
        key: device.key,
        device,
        values: field_values(values),
        class_name: "cmdb_ci_computer".to_owned(),
        user,
    }
}

fn update(values: Value, restore: bool) -> PlannedWrite {
    let device = Box::new(device_with(json!({})));
    PlannedWrite::Update {
        key: device.key,
        device,
        record: RecordId(ANNA.to_owned()),
        values: field_values(values),
        all: field_values(json!({"name": "PC-1", "serial_number": "SN17A", "os": "Windows"})),
        restore,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Clear,
    }
}

#[test]
fn a_new_ci_has_key_state_user_and_our_id() {
    let own = own_settings();
    let write = create(
        json!({"name": "PC-1", "os": "Windows"}),
        UserChange::Assign(ANNA.to_owned()),
    );
    let item = item(&write, &own, &ReferenceIds::new());
    let id = device_id(1).to_string();
    assert_eq!(item.json["className"], "cmdb_ci_computer");
    assert_eq!(item.json["sys_object_source_info"]["source_native_key"], json!(id));
    assert_eq!(item.json["sys_object_source_info"]["source_name"], "IntuneConnector");
    assert_eq!(
        item.json["values"],
        json!({
            "name": "PC-1", "os": "Windows", "install_status": "1", "operational_status": "1", "assigned_to": ANNA,
            "correlation_id": id,
        })
    );
    assert!(item.is_new_key && item.aim == ItemAim::Make);
    let settings = item.json["settings"].as_object().unwrap();
    assert!(settings.values().all(|setting| setting == true) && settings.len() == 3);
}

#[test]
fn a_device_with_neither_name_nor_serial_number_is_called_by_its_id() {
    let own = own_settings();
    let write = create(json!({"serial_number": "To be filled by O.E.M."}), UserChange::Keep);
    let values = item(&write, &own, &ReferenceIds::new()).json["values"].clone();
    assert_eq!(values["name"], json!(format!("INTUNE-{}", device_id(1))));
    assert!(values.get("serial_number").is_none(), "it would merge devices");
}

#[test]
fn a_change_goes_with_the_class_that_the_ci_has_and_empties_what_is_empty() {
    let own = own_settings();
    let changed = item(
        &update(json!({"os_version": null, "name": "PC-2"}), false),
        &own,
        &ReferenceIds::new(),
    );
    assert_eq!(changed.json["className"], "cmdb_ci_handheld_computing");
    assert_eq!(changed.emptied, ["os_version", "assigned_to"]);
    assert_eq!(changed.json["values"]["os_version"], "");
    assert!(changed.json["values"].get("serial_number").is_none() && !changed.is_new_key);
    assert!(changed.json["values"].get("sys_id").is_none());
    let by_id = ServiceNowSettings {
        match_by: MatchRule::SysId,
        ..own_settings()
    };
    let changed = item(&update(json!({}), false), &by_id, &ReferenceIds::new());
    assert_eq!(changed.json["values"]["sys_id"], ANNA);
}

#[test]
fn a_ci_that_is_taken_over_or_comes_back_goes_with_what_it_is_found_by() {
    let own = own_settings();
    for write in [update(json!({"intune_id": "x"}), false), update(json!({}), true)] {
        let taken = item(&write, &own, &ReferenceIds::new());
        assert!(taken.is_new_key);
        assert_eq!(taken.json["values"]["serial_number"], "SN17A");
        assert_eq!(taken.json["values"]["name"], "PC-1");
        assert!(taken.json["values"].get("os").is_none() && taken.json["values"].get("intune_id").is_none());
    }
}

#[test]
fn references_are_ids_and_what_nobody_knows_by_this_name_is_left_out() {
    let own = own_settings();
    let known = ReferenceIds::from([
        (("manufacturer".to_owned(), "LENOVO".to_owned()), Some(ANNA.to_owned())),
        (("model_id".to_owned(), "X1".to_owned()), None),
    ]);
    let write = create(
        json!({"name": "a", "manufacturer": "LENOVO", "model_id": "X1", "department": ANNA}),
        UserChange::Keep,
    );
    let values = item(&write, &own, &known).json["values"].clone();
    assert_eq!(
        (&values["manufacturer"], &values["department"]),
        (&json!(ANNA), &json!(ANNA))
    );
    assert!(values.get("model_id").is_none());
}

#[test]
fn times_and_addresses_have_the_form_of_servicenow() {
    let own = own_settings();
    let write = create(
        json!({"name": "a", "last_discovered": "2026-11-30T08:00:00Z", "mac_address": "AABBCCDDEE01", "ram": 8192}),
        UserChange::Keep,
    );
    let values = item(&write, &own, &ReferenceIds::new()).json["values"].clone();
    for (field, text) in [
        ("last_discovered", "2026-11-30 08:00:00"),
        ("mac_address", "aa:bb:cc:dd:ee:01"),
        ("ram", "8192"),
    ] {
        assert_eq!(values[field], text);
    }
}

#[test]
fn what_goes_is_marked_and_loses_its_user() {
    let own = own_settings();
    let retire = |action| PlannedWrite::Retire {
        key: device_with(json!({})).key,
        record: RecordId(ANNA.to_owned()),
        action,
        reason: GoneReason::Deleted,
        at: device_with(json!({})).changed_at,
    };
    let gone = item(&retire(RetireAction::Retire), &own, &ReferenceIds::new());
    assert_eq!(gone.json["values"]["install_status"], "7");
    assert_eq!(gone.emptied, ["assigned_to"]);
    let stock = item(&retire(RetireAction::Stock), &own, &ReferenceIds::new());
    assert_eq!(stock.json["values"]["install_status"], "6");
    assert_eq!(stock.aim, ItemAim::Retire(RecordId(ANNA.to_owned())));
}

#[test]
fn a_class_that_is_no_name_is_refused() {
    let mut write = create(json!({"name": "a"}), UserChange::Keep);
    if let PlannedWrite::Create { class_name, .. } = &mut write {
        *class_name = "Computers".to_owned();
    }
    let own = own_settings();
    let facts = ItemFacts {
        own: &own,
        references: &ReferenceIds::new(),
        class: None,
        clears_user: false,
    };
    assert_eq!(build_item(&write, &facts).unwrap_err().code(), "misconfigured");
}
