//! Synchronise: the device is asked to check in. The audit of remote actions has no name for it; a later
//! check-in is the proof.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::action_unfit;
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Sync,
    summary: "asks the device to check in with Intune",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second check-in changes nothing.
    repeatable: true,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["syncDevice"],
        audits: &[],
        last_sync: true,
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| match subject.platform {
        // A device of a kind that can't be told may try: if it can't, nothing is lost.
        Platform::ChromeOs | Platform::Linux => Err(action_unfit(
            "platform",
            format!("{} can't be asked to check in", subject.platform),
            Some("it checks in by itself"),
        )),
        _ => Ok(()),
    },
    call: |id, _, version| post_action(id, "syncDevice", version, None),
    effect: |_, _| "checks in with Intune; the device itself does not change".to_owned(),
};
