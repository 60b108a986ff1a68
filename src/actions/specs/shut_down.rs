//! Shut down. Nothing can switch it on again from afar.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::ShutDown,
    summary: "switches the device off",
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
            "switched off remotely",
            |platform| match platform {
                Platform::Windows => Some("`reboot`; a script run by `runRemediation` can switch it off"),
                Platform::TvOs | Platform::AndroidCosu | Platform::AndroidCobo | Platform::AndroidAosp => {
                    Some("`reboot`")
                }
                _ => None,
            },
        )?;
        require_supervision(subject, "switched off remotely")
    },
    call: |id, _, version| post_action(id, "shutDown", version, None),
    effect: |_, _| {
        "switches itself off; work that is not saved is lost, and somebody has to switch it on again".to_owned()
    },
};
