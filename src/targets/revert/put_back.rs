//! Which fields of one write are put back. Pure.
//!
//! A field goes back if it still has the value that was written; what somebody changed since is theirs, and is listed.

use serde_json::Value;

use crate::targets::{FieldValues, is_same_value};

/// What becomes of the fields of one write.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FieldsBack {
    /// With their values from before.
    pub put: FieldValues,
    /// They have their values from before already: an earlier attempt was broken off.
    pub done: u64,
    /// With the value that they have now.
    pub left: Vec<LeftValue>,
}

/// A field that somebody changed since.
#[derive(Debug, PartialEq)]
pub(super) struct LeftValue {
    pub field: String,
    pub ours: Value,
    pub now: Value,
}

/// `before` and `after`: as the write was recorded; `now`: as the record is.
pub(super) fn choose_fields(before: &FieldValues, after: &FieldValues, now: &FieldValues) -> FieldsBack {
    let mut fields = FieldsBack::default();
    for (field, ours) in after {
        let (earlier, stands) = (before.get(field), now.get(field));
        if is_same_value(earlier, stands) {
            fields.done += 1;
        } else if is_same_value(Some(ours), stands) {
            fields
                .put
                .insert(field.clone(), earlier.cloned().unwrap_or(Value::Null));
        } else {
            fields.left.push(LeftValue {
                field: field.clone(),
                ours: ours.clone(),
                now: stands.cloned().unwrap_or(Value::Null),
            });
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::field_values;

    #[test]
    fn a_field_goes_back_only_if_nobody_changed_it_since() {
        let before = field_values(json!({"name": "OLD", "memory": null, "notes": "a", "model": "X"}));
        let after = field_values(json!({"name": "NEW", "memory": 5, "notes": "b", "model": "Y"}));
        let now = field_values(json!({"name": "NEW", "memory": "5", "notes": "theirs", "model": "X", "other": 1}));
        let fields = choose_fields(&before, &after, &now);
        assert_eq!(fields.put, field_values(json!({"name": "OLD", "memory": null})));
        assert_eq!(fields.done, 1, "the model is back already");
        let left = LeftValue {
            field: "notes".to_owned(),
            ours: json!("b"),
            now: json!("theirs"),
        };
        assert_eq!(fields.left, [left]);
    }
}
