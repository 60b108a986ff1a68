//! Lost mode off. Not repeated: between two of them it may have been lost again.

use super::call::post;
use super::fit::{in_lost_mode, nothing, only_on, supervised};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::DisableLostMode,
    summary: "ends lost mode",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Somebody may have switched lost mode on again meanwhile.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["disableLostMode"],
        audits: &["disableLostMode"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, &[Platform::IosIpados], "taken out of lost mode", nothing)?;
        supervised(subject, "taken out of lost mode")?;
        in_lost_mode(subject, "taken out of it")
    },
    call: |id, _, version| post(id, "disableLostMode", version, None),
    effect: |_, _| "can be used again by whoever knows its passcode".to_owned(),
};
