//! The form in which a verb describes itself.

use serde_json::{Map, Value};

use super::parameter_check::ParameterError;
use crate::actions::subject::{Enrollment, Subject};
use crate::model::{ActionDanger, ActionKind, DeviceId};

/// High-impact actions need it, and oddly sync too. It does not include reading.
pub(super) const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
pub(super) const READ_WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";

/// Stands for Graph's own address in a body that names another object: a verb does not know which cloud it is in.
pub(super) const GRAPH: &str = "{graph}";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ApiVersion {
    #[serde(rename = "v1.0")]
    V1,
    #[serde(rename = "beta")]
    Beta,
}

impl ApiVersion {
    /// The first part of the path; also in settings.
    pub fn name(self) -> &'static str {
        match self {
            ApiVersion::V1 => "v1.0",
            ApiVersion::Beta => "beta",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallMethod {
    Post,
    Put,
    Patch,
    Delete,
}

/// One request to Graph, ready to be sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionCall {
    pub device: DeviceId,
    pub version: ApiVersion,
    pub method: CallMethod,
    /// What stands behind the device in the address, such as `wipe`; empty for the device itself.
    pub step: &'static str,
    /// As it is written down; what goes out is [`ActionCall::body_for`].
    pub body: Option<Value>,
}

impl ActionCall {
    /// The body for the cloud whose Graph has this address (`https://graph.microsoft.com`, no slash at the end): where
    /// a body refers to another object, Graph wants its whole address.
    pub fn body_for(&self, graph: &str) -> Option<Value> {
        let mut body = self.body.clone()?;
        if let Some(Value::String(reference)) = body.get_mut("@odata.id")
            && let Some(rest) = reference.strip_prefix(GRAPH)
        {
            *reference = format!("{}{rest}", graph.trim_end_matches('/'));
        }
        Some(body)
    }
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    Boolean,
    /// One line of so many characters, at least and at most.
    Text {
        min: usize,
        max: usize,
    },
    /// Of several lines: what people read on their device, or in its notes.
    Lines {
        min: usize,
        max: usize,
    },
    Integer {
        min: i64,
        max: i64,
    },
    /// Exactly so many digits.
    Digits(usize),
    OneOf(&'static [&'static str]),
    Guid,
}

#[derive(Debug, Clone, Copy)]
pub struct ActionParameter {
    pub name: &'static str,
    pub kind: ParameterKind,
    pub required: bool,
    /// Sealed at rest and never shown (E1).
    pub secret: bool,
    /// Only this version of Graph takes it; `None`: both.
    pub only_version: Option<ApiVersion>,
    pub help: &'static str,
}

/// Checked against the verb's list (`ActionParameters::check`): known names, right kinds, within limits. `Debug` shows names
/// only.
#[derive(Clone, Default, PartialEq)]
pub struct ActionParameters(pub Map<String, Value>);

impl std::fmt::Debug for ActionParameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl ActionParameters {
    /// `false` where it is absent: what nobody asked for is not done.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn text_value(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub fn integer_value(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }
}

/// Why a verb can't be used on a device, before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionUnfit {
    /// Stable: `platform`, `unknownPlatform`, `supervision`, `ownership`, `enrollment`, `osVersion`, `joinType`,
    /// `lostMode`, `encryption`, `sharedIpad`, `parameter`, `personal`, `neverTouch`.
    pub code: &'static str,
    /// A sentence for people.
    pub reason: String,
    /// What this platform can do instead, where it can.
    pub alternative: Option<String>,
}

/// How the outcome shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeTrace {
    /// `actionName` in `deviceActionResults`, whatever case; several where Microsoft does not say.
    pub results: &'static [&'static str],
    /// `action` in `remoteActionAudits`.
    pub audits: &'static [&'static str],
    /// Values of `managementState` that show that it is under way (`wipePending` …).
    pub states: &'static [&'static str],
    /// Values of `managementState` that show that it failed.
    pub states_failed: &'static [&'static str],
    /// Values of `managementState` that show that somebody took it back.
    pub states_cancelled: &'static [&'static str],
    /// The device's disappearance is the success.
    pub vanishes: bool,
    /// A later `lastSyncDateTime` is the success.
    pub last_sync: bool,
    /// Intune has done it when it answers (edits of its own record).
    pub at_once: bool,
}

impl OutcomeTrace {
    /// Leaves nothing to look for.
    pub const NONE: OutcomeTrace = OutcomeTrace {
        results: &[],
        audits: &[],
        states: &[],
        states_failed: &[],
        states_cancelled: &[],
        vanishes: false,
        last_sync: false,
        at_once: false,
    };

    pub fn is_traceable(&self) -> bool {
        *self != OutcomeTrace::NONE
    }
}

/// One verb, all that is known of it.
pub struct ActionSpec {
    pub verb: ActionKind,
    /// One sentence for people: what it does.
    pub summary: &'static str,
    /// The version of Graph that has it; a setting may say otherwise.
    pub version: ApiVersion,
    /// The application permission that it needs; for messages only, a setting may say otherwise.
    pub permission: &'static str,
    /// Whether a second effect does no harm: only then may it ever be issued again (A3).
    pub repeatable: bool,
    pub parameters: &'static [ActionParameter],
    /// What no single parameter tells: which of them exclude each other.
    pub rules: fn(&ActionParameters) -> Result<(), ParameterError>,
    pub trace: fn(&ActionParameters) -> OutcomeTrace,
    /// Platforms and conditions.
    pub fits: fn(&Subject, &ActionParameters) -> Result<(), ActionUnfit>,
    /// The request. Parameters were checked; the subject was found fit.
    pub call: fn(DeviceId, &ActionParameters, ApiVersion) -> ActionCall,
    /// What it does on this very device, a sentence for whoever approves.
    pub effect: fn(&Subject, &ActionParameters) -> String,
}

impl ActionSpec {
    pub fn danger(&self) -> ActionDanger {
        self.verb.danger()
    }

    /// What it does on this very device, a sentence for whoever approves; nothing is promised of a device that Intune does
    /// not manage itself.
    pub fn effect_on(&self, subject: &Subject, parameters: &ActionParameters) -> String {
        let effect = (self.effect)(subject, parameters);
        if (self.trace)(parameters).at_once {
            return effect;
        }
        match subject.enrollment() {
            Enrollment::Intune => effect,
            Enrollment::Elsewhere(agent) => format!(
                "is not enrolled in Intune ({agent}): Intune cannot carry this out on it, so no change is expected there"
            ),
            Enrollment::Unknown(agent) => format!(
                "it is not known whether this reaches the device, which may not be enrolled in Intune ({agent}); if it does: {effect}"
            ),
        }
    }
}
