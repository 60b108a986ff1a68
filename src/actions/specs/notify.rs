//! Notify: a message in the Company Portal. Intune does not report whether it arrived, so it ends as handed over (A6).
//! A device takes 10 in an hour; a Windows PC takes none.

use serde_json::json;

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, ParameterKind, READ_WRITE};
use super::calls::post_action;
use super::requirements::{action_unfit, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Notify,
    summary: "shows a message in the Company Portal of the device",
    version: ApiVersion::Beta,
    permission: READ_WRITE,
    // A second one is seen: harmless, but nobody wants to be told twice.
    repeatable: false,
    parameters: &[
        ActionParameter {
            name: "notificationTitle",
            kind: ParameterKind::Text { min: 1, max: 50 },
            required: true,
            secret: false,
            only_version: None,
            help: "title of the message",
        },
        ActionParameter {
            name: "notificationBody",
            kind: ParameterKind::Lines { min: 1, max: 500 },
            required: true,
            secret: false,
            only_version: None,
            help: "text of the message",
        },
    ],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace::NONE,
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::IosIpados, Platform::AndroidByod],
            "sent a notification",
            suggest_alternative,
        )?;
        if subject.is_enrolled_by(&["appleBulkWithoutUser"]) == Some(true) {
            return Err(action_unfit(
                "enrollment",
                "it was enrolled without a user, so no user is signed in to a Company Portal that could \
                 show the message",
                Some("`enableLostMode` shows a message on a supervised device, and locks it"),
            ));
        }
        Ok(())
    },
    call: |id, parameters, version| {
        let body = json!({
            "notificationTitle": parameters.text_value("notificationTitle").unwrap_or_default(),
            "notificationBody": parameters.text_value("notificationBody").unwrap_or_default(),
        });
        post_action(id, "sendCustomNotificationToCompanyPortal", version, Some(body))
    },
    effect: |_, _| {
        "shows the message, if its user has the Company Portal and allows notifications; whether it was seen is not reported"
            .to_owned()
    },
};

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
            "send its user an email or a Teams message; `playLostModeSound` plays a sound"
        }
        _ => "send its user an email or a Teams message",
    })
}
