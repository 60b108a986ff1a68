//! Edit the owner. Edits are of Intune's own record: they work on every device, and are done when Intune answers.
//! Disruptive, because both policies and the guard of personal devices follow it.

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, ParameterKind, READ_WRITE};
use super::calls::patch_property;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EditOwner,
    summary: "says whether the device belongs to the company or to a person",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "managedDeviceOwnerType",
        kind: ParameterKind::OneOf(&["company", "personal"]),
        required: true,
        secret: false,
        only_version: None,
        help: "whose it is",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        at_once: true,
        ..OutcomeTrace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        let owner = parameters.text_value("managedDeviceOwnerType").unwrap_or_default();
        patch_property(id, "managedDeviceOwnerType", owner.into(), version)
    },
    effect: |_, parameters| {
        if parameters.text_value("managedDeviceOwnerType") == Some("company") {
            "counts as the company's: Intune reads its phone number and all of its apps, and what protects personal \
             devices from being wiped or located protects it no more"
                .to_owned()
        } else {
            "counts as personal: Intune reads less of it, policies for company devices leave it, and it can't be wiped \
             or located any more unless that is allowed for personal devices"
                .to_owned()
        }
    },
};
