//! Locate: the position is a secret (E1) and read with the outcome. Dedicated Androids carry a finished entry of this
//! name that nobody asked for, which the baseline takes out.

use super::call::post;
use super::fit::{in_lost_mode, only_on, supervised};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Locate,
    summary: "asks the device where it is",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Every time somebody is located, it has to be on purpose.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["locateDevice"],
        audits: &["locateDevice"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, ABLE, "located", |_| {
            Some("its last check-in and the address it came from are in the sign-in logs of Entra ID")
        })?;
        supervised(subject, "located")?;
        in_lost_mode(subject, "located")
    },
    call: |id, _, version| post(id, "locateDevice", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "tells where it is, if its policy lets location services run; kept for 24 hours",
            Platform::IosIpados => "tells where it is, if it is in lost mode; kept for 24 hours",
            _ => "tells where it is, if location is switched on; its user may be told; kept for 24 hours",
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
