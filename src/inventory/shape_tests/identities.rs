//! What a record is read as, and what is no identity (S7, S8).

use super::*;

#[test]
fn s7_junk_is_shown_but_is_no_identity() {
    let mut junk = record();
    junk["serialNumber"] = json!("Default string");
    junk["azureADDeviceId"] = json!("00000000-0000-0000-0000-000000000000");
    let device = read(&settings(), &junk).unwrap();
    assert_eq!(device.identity.serial_number, None);
    assert_eq!(device.identity.entra_device_id, None);
    assert_eq!(body(&device)["serialNumber"], "Default string");
    assert_eq!(body(&device)["azureADDeviceId"], Value::Null);
}

#[test]
fn s8_records_that_cannot_be_read_say_so_and_name_the_device_where_they_can() {
    let shape = DeviceProjection::compile(&settings(), &[]).unwrap();
    let fails = |bytes: &[u8]| shape.read_record(bytes, ReadSource::List).expect_err("unreadable");
    for nameless in [
        b"\xff\xfe".as_slice(),
        b"17",
        b"{\"deviceName\":\"canary\"}",
        b"{\"id\":17}",
        b"{\"id\":\"no-guid\"}",
        b"{\"id\":\"7809c88c-0000-4000-8000-000000000001\",\"deviceName\":\"canary",
    ] {
        let error = fails(nameless);
        assert_eq!(error.id, None);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    for (name, value) in [
        ("serialNumber", json!({ "canary": 1 })),
        ("userPrincipalName", json!(["canary"])),
        ("azureADDeviceId", json!(true)),
    ] {
        let mut bad = record();
        bad[name] = value;
        let error = fails(bad.to_string().as_bytes());
        assert_eq!(error.id.map(|id| id.to_string()).as_deref(), Some(ID_TEXT), "{name}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let deep = format!(
        "{{\"id\":\"{ID_TEXT}\",\"k\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(fails(deep.as_bytes()).id.is_some());
}

#[test]
fn ic13_records_of_a_kind_nobody_expected_are_still_devices() {
    let mut odd = record();
    odd["complianceState"] = json!("onTheMoon");
    odd["managementAgent"] = json!(4096);
    odd["totalStorageSpaceInBytes"] = json!("17");
    odd["newObject"] = json!({ "a": [1, 2] });
    let device = read(&settings(), &odd).unwrap();
    assert_eq!(body(&device)["complianceState"], "onTheMoon");
    assert_eq!(body(&device)["managementAgent"], 4096);
    assert_eq!(body(&device)["totalStorageSpaceInBytes"], 17);
    assert_eq!(device.rejected_properties, []);
    assert_eq!(body(&device)["newObject"], json!({ "a": [1, 2] }));
}

#[test]
fn st_3_what_can_not_be_read_of_a_device_is_nothing_and_told_without_its_value() {
    let mut odd = record();
    for (name, value) in [
        ("lastSyncDateTime", json!("canary")),
        ("enrolledDateTime", json!("10000-01-01T00:00:00Z")),
        ("deviceName", json!({ "canary": 1 })),
        ("isEncrypted", json!("canary")),
    ] {
        odd[name] = value;
    }
    let device = read(&settings(), &odd).unwrap();
    let told: Vec<_> = device
        .rejected_properties
        .iter()
        .map(|flaw| (flaw.property.clone().unwrap(), flaw.reason))
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for flaw in &device.rejected_properties {
        assert_eq!(flaw.device_id.map(|id| id.to_string()).as_deref(), Some(ID_TEXT));
        assert_eq!(
            body(&device)[flaw.property.as_deref().unwrap()],
            Value::Null,
            "{flaw:?}"
        );
        assert!(!flaw.problem.contains("canary"), "{flaw:?}");
    }
    assert_eq!(
        (device.identity.enrolled_date_time, device.volatile_fields.last_sync_s),
        (None, 0)
    );
}

#[test]
fn st_3_an_id_is_taken_in_every_form_that_is_unambiguous() {
    for id in [
        "{7809C88C-0000-4000-8000-000000000001}",
        "7809c88c000040008000000000000001",
        " 7809c88c-0000-4000-8000-000000000001 ",
        "urn:uuid:7809c88c-0000-4000-8000-000000000001",
    ] {
        let mut odd = record();
        odd["id"] = json!(id);
        assert_eq!(read(&settings(), &odd).unwrap().id.to_string(), ID_TEXT, "{id}");
    }
    for id in [
        "00000000-0000-0000-0000-000000000000",
        "7809c88c-0000-4000-8000",
        "7809c88c-0000-4000-8000-00000000000g",
    ] {
        let mut odd = record();
        odd["id"] = json!(id);
        assert_eq!(
            read(&settings(), &odd).unwrap_err().reason,
            RejectionReason::BadId,
            "{id}"
        );
    }
}
