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

mod run;
mod unjudged;

use std::collections::BTreeSet;

use cel::IdedExpr;
use regex::Regex;

pub use crate::condition::{CHARACTERS_MAX, ConditionError, EVALUATION_STACK_BYTES, NESTING_MAX, NODES_MAX};

use super::fields::nearest;
use super::properties::{DEVICE_CLASS, Kind, Mask, TABLE, bit, find};
use super::record::{Slots, unquote};
use crate::condition::{self, Tree, Words};
use crate::model::Timestamp;
use run::Device;
pub use unjudged::{Unjudged, UnjudgedDevice, UnjudgedView};

const EMPTY: &str = "a field is empty on this device; ask first, as in model != null && model.startsWith(\"X\")";

/// A compiled condition; cheap to ask, safe to share.
#[derive(Debug)]
pub struct Condition {
    expression: IdedExpr,
    properties: Mask,
    patterns: Vec<Pattern>,
    /// What `now` is; `None` where it is asked whenever a device changes, and may not ask for it.
    now: Option<Timestamp>,
}

/// `field.matches("…")`, taken out of the tree and compiled once.
#[derive(Debug)]
struct Pattern {
    property: usize,
    regex: Regex,
}

impl Condition {
    /// One that is asked whenever a device changes: the filter of an instance or a server, a rule for classes.
    pub fn compile(source: &str) -> Result<Condition, ConditionError> {
        Condition::compiled(source, None)
    }

    /// One that is asked at one moment: it may ask for `now`.
    pub fn compile_at(source: &str, now: Timestamp) -> Result<Condition, ConditionError> {
        Condition::compiled(source, Some(now))
    }

    fn compiled(source: &str, now: Option<Timestamp>) -> Result<Condition, ConditionError> {
        let known = |name: &str| match property(name) {
            Some(_) => Ok(()),
            None => Err(nearest(name).map(str::to_owned)),
        };
        let words = Words {
            known: &known,
            is_date: &|name| property(name).is_some_and(|index| TABLE[index].kind == Kind::Date),
            now: Some(now.is_some()),
        };
        let tree = condition::parse(source, &words)?;
        let condition = Condition {
            now,
            ..Condition::of(tree)?
        };
        // Asked of a device that tells everything: shows a condition whose answer is no yes or no. Failing is no fault.
        match condition.holds(&sample()) {
            Err(error @ ConditionError::NotBoolean { .. }) => Err(error),
            _ => Ok(condition),
        }
    }

    fn of(tree: Tree) -> Result<Condition, ConditionError> {
        let patterns = tree.patterns.into_iter().map(|pattern| match pattern.path.as_slice() {
            [name] => Ok(Pattern {
                property: property(name).ok_or(ConditionError::PatternForm)?,
                regex: pattern.regex,
            }),
            _ => Err(ConditionError::PatternForm),
        });
        Ok(Condition {
            expression: tree.expression,
            properties: tree
                .names
                .iter()
                .filter_map(|name| property(name))
                .fold(0, |mask, at| mask | bit(at)),
            patterns: patterns.collect::<Result<_, _>>()?,
            now: None,
        })
    }

    /// The properties it asks for; `deviceClass` is one of them.
    pub fn properties(&self) -> Mask {
        self.properties
    }

    /// Their names.
    pub fn property_names(&self) -> BTreeSet<&'static str> {
        TABLE
            .iter()
            .enumerate()
            .filter(|(index, _)| self.properties & bit(*index) != 0)
            .map(|(_, property)| property.name)
            .collect()
    }

    /// Whether it holds for a device as the store keeps it.
    pub fn holds(&self, body: &str) -> Result<bool, ConditionError> {
        let slots = Slots::read(body).map_err(|_| ConditionError::evaluation("the device is no JSON object"))?;
        let class = unquote(slots.get(DEVICE_CLASS)).unwrap_or_default();
        self.holds_for(&slots, &class)
    }

    /// Whether it holds for a record that was just taken apart.
    pub(super) fn holds_for(&self, slots: &Slots<'_>, class: &str) -> Result<bool, ConditionError> {
        let device = Device::new(slots, class, &self.patterns, self.now);
        condition::answer(&self.expression, &device, EMPTY)
    }
}

/// The readable property of that name.
fn property(name: &str) -> Option<usize> {
    find(name, 0).filter(|index| TABLE[*index].is_readable())
}

/// A device with a value of the right kind in every field.
fn sample() -> String {
    let mut device = serde_json::Map::new();
    for property in TABLE {
        let value = match property.kind {
            Kind::Text | Kind::Enum => "text".into(),
            Kind::Date => "2026-01-01T00:00:00Z".into(),
            Kind::Number => 1.into(),
            Kind::Boolean => true.into(),
            Kind::Complex => continue,
        };
        device.insert(property.name.to_owned(), value);
    }
    serde_json::Value::Object(device).to_string()
}

#[cfg(test)]
mod tests;
