//! Shut down. Nothing can switch it on again remotely.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::ShutDown,
    summary: "shuts the device down",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Somebody may have switched it on again.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["shutDown"],
        audits: &["shutDown"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::IosIpados, Platform::MacOs],
            "shut down remotely",
            |platform| match platform {
                Platform::Windows => Some("`reboot`; a script run by `runRemediation` can shut it down"),
                Platform::TvOs | Platform::AndroidCosu | Platform::AndroidCobo | Platform::AndroidAosp => {
                    Some("`reboot`")
                }
                _ => None,
            },
        )?;
        require_supervision(subject, "shut down remotely")
    },
    call: |id, _, version| post_action(id, "shutDown", version, None),
    effect: |_, _| "shuts down; unsaved work is lost, and it must be switched on by hand".to_owned(),
};
