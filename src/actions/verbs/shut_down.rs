//! Shut down. Nothing can switch it on again from afar.

use super::call::post;
use super::fit::{only_on, supervised};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::ShutDown,
    summary: "switches the device off",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Somebody may have switched it on again.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["shutDown"],
        audits: &["shutDown"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
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
        supervised(subject, "switched off remotely")
    },
    call: |id, _, version| post(id, "shutDown", version, None),
    effect: |_, _| {
        "switches itself off; work that is not saved is lost, and somebody has to switch it on again".to_owned()
    },
};
