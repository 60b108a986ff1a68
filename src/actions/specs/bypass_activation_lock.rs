//! Activation lock bypass. The bypass *code* is another thing: it opens the lock by hand, and is never read (E1). The
//! audit of remote actions has no name for it.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{no_alternative, require_apple_automated, require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::BypassActivationLock,
    summary: "lets a device be set up again without the Apple account it is locked to",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3). It takes the thief's lock off.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["bypassActivationLock"],
        audits: &[],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::IosIpados, Platform::MacOs],
            "released from Activation Lock",
            no_alternative,
        )?;
        require_supervision(subject, "released from Activation Lock")?;
        require_apple_automated(subject, "released from Activation Lock")
    },
    call: |id, _, version| post_action(id, "bypassActivationLock", version, None),
    effect: |_, _| {
        "loses its Activation Lock: anyone who holds it can erase it and set it up as their own; the lock cannot be \
         restored"
            .to_owned()
    },
};
