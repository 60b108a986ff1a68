//! What steps of a workflow may call.

use connector_core::model::check_unique_keys;
use connector_core::schedule::duration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How much harm a step or a workflow can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DangerLevel {
    /// Changes nothing outside this program.
    None,
    /// Nothing is interrupted.
    Harmless,
    /// Somebody's work is interrupted.
    Disruptive,
    /// Data or access is lost.
    Destructive,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueType {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `24h` and the like.
    Duration,
    /// A list.
    List,
    /// An object.
    Object,
    /// Text in CEL; what is put into it is a value there and never a part of it.
    Condition,
    /// Anything.
    #[serde(alias = "anything")]
    Any,
}

impl ValueType {
    /// Those that a definition can name, with their names.
    pub const WORDS: [(&'static str, ValueType); 6] = [
        ("text", ValueType::Text),
        ("number", ValueType::Number),
        ("boolean", ValueType::Boolean),
        ("duration", ValueType::Duration),
        ("list", ValueType::List),
        ("object", ValueType::Object),
    ];

    /// What people call it.
    pub fn type_name(self) -> &'static str {
        if self == ValueType::Condition {
            return "condition";
        }
        let found = ValueType::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("anything", |(word, _)| word)
    }

    /// How a value of it is written, for whoever wrote something else.
    pub fn example_text(self) -> &'static str {
        match self {
            ValueType::Text | ValueType::Any => "monthly",
            ValueType::Number => "10",
            ValueType::Boolean => "yes",
            ValueType::Duration => "30d",
            ValueType::List => "Windows,iOS",
            ValueType::Object => r#"{"name": "value"}"#,
            ValueType::Condition => "isEncrypted",
        }
    }

    /// Whether a value of kind `given` may stand where this one is wanted.
    pub fn accepts_type(self, given: ValueType) -> bool {
        let is_text = matches!(self, ValueType::Text | ValueType::Condition)
            && matches!(given, ValueType::Text | ValueType::Duration);
        self == given || self == ValueType::Any || given == ValueType::Any || is_text
    }

    /// Whether it may be this value.
    pub fn accepts_value(self, value: &Value) -> bool {
        match self {
            ValueType::Text | ValueType::Condition => value.is_string(),
            ValueType::Number => value.is_number(),
            ValueType::Boolean => value.is_boolean(),
            ValueType::Duration => value.as_str().and_then(duration::parse).is_some(),
            ValueType::List => value.is_array(),
            ValueType::Object => value.is_object(),
            ValueType::Any => true,
        }
    }

    /// Text of a definition or of a command line, as a value of this kind.
    pub fn parse_text(self, text: &str) -> Option<Value> {
        let value = match self {
            ValueType::Text | ValueType::Condition | ValueType::Any | ValueType::Duration => {
                Value::String(text.to_owned())
            }
            ValueType::Number => match text.trim().parse::<i64>() {
                Ok(whole) => whole.into(),
                Err(_) => serde_json::Number::from_f64(text.trim().parse().ok()?)?.into(),
            },
            ValueType::Boolean => match text.trim() {
                "yes" | "true" => true.into(),
                "no" | "false" => false.into(),
                _ => return None,
            },
            ValueType::List if !text.trim_start().starts_with('[') => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| Value::String(item.to_owned())).collect()
            }
            ValueType::List | ValueType::Object => {
                check_unique_keys(text.as_bytes()).ok()?;
                serde_json::from_str(text).ok()?
            }
        };
        self.accepts_value(&value).then_some(value)
    }
}

/// All activities.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActivitiesView {
    /// By name.
    pub activities: Vec<ActivitySignature>,
}

/// What is known of an activity without calling it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivitySignature {
    /// As definitions call it.
    pub name: String,
    /// What it does, one sentence.
    pub summary: String,
    /// How much harm it can do.
    pub danger: DangerLevel,
    /// The right that whoever started the run needs, at each call.
    pub right: Option<String>,
    /// What it takes.
    pub inputs: Vec<ActivityField>,
    /// What it gives back.
    pub outputs: Vec<ActivityField>,
}

/// An input or an output of an activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityField {
    /// Its name.
    pub name: String,
    /// What it may be.
    pub kind: ValueType,
    /// It must be given.
    pub required: bool,
    /// What it means.
    pub help: String,
}

impl ActivityField {
    /// One of this name and kind.
    pub fn new(name: impl Into<String>, kind: ValueType, required: bool, help: impl Into<String>) -> ActivityField {
        ActivityField {
            name: name.into(),
            kind,
            required,
            help: help.into(),
        }
    }
}
