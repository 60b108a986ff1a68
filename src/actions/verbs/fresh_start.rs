//! Fresh start. Whether the files of its users stay has to be said: there is no default for erasing.

use serde_json::json;

use super::call::post;
use super::fit::only_on;
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::FreshStart,
    summary: "installs Windows anew, without the programs that came with the PC or later",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3).
    repeatable: false,
    parameters: &[Parameter {
        name: "keepUserData",
        kind: Kind::Boolean,
        required: true,
        secret: false,
        only: None,
        help: "true: the files of its users stay; false: everything goes",
    }],
    rules: |_| Ok(()),
    trace: |parameters| Trace {
        results: &["cleanWindowsDevice"],
        audits: &["cleanWindowsDevice"],
        // With user data it stays enrolled; without, it starts over and may come back as another device.
        vanishes: !parameters.is_set("keepUserData"),
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::Windows],
            "given a fresh start",
            |platform| match platform {
                Platform::AndroidByod | Platform::AndroidAdministrator => Some("`retire`"),
                Platform::Linux => None,
                _ => Some("`wipe`"),
            },
        )
    },
    call: |id, parameters, version| {
        let body = json!({ "keepUserData": parameters.is_set("keepUserData") });
        post(id, "cleanWindowsDevice", version, Some(body))
    },
    effect: |_, parameters| {
        if parameters.is_set("keepUserData") {
            "Windows is installed anew: all programs are removed, the files of its users stay, it stays in Intune"
                .to_owned()
        } else {
            "Windows is installed anew: all programs and all files of its users are erased".to_owned()
        }
    },
};
