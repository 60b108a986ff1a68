//! A device that Intune does not list any more: was that this action's doing? (A6)
//!
//! That it has gone proves nothing by itself: somebody may have deleted its record, an action of ours that was pending
//! before may have won, the call may never have reached the device. Only the audit of *this* action, as done, is Intune's
//! word for it; that is read in [`super::read`]. What is here says why there is no such word, for whoever has to find out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline::is_one_of;
use super::{Around, Finding, of_device};
use crate::actions::verbs::{Parameters, TABLE, VerbSpec};
use crate::model::{TaskStage, TaskState, Verb};

/// Why the disappearance of a device does not prove what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "doubt", content = "by")]
pub enum Doubt {
    /// Something else explains it: what, and who says so.
    Other(String),
    /// Intune's audit knows the action, and not that it was done; its word for where it stands.
    NotDone(String),
    /// Intune's audit does not know the action.
    NotAudited,
    /// Intune's audit could not be read.
    AuditUnread,
}

impl Doubt {
    /// Whether a word for this action may still come within the minute: audits lag behind the device.
    pub fn may_pass(&self) -> bool {
        match self {
            Doubt::Other(_) => false,
            Doubt::NotDone(_) | Doubt::NotAudited | Doubt::AuditUnread => true,
        }
    }
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Doubt::Other(what) => write!(f, "it may have gone by something else: {what}"),
            Doubt::NotDone(word) => write!(f, "Intune's audit shows this action as {word}, not as done"),
            Doubt::NotAudited => f.write_str("Intune's audit does not show this action"),
            Doubt::AuditUnread => f.write_str("Intune's audit could not be read"),
        }
    }
}

/// `ours`: the audit of this action, where there is one.
pub(super) fn doubt(around: Around<'_>, ours: Option<&Value>) -> Doubt {
    let mut others = of_device(around).filter(|audit| !ours.is_some_and(|ours| std::ptr::eq(ours, *audit)));
    if let Some(what) = others.find_map(another) {
        return Doubt::Other(what);
    }
    if let Some((verb, state)) = around.own.iter().find(|(verb, state)| takes_away(*verb, *state)) {
        return Doubt::Other(format!(
            "a {verb} that was sent from here, which is {}",
            state.told().name()
        ));
    }
    match (ours, around.audits) {
        (Some(ours), _) => Doubt::NotDone(word(ours)),
        (None, Some(_)) => Doubt::NotAudited,
        (None, None) => Doubt::AuditUnread,
    }
}

/// An audit of anything that takes a device out of Intune, unless it is known to have had no effect.
fn another(audit: &Value) -> Option<String> {
    let action = audit["action"].as_str()?;
    let takes_away = TABLE.iter().any(|spec| {
        let trace = (spec.trace)(&Parameters::default());
        trace.vanishes && is_one_of(action, trace.audits)
    });
    let state = audit["actionState"].as_str().unwrap_or_default();
    let had_none = is_one_of(state, &["failed", "canceled", "cancelled", "notSupported"]);
    (takes_away && !had_none).then(|| {
        let at = audit["requestDateTime"].as_str().unwrap_or("an unknown time");
        let shown: String = format!("{action} of {at}").chars().take(100).collect();
        format!("Intune's audit shows {shown} ({})", word(audit))
    })
}

fn word(audit: &Value) -> String {
    match audit["actionState"].as_str() {
        None | Some("") => "in no state".to_owned(),
        Some(state) => state.chars().take(40).collect(),
    }
}

/// Whether an action of ours may have taken the device away.
fn takes_away(verb: Verb, state: TaskState) -> bool {
    let has_effect = match state.stage() {
        TaskStage::UnderWay | TaskStage::NeedsOperator | TaskStage::Ended => state != TaskState::DeviceGone,
        TaskStage::Unissued | TaskStage::EndedWithoutEffect => false,
    };
    let spec = VerbSpec::of(verb);
    has_effect && (spec.trace)(&Parameters::default()).vanishes
}

/// What a look finds where the device has gone.
pub(super) fn read(audited: Finding, doubt: Doubt) -> Finding {
    match audited {
        // It ended, and Intune says how.
        Finding::Done { .. } | Finding::Failed { .. } | Finding::NotSupported | Finding::Cancelled => audited,
        Finding::Nothing | Finding::UnderWay | Finding::Pending | Finding::Active | Finding::Vanished { .. } => {
            Finding::Vanished { doubt }
        }
    }
}
