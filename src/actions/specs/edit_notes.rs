//! Edit the notes. Edits are of Intune's own record: they work on every device, and are done when Intune answers.
//! The limit is our own.

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, ParameterKind, READ_WRITE};
use super::calls::patch_property;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EditNotes,
    summary: "changes the notes on the device in Intune",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "notes",
        kind: ParameterKind::Lines { min: 0, max: 1024 },
        required: true,
        secret: false,
        only_version: None,
        help: "the new notes; empty text clears them",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        at_once: true,
        ..OutcomeTrace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        patch_property(
            id,
            "notes",
            parameters.text_value("notes").unwrap_or_default().into(),
            version,
        )
    },
    effect: |_, _| "gets new notes in Intune, replacing the old ones; the device itself does not change".to_owned(),
};
