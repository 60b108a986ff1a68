use secrecy::SecretString;
use serde_json::json;

use super::*;
use crate::config::GoneStatus;

const DEVICE: &str = "00000000-0000-0000-0000-000000003f2a";

fn own(gone_status: GoneStatus) -> NetBoxSettings {
    NetBoxSettings {
        token: SecretString::from("x".to_owned()),
        id_field: "intune_id".to_owned(),
        gone_field: "intune_gone".to_owned(),
        site: "Intune".to_owned(),
        default_role: "Endpoint".to_owned(),
        tag: "Intune".to_owned(),
        gone_status,
    }
}

fn row() -> Value {
    json!({
        "id": 7, "name": "iPhone (3f2a)", "serial": "PF0TEST1", "asset_tag": null, "comments": "",
        "device_type": {"id": 3, "model": "21HM", "slug": "21hm", "manufacturer": {"id": 2, "name": "LENOVO"}},
        "role": {"id": 1, "name": "Phone"}, "site": {"id": 4, "name": "Intune"}, "tenant": null, "platform": null,
        "status": {"value": "active", "label": "Active"},
        "custom_fields": {"intune_id": DEVICE, "os": "iOS", "tier": {"value": "a", "label": "A"}, "more": null},
    })
}

fn field(name: &str) -> DeviceField {
    DeviceField {
        name: name.to_owned(),
        label: name.to_owned(),
        kind: "text".to_owned(),
        is_of_devices: true,
        is_unique: false,
    }
}

#[test]
fn a_device_reads_as_a_mapping_writes_it() {
    let fields = ["intune_id", "os", "tier", "more", "elsewhere"].map(field);
    let record = read_device(&row())
        .unwrap()
        .to_record(&fields, &own(GoneStatus::Decommissioning));
    assert_eq!((record.id.0.as_str(), record.state), ("7", RecordState::Active));
    assert_eq!(record.device.map(|id| id.to_string()).as_deref(), Some(DEVICE));
    assert_eq!(record.serial.as_deref(), Some("PF0TEST1"));
    assert_eq!(record.name.as_deref(), Some("iPhone (3f2a)"));
    for (name, value) in [
        ("name", json!("iPhone")),
        ("manufacturer", json!("LENOVO")),
        ("model", json!("21HM")),
        ("status", json!("active")),
        ("asset_tag", Value::Null),
        ("intune_id", json!(DEVICE)),
        ("os", json!("iOS")),
        ("tier", json!("a")),
        ("more", Value::Null),
    ] {
        assert_eq!(record.values.get(name), Some(&value), "{name}");
    }
    assert_eq!(record.values.get("elsewhere"), None);
}

#[test]
fn what_is_out_of_use_is_retired() {
    for (status, gone_status, state) in [
        ("active", GoneStatus::Decommissioning, RecordState::Active),
        ("planned", GoneStatus::Decommissioning, RecordState::Active),
        ("offline", GoneStatus::Decommissioning, RecordState::Active),
        ("offline", GoneStatus::Offline, RecordState::Retired),
        ("decommissioning", GoneStatus::Decommissioning, RecordState::Retired),
        ("decommissioning", GoneStatus::Offline, RecordState::Retired),
        ("inventory", GoneStatus::Decommissioning, RecordState::Retired),
    ] {
        let mut row = row();
        row["status"]["value"] = json!(status);
        let summary = read_device(&row).unwrap().summarise(&own(gone_status));
        assert_eq!(summary.state, state, "{status} {gone_status:?}");
    }
}

#[test]
fn a_name_is_taken_in_its_site_and_apart_from_tenants() {
    let device = read_device(&row()).unwrap();
    assert_eq!(device.name_in_site("INTUNE"), Some("iPhone (3f2a)"));
    assert_eq!(device.name_in_site("Elsewhere"), None);
    let mut of_tenant = row();
    of_tenant["tenant"] = json!({"id": 1});
    assert_eq!(read_device(&of_tenant).unwrap().name_in_site("Intune"), None);
    assert!(read_device(&json!({"name": "x"})).is_none());
}
