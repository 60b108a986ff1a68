//! What a device is sorted by: the value of one column, alike for columns of the index and for all other fields.

use serde_json::Value;

use super::text_pool::lower_text;
use crate::inventory::record_slots::{RecordSlots, unquote_json};

/// In the order of sorting: what has no value stands first, then no before yes, numbers, texts without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Nothing,
    Flag(bool),
    Number(i64),
    Text(String),
}

impl SortKey {
    /// Of the field in this row of the table of properties.
    pub(super) fn of_field(body: &str, field: usize) -> SortKey {
        RecordSlots::from_json(body).map_or(SortKey::Nothing, |slots| SortKey::of_json(slots.get(field)))
    }

    /// Objects, lists and fractions are sorted as they are written.
    fn of_json(value: &str) -> SortKey {
        match value.as_bytes().first() {
            None | Some(b'n') => SortKey::Nothing,
            Some(b't') => SortKey::Flag(true),
            Some(b'f') => SortKey::Flag(false),
            Some(b'"') => SortKey::Text(lower_text(&unquote_json(value).unwrap_or_default())),
            Some(_) => value
                .parse()
                .map_or_else(|_| SortKey::Text(lower_text(value)), SortKey::Number),
        }
    }

    /// For the token of a page.
    pub fn to_json(&self) -> Value {
        match self {
            SortKey::Nothing => Value::Null,
            SortKey::Flag(is_set) => (*is_set).into(),
            SortKey::Number(number) => (*number).into(),
            SortKey::Text(text) => text.as_str().into(),
        }
    }

    /// Of the token of a page; `None` for what [`Self::to_json`] never gives.
    pub fn from_json(value: Value) -> Option<SortKey> {
        match value {
            Value::Null => Some(SortKey::Nothing),
            Value::Bool(is_set) => Some(SortKey::Flag(is_set)),
            Value::Number(number) => number.as_i64().map(SortKey::Number),
            Value::String(text) => Some(SortKey::Text(text)),
            Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_kinds_have_one_order() {
        let of = SortKey::of_json;
        let sorted = [
            of("null"),
            of("false"),
            of("true"),
            of("-3"),
            of("20"),
            of("\"\""),
            of("\"Anna\""),
            of("\"berta\""),
            of("\"B\\u00c4r\""),
        ];
        assert!(sorted.is_sorted(), "{sorted:?}");
        assert_eq!(of("\"ANNA\""), of("\"anna\""));
        assert_eq!(of("[1,2]"), SortKey::Text("[1,2]".to_owned()));
        assert_eq!(of("1.5"), SortKey::Text("1.5".to_owned()));
    }

    #[test]
    fn a_key_comes_back_from_its_token() {
        for value in ["null", "true", "17", "\"Ä\"", "{\"a\":1}"] {
            let key = SortKey::of_json(value);
            assert_eq!(SortKey::from_json(key.to_json()), Some(key));
        }
        assert_eq!(SortKey::from_json(serde_json::json!([1])), None);
        assert_eq!(SortKey::from_json(serde_json::json!(1.5)), None);
    }

    #[test]
    fn a_field_is_read_from_the_body() {
        let body = r#"{"id":"x","model":"Latitude","freeStorageSpaceInBytes":5}"#;
        let field = |name| crate::inventory::properties::find_property(name, 0).expect(name);
        assert_eq!(
            SortKey::of_field(body, field("model")),
            SortKey::Text("latitude".to_owned())
        );
        assert_eq!(
            SortKey::of_field(body, field("freeStorageSpaceInBytes")),
            SortKey::Number(5)
        );
        assert_eq!(SortKey::of_field(body, field("notes")), SortKey::Nothing);
    }
}
