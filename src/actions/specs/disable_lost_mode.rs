//! Lost mode off. Not repeated: between two of them it may have been lost again.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{no_alternative, require_lost_mode, require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::DisableLostMode,
    summary: "ends lost mode",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Somebody may have switched lost mode on again meanwhile.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["disableLostMode"],
        audits: &["disableLostMode"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::IosIpados],
            "taken out of lost mode",
            no_alternative,
        )?;
        require_supervision(subject, "taken out of lost mode")?;
        require_lost_mode(subject, "taken out of lost mode")
    },
    call: |id, _, version| post_action(id, "disableLostMode", version, None),
    effect: |_, _| "can be used again by anyone who knows its passcode".to_owned(),
};
