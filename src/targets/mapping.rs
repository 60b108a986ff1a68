//! The mapping, checked and ready to be evaluated ([`super::mapping_values`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::mapping_error::{MappingError, MappingProblem, row_place, show_text};
use super::mapping_rules::{FieldRule, FieldSource, GoneRules, TargetMapping};
use super::record_fingerprint::record_fingerprint;
use super::source_device::SourceDevice;
use super::target_kind::KindProfile;
use super::target_record::{FieldValues, TargetField};
use crate::condition::{ConditionError, JsonExpression};
use crate::contract::FieldMode;
use crate::inventory::check_words;
use crate::inventory::field_reference::find_field;
use crate::inventory::properties::{PropertyKind, TABLE};

/// Beside the properties of a device: the name of its instance.
pub const INSTANCE: &str = "instance";
/// Beside the properties of a device: who has it, as [`SourceDevice::user`] says.
pub const PRIMARY_USER: &str = "primaryUser";
/// The class whose name stands for all that have none of their own.
const OTHER_CLASS: &str = crate::inventory::device_class::OTHER;

/// A mapping whose names and expressions are known to be right.
#[derive(Debug)]
pub struct CompiledMapping {
    pub(super) rules: Vec<CompiledRule>,
    /// What the expressions ask for.
    pub(super) names: BTreeSet<String>,
    modes: BTreeMap<String, FieldMode>,
    classes: BTreeMap<String, String>,
    gone: GoneRules,
    digest: String,
    /// [`KindProfile::longest_text`].
    pub(super) longest_text: fn(&str) -> Option<usize>,
}

#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) field: String,
    pub(super) mode: FieldMode,
    pub(super) source: CompiledSource,
}

#[derive(Debug)]
pub(super) enum CompiledSource {
    Property(String),
    Expression(JsonExpression),
    Text(String),
}

impl CompiledMapping {
    pub fn compile(mapping: &TargetMapping) -> Result<CompiledMapping, MappingError> {
        let rules = mapping.fields.iter().enumerate().map(|(index, rule)| {
            let place = |member: &str| format!("{}: {member}", row_place("fields", index, Some(&rule.field)));
            compile_rule(rule, &place)
        });
        let rules: Vec<CompiledRule> = rules.collect::<Result<_, _>>()?;
        let expressions = rules.iter().filter_map(|rule| match &rule.source {
            CompiledSource::Expression(expression) => Some(expression),
            CompiledSource::Property(_) | CompiledSource::Text(_) => None,
        });
        let names = expressions
            .flat_map(JsonExpression::referenced_names)
            .map(str::to_owned)
            .collect();
        let modes = rules.iter().map(|rule| (rule.field.clone(), rule.mode)).collect();
        let classes = mapping.classes.iter().cloned().map(|row| (row.class, row.name));
        Ok(CompiledMapping {
            names,
            modes,
            classes: classes.collect(),
            gone: mapping.gone,
            digest: mapping.digest(),
            longest_text: |_| None,
            rules,
        })
    }

    /// Refuses expressions in which a field is compared with what it never holds. Those that `before` has go on.
    pub fn check_new_expressions(mapping: &TargetMapping, before: Option<&TargetMapping>) -> Result<(), MappingError> {
        let kept: Vec<&FieldSource> = before
            .into_iter()
            .flat_map(|before| &before.fields)
            .map(|rule| &rule.source)
            .collect();
        for (index, rule) in mapping.fields.iter().enumerate() {
            let FieldSource::Expression(text) = &rule.source else {
                continue;
            };
            if kept.contains(&&rule.source) {
                continue;
            }
            let checked = compile_expression(text).and_then(|expression| check_words(expression.expression()));
            checked.map_err(|error| {
                let row = row_place("fields", index, Some(&rule.field));
                MappingError::at(format!("{row}: expression"), MappingProblem::Expression(error))
            })?;
        }
        Ok(())
    }

    /// With texts cut to what the other side takes, so that what is written is compared with what it keeps.
    pub(super) fn fit_kind(self, profile: &KindProfile) -> CompiledMapping {
        CompiledMapping {
            longest_text: profile.longest_text,
            ..self
        }
    }

    /// Who keeps this field; one that the mapping does not name is left to the people over there.
    pub fn mode_of(&self, field: &str) -> FieldMode {
        self.modes.get(field).copied().unwrap_or(FieldMode::Leave)
    }

    /// What the other side calls devices of this class; empty: the mapping does not say, and the kind has a default.
    pub fn class_name(&self, device: &SourceDevice) -> String {
        let class = device.text("deviceClass").unwrap_or(OTHER_CLASS);
        let name = self.classes.get(class).or_else(|| self.classes.get(OTHER_CLASS));
        name.cloned().unwrap_or_default()
    }

    /// The fields that it writes.
    pub fn written_fields(&self) -> impl Iterator<Item = &str> {
        self.written_rules().map(|rule| rule.field.as_str())
    }

    /// The fields that it writes and that the other side lacks.
    pub fn list_missing_fields(&self, known: &[TargetField]) -> Vec<String> {
        let is_missing = |name: &&str| !known.iter().any(|field| field.name == **name);
        self.written_fields().filter(is_missing).map(str::to_owned).collect()
    }

    pub fn gone(&self) -> GoneRules {
        self.gone
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The fingerprint of a device that is written with these values. It covers the mapping: after a change of it no device
    /// counts as unchanged, and values are compared one by one.
    pub fn fingerprint_device(&self, wanted: &FieldValues, device: &SourceDevice, user: Option<&str>) -> [u8; 16] {
        let class = format!("{}\n{}", self.digest, self.class_name(device));
        record_fingerprint(wanted, &class, user)
    }

    pub(super) fn written_rules(&self) -> impl Iterator<Item = &CompiledRule> {
        self.rules.iter().filter(|rule| rule.mode != FieldMode::Leave)
    }
}

fn compile_rule(rule: &FieldRule, place: &dyn Fn(&str) -> String) -> Result<CompiledRule, MappingError> {
    let source = match &rule.source {
        FieldSource::From(name) => {
            check_source_field(name).map_err(|problem| MappingError::at(place("from"), problem))?;
            CompiledSource::Property(name.clone())
        }
        FieldSource::Expression(text) => {
            let failed =
                |error: ConditionError| MappingError::at(place("expression"), MappingProblem::Expression(error));
            CompiledSource::Expression(compile_expression(text).map_err(failed)?)
        }
        FieldSource::Value(text) => CompiledSource::Text(text.clone()),
    };
    Ok(CompiledRule {
        field: rule.field.clone(),
        mode: rule.mode,
        source,
    })
}

fn check_source_field(name: &str) -> Result<(), MappingProblem> {
    if [INSTANCE, PRIMARY_USER].contains(&name) {
        return Ok(());
    }
    let row = find_field(name).map_err(|nearest| MappingProblem::UnknownField {
        given: show_text(name),
        nearest: nearest.map(str::to_owned),
    })?;
    if TABLE[row].kind == PropertyKind::Complex {
        return Err(MappingProblem::ObjectField { given: show_text(name) });
    }
    Ok(())
}

/// What an expression may ask for.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let readable = TABLE.iter().filter(|property| property.is_readable());
    let properties = readable.map(|property| property.name);
    properties.chain([INSTANCE, PRIMARY_USER]).collect()
});

/// A device with a value of the right kind in every field: an expression that gives a list, or that takes what it never
/// can, shows on it.
static SAMPLE: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let mut sample = Map::new();
    for property in TABLE {
        let value = match property.kind {
            PropertyKind::Text | PropertyKind::Enum => "text".into(),
            PropertyKind::Date => "2026-01-01T00:00:00Z".into(),
            PropertyKind::Number => 1.into(),
            PropertyKind::Boolean => true.into(),
            PropertyKind::Complex => continue,
        };
        sample.insert(property.name.to_owned(), value);
    }
    for name in [INSTANCE, PRIMARY_USER] {
        sample.insert(name.to_owned(), "text".into());
    }
    sample
});

fn compile_expression(text: &str) -> Result<JsonExpression, ConditionError> {
    let is_date = |name: &str| find_field(name).is_ok_and(|row| TABLE[row].kind == PropertyKind::Date);
    let expression = JsonExpression::compile_dated(text, &NAMES, &is_date)?;
    match expression.evaluate_value(&SAMPLE) {
        Err(error @ (ConditionError::NotScalar { .. } | ConditionError::WrongKinds { .. })) => Err(error),
        _ => Ok(expression),
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
