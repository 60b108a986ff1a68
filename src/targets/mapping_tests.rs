use super::*;
use crate::contract::RetireAction;
use crate::targets::samples_for_tests::{device_with, from_field, mapping_of, rule, sample_mapping};
use serde_json::json;

fn compiled(mapping: &TargetMapping) -> CompiledMapping {
    CompiledMapping::compile(mapping).unwrap_or_else(|error| panic!("{error}"))
}

fn expression_refused(text: &str) -> String {
    let source = FieldSource::Expression(text.to_owned());
    let error = CompiledMapping::compile(&mapping_of(vec![rule("os", source, FieldMode::Own)])).expect_err(text);
    assert_eq!(error.code(), "mappingExpression");
    error.to_string()
}

#[test]
fn the_digest_is_of_what_it_does_and_not_of_how_it_is_written() {
    let mapping = sample_mapping();
    let mut turned = mapping.clone();
    turned.fields.reverse();
    turned.classes.reverse();
    assert_eq!(mapping.digest(), turned.digest());
    assert_eq!(mapping.digest().len(), 64);
    assert_eq!(compiled(&mapping).digest(), mapping.digest());
}

#[test]
fn each_part_of_it_is_in_the_digest() {
    let mapping = sample_mapping();
    let changes: [fn(&mut TargetMapping); 8] = [
        |mapping| mapping.fields[0].mode = FieldMode::Fill,
        |mapping| mapping.fields[0].field = "label".to_owned(),
        |mapping| mapping.fields[0].source = FieldSource::From("model".to_owned()),
        |mapping| mapping.fields[0].source = FieldSource::Value("deviceName".to_owned()),
        |mapping| mapping.fields.truncate(1),
        |mapping| mapping.classes[0].name = "PC".to_owned(),
        |mapping| mapping.gone.wiped = RetireAction::Retire,
        |mapping| mapping.gone.deleted = RetireAction::Delete,
    ];
    let mut seen = std::collections::HashSet::from([mapping.digest()]);
    for (number, change) in changes.iter().enumerate() {
        let mut changed = mapping.clone();
        change(&mut changed);
        assert!(seen.insert(changed.digest()), "change {number}");
    }
}

#[test]
fn a_source_that_no_device_has_is_refused_with_the_nearest() {
    for (name, told) in [
        (
            "devicename",
            "fields, row 1 (os): from: a device has no field \"devicename\"; did you mean \"deviceName\"?",
        ),
        (
            "colourOfTheCase",
            "fields, row 1 (os): from: a device has no field \"colourOfTheCase\"",
        ),
        (
            "usersLoggedOn",
            "fields, row 1 (os): from: the field \"usersLoggedOn\" is an object or a list",
        ),
    ] {
        let error =
            CompiledMapping::compile(&mapping_of(vec![from_field("os", name, FieldMode::Own)])).expect_err(name);
        assert!(error.to_string().starts_with(told), "{error}");
        assert_eq!(error.code(), "mappingField");
        assert!(error.advice().contains("devices fields"));
    }
    for name in ["deviceClass", INSTANCE, PRIMARY_USER, "skuNumber"] {
        compiled(&mapping_of(vec![from_field("os", name, FieldMode::Own)]));
    }
}

#[test]
fn e1_no_mapping_asks_for_a_secret() {
    for secret in ["activationLockBypassCode", "remoteAssistanceSessionUrl"] {
        let mapping = mapping_of(vec![from_field("os", secret, FieldMode::Own)]);
        assert!(CompiledMapping::compile(&mapping).is_err(), "{secret}");
        assert!(expression_refused(secret).contains("unknown field"));
    }
}

#[test]
fn an_expression_that_can_never_be_right_is_refused_before_it_meets_a_device() {
    for (text, told) in [
        ("deviceName ==", "something is missing at the end"),
        ("devicName", "did you mean \"deviceName\"?"),
        ("deviceName + 1", "does not accept a text and a number"),
        ("[deviceName, model]", "returns a list"),
        ("now", "now cannot be used here"),
        ("getenv('HOME')", "unknown function"),
    ] {
        let found = expression_refused(text);
        assert!(
            found.starts_with("fields, row 1 (os): expression: ") && found.contains(told),
            "{text}: {found}"
        );
    }
}

#[test]
fn an_error_names_the_row_that_is_wrong() {
    let mut mapping = sample_mapping();
    mapping.fields[2].source = FieldSource::Expression("physicalMemory".to_owned());
    let error = CompiledMapping::compile(&mapping).expect_err("no such field");
    assert_eq!(error.place, "fields, row 3 (memory): expression");
}

#[test]
fn a_field_that_the_mapping_does_not_name_is_left_to_people() {
    let mapping = compiled(&sample_mapping());
    for (field, mode) in [
        ("name", FieldMode::Own),
        ("serial", FieldMode::Fill),
        ("notes", FieldMode::Leave),
        ("Name", FieldMode::Leave),
        ("", FieldMode::Leave),
    ] {
        assert_eq!(mapping.mode_of(field), mode, "{field}");
    }
    let written: Vec<&str> = mapping.written_fields().collect();
    assert_eq!(written, ["name", "serial", "memory", "source"]);
}

#[test]
fn fields_that_the_other_side_lacks_are_listed() {
    let known = ["name", "memory"].map(|name| TargetField {
        name: name.to_owned(),
        label: name.to_owned(),
        custom: false,
        writable: true,
        known_values: Vec::new(),
    });
    assert_eq!(
        compiled(&sample_mapping()).list_missing_fields(&known),
        ["serial", "source"]
    );
}

#[test]
fn a_class_has_its_name_that_of_others_or_none() {
    let of = |mapping: &TargetMapping, class: Value| {
        compiled(mapping).class_name(&device_with(json!({ "deviceClass": class })))
    };
    let mapping = sample_mapping();
    assert_eq!(of(&mapping, json!("computer")), "Laptop");
    assert_eq!(of(&mapping, json!("phone")), "Endpoint");
    assert_eq!(of(&mapping, Value::Null), "Endpoint");
    let bare = mapping_of(Vec::new());
    assert_eq!(of(&bare, json!("computer")), "");
}

#[test]
fn rules_stay_within_what_the_kind_can_do_and_settings_allow() {
    use RetireAction::{Delete, Leave, Retire, Stock};
    let rules = GoneRules {
        deleted: Delete,
        wiped: Stock,
        retired: Retire,
    };
    let limited = |offered: &[RetireAction], is_delete_allowed| {
        let rules = rules.limit_actions(offered, is_delete_allowed);
        [rules.deleted, rules.wiped, rules.retired]
    };
    assert_eq!(limited(&[Retire, Stock, Delete], true), [Delete, Stock, Retire]);
    assert_eq!(limited(&[Retire, Stock, Delete], false), [Retire, Stock, Retire]);
    assert_eq!(limited(&[Leave], true), [Leave; 3]);
    assert_eq!(limited(&[Delete], false), [Leave; 3]);
    assert_eq!(limited(&[], true), [Leave; 3]);
}

#[test]
fn an_action_that_the_kind_cannot_do_is_refused() {
    let mapping = sample_mapping();
    assert_eq!(
        mapping.check_actions(&[RetireAction::Retire, RetireAction::Stock]),
        Ok(())
    );
    let error = mapping.check_actions(&[RetireAction::Retire]).expect_err("no stock");
    assert_eq!(
        error.to_string(),
        "gone: wiped: this kind of target cannot stock; expected retire"
    );
    assert_eq!(error.code(), "mappingAction");
    assert_eq!(
        mapping_of(Vec::new()).check_actions(&[]),
        Ok(()),
        "nothing can always be done"
    );
}

#[test]
fn the_fingerprint_covers_values_class_user_and_mapping() {
    let device = device_with(json!({"deviceName": "LAP-1", "deviceClass": "computer"}));
    let mapping = compiled(&sample_mapping());
    let (wanted, _) = mapping.wanted_values(&device);
    let print = mapping.fingerprint_device(&wanted, &device, Some("7"));
    assert_eq!(print, mapping.fingerprint_device(&wanted, &device, Some("7")));
    assert_ne!(print, mapping.fingerprint_device(&wanted, &device, None));
    let phone = device_with(json!({"deviceName": "LAP-1", "deviceClass": "phone"}));
    assert_ne!(print, mapping.fingerprint_device(&wanted, &phone, Some("7")));
    let mut other = sample_mapping();
    other.fields[1].mode = FieldMode::Own;
    assert_ne!(print, compiled(&other).fingerprint_device(&wanted, &device, Some("7")));
}

#[test]
fn wn_52_an_expression_that_is_written_now_compares_fields_with_what_they_may_hold() {
    let source = FieldSource::Expression("isEncrypted == 'true' ? 'yes' : 'no'".to_owned());
    let mapping = mapping_of(vec![rule("os", source, FieldMode::Own)]);
    let refused = CompiledMapping::check_new_expressions(&mapping, None)
        .expect_err("no device has it")
        .to_string();
    assert!(
        refused.starts_with("fields, row 1 (os): expression: isEncrypted is true or false"),
        "{refused}"
    );
    // One that is kept goes on.
    assert!(CompiledMapping::compile(&mapping).is_ok());
    assert!(CompiledMapping::check_new_expressions(&mapping, Some(&mapping)).is_ok());
    assert!(CompiledMapping::check_new_expressions(&sample_mapping(), None).is_ok());
}
