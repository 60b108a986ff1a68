//! Edit the name in Intune. Edits are of Intune's own record: they work on every device, and are done when
//! Intune answers.
//! The limit is our own.

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, ParameterKind, READ_WRITE};
use super::calls::patch_property;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EditName,
    summary: "changes the name that Intune shows for the device",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "managedDeviceName",
        kind: ParameterKind::Text { min: 1, max: 255 },
        required: true,
        secret: false,
        only_version: None,
        help: "the new name in Intune",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        at_once: true,
        ..OutcomeTrace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        let name = parameters.text_value("managedDeviceName").unwrap_or_default();
        patch_property(id, "managedDeviceName", name.into(), version)
    },
    effect: |_, _| "is shown under the new name in Intune; the device itself does not change".to_owned(),
};
