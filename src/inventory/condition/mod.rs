//! Conditions in CEL over the properties of a device: the filter of an instance or of a server, the rules for classes.
//!
//! *Bounded before use.* The `cel` crate sets no bounds of its own, and anybody who may write a filter may write a
//! hostile one. Refused when compiled: more than [`CHARACTERS_MAX`] characters, [`NODES_MAX`] nodes (after macros are
//! expanded), [`NESTING_MAX`] levels; loops within loops; names and functions that do not exist; patterns that are no
//! literal, since `matches` is compiled once, here, and not for each device.
//!
//! *Stack.* Compiling runs on a thread of its own with [`COMPILE_STACK_BYTES`], because the parser goes deep before it
//! can be stopped. Asking a compiled condition needs less than [`EVALUATION_STACK_BYTES`] (a test proves it for the
//! deepest that is accepted), so it may be done on any thread; where a whole store is asked, use a blocking one.
//!
//! *Nothing is null, and null is no text.* A field that the device does not tell is null: `model == "X"` is then
//! false, `model.startsWith("X")` an error. A device on which a condition fails is neither let through nor left out:
//! it stays as it was and is reported; a filter that asks `model != null` first does not fail. Messages name types
//! and functions, never values.

mod check;
mod run;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::parser::Parser;
use regex::Regex;

use super::properties::{DEVICE_CLASS, Kind, Mask, TABLE, bit};
use super::record::{Slots, unquote};
use run::Device;

/// Longest condition, in characters.
pub const CHARACTERS_MAX: usize = 1000;
/// Most nodes of its tree.
pub const NODES_MAX: usize = 100;
/// Deepest tree.
pub const NESTING_MAX: usize = 20;
/// Stack of the thread that compiles.
const COMPILE_STACK_BYTES: usize = 32 * 1024 * 1024;
/// What asking a condition needs at most, in a build without optimisation.
pub const EVALUATION_STACK_BYTES: usize = 512 * 1024;

/// Why a condition was refused, or could not be answered for a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("longer than {CHARACTERS_MAX} characters")]
    TooLong,
    #[error("more than {NODES_MAX} parts")]
    TooManyNodes,
    #[error("nested deeper than {NESTING_MAX} levels")]
    TooDeep,
    #[error("line {line}, column {column}: {what}")]
    Syntax { line: isize, column: isize, what: String },
    #[error("no field is called {given:?}{}", .nearest.map_or(String::new(), |name| format!("; {name:?} is")))]
    UnknownName {
        given: String,
        nearest: Option<&'static str>,
    },
    #[error("no function is called {given:?}")]
    UnknownFunction { given: String },
    #[error("matches takes a field and a pattern in quotes, as in model.matches(\"^Lat\")")]
    PatternForm,
    #[error("the pattern can't be used: {what}")]
    Pattern { what: String },
    #[error("a loop within a loop")]
    NestedLoop,
    #[error("objects can't be made in a condition")]
    ObjectLiteral,
    #[error("gives a {given}, not true or false")]
    NotBoolean { given: String },
    #[error("no thread to compile it on")]
    NoThread,
    #[error("{what}")]
    Evaluation { what: String },
}

/// A compiled condition; cheap to ask, safe to share.
#[derive(Debug)]
pub struct Condition {
    expression: IdedExpr,
    properties: Mask,
    patterns: Vec<Pattern>,
}

/// `field.matches("…")`, taken out of the tree and compiled once.
#[derive(Debug)]
struct Pattern {
    property: usize,
    regex: Regex,
}

impl Condition {
    pub fn compile(source: &str) -> Result<Condition, ConditionError> {
        if source.chars().count() > CHARACTERS_MAX {
            return Err(ConditionError::TooLong);
        }
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .name("compile-condition".to_owned())
                .stack_size(COMPILE_STACK_BYTES)
                .spawn_scoped(scope, || compile(source))
                .map_err(|_| ConditionError::NoThread)?
                .join()
                .unwrap_or(Err(ConditionError::TooDeep))
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
        let slots = Slots::read(body).map_err(|_| evaluation("the device is no JSON object"))?;
        let class = unquote(slots.get(DEVICE_CLASS)).unwrap_or_default();
        self.holds_for(&slots, &class)
    }

    /// Whether it holds for a record that was just taken apart.
    pub(super) fn holds_for(&self, slots: &Slots<'_>, class: &str) -> Result<bool, ConditionError> {
        run::answer(&self.expression, &Device::new(slots, class, &self.patterns))
    }
}

fn evaluation(what: impl Into<String>) -> ConditionError {
    ConditionError::Evaluation { what: what.into() }
}

fn compile(source: &str) -> Result<Condition, ConditionError> {
    check::brackets(source)?;
    let mut expression = Parser::new()
        .max_recursion_depth(4 * NESTING_MAX as u16)
        .parse(source)
        .map_err(|errors| syntax(&errors))?;
    let found = check::check(&mut expression)?;
    let condition = Condition {
        expression,
        properties: found.properties,
        patterns: found.patterns,
    };
    // Asked of a device that tells everything: shows a condition whose answer is no yes or no. Failing is no fault.
    match condition.holds(&sample()) {
        Err(error @ ConditionError::NotBoolean { .. }) => Err(error),
        _ => Ok(condition),
    }
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

/// The first complaint of the parser, in one line.
fn syntax(errors: &cel::ParseErrors) -> ConditionError {
    let Some(first) = errors.errors.first() else {
        return evaluation("not a condition");
    };
    if first.msg.contains("recursion") {
        return ConditionError::TooDeep;
    }
    ConditionError::Syntax {
        line: first.pos.0,
        column: first.pos.1 + 1,
        what: first.msg.lines().next().unwrap_or_default().chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests;
