mod identities;
mod left_out;

use serde_json::{Value, json};

use super::*;
use crate::config::{EnrichMode, PersonalDeviceRule, PrimaryUserMode};

const ID_TEXT: &str = "7809c88c-0000-4000-8000-000000000001";

fn settings() -> DeviceSettings {
    DeviceSettings {
        fields: FieldChoice::All,
        filter: None,
        personal: PersonalDeviceRule::Full,
        classes: Vec::new(),
        volatile_hours: 24,
        enrich: EnrichMode::New,
        primary_user: PrimaryUserMode::Off,
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

#[test]
fn s4_the_primary_user_is_a_field_of_its_own_that_no_list_is_asked_for() {
    let compile = |settings: &DeviceSettings| DeviceProjection::compile(settings, &[]).expect("good settings");
    let on = DeviceSettings {
        primary_user: PrimaryUserMode::On,
        ..settings()
    };
    assert!(compile(&on).reads_primary_user() && !compile(&settings()).reads_primary_user());
    assert_ne!(
        compile(&on).digest(),
        compile(&settings()).digest(),
        "every device is read anew"
    );
    assert_eq!(
        body(&read(&on, &record()).unwrap()).get("primaryUser"),
        Some(&Value::Null)
    );
    assert_eq!(body(&read(&settings(), &record()).unwrap()).get("primaryUser"), None);
    let chosen = DeviceSettings {
        primary_user: PrimaryUserMode::On,
        ..only(&["deviceName", "primaryUser"])
    };
    let select = compile(&chosen).list_select().expect("two fields are chosen");
    assert!(
        select.contains("deviceName") && !select.contains("primaryUser"),
        "{select}"
    );
    let reduced = DeviceSettings {
        personal: PersonalDeviceRule::Reduced,
        ..on
    };
    assert_eq!(body(&read(&reduced, &record()).unwrap()).get("primaryUser"), None);
}
