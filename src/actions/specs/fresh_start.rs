//! Fresh start. Whether the files of its users stay has to be said: there is no default for erasing.

use serde_json::json;

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind};
use super::calls::post_action;
use super::requirements::require_platform;
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::FreshStart,
    summary: "reinstalls Windows without the programs that came with the PC or were added later",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3).
    repeatable: false,
    parameters: &[ActionParameter {
        name: "keepUserData",
        kind: ParameterKind::Boolean,
        required: true,
        secret: false,
        only_version: None,
        help: "true: user files are kept; false: everything is erased",
    }],
    rules: |_| Ok(()),
    trace: |parameters| OutcomeTrace {
        results: &["cleanWindowsDevice"],
        audits: &["cleanWindowsDevice"],
        // With user data it stays enrolled; without, it starts over and may come back as another device.
        vanishes: !parameters.is_set("keepUserData"),
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
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
        post_action(id, "cleanWindowsDevice", version, Some(body))
    },
    effect: |_, parameters| {
        if parameters.is_set("keepUserData") {
            "Windows is reinstalled: all programs are removed, user files are kept; the PC stays in Intune".to_owned()
        } else {
            "Windows is reinstalled: all programs and all user files are erased".to_owned()
        }
    },
};
