//! What an outcome contains that not everyone may see (E1): the PIN that opens a locked Mac, a new passcode, a
//! position. Read apart from the finding, so that no finding can carry one into a log.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline::Baseline;
use super::find_own_entry;
use crate::actions::specs::{ActionParameters, ActionSpec};
use crate::model::ActionKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretKind {
    /// Opens a Mac that was locked.
    UnlockPin,
    Passcode,
    /// JSON as Graph gives it: latitude, longitude, accuracy, time.
    Position,
}

#[derive(Debug, Clone)]
pub struct ActionSecret {
    pub kind: SecretKind,
    pub value: SecretString,
}

/// Of the entry that is this action's own; those of others, and those from before, are none of its business.
/// `activationLockBypassCode` is never looked at.
pub fn extract_secrets(spec: &ActionSpec, baseline: &Baseline, device: &Value) -> Vec<ActionSecret> {
    let (kind, key) = match spec.verb {
        ActionKind::RemoteLock => (SecretKind::UnlockPin, "unlockPin"),
        ActionKind::ResetPasscode => (SecretKind::Passcode, "passcode"),
        ActionKind::Locate => (SecretKind::Position, "deviceLocation"),
        _ => return Vec::new(),
    };
    // None of these verbs takes parameters.
    let entry = find_own_entry(
        spec,
        &ActionParameters::default(),
        baseline,
        baseline.graph_date,
        device,
    );
    let value = entry.and_then(|(_, raw)| match &raw[key] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Object(position) if !position.is_empty() => Some(raw[key].to_string()),
        _ => None,
    });
    value
        .map(|value| ActionSecret {
            kind,
            value: value.into(),
        })
        .into_iter()
        .collect()
}
