//! What a step may call. The flows implement [`Activity`]; a [`ActivityRegistry`] holds those of one engine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::contract::ActivitySignature;
use crate::model::OperatorId;

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
    activities: BTreeMap<String, RegisteredActivity>,
}

impl ActivityRegistry {
    /// A later one of the same name takes the place of the earlier.
    pub fn with_activity(mut self, activity: impl Activity) -> ActivityRegistry {
        let signature = activity.signature();
        self.activities
            .insert(signature.name.clone(), (signature, Some(Arc::new(activity))));
        self
    }

    /// One that is known and can't be called here: to check definitions by.
    pub fn with_signature(mut self, signature: ActivitySignature) -> ActivityRegistry {
        self.activities.insert(signature.name.clone(), (signature, None));
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

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.activities.keys().map(String::as_str)
    }
}
