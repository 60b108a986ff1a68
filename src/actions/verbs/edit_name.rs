//! Edit the name in Intune. Edits are of Intune's own record: they work on every device, and are done when
//! Intune answers.
//! The limit is our own.

use super::call::patch;
use super::spec::{ApiVersion, Kind, Parameter, READ_WRITE, Trace, VerbSpec};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::EditName,
    summary: "changes the name that Intune shows for the device",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[Parameter {
        name: "managedDeviceName",
        kind: Kind::Text { min: 1, max: 255 },
        required: true,
        secret: false,
        only: None,
        help: "the new name in Intune",
    }],
    rules: |_| Ok(()),
    trace: |_| Trace {
        at_once: true,
        ..Trace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        let name = parameters.text("managedDeviceName").unwrap_or_default();
        patch(id, "managedDeviceName", name.into(), version)
    },
    effect: |_, _| "is shown under the new name in Intune; on the device nothing changes".to_owned(),
};
