use serde_json::json;

use super::*;
use crate::contract::RetireAction;
use crate::model::{GoneReason, parse_time};
use crate::targets::UserChange;
use crate::targets::samples_for_tests::{device_id, device_key, device_with, field_values};
use crate::xml::read_document;

const ID: &str = "INTUNE-00000000-0000-0000-0000-000000000001-2026-01-02-03-04-05";

fn device() -> Box<SourceDevice> {
    Box::new(device_with(json!({"enrolledDateTime": "2026-01-02T03:04:05Z"})))
}

fn create(values: Value) -> PlannedWrite {
    PlannedWrite::Create {
        key: device_key(1, 1),
        device: device(),
        values: field_values(values),
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

fn update(record: &str, changed: Value, all: Value, replaces: Option<u128>) -> PlannedWrite {
    PlannedWrite::Update {
        key: device_key(1, 1),
        device: device(),
        record: RecordId(record.into()),
        values: field_values(changed),
        all: field_values(all),
        restore: false,
        lacks_id: false,
        replaces: replaces.map(device_id),
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

fn sent(write: &PlannedWrite) -> OcsInventory {
    translate_write(write, Some("Berlin")).unwrap().unwrap()
}

/// What stands between the beginning and the end of CONTENT.
fn content(write: &PlannedWrite) -> String {
    let xml = sent(write).xml;
    assert!(read_document(xml.as_bytes()).is_ok(), "{xml}");
    let (_, rest) = xml.split_once("<CONTENT>").unwrap();
    rest.split_once("</CONTENT>").unwrap().0.to_owned()
}

#[test]
fn a_new_computer_has_our_id_its_tag_and_what_is_known_of_it() {
    let write = create(json!({
        "HARDWARE/NAME": "PC-1", "HARDWARE/OSNAME": "Windows", "HARDWARE/MEMORY": 16384, "BIOS/SSN": "PF0TEST1",
        "NETWORKS/WIFI": "00aabbccddee", "NETWORKS/ETHERNET": "00aabbccddef", "STORAGES/DISKSIZE": 512000,
        "SIM/DEVICEID": "356938035643809",
    }));
    let inventory = sent(&write);
    assert_eq!((inventory.device_id.as_str(), inventory.is_new), (ID, true));
    assert_eq!(
        inventory.xml,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST><CONTENT>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>Berlin</KEYVALUE></ACCOUNTINFO>\
             <HARDWARE><CHECKSUM>1073741823</CHECKSUM><NAME>PC-1</NAME><OSNAME>Windows</OSNAME>\
             <MEMORY>16384</MEMORY></HARDWARE><BIOS><SSN>PF0TEST1</SSN></BIOS>\
             <NETWORKS><MACADDR>00:AA:BB:CC:DD:EE</MACADDR><TYPE>Wifi</TYPE></NETWORKS>\
             <NETWORKS><MACADDR>00:AA:BB:CC:DD:EF</MACADDR><TYPE>Ethernet</TYPE></NETWORKS>\
             <STORAGES><DISKSIZE>512000</DISKSIZE></STORAGES><SIM><DEVICEID>356938035643809</DEVICEID></SIM>\
             </CONTENT><DEVICEID>{ID}</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
        )
    );
}

/// The form that OCS asks for.
fn has_form(device_id: &str) -> bool {
    let Some(at) = device_id.len().checked_sub(20) else {
        return false;
    };
    let (head, time) = device_id.split_at(at);
    let parts: Vec<usize> = time.split('-').map(str::len).collect();
    !head.is_empty() && parts == [0, 4, 2, 2, 2, 2, 2] && time.bytes().all(|b| b == b'-' || b.is_ascii_digit())
}

#[test]
fn a_device_id_has_the_form_that_ocs_asks_for_and_tells_the_device() {
    for enrolled in [
        json!("2026-01-02T03:04:05Z"),
        json!("2026-12-31T23:59:59+02:00"),
        json!("never"),
        Value::Null,
    ] {
        let device = device_with(json!({"enrolledDateTime": enrolled}));
        let id = make_device_id(&device);
        assert!(has_form(&id), "{id}");
        assert_eq!(find_device(&id), Some(device.key.device));
    }
    for other in ["LAPTOP-7-2026-01-02-03-04-05", "INTUNE-", "INTUNE-ü", ""] {
        assert_eq!(find_device(other), None, "{other}");
    }
    let probe = probe_xml();
    let probe = read_document(probe.as_bytes()).unwrap();
    assert!(has_form(&probe.find_child("DEVICEID").unwrap().text));
}

#[test]
fn without_mac_storage_and_sim_their_sections_are_left_out_and_a_junk_serial_as_well() {
    let content = content(&create(json!({
        "HARDWARE/NAME": "PC", "BIOS/SSN": "To be filled by O.E.M.", "BIOS/SMODEL": "X", "NETWORKS/WIFI": "000000000000",
    })));
    assert!(content.contains("<BIOS><SMODEL>X</SMODEL></BIOS>"), "{content}");
    for absent in ["NETWORKS", "STORAGES", "SIM", "SSN"] {
        assert!(!content.contains(absent), "{absent}: {content}");
    }
}

#[test]
fn without_any_value_the_bios_is_emptied_all_the_same() {
    let content = content(&update(ID, json!({}), json!({"HARDWARE/NAME": "PC"}), None));
    assert!(content.contains("<BIOS><BDATE>??</BDATE></BIOS>"), "{content}");
    assert!(
        !content.contains("ACCOUNTINFO"),
        "the tag of a computer that is there is its owner's: {content}"
    );
}

#[test]
fn a_value_that_has_gone_is_replaced_by_a_row_without_one() {
    let lost = |changed, all| content(&update(ID, changed, all, None));
    let both = lost(
        json!({"NETWORKS/WIFI": null, "NETWORKS/ETHERNET": null, "SIM/DEVICEID": null}),
        json!({"HARDWARE/NAME": "PC", "NETWORKS/WIFI": null, "NETWORKS/ETHERNET": null, "SIM/DEVICEID": null}),
    );
    assert!(
        both.contains("<NETWORKS><MACADDR>??</MACADDR><TYPE>Wifi</TYPE></NETWORKS><SIM>"),
        "{both}"
    );
    assert!(both.contains("<SIM><DESCRIPTION>??</DESCRIPTION></SIM>"), "{both}");
    assert_eq!(both.matches("<NETWORKS>").count(), 1);
    let one = lost(
        json!({"NETWORKS/WIFI": null}),
        json!({"NETWORKS/WIFI": null, "NETWORKS/ETHERNET": "00aabbccddef"}),
    );
    assert!(
        !one.contains("??</MACADDR>") && one.contains("00:AA:BB:CC:DD:EF"),
        "{one}"
    );
    let unchanged = lost(json!({}), json!({"NETWORKS/WIFI": null}));
    assert!(!unchanged.contains("NETWORKS"), "{unchanged}");
}

#[test]
fn a_device_that_was_enrolled_again_names_the_computer_that_it_was() {
    let old = "INTUNE-00000000-0000-0000-0000-000000000009-2025-01-01-00-00-00";
    let inventory = sent(&update(old, json!({}), json!({"HARDWARE/NAME": "PC"}), Some(9)));
    assert_eq!((inventory.device_id.as_str(), inventory.is_new), (ID, true));
    assert!(
        inventory
            .xml
            .contains(&format!("<OLD_DEVICEID>{old}</OLD_DEVICEID></CONTENT><DEVICEID>{ID}<"))
    );
    let again = sent(&update(ID, json!({}), json!({}), Some(9)));
    assert!(
        !again.xml.contains("OLD_DEVICEID"),
        "it has moved already: {}",
        again.xml
    );
    let plain = sent(&update(old, json!({}), json!({}), None));
    assert_eq!(
        (plain.device_id.as_str(), plain.is_new),
        (old, false),
        "a record keeps its id"
    );
}

#[test]
fn hostile_values_stay_values() {
    let content = content(&create(json!({
        "HARDWARE/NAME": "</NAME><X>&amp;'\"]]>\u{0}\u{1b}", "HARDWARE/OSNAME": "a=(b)", "HARDWARE/USERID": "=( )",
        "BIOS/SMODEL": "x".repeat(100_000),
    })));
    assert!(content.contains("<NAME>&lt;/NAME&gt;&lt;X&gt;&amp;amp;"), "{content}");
    assert!(
        content.contains("<OSNAME>a=[b]</OSNAME>") && !content.contains("=("),
        "{content}"
    );
    assert!(content.len() < 2_000, "{}", content.len());
}

#[test]
fn what_ocs_does_not_have_stops_all_and_a_wrong_value_one_write() {
    let fault = |values| translate_write(&create(values), None).unwrap_err();
    assert!(fault(json!({"HARDWARE/CHECKSUM": 1})).is_lasting());
    assert!(fault(json!({"HARDWARE/MEMORY": "1, NAME='x'"})).concerns_record());
}

#[test]
fn a_device_that_has_gone_is_left_as_it_is() {
    let gone = PlannedWrite::Retire {
        key: device_key(1, 1),
        record: RecordId(ID.into()),
        action: RetireAction::Leave,
        reason: GoneReason::Deleted,
        at: parse_time("2026-11-21T08:00:00Z").unwrap(),
    };
    assert_eq!(translate_write(&gone, None), Ok(None));
}

#[test]
fn two_rows_of_one_id_are_two_records_and_one_computer() {
    let (first, second) = (make_record_id(ID, 0, "26"), make_record_id(ID, 1, "27"));
    assert_ne!(first, second);
    assert_eq!(plain_device_id(&first), ID);
    assert_eq!(plain_device_id(&second), ID);
    let values = field_values(json!({"HARDWARE/NAME": "old"}));
    assert_eq!(translate_values(&second, &values).unwrap().device_id, ID);
}

#[test]
fn a_text_is_compressed_as_agents_do() {
    use std::io::Read as _;
    let mut text = String::new();
    let packed = compress_text("<REQUEST/>");
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "<REQUEST/>");
}
