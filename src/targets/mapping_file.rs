//! Reads a mapping from its JSON text. People write it by hand, so whatever is wrong is told with its row and member, and
//! nothing that is written there is passed over.
//!
//! ```json
//! { "fields": [ { "field": "name", "from": "deviceName", "mode": "own" },
//!               { "field": "memory", "expression": "physicalMemoryInBytes / 1048576", "mode": "own" },
//!               { "field": "source", "value": "Intune", "mode": "fill" } ],
//!   "classes": [ { "class": "computer", "name": "Laptop" } ],
//!   "gone": { "deleted": "retire", "wiped": "stock", "retired": "retire" } }
//! ```

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::mapping_error::{FILE_MAX_BYTES, MappingError, MappingProblem, row_place, show_text};
use super::mapping_rules::{ClassName, FieldRule, FieldSource, GoneRules, TargetMapping};
use crate::condition::CHARACTERS_MAX;
use crate::contract::RetireAction;
use crate::inventory::device_class::is_class_name;
use crate::model::{TextForm, WordEnum, check_unique_keys, describe_unprintable, find_unprintable, nearest_name};

/// Most rows of `fields`.
pub const FIELDS_MAX: usize = 500;
/// Most rows of `classes`.
pub const CLASSES_MAX: usize = 64;
/// Longest name over there.
const NAME_MAX: usize = 200;
/// Longest constant text.
const VALUE_MAX: usize = 1000;

const WHOLE: &str = "the mapping";

type Members = Map<String, Value>;

impl TargetMapping {
    /// Reads a file. What it names is checked by [`super::CompiledMapping::compile`].
    pub fn parse(text: &str) -> Result<TargetMapping, MappingError> {
        read_mapping(text)
    }
}

fn read_mapping(text: &str) -> Result<TargetMapping, MappingError> {
    if text.len() > FILE_MAX_BYTES {
        return Err(MappingError::at(WHOLE, MappingProblem::TooLarge));
    }
    // Editors of some systems begin a file with it.
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        MappingError::at(WHOLE, MappingProblem::NotJson { line, column })
    })?;
    check_unique_keys(text.as_bytes())
        .map_err(|key| MappingError::at(format!("{WHOLE}: {}", show_text(&key)), MappingProblem::GivenTwice))?;
    let members = read_members(&document, WHOLE, &["fields", "classes", "gone"])?;
    if !members.contains_key("fields") {
        return Err(MappingError::at(WHOLE, MappingProblem::Missing { name: "fields" }));
    }
    let fields = read_rows(members, "fields", FIELDS_MAX, read_field)?;
    let classes = read_rows(members, "classes", CLASSES_MAX, read_class)?;
    refuse_twice("fields", "field", fields.iter().map(|row| row.field.as_str()))?;
    refuse_twice("classes", "class", classes.iter().map(|row| row.class.as_str()))?;
    let gone = match members.get("gone") {
        Some(gone) => read_gone(gone)?,
        None => GoneRules::default(),
    };
    Ok(TargetMapping { fields, classes, gone })
}

fn read_field(row: &Value, index: usize) -> Result<FieldRule, MappingError> {
    let place = row_place("fields", index, row.get("field").and_then(Value::as_str));
    let members = read_members(row, &place, &["field", "from", "expression", "value", "mode"])?;
    let field = read_name(members, "field", &place)?;
    let source = read_source(members, &place)?;
    let mode = read_word(members, "mode", &place)?;
    Ok(FieldRule { field, source, mode })
}

fn read_source(members: &Members, place: &str) -> Result<FieldSource, MappingError> {
    let given = ["from", "expression", "value"].map(|name| members.contains_key(name));
    match given {
        [true, false, false] => read_name(members, "from", place).map(FieldSource::From),
        [false, true, false] => {
            // The bound of its length is the bound of all expressions.
            read_text(members, "expression", place, (TextForm::Lines, CHARACTERS_MAX)).map(FieldSource::Expression)
        }
        [false, false, true] => {
            read_text(members, "value", place, (TextForm::OneLine, VALUE_MAX)).map(FieldSource::Value)
        }
        [false, false, false] => Err(MappingError::at(place, MappingProblem::NoSource)),
        _ => Err(MappingError::at(place, MappingProblem::SeveralSources)),
    }
}

fn read_class(row: &Value, index: usize) -> Result<ClassName, MappingError> {
    let place = row_place("classes", index, row.get("class").and_then(Value::as_str));
    let members = read_members(row, &place, &["class", "name"])?;
    let class = read_name(members, "class", &place)?;
    if !is_class_name(&class) {
        return Err(MappingError::at(format!("{place}: class"), MappingProblem::ClassName));
    }
    let name = read_name(members, "name", &place)?;
    Ok(ClassName { class, name })
}

/// What it does not say is left untouched.
fn read_gone(value: &Value) -> Result<GoneRules, MappingError> {
    let members = read_members(value, "gone", &["deleted", "wiped", "retired"])?;
    let action = |name: &'static str| {
        if members.contains_key(name) {
            read_word(members, name, "gone")
        } else {
            Ok(RetireAction::Leave)
        }
    };
    Ok(GoneRules {
        deleted: action("deleted")?,
        wiped: action("wiped")?,
        retired: action("retired")?,
    })
}

/// An object with none but these members.
fn read_members<'a>(value: &'a Value, place: &str, known: &[&str]) -> Result<&'a Members, MappingError> {
    let Some(members) = value.as_object() else {
        let expected = "an object in { }";
        return Err(MappingError::at(place, MappingProblem::WrongType { expected }));
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(unknown) => {
            let problem = MappingProblem::UnknownMember {
                given: show_text(unknown),
                nearest: nearest_name(unknown, known.iter().copied()).map(str::to_owned),
            };
            Err(MappingError::at(place, problem))
        }
    }
}

fn read_rows<T>(
    members: &Members,
    name: &str,
    max: usize,
    read_row: fn(&Value, usize) -> Result<T, MappingError>,
) -> Result<Vec<T>, MappingError> {
    let Some(value) = members.get(name) else {
        return Ok(Vec::new());
    };
    let Some(rows) = value.as_array() else {
        let expected = "a list in [ ]";
        return Err(MappingError::at(name, MappingProblem::WrongType { expected }));
    };
    if rows.len() > max {
        return Err(MappingError::at(name, MappingProblem::TooManyRows { max }));
    }
    rows.iter()
        .enumerate()
        .map(|(index, row)| read_row(row, index))
        .collect()
}

/// A name on one line; blanks around it are nobody's.
fn read_name(members: &Members, name: &'static str, place: &str) -> Result<String, MappingError> {
    let text = read_text(members, name, place, (TextForm::OneLine, NAME_MAX))?;
    Ok(text.trim().to_owned())
}

fn read_text(
    members: &Members,
    name: &'static str,
    place: &str,
    (form, max): (TextForm, usize),
) -> Result<String, MappingError> {
    let value = members
        .get(name)
        .ok_or_else(|| MappingError::at(place, MappingProblem::Missing { name }))?;
    let refuse = |problem| Err(MappingError::at(format!("{place}: {name}"), problem));
    let Some(text) = value.as_str() else {
        let expected = "a text in quotes";
        return refuse(MappingProblem::WrongType { expected });
    };
    if text.trim().is_empty() {
        return refuse(MappingProblem::Empty);
    }
    if text.chars().count() > max {
        return refuse(MappingProblem::TextTooLong { max });
    }
    match find_unprintable(text, form) {
        None => Ok(text.to_owned()),
        Some(letter) => refuse(MappingProblem::Unprintable {
            letter: describe_unprintable(letter),
        }),
    }
}

fn read_word<W: WordEnum>(members: &Members, name: &'static str, place: &str) -> Result<W, MappingError> {
    let text = read_name(members, name, place)?;
    match W::ALL.iter().find(|word| word.name() == text) {
        Some(word) => Ok(*word),
        None => {
            let known: Vec<&str> = W::ALL.iter().map(|word| word.name()).collect();
            let problem = MappingProblem::UnknownWord {
                given: show_text(&text),
                known: known.join(", "),
            };
            Err(MappingError::at(format!("{place}: {name}"), problem))
        }
    }
}

fn refuse_twice<'a>(list: &str, member: &str, names: impl Iterator<Item = &'a str>) -> Result<(), MappingError> {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            let place = format!("{}: {member}", row_place(list, index, Some(name)));
            return Err(MappingError::at(place, MappingProblem::GivenTwice));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "mapping_file_tests.rs"]
mod tests;
