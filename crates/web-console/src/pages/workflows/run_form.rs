//! The form that starts a run: a field for each parameter, read back as the values that the API takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sics_client::contract::{ParameterView, ValueType};

use crate::form::FormFields;
use crate::page::PageContext;

/// What stands before the name of a parameter in the name of its field.
const PREFIX: &str = "p_";

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct TypedParameters {
    pub(super) typed: BTreeMap<String, String>,
    /// Key of a text, or a sentence of the API, by parameter.
    pub(super) problems: BTreeMap<String, String>,
}

impl TypedParameters {
    pub(super) fn from_form(form: &FormFields) -> TypedParameters {
        let fields = form.iter().filter_map(|(name, values)| {
            let parameter = name.strip_prefix(PREFIX)?;
            Some((parameter.to_owned(), values.first()?.clone()))
        });
        TypedParameters {
            typed: fields.collect(),
            problems: BTreeMap::new(),
        }
    }

    /// As the API takes them; what is left empty has its default. Otherwise what is wrong, by parameter.
    pub(super) fn read_values(
        &self,
        parameters: &[ParameterView],
    ) -> Result<Map<String, Value>, BTreeMap<String, String>> {
        let mut values = Map::new();
        let mut problems = BTreeMap::new();
        for parameter in parameters {
            let text = self.typed.get(&parameter.name).map(String::as_str).unwrap_or_default();
            match read_value(parameter, text) {
                Ok(Some(value)) => {
                    values.insert(parameter.name.clone(), value);
                }
                Ok(None) => (),
                Err(key) => {
                    problems.insert(parameter.name.clone(), key.to_owned());
                }
            }
        }
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }
}

/// `None`: left empty. Otherwise the key of what is wrong.
fn read_value(parameter: &ParameterView, text: &str) -> Result<Option<Value>, &'static str> {
    if text.trim().is_empty() {
        return if parameter.required && parameter.default.is_none() {
            Err("workflows-parameter-needed")
        } else {
            Ok(None)
        };
    }
    let value = parameter.kind.parse_text(text);
    value.map(Some).ok_or(match parameter.kind {
        ValueType::Number => "workflows-parameter-number",
        ValueType::Boolean => "workflows-parameter-boolean",
        ValueType::Duration => "workflows-parameter-duration",
        ValueType::List => "workflows-parameter-list",
        ValueType::Object => "workflows-parameter-object",
        ValueType::Text | ValueType::Condition | ValueType::Any => "workflows-parameter-text",
    })
}

/// How a field is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldShape {
    Line,
    Lines,
    Number,
    Choice,
}

fn field_shape(parameter: &ParameterView) -> FieldShape {
    match parameter.kind {
        ValueType::Boolean => FieldShape::Choice,
        _ if !parameter.one_of.is_empty() => FieldShape::Choice,
        ValueType::Number => FieldShape::Number,
        ValueType::List | ValueType::Object => FieldShape::Lines,
        ValueType::Text | ValueType::Duration | ValueType::Condition | ValueType::Any => FieldShape::Line,
    }
}

/// A field of the form.
pub(super) struct ParameterField {
    pub(super) name: String,
    pub(super) field: String,
    pub(super) kind: String,
    pub(super) help: String,
    pub(super) required: bool,
    /// What it has where nothing is typed; empty: nothing.
    pub(super) default: String,
    pub(super) bounds: String,
    pub(super) typed: String,
    pub(super) problem: String,
    pub(super) shape: FieldShape,
    /// Value, word, whether it is chosen.
    pub(super) choices: Vec<(String, String, bool)>,
}

impl ParameterField {
    pub(super) fn new(ctx: &PageContext, parameter: &ParameterView, given: &TypedParameters) -> ParameterField {
        let typed = given.typed.get(&parameter.name).cloned().unwrap_or_default();
        let default = parameter.default.as_ref().map(show_value).unwrap_or_default();
        let problem = given
            .problems
            .get(&parameter.name)
            .map(String::as_str)
            .unwrap_or_default();
        ParameterField {
            name: ctx.plain(&parameter.name),
            field: format!("{PREFIX}{}", parameter.name),
            kind: ctx.word("workflows-type-", parameter.kind.type_name()),
            help: ctx.plain(&parameter.help),
            required: parameter.required,
            default: ctx.plain(default),
            bounds: describe_bounds(ctx, parameter),
            problem: if ctx.has_text(problem) {
                ctx.t(problem)
            } else {
                problem.to_owned()
            },
            shape: field_shape(parameter),
            choices: list_choices(ctx, parameter, &typed),
            typed,
        }
    }
}

fn list_choices(ctx: &PageContext, parameter: &ParameterView, typed: &str) -> Vec<(String, String, bool)> {
    let choice = |value: &str, word: String| (value.to_owned(), word, value == typed);
    match parameter.kind {
        ValueType::Boolean => vec![choice("true", ctx.t("yes")), choice("false", ctx.t("no"))],
        _ => parameter
            .one_of
            .iter()
            .map(|value| choice(value, ctx.plain(value)))
            .collect(),
    }
}

fn describe_bounds(ctx: &PageContext, parameter: &ParameterView) -> String {
    match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => ctx.t2("workflows-between", "min", min.to_string(), "max", max.to_string()),
        (Some(min), None) => ctx.t1("workflows-at-least", "min", min.to_string()),
        (None, Some(max)) => ctx.t1("workflows-at-most", "max", max.to_string()),
        (None, None) => String::new(),
    }
}

/// Text without its quotes; anything else as JSON.
pub(super) fn show_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(name: &str, kind: ValueType, required: bool) -> ParameterView {
        ParameterView {
            name: name.to_owned(),
            kind,
            required,
            default: None,
            min: None,
            max: None,
            one_of: Vec::new(),
            help: String::new(),
        }
    }

    fn typed(pairs: &[(&str, &str)]) -> TypedParameters {
        let owned = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        TypedParameters {
            typed: owned.collect(),
            problems: BTreeMap::new(),
        }
    }

    #[test]
    fn typed_texts_become_values_of_their_kind_and_empty_ones_are_left_out() {
        let parameters = [
            parameter("filter", ValueType::Text, true),
            parameter("count", ValueType::Number, false),
            parameter("sure", ValueType::Boolean, false),
            parameter("time", ValueType::Duration, false),
            parameter("names", ValueType::List, false),
            parameter("left", ValueType::Text, false),
        ];
        let given = typed(&[
            ("filter", "true"),
            ("count", "12"),
            ("sure", "false"),
            ("time", "24h"),
            ("names", "a, b"),
            ("left", "  "),
        ]);
        let values = Value::Object(given.read_values(&parameters).unwrap());
        let expected = json!({"filter": "true", "count": 12, "sure": false, "time": "24h", "names": ["a", "b"]});
        assert_eq!(values, expected);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_told_at_its_field() {
        let parameters = [
            parameter("filter", ValueType::Text, true),
            parameter("count", ValueType::Number, false),
            parameter("time", ValueType::Duration, false),
        ];
        let given = typed(&[("count", "many"), ("time", "soon")]);
        let problems = given.read_values(&parameters).unwrap_err();
        let told: Vec<(&str, &str)> = problems
            .iter()
            .map(|(name, key)| (name.as_str(), key.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("count", "workflows-parameter-number"),
                ("filter", "workflows-parameter-needed"),
                ("time", "workflows-parameter-duration"),
            ]
        );
    }

    #[test]
    fn fields_have_the_shape_of_their_kind() {
        let mut kind = parameter("kind", ValueType::Text, false);
        assert_eq!(field_shape(&kind), FieldShape::Line);
        kind.one_of = vec!["full".to_owned(), "incremental".to_owned()];
        assert_eq!(field_shape(&kind), FieldShape::Choice);
        assert_eq!(
            field_shape(&parameter("b", ValueType::Boolean, false)),
            FieldShape::Choice
        );
        assert_eq!(
            field_shape(&parameter("o", ValueType::Object, false)),
            FieldShape::Lines
        );
    }
}
