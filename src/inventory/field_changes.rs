//! What a change of a device moved, for its history: field by field, from what to what. Pure.
//!
//! *It tells what the feed's change means* (S5): fields that move by themselves are left out, and of an object the members
//! that do.
//!
//! *A field that only one of the two states has was not let through in the other*: settings or audience have changed, or
//! the rule for personal devices, and not the device. So it is no change; and one that is not let through any more is
//! named, so that nothing of it is kept (F8). A field without a value is there, as null.
//!
//! *What no list tells* (S4), of single GETs or of the users of a device, counts from its second reading on: the first one
//! completes the device.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::properties::TABLE;
use super::record_slots::RecordSlots;
use crate::model::{BodyDifference, DeviceBody, FieldChange};

/// Longest value that is told, in characters; a longer one ends in `…`.
const VALUE_CHARS: usize = 256;
/// Members of an object that are told one by one; where more have changed, the object is told as a whole.
const MEMBERS_MAX: usize = 20;

/// `learned`: what single GETs and the device's users had taught of the state before.
pub fn compare_bodies(before: &DeviceBody, learned: Option<&str>, after: &DeviceBody) -> BodyDifference {
    let (before, after) = (before.to_json(), after.to_json());
    let (Ok(old), Ok(new)) = (RecordSlots::from_json(&before), RecordSlots::from_json(&after)) else {
        return BodyDifference::default();
    };
    let learned = learned.and_then(|text| RecordSlots::from_json(text).ok());
    let was_learned = |index| learned.as_ref().is_some_and(|slots| slots.is_present(index));
    let mut difference = BodyDifference::default();
    for (index, property) in TABLE.iter().enumerate().filter(|(index, _)| old.is_present(*index)) {
        let is_told = !property.volatile && (!property.is_enriched() || was_learned(index));
        let (was, is) = (old.get(index), new.get(index));
        if !new.is_present(index) {
            difference.withdrawn.push(property.name.to_owned());
        } else if is_told && was != is {
            push_changes(&mut difference.changes, (property.name, property.moving), was, is);
        }
    }
    for (name, was) in &old.unknown {
        match new.unknown.iter().find(|(other, _)| other == name) {
            None => difference.withdrawn.push(shorten_text(name)),
            Some((_, is)) => push_changes(&mut difference.changes, (name, &[]), was, is),
        }
    }
    difference
}

/// A field with its name, and its members that move by themselves.
fn push_changes(changes: &mut Vec<FieldChange>, (name, moving): (&str, &[&str]), was: &str, is: &str) {
    let (was, is) = (parse_value(was), parse_value(is));
    match (&was, &is) {
        _ if was == is => (),
        (Value::Object(old), Value::Object(new)) => push_members(changes, (name, moving), old, new),
        _ => changes.push(field_change(name, &was, &is)),
    }
}

/// An object is told by the members that have changed; one that is not there is one without a value.
fn push_members(
    changes: &mut Vec<FieldChange>,
    (name, moving): (&str, &[&str]),
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) {
    let members: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let is_told = |member: &&String| !moving.contains(&member.as_str());
    let changed: Vec<FieldChange> = members
        .into_iter()
        .filter(is_told)
        .map(|member| (member, find_member(old, member), find_member(new, member)))
        .filter(|(_, was, is)| was != is)
        .map(|(member, was, is)| field_change(&format!("{name}.{member}"), was, is))
        .collect();
    if changed.len() > MEMBERS_MAX {
        let (was, is) = (Value::Object(old.clone()), Value::Object(new.clone()));
        changes.push(field_change(name, &was, &is));
    } else {
        changes.extend(changed);
    }
}

fn find_member<'a>(object: &'a Map<String, Value>, member: &str) -> &'a Value {
    object.get(member).unwrap_or(&Value::Null)
}

fn field_change(field: &str, was: &Value, is: &Value) -> FieldChange {
    FieldChange {
        field: shorten_text(field),
        before: shorten_value(was),
        after: shorten_value(is),
    }
}

/// What is no JSON, or a number beyond bounds, is told as it is written.
fn parse_value(raw: &str) -> Value {
    serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned()))
}

/// Lists and objects that are too long are told as the beginning of their JSON.
fn shorten_value(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => Value::String(shorten_text(text)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if is_short(&text) {
                value.clone()
            } else {
                Value::String(shorten_text(&text))
            }
        }
    }
}

fn is_short(text: &str) -> bool {
    text.chars().nth(VALUE_CHARS).is_none()
}

fn shorten_text(text: &str) -> String {
    if is_short(text) {
        text.to_owned()
    } else {
        text.chars().take(VALUE_CHARS - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FEATURES: &str = "configurationManagerClientEnabledFeatures";

    fn compare(before: &Value, learned: Option<&str>, after: &Value) -> BodyDifference {
        let body = |value: &Value| DeviceBody::from_json(&value.to_string());
        compare_bodies(&body(before), learned, &body(after))
    }

    /// What changed, each as field, before and after.
    fn changes(before: Value, after: Value) -> Vec<(String, Value, Value)> {
        let difference = compare(&before, None, &after);
        assert_eq!(difference.withdrawn, [""; 0]);
        triples(difference)
    }

    fn told(field: &str, before: Value, after: Value) -> (String, Value, Value) {
        (field.to_owned(), before, after)
    }

    fn triples(difference: BodyDifference) -> Vec<(String, Value, Value)> {
        let changes = difference.changes.into_iter();
        changes
            .map(|change| (change.field, change.before, change.after))
            .collect()
    }

    #[test]
    fn what_differs_is_told_with_what_it_was_and_what_it_is() {
        let before = json!({"id": "a", "deviceName": "OLD", "isEncrypted": true, "osVersion": "10", "model": "X"});
        let after = json!({"id": "a", "deviceName": "NEW", "isEncrypted": false, "osVersion": "10", "model": null});
        assert_eq!(
            changes(before.clone(), after),
            [
                told("deviceName", json!("OLD"), json!("NEW")),
                told("isEncrypted", json!(true), json!(false)),
                told("model", json!("X"), Value::Null),
            ]
        );
        assert!(changes(before.clone(), before).is_empty());
    }

    #[test]
    fn s5_what_moves_by_itself_is_no_change() {
        let body = |sync: &str, free: u64, restarts: u64, secure: &str| {
            json!({"lastSyncDateTime": sync, "freeStorageSpaceInBytes": free, "deviceHealthAttestationState":
                {"secureBoot": secure, "restartCount": restarts, "issuedDateTime": sync}})
        };
        let before = body("2026-11-20T00:00:00Z", 7, 1, "enabled");
        assert!(changes(before.clone(), body("2026-11-21T00:00:00Z", 8, 2, "enabled")).is_empty());
        assert_eq!(
            changes(before, body("2026-11-21T00:00:00Z", 8, 2, "disabled")),
            [told(
                "deviceHealthAttestationState.secureBoot",
                json!("enabled"),
                json!("disabled")
            )]
        );
    }

    #[test]
    fn an_object_is_told_by_its_members_and_one_that_lacks_is_null() {
        let features = |value: Value| json!({ FEATURES: value });
        assert_eq!(
            changes(
                features(json!({"inventory": true, "modernApps": false, "old": null})),
                features(json!({"modernApps": true, "inventory": true, "more": {"a": [1]}}))
            ),
            [
                told(&format!("{FEATURES}.modernApps"), json!(false), json!(true)),
                told(&format!("{FEATURES}.more"), Value::Null, json!({"a": [1]})),
            ]
        );
        assert_eq!(
            changes(features(Value::Null), features(json!({"inventory": true}))),
            [told(FEATURES, Value::Null, json!({"inventory": true}))]
        );
        let many = |value: u64| {
            let members = (0..=MEMBERS_MAX).map(|n| (format!("m{n:02}"), json!(value)));
            features(Value::Object(members.collect()))
        };
        let whole = changes(many(1), many(2));
        assert_eq!(whole.len(), 1, "more members than are told one by one: {whole:?}");
        assert_eq!(whole[0].0, FEATURES);
    }

    #[test]
    fn lists_are_told_whole_or_by_their_beginning() {
        let list = |value: Value| json!({"newList": value});
        assert_eq!(
            changes(list(json!(["a"])), list(json!(["a", 2]))),
            [told("newList", json!(["a"]), json!(["a", 2]))]
        );
        let long = Value::from(vec!["abcdefghij"; 100]);
        let whole = changes(list(json!(["a"])), list(long.clone()));
        let text = whole[0].2.as_str().unwrap();
        assert_eq!(text.chars().count(), VALUE_CHARS);
        assert!(
            text.ends_with('…') && long.to_string().starts_with(text.trim_end_matches('…')),
            "{text}"
        );
    }

    #[test]
    fn f8_a_field_that_only_one_state_has_is_no_change_and_one_that_went_is_withdrawn() {
        let before = json!({"deviceName": "A", "userPrincipalName": "anna@example.com", "newField": 1});
        let after = json!({"deviceName": "B", "serialNumber": "S1", "other": 2});
        let difference = compare(&before, None, &after);
        assert_eq!(difference.withdrawn, ["userPrincipalName", "newField"]);
        assert_eq!(triples(difference), [told("deviceName", json!("A"), json!("B"))]);
    }

    #[test]
    fn a_field_without_a_value_is_there() {
        let (none, some) = (json!({"phoneNumber": null}), json!({"phoneNumber": "+49"}));
        assert_eq!(
            changes(none.clone(), some.clone()),
            [told("phoneNumber", Value::Null, json!("+49"))]
        );
        assert_eq!(changes(some, none), [told("phoneNumber", json!("+49"), Value::Null)]);
    }

    #[test]
    fn s4_what_a_get_fills_counts_from_its_second_reading_on() {
        let (before, after) = (json!({"notes": null}), json!({"notes": "desk"}));
        for learned in [None, Some(r#"{"udid":"1"}"#), Some("broken")] {
            assert_eq!(compare(&before, learned, &after), BodyDifference::default());
        }
        let difference = compare(&before, Some(r#"{"notes":null}"#), &after);
        assert_eq!(triples(difference), [told("notes", Value::Null, json!("desk"))]);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "Ä€😀".repeat(100);
        let exact: String = long.chars().take(VALUE_CHARS).collect();
        let renamed = changes(json!({"deviceName": exact}), json!({"deviceName": long}));
        assert_eq!(renamed[0].1, json!(exact), "as long as it may be");
        let cut = renamed[0].2.as_str().unwrap();
        assert_eq!(cut.chars().count(), VALUE_CHARS);
        assert!(long.starts_with(cut.trim_end_matches('…')) && cut.ends_with('…'));
        let name = "n".repeat(1_000);
        let unknown = |value: u64| Value::Object(Map::from_iter([(name.clone(), json!(value))]));
        assert_eq!(changes(unknown(1), unknown(2))[0].0.chars().count(), VALUE_CHARS);
    }

    #[test]
    fn the_same_value_written_otherwise_is_no_change() {
        let written = DeviceBody::from_json(r#"{"deviceName":"\u00c4","new":{"a":1,"b":2}}"#);
        let other = DeviceBody::from_json(r#"{"deviceName":"Ä","new":{"b":2,"a":1}}"#);
        assert_eq!(compare_bodies(&written, None, &other), BodyDifference::default());
        let broken = DeviceBody::from_packed("{".to_owned());
        assert_eq!(compare_bodies(&broken, None, &other), BodyDifference::default());
    }
}
