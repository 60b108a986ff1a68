//! Edit the notes. Edits are of Intune's own record: they work on every device, and are done when Intune answers.
//! The limit is our own.

use super::call::patch;
use super::spec::{ApiVersion, Kind, Parameter, READ_WRITE, Trace, VerbSpec};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::EditNotes,
    summary: "changes the notes that Intune keeps of the device",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[Parameter {
        name: "notes",
        kind: Kind::Lines { min: 0, max: 1024 },
        required: true,
        secret: false,
        only: None,
        help: "the new notes; empty text clears them",
    }],
    rules: |_| Ok(()),
    trace: |_| Trace {
        at_once: true,
        ..Trace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        patch(
            id,
            "notes",
            parameters.text("notes").unwrap_or_default().into(),
            version,
        )
    },
    effect: |_, _| "gets new notes in Intune, in place of the old ones; on the device nothing changes".to_owned(),
};
