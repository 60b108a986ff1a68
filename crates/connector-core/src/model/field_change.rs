//! What a change of a device moved: which fields, from what, to what.

use serde_json::Value;

/// One field of a device before and after a change. Long values are shortened; `null`: the field had no value.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Its name in Graph; a member of an object as `object.member`.
    pub field: String,
    pub before: Value,
    pub after: Value,
}

/// What differs between two states of a device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BodyDifference {
    pub changes: Vec<FieldChange>,
    /// Fields that are not let through any more: nothing of them is kept, from earlier changes neither (F8).
    pub withdrawn: Vec<String>,
}
