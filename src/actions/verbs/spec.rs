//! The form in which a verb describes itself.

use serde_json::{Map, Value};

use crate::actions::subject::Subject;
use crate::model::{Danger, DeviceId, Verb};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    V1,
    Beta,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

/// One request to Graph, ready to be sent once.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub version: ApiVersion,
    pub method: Method,
    /// Behind the version, beginning with a slash.
    pub path: String,
    pub body: Option<Value>,
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    /// Characters, at least and at most.
    Text {
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
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Sealed at rest and never shown (E1).
    pub secret: bool,
    /// Only this version of Graph takes it; `None`: both.
    pub only: Option<ApiVersion>,
    pub help: &'static str,
}

/// Checked against the verb's list: known names, right kinds, within limits. `Debug` shows names only.
#[derive(Clone, Default, PartialEq)]
pub struct Parameters(pub Map<String, Value>);

impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a verb can't be used on a device, before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Stable: `platform`, `supervision`, `ownership`, `enrollment`, `lostMode` …
    pub code: &'static str,
    /// A sentence for people.
    pub reason: String,
    /// What this platform can do instead, where it can.
    pub instead: Option<String>,
}

/// How the outcome shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// `actionName` in `deviceActionResults`, whatever case; several where Microsoft does not say.
    pub results: &'static [&'static str],
    /// `action` in `remoteActionAudits`.
    pub audits: &'static [&'static str],
    /// Values of `managementState` that show that it is under way (`wipePending` …).
    pub states: &'static [&'static str],
    /// The device's disappearance is the success.
    pub vanishes: bool,
    /// A later `lastSyncDateTime` is the success.
    pub last_sync: bool,
    /// Intune has done it when it answers (edits of its own record).
    pub at_once: bool,
}

impl Trace {
    /// Leaves nothing to look for.
    pub const NONE: Trace = Trace {
        results: &[],
        audits: &[],
        states: &[],
        vanishes: false,
        last_sync: false,
        at_once: false,
    };

    pub fn is_traceable(&self) -> bool {
        *self != Trace::NONE
    }
}

/// One verb, all that is known of it.
pub struct VerbSpec {
    pub verb: Verb,
    /// One sentence for people: what it does.
    pub summary: &'static str,
    /// The version of Graph that has it; a setting may say otherwise.
    pub version: ApiVersion,
    /// The application permission that it needs.
    pub permission: &'static str,
    /// Whether a second effect does no harm: only then may it ever be issued again (A3).
    pub repeatable: bool,
    pub parameters: &'static [Parameter],
    pub trace: fn(&Parameters) -> Trace,
    /// Platforms and conditions.
    pub fits: fn(&Subject, &Parameters) -> Result<(), Unfit>,
    /// The request. Parameters were checked; the subject was found fit.
    pub call: fn(DeviceId, &Parameters, ApiVersion) -> Call,
    /// What it does on this very device, a sentence for whoever approves.
    pub effect: fn(&Subject, &Parameters) -> String,
}

impl VerbSpec {
    pub fn danger(&self) -> Danger {
        self.verb.danger()
    }
}
