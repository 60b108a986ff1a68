//! Activation lock bypass. The bypass *code* is another thing: it opens the lock by hand, and is never read (E1). The
//! audit of remote actions has no name for it.

use super::call::post;
use super::fit::{apple_automated, nothing, only_on, supervised};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::BypassActivationLock,
    summary: "lets a device be set up again without the Apple account it is locked to",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3). It takes the thief's lock off.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["bypassActivationLock"],
        audits: &[],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::IosIpados, Platform::MacOs],
            "freed from Activation Lock",
            nothing,
        )?;
        supervised(subject, "freed from Activation Lock")?;
        apple_automated(subject, "freed from Activation Lock")
    },
    call: |id, _, version| post(id, "bypassActivationLock", version, None),
    effect: |_, _| {
        "loses its Activation Lock: whoever holds it can erase it and set it up as his own; the lock can't be put back"
            .to_owned()
    },
};
