//! What is not asked for, not kept and not passed on (F8).

use super::*;

#[test]
fn f8_what_nobody_receives_is_neither_asked_for_nor_kept() {
    let shape = DeviceProjection::compile(&only(&["deviceName", "notes"]), &["osVersion"]).unwrap();
    let select = shape.list_select().expect("a choice");
    let asked: Vec<&str> = select.split(',').collect();
    for needed in [
        "id",
        "deviceName",
        "osVersion",
        "serialNumber",
        "azureADDeviceId",
        "operatingSystem",
    ] {
        assert!(asked.contains(&needed), "{needed}");
    }
    for not in [
        "notes",
        "phoneNumber",
        "userDisplayName",
        "activationLockBypassCode",
        "deviceClass",
        "chassisType",
    ] {
        assert!(!asked.contains(&not), "{not}");
    }
    assert!(shape.has_enriched_fields());
    assert!(shape.enrich_select().split(',').any(|name| name == "notes"));
    let device = shape
        .read_record(record().to_string().as_bytes(), ReadSource::List)
        .unwrap();
    assert_eq!(
        body(&device),
        json!({ "id": ID_TEXT, "deviceName": "Anna's iPhone", "notes": null, "deviceClass": "phone" })
    );
    assert_eq!(
        device.identity.serial_number.as_deref(),
        Some("F4GK2ABCDE"),
        "identity is drawn all the same"
    );
    assert_eq!(
        device.volatile_fields,
        VolatileFields::default(),
        "nothing volatile is passed on"
    );
}

#[test]
fn f8_all_fields_are_asked_for_without_select_and_secrets_never() {
    let shape = DeviceProjection::compile(&settings(), &[]).unwrap();
    assert_eq!(shape.list_select(), None);
    let all = shape.enrich_select();
    for name in [
        "notes",
        "physicalMemoryInBytes",
        "iccid",
        "udid",
        "ethernetMacAddress",
        "deviceName",
    ] {
        assert!(all.split(',').any(|asked| asked == name), "{name}");
    }
    for name in [
        "activationLockBypassCode",
        "remoteAssistanceSessionUrl",
        "deviceActionResults",
        "hardwareInformation",
    ] {
        assert!(!all.split(',').any(|asked| asked == name), "{name}");
    }
    assert!(
        !DeviceProjection::compile(&only(&["deviceName"]), &[])
            .unwrap()
            .has_enriched_fields()
    );
}

#[test]
fn f8_the_filter_sees_what_is_not_passed_on() {
    let mut narrow = only(&["deviceName"]);
    narrow.filter = Some("manufacturer == 'Apple'".to_owned());
    let shape = DeviceProjection::compile(&narrow, &[]).unwrap();
    assert!(
        shape
            .list_select()
            .expect("a choice")
            .split(',')
            .any(|name| name == "manufacturer")
    );
    let out = shape
        .read_record(record().to_string().as_bytes(), ReadSource::List)
        .unwrap();
    assert!(out.left_out && out.body.is_empty() && out.enrichment.is_none());
    let mut apple = record();
    apple["manufacturer"] = json!("Apple");
    let kept = shape
        .read_record(apple.to_string().as_bytes(), ReadSource::List)
        .unwrap();
    assert!(!kept.left_out && !kept.body.to_json().contains("manufacturer"));
}

#[test]
fn f8_personal_devices_are_left_out_reduced_or_full() {
    let with = |personal| {
        let mut settings = settings();
        settings.personal = personal;
        read(&settings, &record()).unwrap()
    };
    assert!(with(PersonalDeviceRule::LeftOut).left_out);
    assert_eq!(
        body(&with(PersonalDeviceRule::Full))["userPrincipalName"],
        "anna@example.org"
    );
    let reduced = with(PersonalDeviceRule::Reduced);
    let text = &reduced.body.to_json();
    for gone in [
        "anna@example.org",
        "\"Anna\"",
        "*******1234",
        "anna_iOS",
        "usersLoggedOn",
        "somethingNew",
        "iccid",
    ] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert_eq!(body(&reduced)["serialNumber"], "F4GK2ABCDE");
    let mut company = record();
    company["managedDeviceOwnerType"] = json!("company");
    let mut leave = settings();
    leave.personal = PersonalDeviceRule::LeftOut;
    assert!(!read(&leave, &company).unwrap().left_out);
}

#[test]
fn f8_a_reduced_device_learns_nothing_of_its_person() {
    let mut reduce = settings();
    reduce.personal = PersonalDeviceRule::Reduced;
    let mut get = record();
    get["iccid"] = json!("8949000000000000001");
    get["enrollmentProfileName"] = json!("BYOD");
    let shape = DeviceProjection::compile(&reduce, &[]).unwrap();
    let device = shape.read_record(get.to_string().as_bytes(), ReadSource::Get).unwrap();
    let learned: Value = serde_json::from_str(&device.enrichment.expect("learned")).unwrap();
    assert_eq!(learned["enrollmentProfileName"], "BYOD");
    assert!(learned.get("iccid").is_none());
}

#[test]
fn s8_a_device_on_which_the_filter_fails_is_reported_by_id() {
    let error = read(&filtered("manufacturer.startsWith('A')"), &record()).unwrap_err();
    assert_eq!(error.id.map(|id| id.to_string()).as_deref(), Some(ID_TEXT));
    assert!(error.to_string().contains("the filter"), "{error}");
    assert!(!read(&filtered("deviceClass == 'phone'"), &record()).unwrap().left_out);
    assert!(
        read(&filtered("deviceClass == 'computer'"), &record())
            .unwrap()
            .left_out
    );
}
