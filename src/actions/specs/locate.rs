//! Locate: the position is a secret (E1) and read with the outcome. Dedicated Androids carry a finished entry of this
//! name that nobody asked for, which the baseline takes out.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{require_lost_mode, require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Locate,
    summary: "locates the device",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Every time somebody is located, it has to be on purpose.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["locateDevice"],
        audits: &["locateDevice"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(subject, ABLE, "located", |_| {
            Some("its last check-in and the address it came from are in the sign-in logs of Entra ID")
        })?;
        require_supervision(subject, "located")?;
        require_lost_mode(subject, "located")
    },
    call: |id, _, version| post_action(id, "locateDevice", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "reports its position, if its policy allows location services; kept for 24 hours",
            Platform::IosIpados => "reports its position, if it is in lost mode; kept for 24 hours",
            _ => "reports its position, if location is switched on; its user may be notified; kept for 24 hours",
        }
        .to_owned()
    },
};

const ABLE: &[Platform] = &[
    Platform::Windows,
    Platform::IosIpados,
    Platform::AndroidCope,
    Platform::AndroidCobo,
    Platform::AndroidCosu,
];
