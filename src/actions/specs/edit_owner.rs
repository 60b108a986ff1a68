//! Edit the owner. Edits are of Intune's own record: they work on every device, and are done when Intune answers.
//! Disruptive, because both policies and the guard of personal devices follow it.

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, ParameterKind, READ_WRITE};
use super::calls::patch_property;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EditOwner,
    summary: "sets whether the device is a company or a personal device",
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
        help: "owner of the device",
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
            "counts as a company device: Intune reads its phone number and all of its apps, and the protection of \
             personal devices from being wiped or located no longer applies"
                .to_owned()
        } else {
            "counts as personal: Intune reads less data, policies for company devices no longer apply, and it cannot \
             be wiped or located unless that is allowed for personal devices"
                .to_owned()
        }
    },
};
