//! Delete does more than tidy up records: Intune retires the device, and wipes it where it is a company Android. The
//! record goes at once, so its absence says nothing of the device.

use super::action_spec::{ActionCall, ActionSpec, ApiVersion, CallMethod, OutcomeTrace, READ_WRITE};
use super::requirements::{ANDROID_COMPANY, no_alternative, require_platform};
use super::{retire, wipe};
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Delete,
    summary: "removes the device from Intune at once; company Android devices are wiped, all others retired",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // Destructive: issued once (A3).
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        audits: &["delete"],
        states: &["deletePending"],
        vanishes: true,
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        let able: Vec<Platform> = Platform::ALL
            .iter()
            .copied()
            .filter(|platform| *platform != Platform::Unknown)
            .collect();
        require_platform(subject, &able, "deleted", no_alternative)
    },
    call: |id, _, version| ActionCall {
        device: id,
        version,
        method: CallMethod::Delete,
        step: "",
        body: None,
    },
    effect: |subject, _| {
        let done = match subject.platform {
            _ if is_wiped_by_delete(subject) => format!("is WIPED: {}", wipe::describe_erasure(subject)),
            Platform::ChromeOs | Platform::Linux => {
                "Microsoft does not say what happens on it; company settings may stay on it".to_owned()
            }
            _ => format!("is retired: {}", retire::describe_removal(subject)),
        };
        format!("{done}; its record leaves Intune at once; whether the device complied is never reported")
    },
};

/// Whether deleting this device wipes it; it then needs the right to wipe too (A5).
pub fn is_wiped_by_delete(subject: &Subject) -> bool {
    ANDROID_COMPANY.contains(&subject.platform)
}
