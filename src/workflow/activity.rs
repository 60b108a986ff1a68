//! What a step may call. The flows implement [`Activity`]; a [`ActivityRegistry`] holds those of one engine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::duration;
use crate::model::OperatorId;

/// How much harm one call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DangerLevel {
    /// Changes nothing outside this program.
    None,
    Harmless,
    /// Somebody's work is interrupted.
    Disruptive,
    /// Data or access is lost.
    Destructive,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ValueType {
    Text,
    Number,
    Boolean,
    /// `24h` and the like.
    Duration,
    List,
    Object,
    /// Text in CEL; what is put into it is a value there and never a part of it ([`super::quote`]).
    Condition,
    Any,
}

impl ValueType {
    pub const WORDS: [(&'static str, ValueType); 6] = [
        ("text", ValueType::Text),
        ("number", ValueType::Number),
        ("boolean", ValueType::Boolean),
        ("duration", ValueType::Duration),
        ("list", ValueType::List),
        ("object", ValueType::Object),
    ];

    pub fn type_name(self) -> &'static str {
        if self == ValueType::Condition {
            return "condition";
        }
        let found = ValueType::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("anything", |(word, _)| word)
    }

    /// Whether a value of kind `given` may stand where this one is wanted.
    pub fn accepts_type(self, given: ValueType) -> bool {
        let is_text = matches!(self, ValueType::Text | ValueType::Condition)
            && matches!(given, ValueType::Text | ValueType::Duration);
        self == given || self == ValueType::Any || given == ValueType::Any || is_text
    }

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
                crate::model::check_unique_keys(text.as_bytes()).ok()?;
                serde_json::from_str(text).ok()?
            }
        };
        self.accepts_value(&value).then_some(value)
    }
}

/// An input or an output.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ActivityField {
    pub name: &'static str,
    pub kind: ValueType,
    pub required: bool,
    pub help: &'static str,
}

pub fn new_field(name: &'static str, kind: ValueType, required: bool, help: &'static str) -> ActivityField {
    ActivityField {
        name,
        kind,
        required,
        help,
    }
}

/// What is known of an activity without calling it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivitySignature {
    pub name: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    pub danger: DangerLevel,
    /// What whoever started the run needs, at each call.
    pub right: Option<&'static str>,
    pub inputs: Vec<ActivityField>,
    pub outputs: Vec<ActivityField>,
}

/// What makes a call the same call after a crash: run, and path of the step (loops have their index in it).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallKey {
    pub run: i64,
    pub path: String,
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-{}.{}", self.run, self.path)
    }
}

/// In whose name a run acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPrincipal {
    /// Who started it, or who enabled what started it.
    Operator(OperatorId),
    /// The installation itself; it may do nothing that needs a right of a person.
    Bus,
}

pub struct ActivityCall {
    pub key: CallKey,
    /// 1 for the first try.
    pub attempt: u32,
    pub principal: RunPrincipal,
    pub inputs: Map<String, Value>,
    /// Nothing may be changed; the outputs say what would have come of it.
    pub dry_run: bool,
    /// True once somebody cancels the run: whoever waits gives up.
    pub cancelled: watch::Receiver<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ActivityError {
    /// Short and stable.
    pub code: String,
    pub message: String,
    /// Whether another try may end better.
    pub retry: bool,
}

impl ActivityError {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> ActivityError {
        ActivityError {
            code: code.into(),
            message: message.into(),
            retry: false,
        }
    }

    pub fn new_retryable(code: impl Into<String>, message: impl Into<String>) -> ActivityError {
        ActivityError {
            retry: true,
            ..ActivityError::new(code, message)
        }
    }
}

pub trait Activity: Send + Sync + 'static {
    fn signature(&self) -> ActivitySignature;

    /// Made at most once at a time for one key; again with the same key and inputs where the process died in it.
    fn call(&self, call: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>>;
}

/// `None`: it is known and can't be called.
type RegisteredActivity = (ActivitySignature, Option<Arc<dyn Activity>>);

#[derive(Clone, Default)]
pub struct ActivityRegistry {
    activities: BTreeMap<&'static str, RegisteredActivity>,
}

impl ActivityRegistry {
    /// A later one of the same name takes the place of the earlier.
    pub fn with_activity(mut self, activity: impl Activity) -> ActivityRegistry {
        let signature = activity.signature();
        self.activities
            .insert(signature.name, (signature, Some(Arc::new(activity))));
        self
    }

    /// One that is known and can't be called here: to check definitions by.
    pub fn with_signature(mut self, signature: ActivitySignature) -> ActivityRegistry {
        self.activities.insert(signature.name, (signature, None));
        self
    }

    pub fn signature(&self, name: &str) -> Option<&ActivitySignature> {
        self.activities.get(name).map(|(signature, _)| signature)
    }

    pub fn get(&self, name: &str) -> Option<Arc<dyn Activity>> {
        self.activities.get(name)?.1.clone()
    }

    pub fn signatures(&self) -> impl Iterator<Item = &ActivitySignature> {
        self.activities.values().map(|(signature, _)| signature)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.activities.keys().copied()
    }
}
