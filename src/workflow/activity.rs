//! What a step may call. The flows implement [`Activity`]; a [`Registry`] holds those of one engine.

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
pub enum Danger {
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
pub enum Kind {
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

impl Kind {
    pub const WORDS: [(&'static str, Kind); 6] = [
        ("text", Kind::Text),
        ("number", Kind::Number),
        ("boolean", Kind::Boolean),
        ("duration", Kind::Duration),
        ("list", Kind::List),
        ("object", Kind::Object),
    ];

    pub fn word(self) -> &'static str {
        if self == Kind::Condition {
            return "condition";
        }
        let found = Kind::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("anything", |(word, _)| word)
    }

    /// Whether a value of kind `given` may stand where this one is wanted.
    pub fn takes(self, given: Kind) -> bool {
        let is_text = matches!(self, Kind::Text | Kind::Condition) && matches!(given, Kind::Text | Kind::Duration);
        self == given || self == Kind::Any || given == Kind::Any || is_text
    }

    pub fn holds(self, value: &Value) -> bool {
        match self {
            Kind::Text | Kind::Condition => value.is_string(),
            Kind::Number => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Duration => value.as_str().and_then(duration::parse).is_some(),
            Kind::List => value.is_array(),
            Kind::Object => value.is_object(),
            Kind::Any => true,
        }
    }

    /// Text of a definition or of a command line, as a value of this kind.
    pub fn read(self, text: &str) -> Option<Value> {
        let value = match self {
            Kind::Text | Kind::Condition | Kind::Any | Kind::Duration => Value::String(text.to_owned()),
            Kind::Number => match text.trim().parse::<i64>() {
                Ok(whole) => whole.into(),
                Err(_) => serde_json::Number::from_f64(text.trim().parse().ok()?)?.into(),
            },
            Kind::Boolean => match text.trim() {
                "yes" | "true" => true.into(),
                "no" | "false" => false.into(),
                _ => return None,
            },
            Kind::List if !text.trim_start().starts_with('[') => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| Value::String(item.to_owned())).collect()
            }
            Kind::List | Kind::Object => {
                crate::model::unique_keys(text.as_bytes()).ok()?;
                serde_json::from_str(text).ok()?
            }
        };
        self.holds(&value).then_some(value)
    }
}

/// An input or an output.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub help: &'static str,
}

pub fn field(name: &'static str, kind: Kind, required: bool, help: &'static str) -> Field {
    Field {
        name,
        kind,
        required,
        help,
    }
}

/// What is known of an activity without calling it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    pub name: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    pub danger: Danger,
    /// What whoever started the run needs, at each call.
    pub right: Option<&'static str>,
    pub inputs: Vec<Field>,
    pub outputs: Vec<Field>,
}

/// What makes a call the same call after a crash: run, and path of the step (loops have their index in it).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub run: i64,
    pub path: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-{}.{}", self.run, self.path)
    }
}

/// In whose name a run acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Who started it, or who enabled what started it.
    Operator(OperatorId),
    /// The installation itself; it may do nothing that needs a right of a person.
    Bus,
}

pub struct Call {
    pub key: Key,
    /// 1 for the first try.
    pub attempt: u32,
    pub who: Who,
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

    pub fn again(code: impl Into<String>, message: impl Into<String>) -> ActivityError {
        ActivityError {
            retry: true,
            ..ActivityError::new(code, message)
        }
    }
}

pub trait Activity: Send + Sync + 'static {
    fn signature(&self) -> Signature;

    /// Made at most once at a time for one key; again with the same key and inputs where the process died in it.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>>;
}

/// `None`: it is known and can't be called.
type Known = (Signature, Option<Arc<dyn Activity>>);

#[derive(Clone, Default)]
pub struct Registry {
    activities: BTreeMap<&'static str, Known>,
}

impl Registry {
    /// A later one of the same name takes the place of the earlier.
    pub fn with(mut self, activity: impl Activity) -> Registry {
        let signature = activity.signature();
        self.activities
            .insert(signature.name, (signature, Some(Arc::new(activity))));
        self
    }

    /// One that is known and can't be called here: to check definitions by.
    pub fn knowing(mut self, signature: Signature) -> Registry {
        self.activities.insert(signature.name, (signature, None));
        self
    }

    pub fn signature(&self, name: &str) -> Option<&Signature> {
        self.activities.get(name).map(|(signature, _)| signature)
    }

    pub fn get(&self, name: &str) -> Option<Arc<dyn Activity>> {
        self.activities.get(name)?.1.clone()
    }

    pub fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.activities.values().map(|(signature, _)| signature)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.activities.keys().copied()
    }
}
