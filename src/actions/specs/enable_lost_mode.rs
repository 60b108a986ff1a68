//! Lost mode on. The limits of its texts are our own; Microsoft names none.

use serde_json::json;

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind};
use super::calls::post_action;
use super::requirements::{require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EnableLostMode,
    summary: "locks a lost iPhone or iPad and shows a message with a number to call",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // Somebody may have ended it meanwhile, with the device back in their hands.
    repeatable: false,
    parameters: &[
        ActionParameter {
            name: "message",
            kind: ParameterKind::Lines { min: 1, max: 500 },
            required: true,
            secret: false,
            only_version: None,
            help: "message on the locked screen",
        },
        ActionParameter {
            name: "phoneNumber",
            kind: ParameterKind::Text { min: 0, max: 50 },
            required: false,
            secret: false,
            only_version: None,
            help: "number to call, shown on the locked screen",
        },
        ActionParameter {
            name: "footer",
            kind: ParameterKind::Text { min: 0, max: 200 },
            required: false,
            secret: false,
            only_version: None,
            help: "last line on the locked screen",
        },
    ],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["enableLostMode"],
        audits: &["enableLostMode"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::IosIpados],
            "put into lost mode",
            suggest_alternative,
        )?;
        require_supervision(subject, "put into lost mode")
    },
    call: |id, parameters, version| {
        let body = json!({
            "message": parameters.text_value("message").unwrap_or_default(),
            "phoneNumber": parameters.text_value("phoneNumber").unwrap_or_default(),
            "footer": parameters.text_value("footer").unwrap_or_default(),
        });
        post_action(id, "enableLostMode", version, Some(body))
    },
    effect: |_, _| "cannot be used until lost mode is switched off; it shows the message and can be located".to_owned(),
};

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::ChromeOs => "disable it in the Google admin console",
        Platform::MacOs | Platform::VisionOs | Platform::AndroidAosp => "`remoteLock`",
        Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
            "`remoteLock`, `locate` and `playLostModeSound`"
        }
        Platform::Windows => "`locate`",
        Platform::Linux => return None,
        _ => "`retire` removes the company's data",
    })
}
