use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::inventory::properties::mask_where;

const ID_TEXT: &str = "7809c88c-0000-4000-8000-000000000001";

fn everything() -> AllowedProperties {
    AllowedProperties {
        properties: mask_where(|property| property.is_readable()),
        unknown: true,
    }
}

fn read(record: &str, from: ReadSource) -> NormalisedDevice {
    let slots = RecordSlots::from_json(record).expect("a record");
    normalise_device(ID_TEXT.parse().unwrap(), &slots, everything(), "computer", from).expect("readable")
}

fn list(record: &Value) -> NormalisedDevice {
    read(&record.to_string(), ReadSource::List)
}

fn device() -> Value {
    json!({
        "id": ID_TEXT, "deviceName": "LAP-0042", "imei": "", "iccid": null, "udid": null, "phoneNumber": "",
        "wiFiMacAddress": "d46e0e022896", "deviceCategoryDisplayName": "Unknown", "jailBroken": "False",
        "lastSyncDateTime": "2026-11-19T23:17:06Z", "enrolledDateTime": "2025-04-22T12:59:11Z",
        "easActivationDateTime": "0001-01-01T00:00:00Z",
        "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
        "physicalMemoryInBytes": 0, "ethernetMacAddress": null, "enrollmentProfileName": null,
        "totalStorageSpaceInBytes": 255404802048_u64, "freeStorageSpaceInBytes": 175569371136_u64,
        "activationLockBypassCode": null, "deviceActionResults": [], "serialNumber": "ABC1234",
    })
}

/// The same device as a GET of it with all fields renders it.
fn answer_of_a_get() -> Value {
    let mut get = device();
    for (name, value) in [
        ("imei", Value::Null),
        ("phoneNumber", Value::Null),
        ("iccid", json!("")),
        ("udid", json!("")),
        ("deviceCategoryDisplayName", json!("")),
        ("lastSyncDateTime", json!("2026-11-19T23:17:06.1234567Z")),
        ("enrolledDateTime", json!("2025-04-22T12:59:11.7654321Z")),
        (
            "complianceGracePeriodExpirationDateTime",
            json!("9999-12-31T23:59:59.9999999Z"),
        ),
        ("physicalMemoryInBytes", json!(17179869184_u64)),
        ("ethernetMacAddress", json!("00155d012345")),
        ("enrollmentProfileName", json!("Kiosk")),
        ("activationLockBypassCode", json!("ABCDE-12345")),
        ("remoteAssistanceSessionUrl", json!("https://example.org/screen")),
        ("deviceActionResults", json!([{ "actionName": "wipe" }])),
        ("@odata.context", json!("https://example.org/$metadata")),
    ] {
        get[name] = value;
    }
    get
}

#[test]
fn s4_a_list_and_a_get_of_the_same_device_are_the_same() {
    let from_list = list(&device());
    let from_get = read(&answer_of_a_get().to_string(), ReadSource::Get);
    assert_eq!(from_list.body, from_get.body);
    assert_eq!(from_list.fingerprint, from_get.fingerprint);
    assert_eq!(from_list.volatile, from_get.volatile);
    assert_eq!(from_list.enrichment, None);
}

#[test]
fn s4_nulls_of_a_list_never_erase_what_a_get_learned() {
    let learned = read(&answer_of_a_get().to_string(), ReadSource::Get).enrichment;
    let merged: Value =
        serde_json::from_str(&merge_enrichment(&list(&device()).body.to_json(), learned.as_deref())).unwrap();
    assert_eq!(merged["physicalMemoryInBytes"], 17179869184_u64);
    assert_eq!(merged["ethernetMacAddress"], "00155D012345");
    assert_eq!(merged["enrollmentProfileName"], "Kiosk");
    assert_eq!(merged["iccid"], Value::Null);
    assert_eq!(merged["deviceName"], "LAP-0042");
}

#[test]
fn f8_what_was_learned_does_not_fill_fields_that_are_not_let_through() {
    let learned = read(&answer_of_a_get().to_string(), ReadSource::Get)
        .enrichment
        .expect("learned");
    assert_eq!(
        merge_enrichment(r#"{"id":"x","deviceClass":"phone"}"#, Some(&learned)),
        r#"{"id":"x","deviceClass":"phone"}"#
    );
    assert_eq!(
        merge_enrichment(r#"{"notes":"mine"}"#, Some(r#"{"notes":"other","deviceName":"no"}"#)),
        r#"{"notes":"other"}"#,
        "what was learned before is replaced, what is not let through stays out"
    );
    assert_eq!(merge_enrichment(r#"{"notes":null}"#, None), r#"{"notes":null}"#);
}

#[test]
fn e1_secrets_are_neither_in_the_body_nor_learned() {
    let get = read(&answer_of_a_get().to_string(), ReadSource::Get);
    let all = format!("{}{}", get.body.to_json(), get.enrichment.unwrap_or_default());
    for secret in [
        "ABCDE-12345",
        "example.org",
        "activationLock",
        "remoteAssistanceSessionUrl",
        "deviceActionResults",
    ] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn s5_what_moves_by_itself_is_not_in_the_fingerprint() {
    let before = list(&device());
    let mut moved = device();
    moved["lastSyncDateTime"] = json!("2026-11-20T00:00:00Z");
    moved["freeStorageSpaceInBytes"] = json!(1);
    let after = list(&moved);
    assert_eq!(before.fingerprint, after.fingerprint);
    assert_ne!(before.volatile.last_sync_s, after.volatile.last_sync_s);
    assert_ne!(before.volatile.others, after.volatile.others);
    assert_ne!(before.body, after.body);
    assert_eq!(after.volatile.last_sync_s, 1_795_132_800);
}

#[test]
fn s5_members_that_move_by_themselves_do_not_make_a_change_but_the_others_do() {
    let with = |state: Value| {
        let mut record = device();
        record["deviceHealthAttestationState"] = state;
        list(&record)
    };
    let before = with(json!({ "secureBoot": "enabled", "restartCount": 1, "lastUpdateDateTime": "2026-01-01" }));
    let restarted = with(json!({ "restartCount": 2, "secureBoot": "enabled", "lastUpdateDateTime": "2026-02-02" }));
    let disabled = with(json!({ "secureBoot": "disabled", "restartCount": 1, "lastUpdateDateTime": "2026-01-01" }));
    assert_eq!(before.fingerprint, restarted.fingerprint);
    assert_ne!(before.volatile.others, restarted.volatile.others);
    assert_ne!(before.fingerprint, disabled.fingerprint);
}

#[test]
fn every_other_property_changes_the_fingerprint() {
    let before = list(&device()).fingerprint;
    for property in TABLE {
        if property.volatile || property.owner != PropertySource::List || property.name == "id" {
            continue;
        }
        let mut changed = device();
        changed[property.name] = json!("another value");
        assert_ne!(list(&changed).fingerprint, before, "{}", property.name);
    }
}

#[test]
fn ic11_every_property_is_a_named_field_in_the_order_of_the_table() {
    let body: Map<String, Value> = serde_json::from_str(&list(&device()).body.to_json()).unwrap();
    let expected: Vec<&str> = TABLE
        .iter()
        .filter(|p| !p.beta && !p.unlisted && p.is_readable())
        .map(|p| p.name)
        .collect();
    assert_eq!(body.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(body["imei"], Value::Null);
    assert_eq!(body["deviceCategoryDisplayName"], Value::Null);
    assert_eq!(body["easActivationDateTime"], Value::Null);
    assert_eq!(body["deviceClass"], "computer");
}

#[test]
fn unknown_keys_are_kept_sorted_and_empty_ones_are_not() {
    let record =
        r#"{"zeta": { "b":1, "a" : 2 },"alpha":"x","none":null,"alpha@odata.type":"y","deviceType":"desktop"}"#;
    let body = read(record, ReadSource::List).body.to_json();
    assert!(body.contains(r#""deviceType":"desktop""#));
    assert!(
        body.ends_with(r#","alpha":"x","zeta":{"a":2,"b":1},"deviceClass":"computer"}"#),
        "{body}"
    );
    assert!(
        !body.contains("ownerType\":null"),
        "beta's properties are written only where they came"
    );
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let body = read(r#"{"model":"A","new":1,"model":"B","new":2}"#, ReadSource::List)
        .body
        .to_json();
    assert!(body.contains(r#""model":"B""#) && body.contains(r#""new":2"#), "{body}");
    assert!(!body.contains(r#""new":1"#), "{body}");
}

#[test]
fn no_storage_told_is_not_a_full_disk() {
    let body = read(
        r#"{"totalStorageSpaceInBytes":0,"freeStorageSpaceInBytes":0}"#,
        ReadSource::List,
    )
    .body
    .to_json();
    assert!(body.contains(r#""freeStorageSpaceInBytes":null"#), "{body}");
    let full = read(
        r#"{"totalStorageSpaceInBytes":5,"freeStorageSpaceInBytes":0}"#,
        ReadSource::List,
    )
    .body
    .to_json();
    assert!(full.contains(r#""freeStorageSpaceInBytes":0"#), "{full}");
}

/// Values as Graph might send them, good and odd.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!("Unknown")),
        Just(json!("0001-01-01T00:00:00Z")),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~äß電\\\\\"]{0,20}".prop_map(Value::from),
        (0i64..250_000_000_000).prop_map(|s| {
            json!(crate::model::format_time(
                chrono::DateTime::from_timestamp(s, 0).expect("a date")
            ))
        }),
        Just(json!({ "b": [1, "", { "z": 1, "a": 2 }], "a": "2026-01-01T00:00:00.123Z" })),
    ]
}

fn record() -> impl Strategy<Value = Vec<(String, Value)>> {
    let name = prop_oneof![
        4 => (0..TABLE.len() - 1).prop_map(|index| TABLE[index].name.to_owned()),
        1 => "[a-z]{1,8}",
    ];
    proptest::collection::hash_map(name, value(), 0..40).prop_map(|map| map.into_iter().collect())
}

fn render(fields: &[(String, Value)], is_pretty: bool) -> String {
    let object: Map<String, Value> = fields.iter().cloned().collect();
    if is_pretty {
        serde_json::to_string_pretty(&object).unwrap()
    } else {
        serde_json::to_string(&object).unwrap()
    }
}

/// As a GET renders what LIST gave: the other kind of nothing, and dates with seven digits.
fn as_get(fields: &[(String, Value)]) -> Vec<(String, Value)> {
    let is_date = |name: &str, text: &str| {
        let may_be = crate::inventory::properties::find_property(name, 0)
            .is_none_or(|index| TABLE[index].kind == PropertyKind::Date);
        may_be && text.len() == 20 && text.ends_with('Z') && crate::model::parse_time(text).is_some()
    };
    fields
        .iter()
        .map(|(name, value)| {
            let other = match value {
                Value::Null => json!(""),
                Value::String(text) if text.is_empty() => Value::Null,
                Value::String(text) if is_date(name, text) => json!(format!("{}.1997623Z", &text[..19])),
                other => other.clone(),
            };
            (name.clone(), other)
        })
        .collect()
}

proptest! {
    #[test]
    fn order_and_spacing_of_keys_make_no_difference(
        (first, second) in record().prop_flat_map(|fields| (Just(fields.clone()), Just(fields).prop_shuffle())),
    ) {
        let a = read(&render(&first, false), ReadSource::List);
        let b = read(&render(&second, true), ReadSource::List);
        prop_assert_eq!(a.body, b.body);
        prop_assert_eq!(a.fingerprint, b.fingerprint);
        prop_assert_eq!(a.volatile, b.volatile);
    }

    #[test]
    fn s4_differences_between_list_and_get_are_no_changes(fields in record()) {
        let a = read(&render(&fields, false), ReadSource::List);
        let b = read(&render(&as_get(&fields), false), ReadSource::Get);
        prop_assert_eq!(a.body, b.body);
        prop_assert_eq!(a.fingerprint, b.fingerprint);
        prop_assert_eq!(a.volatile, b.volatile);
    }

    #[test]
    fn a_normalised_device_normalises_to_itself(fields in record()) {
        let once = read(&render(&fields, false), ReadSource::List);
        let twice = read(&once.body.to_json(), ReadSource::List);
        prop_assert_eq!(&once.body, &twice.body);
        prop_assert_eq!(once.fingerprint, twice.fingerprint);
        prop_assert!(serde_json::from_str::<Value>(&once.body.to_json()).is_ok());
    }

    #[test]
    fn what_was_learned_comes_out_of_the_merge(fields in record()) {
        let get = read(&render(&fields, false), ReadSource::Get);
        let learned: Map<String, Value> = serde_json::from_str(get.enrichment.as_deref().unwrap_or("{}")).unwrap();
        let merged: Map<String, Value> = serde_json::from_str(&merge_enrichment(&get.body.to_json(), get.enrichment.as_deref())).unwrap();
        let plain: Map<String, Value> = serde_json::from_str(&get.body.to_json()).unwrap();
        prop_assert_eq!(merged.len(), plain.len());
        for (name, value) in &merged {
            match learned.get(name) {
                Some(known) => prop_assert_eq!(value, known),
                None => prop_assert_eq!(value, &plain[name]),
            }
        }
    }

    #[test]
    fn s8_no_bytes_bring_the_reader_down(text in "\\PC{0,200}") {
        let _ = RecordSlots::from_json(&text).map(|slots| normalise_device(
            ID_TEXT.parse().unwrap(), &slots, everything(), "other", ReadSource::List,
        ).is_ok());
    }
}
