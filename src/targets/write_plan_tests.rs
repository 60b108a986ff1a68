use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::targets::samples_for_tests::{
    device_id, device_with, field_values, from_field, link_to, mapping_of, sample_mapping,
};
use crate::targets::{FieldRule, TargetMapping, record_fingerprint};

fn compiled(mapping: &TargetMapping) -> CompiledMapping {
    CompiledMapping::compile(mapping).unwrap_or_else(|error| panic!("{error}"))
}

/// `name` from `deviceName`, in this mode.
fn one_field(mode: FieldMode) -> CompiledMapping {
    compiled(&mapping_of(vec![from_field("name", "deviceName", mode)]))
}

fn laptop() -> SourceDevice {
    device_with(json!({"deviceName": "LAP-1", "deviceClass": "computer"}))
}

/// What is written, whether it is restored, and the user; `None`: nothing.
fn planned(
    device: &SourceDevice,
    link: &LinkState,
    mapping: &CompiledMapping,
    user: UserChange,
) -> Option<(FieldValues, bool, UserChange)> {
    match plan_update(device, link, mapping, user) {
        DevicePlan::Nothing => None,
        DevicePlan::Write(
            PlannedWrite::Update {
                values, restore, user, ..
            },
            class,
        ) => {
            let expected = if restore { WriteClass::Move } else { WriteClass::Change };
            assert_eq!(class, expected);
            Some((values, restore, user))
        }
        DevicePlan::Write(write, _) => panic!("{write:?}"),
    }
}

fn written(mode: FieldMode, source: Value, known: Value) -> Option<FieldValues> {
    let device = device_with(json!({ "deviceName": source }));
    let mut link = link_to("7");
    link.known = field_values(known);
    let plan = planned(&device, &link, &one_field(mode), UserChange::Keep);
    plan.map(|(values, ..)| values)
}

#[test]
fn own_is_written_where_it_differs_fill_where_it_is_empty_leave_never() {
    use FieldMode::{Fill, Leave, Own};
    for (mode, source, known, expected) in [
        (Own, json!("LAP-1"), json!({"name": "LAP-1"}), None),
        (Own, json!("LAP-1"), json!({"name": " LAP-1 "}), None),
        (Own, json!("LAP-2"), json!({"name": "LAP-1"}), Some(json!("LAP-2"))),
        (Own, json!("LAP-2"), json!({}), Some(json!("LAP-2"))),
        (Own, Value::Null, json!({"name": "LAP-1"}), Some(Value::Null)),
        (Own, Value::Null, json!({"name": ""}), None),
        (Own, Value::Null, json!({}), None),
        (Fill, json!("LAP-2"), json!({"name": "Anna's"}), None),
        (Fill, json!("LAP-2"), json!({"name": " "}), Some(json!("LAP-2"))),
        (Fill, json!("LAP-2"), json!({"name": null}), Some(json!("LAP-2"))),
        (Fill, json!("LAP-2"), json!({}), Some(json!("LAP-2"))),
        (Fill, Value::Null, json!({}), None),
        (Fill, Value::Null, json!({"name": "Anna's"}), None),
        (Leave, json!("LAP-2"), json!({"name": "Anna's"}), None),
        (Leave, json!("LAP-2"), json!({}), None),
    ] {
        let expected = expected.map(|value| field_values(json!({ "name": value })));
        let found = written(mode, source.clone(), known.clone());
        assert_eq!(found, expected, "{mode:?} {source} {known}");
    }
}

#[test]
fn an_update_has_what_differs_and_all_that_is_kept() {
    let mapping = compiled(&sample_mapping());
    let device = device_with(json!({"deviceName": "LAP-2", "serialNumber": "PF0TEST1",
        "physicalMemoryInBytes": 17_179_869_184_u64, "notes": "mine"}));
    let mut link = link_to("7");
    link.known =
        field_values(json!({"name": "LAP-1", "serial": "OLD", "memory": "16384", "notes": "theirs", "room": 3}));
    let DevicePlan::Write(write, WriteClass::Change) = plan_update(&device, &link, &mapping, UserChange::Keep) else {
        panic!("nothing");
    };
    let expected = PlannedWrite::Update {
        key: device.key,
        device: Box::new(device.clone()),
        record: RecordId("7".to_owned()),
        values: field_values(json!({"name": "LAP-2", "source": "Intune"})),
        all: field_values(json!({"name": "LAP-2", "serial": "OLD", "memory": 16384, "source": "Intune"})),
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: mapping.class_name(&device),
        user: UserChange::Keep,
    };
    assert_eq!(write, expected);
}

#[test]
fn what_the_target_does_not_receive_stays_as_it_is() {
    let mut link = link_to("7");
    link.known = field_values(json!({"name": "LAP-1"}));
    let device = device_with(json!({"model": "X"}));
    assert_eq!(
        planned(&device, &link, &one_field(FieldMode::Own), UserChange::Keep),
        None
    );
}

#[test]
fn an_unchanged_device_costs_nothing() {
    let mapping = one_field(FieldMode::Own);
    let device = laptop();
    let mut link = link_to("7");
    let (wanted, _) = mapping.wanted_values(&device);
    link.fingerprint = Some(mapping.fingerprint_device(&wanted, &device, None));
    // The other side made something else of it: that is no reason to write it again and again.
    link.known = field_values(json!({"name": "1"}));
    assert_eq!(planned(&device, &link, &mapping, UserChange::Keep), None);
    assert_eq!(planned(&device, &link, &mapping, UserChange::Clear), None);
    let renamed = device_with(json!({"deviceName": "LAP-2", "deviceClass": "computer"}));
    assert!(planned(&renamed, &link, &mapping, UserChange::Keep).is_some());
}

#[test]
fn a_field_that_changed_hands_is_written_although_no_device_changed() {
    let device = laptop();
    let fill = one_field(FieldMode::Fill);
    let mut link = link_to("7");
    link.known = field_values(json!({"name": "Anna's"}));
    let (wanted, _) = fill.wanted_values(&device);
    link.fingerprint = Some(fill.fingerprint_device(&wanted, &device, None));
    assert_eq!(planned(&device, &link, &fill, UserChange::Keep), None);
    let own = planned(&device, &link, &one_field(FieldMode::Own), UserChange::Keep);
    assert_eq!(
        own.map(|(values, ..)| values),
        Some(field_values(json!({"name": "LAP-1"})))
    );
}

#[test]
fn the_first_write_to_an_adopted_record_carries_our_id_even_if_no_value_differs() {
    let mapping = one_field(FieldMode::Own);
    let mut link = link_to("7");
    link.known = field_values(json!({"name": "LAP-1"}));
    assert_eq!(
        planned(&laptop(), &link, &mapping, UserChange::Keep),
        None,
        "what we made has it"
    );
    link.origin = LinkOrigin::Adopted;
    let nothing_but_the_id = Some((FieldValues::new(), false, UserChange::Keep));
    assert_eq!(
        planned(&laptop(), &link, &mapping, UserChange::Keep),
        nothing_but_the_id
    );
    link.fingerprint = Some([0; 16]);
    assert_eq!(
        planned(&laptop(), &link, &mapping, UserChange::Keep),
        None,
        "it was written once"
    );
}

#[test]
fn a_device_that_re_enrolled_is_written_once_under_its_new_id() {
    let mapping = one_field(FieldMode::Own);
    let mut device = laptop();
    device.replaces = Some(device_id(9));
    let mut link = link_to("7");
    link.known = field_values(json!({"name": "LAP-1"}));
    match plan_update(&device, &link, &mapping, UserChange::Keep) {
        DevicePlan::Write(
            PlannedWrite::Update {
                replaces,
                record,
                lacks_id,
                ..
            },
            WriteClass::Change,
        ) => {
            assert_eq!((replaces, record), (Some(device_id(9)), RecordId("7".to_owned())));
            assert!(lacks_id, "our id over there is another one");
        }
        plan => panic!("{plan:?}"),
    }
    let (wanted, _) = mapping.wanted_values(&device);
    link.fingerprint = Some(mapping.fingerprint_device(&wanted, &device, None));
    assert_eq!(planned(&device, &link, &mapping, UserChange::Keep), None);
}

#[test]
fn back_again_is_a_restore_of_the_same_record_even_if_nothing_else_differs() {
    let mapping = one_field(FieldMode::Own);
    let device = laptop();
    let mut link = link_to("7");
    let (wanted, _) = mapping.wanted_values(&device);
    link.fingerprint = Some(mapping.fingerprint_device(&wanted, &device, None));
    link.known = wanted;
    link.phase = LinkPhase::Gone;
    let restored = Some((FieldValues::new(), true, UserChange::Keep));
    assert_eq!(planned(&device, &link, &mapping, UserChange::Keep), restored);
    link.phase = LinkPhase::Released;
    assert_eq!(
        planned(&device, &link, &mapping, UserChange::Keep),
        None,
        "it was left untouched"
    );
    link.phase = LinkPhase::Intended;
    link.fingerprint = None;
    assert_eq!(
        planned(&device, &link, &mapping, UserChange::Keep),
        None,
        "first contact looks again"
    );
}

#[test]
fn a_user_follows_and_the_same_one_costs_nothing() {
    let mapping = one_field(FieldMode::Own);
    let assign = |id: &str| UserChange::Assign(id.to_owned());
    for (current, change, left) in [
        (None, UserChange::Keep, None),
        (None, UserChange::Clear, None),
        (None, assign("5"), Some(assign("5"))),
        (Some("5"), UserChange::Keep, None),
        (Some("5"), assign("5"), None),
        (Some("5"), assign("6"), Some(assign("6"))),
        (Some("5"), UserChange::Clear, Some(UserChange::Clear)),
    ] {
        let mut link = link_to("7");
        link.known = field_values(json!({"name": "LAP-1"}));
        link.user = current.map(str::to_owned);
        let found = planned(&laptop(), &link, &mapping, change.clone());
        let expected = left.map(|user| (FieldValues::new(), false, user));
        assert_eq!(found, expected, "{current:?} {change:?}");
    }
}

#[test]
fn a_new_record_has_what_is_not_empty() {
    let mapping = compiled(&sample_mapping());
    let device = device_with(json!({"deviceName": "LAP-1", "serialNumber": null, "notes": "mine",
        "deviceClass": "computer"}));
    let expected = PlannedWrite::Create {
        key: device.key,
        device: Box::new(device.clone()),
        values: field_values(json!({"name": "LAP-1", "source": "Intune"})),
        class_name: "Laptop".to_owned(),
        user: UserChange::Keep,
    };
    let (wanted, _) = mapping.wanted_values(&device);
    assert_eq!(plan_create(&device, &mapping, wanted, UserChange::Clear), expected);
}

#[test]
fn a_fingerprint_is_of_what_can_be_seen_over_there() {
    let print = |values: Value, class: &str, user: Option<&str>| record_fingerprint(&field_values(values), class, user);
    let first = print(json!({"a": "5", "b": null}), "c", None);
    assert_eq!(first, print(json!({"b": "", "a": 5}), "c", None));
    for other in [
        print(json!({"a": "6", "b": null}), "c", None),
        print(json!({"a": "5"}), "c", None),
        print(json!({"a": null, "b": "5"}), "c", None),
        print(json!({"a": "5", "b": "c"}), "", None),
        print(json!({"a": "5", "b": null}), "", None),
        print(json!({"a": "5", "b": null}), "c", Some("")),
        print(json!({"a": "5", "b": null}), "c", Some("1")),
        print(json!({"a5": "", "b": null}), "c", None),
    ] {
        assert_ne!(first, other);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        "[ ab]{0,2}".prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ]
}

fn any_values() -> impl Strategy<Value = FieldValues> {
    proptest::collection::btree_map("[abc]", any_value(), 0..4)
}

fn any_mapping() -> impl Strategy<Value = Vec<FieldMode>> {
    let modes = prop_oneof![Just(FieldMode::Own), Just(FieldMode::Fill), Just(FieldMode::Leave)];
    proptest::collection::vec(modes, 3)
}

proptest! {
    #[test]
    fn what_is_written_is_no_curated_field_and_writing_it_settles_it(
        device in any_values(), known in any_values(), modes in any_mapping(),
    ) {
        let sources = [("a", "model"), ("b", "deviceName"), ("c", "osVersion")];
        let rules: Vec<FieldRule> = sources
            .iter()
            .zip(&modes)
            .map(|((field, source), mode)| from_field(field, source, *mode))
            .collect();
        let mapping = compiled(&mapping_of(rules));
        let told = sources.iter().filter_map(|(field, source)| Some((*source, device.get(*field)?.clone())));
        let told: serde_json::Map<String, Value> = told.map(|(name, value)| (name.to_owned(), value)).collect();
        let device = device_with(Value::Object(told));
        let mut link = link_to("7");
        link.known = known;
        if let Some((values, ..)) = planned(&device, &link, &mapping, UserChange::Keep) {
            for (field, value) in values {
                let stands = link.known.get(&field);
                match mapping.mode_of(&field) {
                    FieldMode::Own => prop_assert!(!is_same_value(stands, Some(&value))),
                    FieldMode::Fill => prop_assert!(is_empty_value(stands)),
                    FieldMode::Leave => return Err(TestCaseError::fail("written although left to people")),
                }
                link.known.insert(field, value);
            }
        }
        prop_assert_eq!(planned(&device, &link, &mapping, UserChange::Keep), None);
    }

    #[test]
    fn values_that_differ_have_other_fingerprints(one in any_values(), other in any_values()) {
        let alike = one.len() == other.len()
            && one.iter().all(|(field, value)| other.contains_key(field) && is_same_value(Some(value), other.get(field)));
        let print = |values: &FieldValues| record_fingerprint(values, "", None);
        prop_assert_eq!(print(&one) == print(&other), alike);
    }
}
