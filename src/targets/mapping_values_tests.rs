use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::contract::FieldMode;
use crate::model::is_unprintable;
use crate::targets::samples_for_tests::{device_with, from_field, mapping_of, rule};
use crate::targets::{FieldSource, PrimaryUser};

fn wanted(source: FieldSource, device: &SourceDevice) -> Result<Option<Value>, ValueProblem> {
    let mapping = mapping_of(vec![rule("field", source, FieldMode::Own)]);
    let mapping = CompiledMapping::compile(&mapping).unwrap_or_else(|error| panic!("{error}"));
    let (mut values, mut troubles) = mapping.wanted_values(device);
    match troubles.pop() {
        Some(trouble) => Err(trouble.problem),
        None => Ok(values.remove("field")),
    }
}

fn from(name: &str, device: &SourceDevice) -> Result<Option<Value>, ValueProblem> {
    wanted(FieldSource::From(name.to_owned()), device)
}

fn expression(text: &str, device: &SourceDevice) -> Result<Option<Value>, ValueProblem> {
    wanted(FieldSource::Expression(text.to_owned()), device)
}

#[test]
fn values_come_from_the_device_from_expressions_and_from_the_mapping_itself() {
    let mut device = device_with(
        json!({"deviceName": "LAP-1", "physicalMemoryInBytes": 17_179_869_184_u64,
        "isEncrypted": true, "enrolledDateTime": "2026-11-19T23:17:06Z", "userPrincipalName": "anna@example.com",
        "deviceClass": "computer"}),
    );
    device.primary_user = PrimaryUser::Person("ben@example.com".to_owned());
    assert_eq!(from("deviceName", &device), Ok(Some(json!("LAP-1"))));
    assert_eq!(
        from("physicalMemoryInBytes", &device),
        Ok(Some(json!(17_179_869_184_u64)))
    );
    assert_eq!(from("isEncrypted", &device), Ok(Some(json!(true))));
    assert_eq!(from("deviceClass", &device), Ok(Some(json!("computer"))));
    assert_eq!(from("instance", &device), Ok(Some(json!("IntuneConnector_1"))));
    assert_eq!(from("primaryUser", &device), Ok(Some(json!("ben@example.com"))));
    for (text, value) in [
        ("physicalMemoryInBytes / 1048576", json!(16384)),
        ("isEncrypted ? 'yes' : 'no'", json!("yes")),
        ("enrolledDateTime.getFullYear()", json!(2026)),
        ("instance + '/' + deviceClass", json!("IntuneConnector_1/computer")),
        ("primaryUser.endsWith('@example.com')", json!(true)),
    ] {
        assert_eq!(expression(text, &device), Ok(Some(value)), "{text}");
    }
    let constant = FieldSource::Value(" Intune ".to_owned());
    assert_eq!(wanted(constant, &device), Ok(Some(json!("Intune"))));
}

#[test]
fn null_empties_a_field_and_what_the_target_does_not_receive_is_not_spoken_of() {
    let device = device_with(json!({"model": null, "deviceName": " \u{200e} "}));
    assert_eq!(from("model", &device), Ok(Some(Value::Null)));
    assert_eq!(from("deviceName", &device), Ok(Some(Value::Null)));
    assert_eq!(from("serialNumber", &device), Ok(None));
    assert_eq!(from("primaryUser", &device), Ok(Some(Value::Null)));
    assert_eq!(expression("model", &device), Ok(Some(Value::Null)));
    assert_eq!(expression("serialNumber", &device), Ok(None));
    assert_eq!(expression("model == null ? serialNumber : model", &device), Ok(None));
    assert_eq!(
        expression("serialNumber == null ? 'none' : serialNumber", &device),
        Ok(Some(json!("none")))
    );
}

#[test]
fn a_failure_costs_its_field_and_is_told_without_values() {
    let mapping = mapping_of(vec![
        from_field("name", "deviceName", FieldMode::Own),
        rule(
            "room",
            FieldSource::Expression("deviceName.startsWith(model) ? 'a' : 'b'".to_owned()),
            FieldMode::Own,
        ),
        from_field("os", "osVersion", FieldMode::Own),
        from_field("notes", "notes", FieldMode::Own),
    ]);
    let mapping = CompiledMapping::compile(&mapping).unwrap_or_else(|error| panic!("{error}"));
    let device = device_with(json!({"deviceName": "Secret-1", "model": null, "osVersion": ["10"],
        "notes": "x".repeat(TEXT_MAX + 1)}));
    let (values, troubles) = mapping.wanted_values(&device);
    assert_eq!(
        values.into_iter().collect::<Vec<_>>(),
        [("name".to_owned(), json!("Secret-1"))]
    );
    let codes: Vec<(&str, &str)> = troubles
        .iter()
        .map(|trouble| (trouble.field.as_str(), trouble.code()))
        .collect();
    assert_eq!(
        codes,
        [
            ("room", "expressionFailed"),
            ("os", "notScalar"),
            ("notes", "textTooLong")
        ]
    );
    for trouble in &troubles {
        assert!(!trouble.to_string().contains("Secret"), "{trouble}");
        assert!(trouble.advice().contains("intune-connector targets mapping"));
    }
}

#[test]
fn what_is_left_to_people_is_not_wanted_and_not_even_evaluated() {
    let mapping = mapping_of(vec![
        from_field("notes", "notes", FieldMode::Leave),
        rule(
            "room",
            FieldSource::Expression("model.startsWith('x')".to_owned()),
            FieldMode::Leave,
        ),
    ]);
    let mapping = CompiledMapping::compile(&mapping).unwrap_or_else(|error| panic!("{error}"));
    let (values, troubles) = mapping.wanted_values(&device_with(json!({"notes": "mine", "model": null})));
    assert!(values.is_empty() && troubles.is_empty());
}

#[test]
fn hostile_names_become_plain_ones() {
    for (given, plain) in [
        ("LAP\u{0}1", json!("LAP 1")),
        ("\u{202e}LAP-1\u{202c}", json!("LAP-1")),
        ("LAP\r\n1", json!("LAP  1")),
        ("\u{1b}[31mLAP", json!("[31mLAP")),
        ("<script>alert(1)</script>", json!("<script>alert(1)</script>")),
        ("Ünïcödé 日本", json!("Ünïcödé 日本")),
        ("a=(b)", json!("a=(b)")),
        ("\u{e0041}\u{e0042}", Value::Null),
    ] {
        let device = device_with(json!({ "deviceName": given }));
        assert_eq!(from("deviceName", &device), Ok(Some(plain.clone())), "{given:?}");
        assert_eq!(expression("deviceName", &device), Ok(Some(plain)), "{given:?}");
    }
    let device = device_with(json!({"notes": "one\r\ntwo\u{7}\n\n"}));
    assert_eq!(from("notes", &device), Ok(Some(json!("one\ntwo"))));
    let longest = "x".repeat(TEXT_MAX);
    let device = device_with(json!({ "deviceName": longest }));
    assert_eq!(from("deviceName", &device), Ok(Some(json!(longest))));
}

#[test]
fn a_text_is_as_long_as_its_field_takes() {
    let mapping = mapping_of(vec![
        from_field("name", "deviceName", FieldMode::Own),
        from_field("notes", "notes", FieldMode::Own),
    ]);
    let mut mapping = CompiledMapping::compile(&mapping).unwrap_or_else(|error| panic!("{error}"));
    mapping.longest_text = |field| (field == "name").then_some(5);
    for (given, kept) in [
        ("日本日本日", "日本日本日"),
        ("日本日本日本", "日本日本日"),
        ("four more", "four"),
    ] {
        let (values, troubles) = mapping.wanted_values(&device_with(json!({"deviceName": given, "notes": given})));
        assert_eq!((&values["name"], &values["notes"]), (&json!(kept), &json!(given)));
        assert!(troubles.is_empty());
    }
}

proptest! {
    #[test]
    fn whatever_a_device_is_called_what_is_written_can_be_seen(name in any::<String>()) {
        let device = device_with(json!({ "deviceName": name }));
        let found = from("deviceName", &device).expect("short").expect("told");
        let text = found.as_str().unwrap_or_default();
        prop_assert!(!text.chars().any(is_unprintable));
        prop_assert_eq!(text.trim(), text);
    }
}
