//! Synchronise: the device is asked to check in.

use super::spec::{ApiVersion, Call, Method, Trace, Unfit, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Sync,
    summary: "asks the device to check in with Intune",
    version: ApiVersion::V1,
    permission: "DeviceManagementManagedDevices.PrivilegedOperations.All",
    repeatable: true,
    parameters: &[],
    trace: |_| Trace {
        results: &["syncDevice"],
        last_sync: true,
        ..Trace::NONE
    },
    fits: |subject, _| match subject.platform {
        Platform::ChromeOs | Platform::Linux => Err(Unfit {
            code: "platform",
            reason: format!("{} can't be asked to check in", subject.platform),
            instead: Some("it checks in by itself".to_owned()),
        }),
        _ => Ok(()),
    },
    call: |id, _, version| Call {
        version,
        method: Method::Post,
        path: format!("/deviceManagement/managedDevices/{id}/syncDevice"),
        body: None,
    },
    effect: |_, _| "checks in with Intune; nothing on it changes".to_owned(),
};
