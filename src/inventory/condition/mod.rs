//! Conditions in CEL over the properties of a device: the filter of an instance or of a server, the rules for classes.
//!
//! Bounds and language are those of [`crate::condition`]. Asking needs little stack, so it may be done on any thread;
//! where a whole store is asked, use a blocking one.
//!
//! *Dates are dates*, on whichever side they stand and however they are written, and `now` is the moment of the question.
//!
//! *Nothing is null, and null is no text.* A field that the device does not tell is null: `model == "X"` is then
//! false, `model.startsWith("X")` an error. A device on which a condition fails is neither let through nor left out:
//! it stays as it was and is reported; a filter that asks `model != null` first does not fail. Messages name types
//! and functions, never values.

mod closed_words;
mod readable_fields;
mod unjudged_devices;
mod value_kinds;
mod variables;

use std::collections::BTreeSet;

use cel::IdedExpr;

pub use crate::condition::{CHARACTERS_MAX, ConditionError, EVALUATION_STACK_BYTES, NESTING_MAX, NODES_MAX};

use super::fields::nearest_property;
use super::properties::{DEVICE_CLASS, PropertyKind, PropertyMask, TABLE, property_bit};
use super::record_slots::{RecordSlots, unquote_json};
use crate::condition::{self, ConditionVocabulary, ParsedCondition};
use crate::model::Timestamp;
pub use closed_words::check_words;
use readable_fields::find_readable;
pub use unjudged_devices::UnjudgedDevices;
use variables::{ConditionVariables, PropertyPattern};

/// What is said to whoever wrote a filter that is none.
pub const FILTER_ADVICE: &str = "A filter is a CEL condition over a device's fields, such as operatingSystem == \"iOS\"; \
                                 the fields: intune-connector devices fields (GET /sics/v1/fields).";
const EMPTY: &str = "a field is empty on this device; check it first, as in model != null && model.startsWith(\"X\")";

/// A compiled condition; cheap to ask, safe to share.
#[derive(Debug)]
pub struct DeviceCondition {
    expression: IdedExpr,
    properties: PropertyMask,
    patterns: Vec<PropertyPattern>,
    /// What `now` is; `None` where it is asked whenever a device changes, and may not ask for it.
    now: Option<Timestamp>,
}

impl DeviceCondition {
    /// One that is asked whenever a device changes: the filter of an instance or a server, a rule for classes.
    pub fn compile(source: &str) -> Result<DeviceCondition, ConditionError> {
        DeviceCondition::compile_with_now(source, None)
    }

    /// One that is asked at one moment: it may ask for `now`.
    pub fn compile_at(source: &str, now: Timestamp) -> Result<DeviceCondition, ConditionError> {
        DeviceCondition::compile_with_now(source, Some(now))
    }

    /// The same of a text that somebody asks with now: what is no word of a field, and nearly one, is refused.
    pub fn compile_asked(source: &str, now: Timestamp) -> Result<DeviceCondition, ConditionError> {
        let condition = DeviceCondition::compile_at(source, now)?;
        condition.check_words()?;
        Ok(condition)
    }

    /// Refuses a text that is no word of the field that it is compared with, and nearly one, and a value of another kind
    /// than that of the field. For what is written now: what was kept earlier goes on.
    pub fn check_words(&self) -> Result<(), ConditionError> {
        closed_words::check_words(&self.expression)
    }

    fn compile_with_now(source: &str, now: Option<Timestamp>) -> Result<DeviceCondition, ConditionError> {
        let known = |name: &str| match find_readable(name) {
            Some(_) => Ok(()),
            None => Err(nearest_property(name).map(str::to_owned)),
        };
        let words = ConditionVocabulary {
            lookup_name: &known,
            is_date: &|name| find_readable(name).is_some_and(|index| TABLE[index].kind == PropertyKind::Date),
            allows_now: Some(now.is_some()),
        };
        let tree = condition::parse_condition(source, &words)?;
        let condition = DeviceCondition {
            now,
            ..DeviceCondition::from_tree(tree)?
        };
        // Asked of a device that tells everything: shows a condition whose answer is no yes or no, and one that compares
        // what can never be compared. Failing otherwise is no fault.
        match condition.matches_body(&sample_device()) {
            Err(error @ (ConditionError::NotBoolean { .. } | ConditionError::WrongKinds { .. })) => Err(error),
            _ => Ok(condition),
        }
    }

    fn from_tree(tree: ParsedCondition) -> Result<DeviceCondition, ConditionError> {
        let patterns = tree.patterns.into_iter().map(|pattern| match pattern.path.as_slice() {
            [name] => Ok(PropertyPattern {
                property: find_readable(name).ok_or(ConditionError::PatternForm)?,
                regex: pattern.regex,
            }),
            _ => Err(ConditionError::PatternForm),
        });
        Ok(DeviceCondition {
            expression: tree.expression,
            properties: tree
                .names
                .iter()
                .filter_map(|name| find_readable(name))
                .fold(0, |mask, at| mask | property_bit(at)),
            patterns: patterns.collect::<Result<_, _>>()?,
            now: None,
        })
    }

    /// The properties it asks for; `deviceClass` is one of them.
    pub fn property_mask(&self) -> PropertyMask {
        self.properties
    }

    /// Their names.
    pub fn property_names(&self) -> BTreeSet<&'static str> {
        TABLE
            .iter()
            .enumerate()
            .filter(|(index, _)| self.properties & property_bit(*index) != 0)
            .map(|(_, property)| property.name)
            .collect()
    }

    /// Whether it holds for a device as the store keeps it.
    pub fn matches_body(&self, body: &str) -> Result<bool, ConditionError> {
        let slots = RecordSlots::from_json(body)
            .map_err(|_| ConditionError::from_evaluation("the device is not a JSON object"))?;
        let class = unquote_json(slots.get(DEVICE_CLASS)).unwrap_or_default();
        self.matches_record(&slots, &class)
    }

    /// Whether it holds for a record that was just taken apart.
    pub(super) fn matches_record(&self, slots: &RecordSlots<'_>, class: &str) -> Result<bool, ConditionError> {
        let device = ConditionVariables::new(slots, class, &self.patterns, self.now);
        condition::evaluate_expression(&self.expression, &device, EMPTY)
    }
}

/// A device with a value of the right kind in every field.
fn sample_device() -> String {
    let mut device = serde_json::Map::new();
    for property in TABLE {
        let value = match property.kind {
            PropertyKind::Text | PropertyKind::Enum => "text".into(),
            PropertyKind::Date => "2026-01-01T00:00:00Z".into(),
            PropertyKind::Number => 1.into(),
            PropertyKind::Boolean => true.into(),
            PropertyKind::Complex => continue,
        };
        device.insert(property.name.to_owned(), value);
    }
    serde_json::Value::Object(device).to_string()
}

#[cfg(test)]
mod tests;
