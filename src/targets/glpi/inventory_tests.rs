use serde_json::json;

use super::*;
use crate::targets::samples_for_tests::field_values;

const AGENT: &str = "INTUNE-00000000-0000-0000-0000-000000000001";

fn parts<'a>(values: &'a FieldValues, changed: Option<&'a FieldValues>) -> GlpiInventory<'a> {
    GlpiInventory {
        agent: AGENT,
        item_type: ItemType::Computer,
        values,
        changed,
        name: "PC-1",
        serial: Some("PF0TEST1"),
        login: None,
        tag: None,
    }
}

#[test]
fn a_new_device_gets_a_whole_inventory_and_a_known_one_a_partial_one() {
    let values = field_values(json!({
        "hardware.name": "other", "bios.ssn": "OTHER", "hardware.memory": 16384, "operatingsystem.name": "Windows",
        "networks.wifi": "00aabbccddee", "networks.ethernet": "00aabbccddef", "storages.disksize": "512000.7",
        "modems.imei": "35", "simcards.iccid": "89", "simcards.phone_number": "+49",
    }));
    let whole = parts(&values, None).build_json().unwrap();
    assert_eq!(
        whole,
        json!({
            "action": "inventory", "deviceid": AGENT, "itemtype": "Computer",
            "content": {
                "versionclient": CLIENT,
                "hardware": {"name": "PC-1", "memory": 16384}, "bios": {"ssn": "PF0TEST1"},
                "operatingsystem": {"name": "Windows"},
                "networks": [
                    {"description": "Ethernet", "type": "ethernet", "mac": "00:aa:bb:cc:dd:ef"},
                    {"description": "Wi-Fi", "type": "wifi", "mac": "00:aa:bb:cc:dd:ee"},
                ],
                "storages": [{"name": "Storage", "description": "Storage", "disksize": 512000}],
                "modems": [{"name": "Modem", "imei": "35"}],
                "simcards": [{"iccid": "89", "phone_number": "+49"}],
            },
        })
    );
    let partial = parts(&values, Some(&FieldValues::new())).build_json().unwrap();
    assert_eq!(partial["partial"], true);
}

#[test]
fn what_has_gone_is_an_empty_text_and_what_was_empty_before_is_left_out() {
    let values = field_values(json!({"operatingsystem.version": null, "bios.smodel": null, "networks.wifi": null}));
    let changed = field_values(json!({"operatingsystem.version": null, "networks.wifi": null}));
    let inventory = parts(&values, Some(&changed)).build_json().unwrap();
    assert_eq!(inventory["content"]["operatingsystem"], json!({"version": ""}));
    assert_eq!(inventory["content"]["bios"], json!({"ssn": "PF0TEST1"}));
    assert!(inventory["content"].get("networks").is_none());
}

#[test]
fn hp_keeps_its_first_s_and_other_makers_their_name() {
    for (maker, serial, sent) in [
        ("Hewlett-Packard", "S12345678", "HP"),
        ("Hewlett-Packard", "5CD1234567", "Hewlett-Packard"),
        ("LENOVO", "S12345678", "LENOVO"),
    ] {
        let values = field_values(json!({"bios.smanufacturer": maker}));
        let inventory = GlpiInventory {
            serial: Some(serial),
            ..parts(&values, None)
        };
        let bios = inventory.build_json().unwrap()["content"]["bios"].clone();
        assert_eq!(bios, json!({"smanufacturer": sent, "ssn": serial}));
    }
    assert_eq!(strip_hp_serial("S123"), Some("123"));
    assert_eq!((strip_hp_serial("s"), strip_hp_serial("5CD")), (None, None));
    assert!(is_hp("Hewlett-Packard") && is_hp("HP") && is_hp("hp inc.") && !is_hp("Philips"));
}

#[test]
fn a_user_goes_without_a_domain_and_no_uuid_goes_at_all() {
    let values = field_values(json!({}));
    let inventory = GlpiInventory {
        login: Some("anna@example.com"),
        tag: Some("Berlin"),
        ..parts(&values, None)
    };
    let sent = inventory.build_json().unwrap();
    assert_eq!(sent["content"]["users"], json!([{"login": "anna@example.com"}]));
    assert_eq!(sent["tag"], "Berlin");
    assert!(!sent.to_string().contains("uuid"));
    let values = field_values(json!({"hardware.uuid": "x"}));
    let fault = parts(&values, None).build_json().unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
}

#[test]
fn every_device_has_a_name() {
    let named = field_values(json!({"hardware.name": " PC\u{0}1 "}));
    assert_eq!(choose_name(&named, None, AGENT), "PC 1");
    let nameless = field_values(json!({"hardware.name": "  "}));
    assert_eq!(choose_name(&nameless, Some("PF0"), AGENT), "PF0");
    assert_eq!(choose_name(&nameless, None, AGENT), AGENT);
    assert!(make_own_name(&"N".repeat(300), AGENT).chars().count() <= 255);
}

#[test]
fn a_value_that_does_not_fit_is_refused_and_junk_is_left_out() {
    for hostile in [json!([1]), json!({"a": 1}), json!("1e9"), json!("-1")] {
        let values = field_values(json!({ "hardware.memory": hostile }));
        let fault = parts(&values, None).build_json().unwrap_err();
        assert!(fault.concerns_record());
    }
    for (junk, field) in [("000000000000", "networks.wifi"), ("0", "hardware.memory")] {
        let values = field_values(json!({ field: junk }));
        let sent = parts(&values, None).build_json().unwrap();
        assert_eq!(sent["content"]["hardware"], json!({"name": "PC-1"}), "{junk}");
    }
    assert_eq!(
        serial_in(&field_values(json!({"bios.ssn": "To be filled by O.E.M."}))),
        None
    );
    assert_eq!(
        serial_in(&field_values(json!({"bios.ssn": " PF0TEST1 "}))).as_deref(),
        Some("PF0TEST1")
    );
}
