//! Lost mode on. The limits of its texts are our own; Microsoft names none.

use serde_json::json;

use super::call::post;
use super::fit::{only_on, supervised};
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::EnableLostMode,
    summary: "locks a lost iPhone or iPad and shows a message with a number to call",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // Somebody may have ended it meanwhile, with the device back in his hands.
    repeatable: false,
    parameters: &[
        Parameter {
            name: "message",
            kind: Kind::Lines { min: 1, max: 500 },
            required: true,
            secret: false,
            only: None,
            help: "what the locked screen says",
        },
        Parameter {
            name: "phoneNumber",
            kind: Kind::Text { min: 0, max: 50 },
            required: false,
            secret: false,
            only: None,
            help: "number to call, shown on the locked screen",
        },
        Parameter {
            name: "footer",
            kind: Kind::Text { min: 0, max: 200 },
            required: false,
            secret: false,
            only: None,
            help: "a last line on the locked screen",
        },
    ],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["enableLostMode"],
        audits: &["enableLostMode"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, &[Platform::IosIpados], "put into lost mode", instead)?;
        supervised(subject, "put into lost mode")
    },
    call: |id, parameters, version| {
        let body = json!({
            "message": parameters.text("message").unwrap_or_default(),
            "phoneNumber": parameters.text("phoneNumber").unwrap_or_default(),
            "footer": parameters.text("footer").unwrap_or_default(),
        });
        post(id, "enableLostMode", version, Some(body))
    },
    effect: |_, _| {
        "can't be used by anybody until lost mode is switched off; it shows the message and can be located".to_owned()
    },
};

fn instead(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::ChromeOs => "disable it in the Google admin console",
        Platform::MacOs | Platform::VisionOs | Platform::AndroidAosp => "`remoteLock`",
        Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
            "`remoteLock`, `locate` and `playLostModeSound`"
        }
        Platform::Windows => "`locate`",
        Platform::Linux => return None,
        _ => "`retire` takes the company's data off it",
    })
}
