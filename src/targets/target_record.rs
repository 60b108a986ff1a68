//! What the other side keeps of a device, in a form that all kinds share; and when two of its values are the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::model::DeviceId;

/// The id of a record, as the other side calls it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordId(pub String);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Values by the name of the field over there: text, numbers, true or false. `Value::Null` is an empty field; a field that
/// is not here is not spoken of.
pub type FieldValues = BTreeMap<String, Value>;

/// Where a record stands over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordState {
    Active,
    /// Archived, in stock, marked as gone: still there, and not in use.
    Retired,
    /// In the trash, from which it can be taken back.
    Deleted,
}

/// A record, as first contact and revert need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRecord {
    pub id: RecordId,
    /// Our id of the device, where it stands over there.
    pub device: Option<DeviceId>,
    pub serial: Option<String>,
    pub name: Option<String>,
    pub state: RecordState,
    /// The id over there of the user who has it.
    pub user: Option<String>,
    /// As the other side has them now, in the form in which a mapping writes them.
    pub values: FieldValues,
    /// Whether another synchronisation of the same tenant is suspected to keep this record.
    pub synced_by_others: bool,
}

/// A record in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSummary {
    pub id: RecordId,
    pub device: Option<DeviceId>,
    pub serial: Option<String>,
    pub name: Option<String>,
    pub state: RecordState,
}

/// A part of the list of all records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordPage {
    pub records: Vec<RecordSummary>,
    /// Asks for the next page; `None`: this was the last one.
    pub next: Option<String>,
}

/// A field of the other side that a mapping may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetField {
    /// As a mapping names it.
    pub name: String,
    /// For people.
    pub label: String,
    /// Whether people added it over there.
    pub custom: bool,
    pub writable: bool,
    /// The only values that it takes; empty: any.
    pub known_values: Vec<String>,
}

/// Whether a field with these values looks the same over there. Many products keep everything as text, so a number equals
/// its text; blanks around a text are nobody's; null, `""` and a field that is not there are all empty.
pub fn is_same_value(one: Option<&Value>, other: Option<&Value>) -> bool {
    let text = |value: Option<&Value>| value.and_then(plain_text).map(Cow::into_owned);
    text(one) == text(other)
}

/// Whether there is nothing in it.
pub fn is_empty_value(value: Option<&Value>) -> bool {
    value.and_then(plain_text).is_none()
}

/// The text of a value, trimmed; `None`: it is empty. A list or an object is its JSON: no mapping makes one, but a record
/// may have one.
pub(super) fn plain_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
        Value::Number(number) => Some(Cow::Owned(number_text(number))),
        Value::String(text) => match text.trim() {
            "" => None,
            plain => Some(Cow::Borrowed(plain)),
        },
        Value::Array(_) | Value::Object(_) => Some(Cow::Owned(value.to_string())),
    }
}

/// `5.0` is `5`: which of the two is written depends on who writes.
fn number_text(number: &serde_json::Number) -> String {
    /// Above it, a double cannot tell whole numbers apart.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(double) if !number.is_i64() && !number.is_u64() && double.fract() == 0.0 && double.abs() < WHOLE_MAX => {
            format!("{double:.0}")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_the_same_if_the_other_side_shows_them_alike() {
        for (one, other) in [
            (json!("a"), json!(" a ")),
            (json!(5), json!("5")),
            (json!(5.0), json!(5)),
            (json!(-0.5), json!("-0.5")),
            (json!(true), json!("true")),
            (json!(u64::MAX), json!("18446744073709551615")),
            (Value::Null, json!("")),
            (Value::Null, json!(" \n")),
        ] {
            assert!(is_same_value(Some(&one), Some(&other)), "{one} {other}");
        }
        assert!(is_same_value(None, Some(&Value::Null)) && is_same_value(None, Some(&json!(""))));
    }

    #[test]
    fn what_differs_differs() {
        for (one, other) in [
            (json!("a"), json!("A")),
            (json!("a"), json!("a b")),
            (json!(5), json!(6)),
            (json!("05"), json!(5)),
            (json!(0), Value::Null),
            (json!(false), Value::Null),
            (json!(true), json!(1)),
            (json!(u64::MAX), json!(u64::MAX - 1)),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64)),
        ] {
            assert!(!is_same_value(Some(&one), Some(&other)), "{one} {other}");
        }
    }

    #[test]
    fn zero_and_no_are_values_and_blanks_are_none() {
        assert!(!is_empty_value(Some(&json!(0))) && !is_empty_value(Some(&json!(false))));
        assert!(is_empty_value(None) && is_empty_value(Some(&Value::Null)) && is_empty_value(Some(&json!(" \t"))));
    }

    proptest! {
        #[test]
        fn a_value_is_the_same_as_itself_and_as_its_text(number in any::<i64>(), text in "\\PC{0,20}") {
            let (number, text) = (json!(number), json!(text));
            prop_assert!(is_same_value(Some(&number), Some(&json!(number.to_string()))));
            prop_assert!(is_same_value(Some(&text), Some(&text)));
        }
    }
}
