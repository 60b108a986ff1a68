//! What is wrong with a mapping, and in which row and member of it.

use std::fmt::Write;

use crate::condition::ConditionError;
use crate::contract::RetireAction;
use crate::model::escape_unprintable;

/// Largest file of a mapping.
pub const FILE_MAX_BYTES: usize = 256 * 1024;
/// Of a name that is shown in an error.
const SHOWN_MAX: usize = 60;

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct MappingError {
    /// Row and member: `fields, row 3 (asset_tag): mode`.
    pub place: String,
    pub problem: MappingProblem,
}

/// What is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    #[error("larger than {} KiB", FILE_MAX_BYTES / 1024)]
    TooLarge,
    #[error("not JSON; the fault is in line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("more than {max} rows")]
    TooManyRows { max: usize },
    #[error("given twice")]
    GivenTwice,
    #[error("{name} is missing")]
    Missing { name: &'static str },
    #[error("unknown member {given:?}{}", nearest_hint(.nearest.as_deref()))]
    UnknownMember { given: String, nearest: Option<String> },
    #[error("expected {expected}")]
    WrongType { expected: &'static str },
    #[error("unknown word {given:?}; expected {known}")]
    UnknownWord { given: String, known: String },
    #[error("it is empty")]
    Empty,
    #[error("longer than {max} characters")]
    TextTooLong { max: usize },
    #[error("contains {letter}")]
    Unprintable { letter: String },
    #[error("its source is missing; write one of from, expression and value")]
    NoSource,
    #[error("it has more than one source; keep one of from, expression and value")]
    SeveralSources,
    #[error("not the name of a device class: a letter, then letters, digits, '-' or '_', at most 32 characters")]
    ClassName,
    #[error("a device has no field {given:?}{}", nearest_hint(.nearest.as_deref()))]
    UnknownField { given: String, nearest: Option<String> },
    #[error("the field {given:?} is an object or a list; write an expression that takes one value of it")]
    ObjectField { given: String },
    #[error("it names no field")]
    NoField,
    #[error("{problem}")]
    RefusedField { problem: String, advice: String },
    #[error("no device has the class {given:?}; known: {names}")]
    UnknownClass { given: String, names: String },
    #[error("{0}")]
    Expression(ConditionError),
    #[error("this kind of target cannot {}; expected {known}", .given.name())]
    UnsupportedAction { given: RetireAction, known: String },
}

fn nearest_hint(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean {name:?}?"))
}

impl MappingError {
    pub(super) fn at(place: impl Into<String>, problem: MappingProblem) -> MappingError {
        MappingError {
            place: place.into(),
            problem,
        }
    }

    pub fn code(&self) -> &'static str {
        match self.problem {
            MappingProblem::UnknownField { .. } | MappingProblem::ObjectField { .. } => "mappingField",
            MappingProblem::Expression(_) => "mappingExpression",
            MappingProblem::UnsupportedAction { .. } => "mappingAction",
            _ => "mappingFile",
        }
    }

    pub fn advice(&self) -> String {
        let advice = match &self.problem {
            MappingProblem::RefusedField { advice, .. } => advice.as_str(),
            MappingProblem::UnknownClass { .. } => {
                "take one of these, or make it with class_N in the settings of an instance"
            }
            MappingProblem::NoField => "add at least one row with field, mode, and from, expression or value",
            MappingProblem::UnknownField { .. } | MappingProblem::ObjectField { .. } => {
                "see the fields of a device: intune-connector devices fields"
            }
            MappingProblem::UnsupportedAction { .. } => "see what each kind can do: intune-connector targets kinds",
            _ => "correct it and save it again: intune-connector targets mapping TARGET --set FILE",
        };
        advice.to_owned()
    }
}

/// A row as people count, with what it is about.
pub(super) fn row_place(list: &str, index: usize, name: Option<&str>) -> String {
    let mut place = format!("{list}, row {}", index + 1);
    if let Some(name) = name {
        let _ = write!(place, " ({})", show_text(name));
    }
    place
}

/// What somebody wrote, fit to be shown.
pub(super) fn show_text(text: &str) -> String {
    let short: String = text.chars().take(SHOWN_MAX).collect();
    escape_unprintable(&short, |_| false).into_owned()
}
