//! What one verb is, as a row of the table.

use serde_json::{Map, Value};

use super::platform::Traits;
use super::result::Shown;
use crate::graph::Version;
use crate::world::{Device, Ticks};

/// A request's parameters, by name.
pub type Params = Map<String, Value>;

pub struct Verb {
    /// As in the path, and as `actionName` in `deviceActionResults`.
    pub name: &'static str,
    pub path: &'static str,
    pub versions: &'static [Version],
    /// Any of these permissions will do.
    pub scopes: &'static [&'static str],
    pub params: &'static [Param],
    /// Whether this device can do it; where not, Intune gives a 400 without a reason.
    pub fits: fn(&Traits<'_>, &Params) -> bool,
    /// Its name in `remoteActionAudits`, where it has one.
    pub audit: fn(&Params) -> Option<&'static str>,
    /// What `managementState` says while it is pending, once it was issued, after it failed, and after it was canceled.
    pub states: Option<[&'static str; 4]>,
    pub shown: Shown,
    /// Other open actions of the device are ignored from then on.
    pub overrides: bool,
    /// So many an hour for each device.
    pub rationed: bool,
    /// What it does to the device in the end.
    pub end: fn(&Params, &mut Device, Ticks) -> After,
}

/// A parameter of an action.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Only beta knows it.
    pub beta: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Boolean,
    /// With the most characters.
    Text(usize),
    /// Six digits.
    Pin,
    /// One of these members.
    Enum(&'static [&'static str]),
}

/// What is left of the device afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    Stays,
    Vanishes,
    /// The device refused: the action failed.
    Failed,
}

impl std::fmt::Debug for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Verb").field(&self.name).finish()
    }
}

impl Kind {
    /// Whether the value is one of this kind; null is for the caller to judge.
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Kind::Boolean => value.is_boolean(),
            Kind::Text(most) => value.as_str().is_some_and(|text| text.chars().count() <= most),
            Kind::Pin => value
                .as_str()
                .is_some_and(|pin| pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit())),
            Kind::Enum(members) => value.as_str().is_some_and(|member| members.contains(&member)),
        }
    }
}

/// A flag among the parameters; what is not there or null is not set.
pub(super) fn flag(params: &Params, name: &str) -> bool {
    params.get(name).and_then(Value::as_bool).unwrap_or_default()
}

pub(super) fn text<'a>(params: &'a Params, name: &str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or_default()
}
