//! Synchronise: the device is asked to check in. The audit of remote actions has no name for it; a later
//! check-in is the proof.

use super::call::post;
use super::fit::unfit;
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Sync,
    summary: "asks the device to check in with Intune",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second check-in changes nothing.
    repeatable: true,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["syncDevice"],
        audits: &[],
        last_sync: true,
        ..Trace::NONE
    },
    fits: |subject, _| match subject.platform {
        // A device of a kind that can't be told may try: if it can't, nothing is lost.
        Platform::ChromeOs | Platform::Linux => Err(unfit(
            "platform",
            format!("{} can't be asked to check in", subject.platform),
            Some("it checks in by itself"),
        )),
        _ => Ok(()),
    },
    call: |id, _, version| post(id, "syncDevice", version, None),
    effect: |_, _| "checks in with Intune; nothing on it changes".to_owned(),
};
