use serde_json::{Value, json};

use super::*;
use crate::config::{EnrichMode, PersonalDeviceRule};

const ID_TEXT: &str = "7809c88c-0000-4000-8000-000000000001";

fn settings() -> DeviceSettings {
    DeviceSettings {
        fields: FieldChoice::All,
        filter: None,
        personal: PersonalDeviceRule::Full,
        classes: Vec::new(),
        volatile_hours: 24,
        enrich: EnrichMode::New,
        tombstone_days: 90,
        history_days: 90,
    }
}

fn only(names: &[&str]) -> DeviceSettings {
    DeviceSettings {
        fields: FieldChoice::Only(names.iter().map(|name| (*name).to_owned()).collect()),
        ..settings()
    }
}

fn filtered(filter: &str) -> DeviceSettings {
    DeviceSettings {
        filter: Some(filter.to_owned()),
        ..settings()
    }
}

fn record() -> Value {
    json!({
        "id": ID_TEXT, "deviceName": "Anna's iPhone", "managedDeviceOwnerType": "personal", "operatingSystem": "iOS",
        "model": "iPhone 15", "serialNumber": "F4GK2ABCDE", "azureADDeviceId": "E266C39A-0000-4000-8000-000000000009",
        "enrolledDateTime": "2025-04-22T12:59:11.5Z", "lastSyncDateTime": "2026-11-19T23:17:06Z",
        "userPrincipalName": "anna@example.org", "userDisplayName": "Anna", "phoneNumber": "*******1234",
        "managedDeviceName": "anna_iOS", "freeStorageSpaceInBytes": 5, "totalStorageSpaceInBytes": 10,
        "usersLoggedOn": [{ "userId": "x" }], "somethingNew": "kept",
    })
}

fn read(settings: &DeviceSettings, record: &Value) -> Result<IncomingDevice, RecordError> {
    let shape = DeviceProjection::compile(settings, &[]).expect("good settings");
    shape.read_record(record.to_string().as_bytes(), ReadSource::List)
}

fn body(incoming: &IncomingDevice) -> Value {
    serde_json::from_str(&incoming.body.to_json()).expect("a JSON object")
}

#[test]
fn a_record_is_read_with_its_identity_and_class() {
    let device = read(&settings(), &record()).unwrap();
    assert_eq!(device.id.to_string(), ID_TEXT);
    assert!(!device.left_out);
    assert_eq!(device.identity.serial_number.as_deref(), Some("F4GK2ABCDE"));
    assert_eq!(
        device.identity.entra_device_id.as_deref(),
        Some("e266c39a-0000-4000-8000-000000000009")
    );
    assert_eq!(
        device.identity.enrolled_date_time.as_deref(),
        Some("2025-04-22T12:59:11Z")
    );
    assert_eq!(device.identity.user_principal_name.as_deref(), Some("anna@example.org"));
    assert_eq!(body(&device)["deviceClass"], "phone");
    assert_eq!(body(&device)["somethingNew"], "kept");
}

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

#[test]
fn the_first_class_rule_that_holds_wins_and_comes_before_the_built_in_ones() {
    let rule = |class: &str, when: &str| ClassRule {
        class: class.to_owned(),
        condition: when.to_owned(),
    };
    let mut ruled = settings();
    ruled.classes = vec![
        rule("kiosk", "deviceName.startsWith('KIOSK')"),
        rule("handheld", "model.contains('iPhone')"),
        rule("other", "true"),
    ];
    ruled.filter = Some("deviceClass == 'handheld'".to_owned());
    let device = read(&ruled, &record()).unwrap();
    assert_eq!(body(&device)["deviceClass"], "handheld");
}

#[test]
fn settings_that_cannot_work_are_refused_with_advice() {
    let refused = |settings: &DeviceSettings| DeviceProjection::compile(settings, &[]).expect_err("refused");
    let misspelt = refused(&only(&["devicename"])).to_string();
    assert!(
        misspelt.contains("\"devicename\"") && misspelt.contains("\"deviceName\""),
        "{misspelt}"
    );
    assert!(matches!(
        refused(&only(&["activationLockBypassCode"])),
        ProjectionError::NeverRead { .. }
    ));
    assert!(matches!(
        refused(&only(&["hardwareInformation"])),
        ProjectionError::OnlyInBeta { .. }
    ));
    assert!(matches!(
        refused(&filtered("notes == 'x'")),
        ProjectionError::NotInLists { given: "notes", .. }
    ));
    assert!(matches!(
        refused(&filtered("nonsense ==")),
        ProjectionError::Condition { .. }
    ));
    let class = |class: &str, when: &str| {
        let mut settings = settings();
        settings.classes = vec![ClassRule {
            class: class.to_owned(),
            condition: when.to_owned(),
        }];
        refused(&settings)
    };
    assert!(matches!(class("two words", "true"), ProjectionError::ClassName { .. }));
    assert_eq!(class("phone", "deviceClass == 'x'"), ProjectionError::ClassOfItself);
    let mut many = settings();
    many.classes = (0..=CLASS_RULES_MAX)
        .map(|n| ClassRule {
            class: format!("c{n}"),
            condition: "true".to_owned(),
        })
        .collect();
    assert_eq!(refused(&many), ProjectionError::TooManyClasses);
}

#[test]
fn the_digest_follows_every_setting_that_changes_how_a_device_looks() {
    let digest = |settings: &DeviceSettings| DeviceProjection::compile(settings, &[]).unwrap().digest();
    let plain = digest(&settings());
    assert_eq!(plain, digest(&settings()));
    let mut personal = settings();
    personal.personal = PersonalDeviceRule::Reduced;
    let mut classes = settings();
    classes.classes = vec![ClassRule {
        class: "a".into(),
        condition: "true".into(),
    }];
    let mut seen = vec![plain];
    for other in [
        only(&["deviceName"]),
        only(&["model"]),
        filtered("true"),
        filtered("false"),
        personal,
        classes,
    ] {
        let digest = digest(&other);
        assert!(!seen.contains(&digest));
        seen.push(digest);
    }
    let mut later = settings();
    (later.tombstone_days, later.history_days) = (1, 0);
    assert_eq!(digest(&later), plain, "how long tombstones stay changes no device");
    let shape = DeviceProjection::compile(&only(&["model"]), &[]).unwrap();
    let other = DeviceProjection::compile(&settings(), &[]).unwrap();
    assert_ne!(shape.raw_hash(b"{}"), other.raw_hash(b"{}"));
}

#[test]
fn s4_a_missing_device_that_answers_is_read_as_a_list_would_show_it() {
    let shape = DeviceProjection::compile(&settings(), &[]).unwrap();
    let from_list = shape
        .read_record(record().to_string().as_bytes(), ReadSource::List)
        .unwrap();
    let mut answer = record();
    for (name, value) in [
        ("@odata.context", json!("x")),
        ("managementState", json!("managed")),
        ("physicalMemoryInBytes", json!(0)),
        ("enrollmentProfileName", json!("Kiosk")),
        ("enrolledDateTime", json!("2025-04-22T12:59:11.7654321Z")),
    ] {
        answer[name] = value;
    }
    let from_get = shape.read_proof(answer.to_string().as_bytes()).unwrap();
    assert_eq!(shape.proof_select(), None, "keys that we do not know can't be named");
    assert_eq!(from_get.body, from_list.body);
    assert_eq!(from_get.fingerprint, from_list.fingerprint);
    assert_eq!(from_get.enrichment, None, "nothing is cleared that was not asked for");
}

#[test]
fn what_lists_tell_only_when_asked_is_told_when_asked() {
    let chosen = DeviceProjection::compile(&only(&["managementState"]), &[]).unwrap();
    assert!(
        chosen
            .list_select()
            .expect("a choice")
            .split(',')
            .any(|name| name == "managementState")
    );
    let mut told = record();
    told["managementState"] = json!("retirePending");
    for from in [ReadSource::List, ReadSource::Get] {
        let device = chosen.read_record(told.to_string().as_bytes(), from).unwrap();
        assert_eq!(body(&device)["managementState"], "retirePending");
    }
    let shown = read(&settings(), &told).unwrap();
    assert_eq!(
        body(&shown)["managementState"],
        "retirePending",
        "where a list shows it all the same"
    );
    let untold = DeviceProjection::compile(&filtered("managementState == 'managed'"), &[])
        .expect_err("would leave out everything");
    assert!(matches!(
        untold,
        ProjectionError::NotInLists {
            given: "managementState",
            ..
        }
    ));
    let mut narrow = only(&["deviceName"]);
    narrow.filter = Some("managementState == 'managed'".to_owned());
    assert!(DeviceProjection::compile(&narrow, &[]).is_ok());
}
