//! What belongs to an entry of the audit trail, as pairs of name and value.

use serde_json::Value;

/// Text as it is, everything else as JSON; what is not there, and an empty object, is left out.
pub(super) fn list_details(detail: &Value) -> Vec<(String, String)> {
    match detail {
        Value::Null => Vec::new(),
        Value::Object(members) => {
            let shown = members.iter().filter(|(_, value)| !value.is_null());
            shown.map(|(name, value)| (name.clone(), write_value(value))).collect()
        }
        other => vec![(String::new(), write_value(other))],
    }
}

fn write_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(write_value).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_pairs() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(list_details(&json!({})), []);
        assert_eq!(list_details(&Value::Null), []);
        assert_eq!(
            list_details(&json!({"bytes": 3, "kinds": ["a", "b"], "none": null, "of": {"x": [1]}})),
            [pair("bytes", "3"), pair("kinds", "a, b"), pair("of", "{\"x\":[1]}")]
        );
        assert_eq!(list_details(&json!("text")), [pair("", "text")]);
    }
}
