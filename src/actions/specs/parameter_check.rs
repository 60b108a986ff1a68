//! Are these parameters right? Checked when a job arrives, so that a wrong one is refused as a whole, with a sentence that
//! says what is wrong, where, and what to write instead. Values are never repeated: one of them may be a PIN.

use serde_json::{Map, Value};

use super::action_spec::{ActionParameter, ActionParameters, ActionSpec, ApiVersion, ParameterKind};
use crate::model::{ActionKind, TextForm, describe_unprintable, find_unprintable};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    #[error("{verb} has no parameter {given:?}; {known}")]
    Unknown {
        verb: ActionKind,
        given: String,
        known: String,
    },
    #[error("{verb} needs the parameter {name}: {help}")]
    Missing {
        verb: ActionKind,
        name: &'static str,
        help: &'static str,
    },
    #[error("{verb}: the parameter {name} must be {wanted}")]
    Kind {
        verb: ActionKind,
        name: &'static str,
        wanted: String,
    },
    #[error("{verb}: the parameter {name} must be {wanted}; {found}")]
    Limit {
        verb: ActionKind,
        name: &'static str,
        wanted: String,
        found: String,
    },
    #[error("{verb}: the {} version of Graph does not support the parameter {name}, only {} does; omit it, or set \
             the API version of {verb} to {}", given.name(), only.name(), only.name())]
    Version {
        verb: ActionKind,
        name: &'static str,
        given: ApiVersion,
        only: ApiVersion,
    },
    #[error("{verb}: {first} and {second} exclude each other: {why}; send only one of them")]
    Conflict {
        verb: ActionKind,
        first: &'static str,
        second: &'static str,
        why: &'static str,
    },
}

impl ParameterError {
    /// Stable.
    pub fn code(&self) -> &'static str {
        match self {
            ParameterError::Unknown { .. } => "unknownParameter",
            ParameterError::Missing { .. } => "missingParameter",
            ParameterError::Kind { .. } => "parameterKind",
            ParameterError::Limit { .. } => "parameterLimit",
            ParameterError::Version { .. } => "parameterVersion",
            ParameterError::Conflict { .. } => "parameterConflict",
        }
    }
}

impl ActionParameters {
    /// What a request brought, checked against the verb. `null` counts as absent.
    pub fn check(
        spec: &ActionSpec,
        given: &Map<String, Value>,
        version: ApiVersion,
    ) -> Result<ActionParameters, ParameterError> {
        let mut checked = Map::new();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let parameter = find_parameter(spec, name)?;
            check_parameter_version(spec, parameter, version)?;
            check_value(spec.verb, parameter, value)?;
            checked.insert(name.clone(), value.clone());
        }
        for parameter in spec.parameters.iter().filter(|parameter| parameter.required) {
            if !checked.contains_key(parameter.name) {
                return Err(ParameterError::Missing {
                    verb: spec.verb,
                    name: parameter.name,
                    help: parameter.help,
                });
            }
        }
        let parameters = ActionParameters(checked);
        (spec.rules)(&parameters)?;
        Ok(parameters)
    }
}

fn find_parameter<'s>(spec: &'s ActionSpec, name: &str) -> Result<&'s ActionParameter, ParameterError> {
    let known: Vec<&str> = spec.parameters.iter().map(|parameter| parameter.name).collect();
    spec.parameters
        .iter()
        .find(|parameter| parameter.name == name)
        .ok_or_else(|| ParameterError::Unknown {
            verb: spec.verb,
            given: name.chars().take(80).collect(),
            known: match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            },
        })
}

/// An option that the version does not know would be dropped in silence, and a wipe would then erase what it was told
/// to keep.
fn check_parameter_version(
    spec: &ActionSpec,
    parameter: &ActionParameter,
    version: ApiVersion,
) -> Result<(), ParameterError> {
    match parameter.only_version {
        Some(only) if only != version => Err(ParameterError::Version {
            verb: spec.verb,
            name: parameter.name,
            given: version,
            only,
        }),
        _ => Ok(()),
    }
}

fn check_value(verb: ActionKind, parameter: &ActionParameter, value: &Value) -> Result<(), ParameterError> {
    let wanted = || describe_kind(parameter.kind);
    let name = parameter.name;
    let kind = || ParameterError::Kind {
        verb,
        name,
        wanted: wanted(),
    };
    let limit = |found: String| ParameterError::Limit {
        verb,
        name,
        wanted: wanted(),
        found,
    };
    match parameter.kind {
        ParameterKind::Boolean => value.as_bool().map(|_| ()).ok_or_else(kind),
        ParameterKind::Integer { min, max } => match value.as_i64() {
            Some(number) if (min..=max).contains(&number) => Ok(()),
            Some(_) => Err(limit("the number is out of range".to_owned())),
            None => Err(kind()),
        },
        ParameterKind::Text { min, max } | ParameterKind::Lines { min, max } => {
            let text = value.as_str().ok_or_else(kind)?;
            let length = text.chars().count();
            let form = match parameter.kind {
                ParameterKind::Lines { .. } => TextForm::Lines,
                _ => TextForm::OneLine,
            };
            if let Some(letter) = find_unprintable(text, form) {
                Err(limit(format!("it has {}", describe_unprintable(letter))))
            } else if text.trim().chars().count() < min || length > max {
                Err(limit(format!("it has {length}")))
            } else {
                Ok(())
            }
        }
        ParameterKind::Digits(count) => {
            let text = value.as_str().ok_or_else(kind)?;
            if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) {
                Ok(())
            } else {
                Err(kind())
            }
        }
        ParameterKind::OneOf(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(()),
            _ => Err(kind()),
        },
        ParameterKind::Guid => match value.as_str() {
            Some(text) if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() => Ok(()),
            _ => Err(kind()),
        },
    }
}

/// Reads after "must be".
pub(super) fn describe_kind(kind: ParameterKind) -> String {
    match kind {
        ParameterKind::Boolean => "true or false".to_owned(),
        ParameterKind::Text { min: 0, max } | ParameterKind::Lines { min: 0, max } => {
            format!("text of at most {max} characters")
        }
        ParameterKind::Text { min, max } | ParameterKind::Lines { min, max } => {
            format!("text of {min} to {max} characters")
        }
        ParameterKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        ParameterKind::Digits(count) => format!("text of exactly {count} digits"),
        ParameterKind::OneOf(words) => format!("one of {}", words.join(", ")),
        ParameterKind::Guid => "a GUID such as 7809c88c-0000-4000-8000-000000000001".to_owned(),
    }
}
