//! What the mapping wants for one device. Pure.
//!
//! *Names from devices are hostile.* What cannot be seen becomes a blank, blanks at the ends go, and a text without end is
//! no value; one that is longer than its field over there is cut. Which signs a field takes is the kind's matter.
//!
//! *Nothing is not the same as not told.* A field of the device that is null empties the field over there; one that the
//! target does not receive is not spoken of, and what stands over there stays.
//!
//! *A failure costs one field.* The others are written, and the trouble is told without any value.

use serde_json::{Map, Value};

use super::mapping::{CompiledMapping, CompiledSource, INSTANCE, PRIMARY_USER};
use super::source_device::SourceDevice;
use super::target_record::FieldValues;
use crate::condition::{ConditionError, JsonExpression};
use crate::model::{TextForm, replace_unprintable};

/// Longest text that is written, characters.
pub const TEXT_MAX: usize = 10_000;
/// The one property in which people write more than a line.
const NOTES: &str = "notes";

/// A field of one device that could not be made; it is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ValueTrouble {
    /// The field over there.
    pub field: String,
    pub problem: ValueProblem,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    #[error("the expression failed: {0}")]
    Expression(ConditionError),
    #[error("the value is a list or an object")]
    NotScalar,
    #[error("the text is longer than {TEXT_MAX} characters")]
    TextTooLong,
}

impl ValueTrouble {
    pub fn code(&self) -> &'static str {
        match self.problem {
            ValueProblem::Expression(_) => "expressionFailed",
            ValueProblem::NotScalar => "notScalar",
            ValueProblem::TextTooLong => "textTooLong",
        }
    }

    pub fn advice(&self) -> String {
        let advice = match self.problem {
            ValueProblem::Expression(_) => "correct the expression: intune-connector targets mapping TARGET --set FILE",
            ValueProblem::NotScalar | ValueProblem::TextTooLong => {
                "take a part of it by an expression: intune-connector targets mapping TARGET --set FILE"
            }
        };
        advice.to_owned()
    }
}

impl CompiledMapping {
    /// By field over there: what it should hold. What the mapping leaves to people is not in it.
    pub fn wanted_values(&self, device: &SourceDevice) -> (FieldValues, Vec<ValueTrouble>) {
        let variables = self.list_variables(device);
        let (mut values, mut troubles) = (FieldValues::new(), Vec::new());
        for rule in self.written_rules() {
            match evaluate_source(&rule.source, device, &variables) {
                Ok(Some(value)) => {
                    let longest = (self.longest_text)(&rule.field);
                    values.insert(rule.field.clone(), cut_value(value, longest));
                }
                Ok(None) => {}
                Err(problem) => troubles.push(ValueTrouble {
                    field: rule.field.clone(),
                    problem,
                }),
            }
        }
        (values, troubles)
    }

    /// What the expressions ask for, as far as the target receives it.
    fn list_variables(&self, device: &SourceDevice) -> Map<String, Value> {
        let told = self
            .names
            .iter()
            .filter_map(|name| find_source_value(device, name).map(|value| (name.clone(), value)));
        told.collect()
    }
}

/// The value of a property, of the instance or of the user; `None`: the target does not receive it.
fn find_source_value(device: &SourceDevice, name: &str) -> Option<Value> {
    match name {
        INSTANCE => Some(device.instance_name.as_str().into()),
        PRIMARY_USER => Some(device.user().map_or(Value::Null, Value::from)),
        property => device.values.get(property).cloned(),
    }
}

fn evaluate_source(
    source: &CompiledSource,
    device: &SourceDevice,
    variables: &Map<String, Value>,
) -> Result<Option<Value>, ValueProblem> {
    let (found, form) = match source {
        CompiledSource::Property(name) => {
            let form = if name == NOTES {
                TextForm::Lines
            } else {
                TextForm::OneLine
            };
            (find_source_value(device, name), form)
        }
        CompiledSource::Expression(expression) => (evaluate_expression(expression, variables)?, TextForm::OneLine),
        CompiledSource::Text(text) => (Some(Value::from(text.as_str())), TextForm::OneLine),
    };
    found.map(|value| clean_value(value, form)).transpose()
}

/// An expression that comes to nothing because it was not told everything says nothing.
fn evaluate_expression(
    expression: &JsonExpression,
    variables: &Map<String, Value>,
) -> Result<Option<Value>, ValueProblem> {
    let value = expression.evaluate_value(variables).map_err(ValueProblem::Expression)?;
    let is_told = |name: &str| variables.contains_key(name);
    let says_nothing = value.is_null() && !expression.referenced_names().all(is_told);
    Ok((!says_nothing).then_some(value))
}

fn clean_value(value: Value, form: TextForm) -> Result<Value, ValueProblem> {
    match value {
        Value::String(text) => clean_text(&text, form),
        Value::Array(_) | Value::Object(_) => Err(ValueProblem::NotScalar),
        scalar => Ok(scalar),
    }
}

fn clean_text(text: &str, form: TextForm) -> Result<Value, ValueProblem> {
    let plain = match form {
        TextForm::OneLine => replace_unprintable(text),
        TextForm::Lines => text.lines().map(replace_unprintable).collect::<Vec<_>>().join("\n"),
    };
    match plain.trim() {
        "" => Ok(Value::Null),
        long if long.chars().count() > TEXT_MAX => Err(ValueProblem::TextTooLong),
        fit => Ok(fit.into()),
    }
}

/// Whole characters, without a blank at the end.
fn cut_value(value: Value, longest: Option<usize>) -> Value {
    match (value, longest) {
        (Value::String(text), Some(longest)) if text.chars().nth(longest).is_some() => {
            let cut: String = text.chars().take(longest).collect();
            cut.trim_end().into()
        }
        (value, _) => value,
    }
}

#[cfg(test)]
#[path = "mapping_values_tests.rs"]
mod tests;
