//! Delete is no tidying up of records: Intune retires the device, and wipes it where it is a company Android. The
//! record goes at once, so its absence says nothing of the device.

use super::fit::{ANDROID_COMPANY, nothing, only_on};
use super::spec::{ApiVersion, Call, Method, READ_WRITE, Trace, VerbSpec};
use super::{retire, wipe};
use crate::actions::subject::{Platform, Subject};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Delete,
    summary: "takes the device out of Intune at once; company Androids are wiped, all others retired",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // Destructive: issued once (A3).
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        audits: &["delete"],
        states: &["deletePending"],
        vanishes: true,
        ..Trace::NONE
    },
    fits: |subject, _| {
        let able: Vec<Platform> = Platform::ALL
            .iter()
            .copied()
            .filter(|platform| *platform != Platform::Unknown)
            .collect();
        only_on(subject, &able, "deleted", nothing)
    },
    call: |id, _, version| Call {
        version,
        method: Method::Delete,
        path: format!("/deviceManagement/managedDevices/{id}"),
        body: None,
    },
    effect: |subject, _| {
        let done = match subject.platform {
            _ if wipes(subject) => format!("is WIPED: {}", wipe::erased(subject)),
            Platform::ChromeOs | Platform::Linux => {
                "Microsoft does not say what happens on it; company settings may stay on it".to_owned()
            }
            _ => format!("is retired: {}", retire::taken_off(subject)),
        };
        format!("{done}; its record leaves Intune at once, and nothing tells whether the device obeyed")
    },
};

/// Whether deleting this device wipes it; it then needs the right to wipe too (A5).
pub fn wipes(subject: &Subject) -> bool {
    ANDROID_COMPANY.contains(&subject.platform)
}
