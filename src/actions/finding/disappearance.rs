//! A device that Intune does not list any more: was that this action's doing? (A6)
//!
//! That it has gone proves nothing by itself: somebody may have deleted its record, an action of ours that was pending
//! before may have won, the call may never have reached the device. Only the audit of *this* action, as done, is Intune's
//! word for it; that is read in [`super::derive_finding`]. What is here says why there is no such word, for whoever has to find out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline::is_one_of;
use super::{ReadbackContext, TaskFinding, audits_of_device};
use crate::actions::specs::{ActionParameters, ActionSpec, TABLE};
use crate::model::{ActionKind, TaskStage, TaskState};

/// Why the disappearance of a device does not prove what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "doubt", content = "by")]
pub enum VanishDoubt {
    /// Something else explains it: what, and who says so.
    Other(String),
    /// Intune's audit knows the action, and not that it was done; its word for where it stands.
    NotDone(String),
    /// Intune's audit does not know the action.
    NotAudited,
    /// Intune's audit could not be read.
    AuditUnread,
}

impl VanishDoubt {
    /// Whether a word for this action may still come within the minute: audits lag behind the device.
    pub fn may_clear_up(&self) -> bool {
        match self {
            VanishDoubt::Other(_) => false,
            VanishDoubt::NotDone(_) | VanishDoubt::NotAudited | VanishDoubt::AuditUnread => true,
        }
    }
}

impl std::fmt::Display for VanishDoubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            VanishDoubt::Other(what) => write!(f, "something else may have removed it: {what}"),
            VanishDoubt::NotDone(word) => write!(f, "Intune's audit shows this action as {word}, not as done"),
            VanishDoubt::NotAudited => f.write_str("Intune's audit does not show this action"),
            VanishDoubt::AuditUnread => f.write_str("Intune's audit could not be read"),
        }
    }
}

/// `ours`: the audit of this action, where there is one.
pub(super) fn doubt_disappearance(context: ReadbackContext<'_>, ours: Option<&Value>) -> VanishDoubt {
    let mut others = audits_of_device(context).filter(|audit| !ours.is_some_and(|ours| std::ptr::eq(ours, *audit)));
    if let Some(what) = others.find_map(describe_other_removal) {
        return VanishDoubt::Other(what);
    }
    if let Some((verb, state)) = context
        .own_tasks
        .iter()
        .find(|(verb, state)| may_remove_device(*verb, *state))
    {
        return VanishDoubt::Other(format!(
            "a {verb} sent from here, whose state is {}",
            state.published_state().name()
        ));
    }
    match (ours, context.audits) {
        (Some(ours), _) => VanishDoubt::NotDone(audit_state_text(ours)),
        (None, Some(_)) => VanishDoubt::NotAudited,
        (None, None) => VanishDoubt::AuditUnread,
    }
}

/// An audit of anything that takes a device out of Intune, unless it is known to have had no effect.
fn describe_other_removal(audit: &Value) -> Option<String> {
    let action = audit["action"].as_str()?;
    let takes_away = TABLE.iter().any(|spec| {
        let trace = (spec.trace)(&ActionParameters::default());
        trace.vanishes && is_one_of(action, trace.audits)
    });
    let state = audit["actionState"].as_str().unwrap_or_default();
    let had_none = is_one_of(state, &["failed", "canceled", "cancelled", "notSupported"]);
    (takes_away && !had_none).then(|| {
        let at = audit["requestDateTime"].as_str().unwrap_or("an unknown time");
        let shown: String = format!("{action} of {at}").chars().take(100).collect();
        format!("Intune's audit shows {shown} ({})", audit_state_text(audit))
    })
}

fn audit_state_text(audit: &Value) -> String {
    match audit["actionState"].as_str() {
        None | Some("") => "in no state".to_owned(),
        Some(state) => state.chars().take(40).collect(),
    }
}

/// Whether an action of ours may have taken the device away.
fn may_remove_device(verb: ActionKind, state: TaskState) -> bool {
    let has_effect = match state.stage() {
        TaskStage::UnderWay | TaskStage::NeedsOperator | TaskStage::Ended => state != TaskState::DeviceGone,
        TaskStage::Unissued | TaskStage::EndedWithoutEffect => false,
    };
    let spec = ActionSpec::for_action(verb);
    has_effect && (spec.trace)(&ActionParameters::default()).vanishes
}

/// What a look finds where the device has gone.
pub(super) fn finding_for_vanished(audited: TaskFinding, doubt: VanishDoubt) -> TaskFinding {
    match audited {
        // It ended, and Intune says how.
        TaskFinding::Done { .. } | TaskFinding::Failed { .. } | TaskFinding::NotSupported | TaskFinding::Cancelled => {
            audited
        }
        TaskFinding::Nothing
        | TaskFinding::UnderWay
        | TaskFinding::Pending
        | TaskFinding::Active
        | TaskFinding::Vanished { .. } => TaskFinding::Vanished { doubt },
    }
}
