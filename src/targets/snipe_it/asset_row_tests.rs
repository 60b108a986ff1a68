use serde_json::json;

use super::*;

const ID: &str = "_snipeit_intune_id_7";
const DEVICE: &str = "7809c88c-0000-4000-8000-000000000001";

/// As Snipe-IT 8 answers `GET /hardware/{id}`.
fn row() -> Value {
    json!({
        "id": 41,
        "name": "Anna&#039;s PC",
        "asset_tag": "00041",
        "serial": "PF&amp;41",
        "model": {"id": 4, "name": "Latitude &quot;7450&quot;"},
        "byod": false,
        "model_number": null,
        "status_label": {"id": 2, "name": "Ready to Deploy", "status_type": "deployable", "status_meta": "deployed"},
        "manufacturer": {"id": 1, "name": "Dell"},
        "company": null,
        "notes": null,
        "order_number": null,
        "assigned_to": {"id": 5, "username": "anna", "name": "Anna", "email": "anna@example.com", "type": "user"},
        "warranty_months": "36 months",
        "purchase_date": {"date": "2026-01-31", "formatted": "31.01.2026"},
        "deleted_at": null,
        "available_actions": {"checkout": true, "update": true},
        "custom_fields": {
            "Intune ID": {"field": ID, "value": DEVICE.to_uppercase(), "field_format": "ANY", "element": "text"},
            "MAC Address": {"field": "_snipeit_mac_8", "value": "AA:BB:CC:DD:EE:01", "field_format": "MAC"},
            "Encrypted": {"field": "_snipeit_enc_9", "value": "1", "field_format": "BOOLEAN"},
            "OS": {"field": "_snipeit_os_10", "value": "", "field_format": "ANY"}
        }
    })
}

fn field(id: u64, label: &str, column: &str, format: &str) -> CustomField {
    CustomField {
        id,
        label: label.to_owned(),
        column: column.to_owned(),
        format: format.to_owned(),
        values: Vec::new(),
    }
}

fn fields() -> Vec<CustomField> {
    vec![
        field(7, "Intune ID", ID, "ANY"),
        field(8, "MAC Address", "_snipeit_mac_8", "MAC"),
        field(9, "Encrypted", "_snipeit_enc_9", "BOOLEAN"),
        field(10, "OS", "_snipeit_os_10", "ANY"),
        field(11, "Of others", "_snipeit_other_11", "ANY"),
    ]
}

#[test]
fn an_asset_is_a_record_with_plain_values() {
    let asset = read_asset(&row()).unwrap();
    assert_eq!((asset.state, asset.user), (RecordState::Active, Some(5)));
    assert_eq!(asset.may_update, Some(true));
    let record = asset.to_record(&fields(), Some(ID), false);
    assert_eq!(record.id, RecordId("41".to_owned()));
    assert_eq!(record.device.map(|id| id.to_string()).as_deref(), Some(DEVICE));
    assert_eq!(record.serial.as_deref(), Some("PF&41"));
    assert_eq!(record.name.as_deref(), Some("Anna's PC"));
    assert_eq!(record.user.as_deref(), Some("5"));
    for (name, value) in [
        ("name", json!("Anna's PC")),
        ("model", json!("Latitude \"7450\"")),
        ("manufacturer", json!("Dell")),
        ("model_number", Value::Null),
        ("status", json!("Ready to Deploy")),
        ("byod", json!(false)),
        ("warranty_months", json!(36)),
        ("purchase_date", json!("2026-01-31")),
        ("MAC Address", json!("AABBCCDDEE01")),
        ("Encrypted", json!(true)),
        ("OS", Value::Null),
        ("intune_id", json!(DEVICE.to_uppercase())),
    ] {
        assert_eq!(record.values.get(name), Some(&value), "{name}");
    }
    assert!(
        !record.values.contains_key("Intune ID"),
        "the link has a name of its own"
    );
    assert!(
        !record.values.contains_key("Of others"),
        "a field that its model does not have is not empty: it is not there"
    );
}

#[test]
fn the_state_follows_label_and_trash() {
    let mut asset = row();
    asset["status_label"]["status_type"] = json!("archived");
    assert_eq!(read_asset(&asset).unwrap().state, RecordState::Retired);
    asset["deleted_at"] = json!({"datetime": "2026-11-30 10:00:00", "formatted": "x"});
    assert_eq!(read_asset(&asset).unwrap().state, RecordState::Deleted);
    asset["status_label"] = Value::Null;
    asset["deleted_at"] = json!("");
    assert_eq!(read_asset(&asset).unwrap().state, RecordState::Active);
}

#[test]
fn only_a_user_has_an_asset() {
    let mut asset = row();
    asset["assigned_to"] = json!({"id": 5, "name": "Store room", "type": "location"});
    assert_eq!(read_asset(&asset).unwrap().user, None);
    asset["assigned_to"] = Value::Null;
    assert_eq!(read_asset(&asset).unwrap().user, None);
}

#[test]
fn an_asset_whose_model_has_no_fields_has_no_id_of_ours() {
    let mut asset = row();
    asset["custom_fields"] = json!([]);
    let record = read_asset(&asset).unwrap().to_record(&fields(), Some(ID), true);
    assert_eq!(record.device, None);
    assert_eq!(record.values.get("intune_id"), Some(&Value::Null));
    assert!(record.synced_by_others, "it may be kept by the other synchronisation");
    let ours = read_asset(&row()).unwrap().to_record(&fields(), Some(ID), true);
    assert!(!ours.synced_by_others, "what bears our id is ours");
    asset["id"] = Value::Null;
    assert!(read_asset(&asset).is_none());
}

#[test]
fn an_id_that_is_none_links_nothing() {
    let mut asset = row();
    for text in ["", "none", "00000000-0000-0000-0000-000000000000"] {
        asset["custom_fields"]["Intune ID"]["value"] = json!(text);
        assert_eq!(read_asset(&asset).unwrap().summarise(Some(ID)).device, None, "{text}");
    }
    assert_eq!(read_asset(&row()).unwrap().summarise(None).device, None);
}

#[test]
fn what_a_write_stored_is_read_in_both_forms() {
    let raw = json!({"id": 41, "model_id": "4", ID: DEVICE, "_snipeit_os_10": null});
    assert_eq!(stored_column(&raw, ID), Some(Some(DEVICE.to_owned())));
    assert_eq!(stored_column(&raw, "_snipeit_os_10"), Some(None));
    assert_eq!(
        stored_column(&raw, "_snipeit_mac_8"),
        None,
        "a row that was just made has only what was set"
    );
    assert_eq!(stored_model(&raw), Some(4));
    let read = row();
    assert_eq!(stored_column(&read, ID), Some(Some(DEVICE.to_uppercase())));
    assert_eq!(stored_column(&read, "_snipeit_other_11"), Some(None));
    assert_eq!(stored_model(&read), Some(4));
    assert_eq!(stored_column(&Value::Null, ID), None);
    assert_eq!(stored_user(&raw), Some(None), "nobody has it");
    assert_eq!(stored_user(&json!({"model_id": 4, "assigned_to": "5"})), Some(Some(5)));
    assert_eq!(stored_user(&read), None);
    assert_eq!(stored_user(&Value::Null), None);
}
