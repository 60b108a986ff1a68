//! Notify: a message in the Company Portal. Intune tells nobody whether it arrived, so it ends as handed over (A6).
//! A device takes 10 in an hour; a Windows PC takes none.

use serde_json::json;

use super::call::post;
use super::fit::{only_on, unfit};
use super::spec::{ApiVersion, Kind, Parameter, READ_WRITE, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Notify,
    summary: "shows a message in the Company Portal of the device",
    version: ApiVersion::Beta,
    permission: READ_WRITE,
    // A second one is seen: harmless, but nobody wants to be told twice.
    repeatable: false,
    parameters: &[
        Parameter {
            name: "notificationTitle",
            kind: Kind::Text { min: 1, max: 50 },
            required: true,
            secret: false,
            only: None,
            help: "headline of the message",
        },
        Parameter {
            name: "notificationBody",
            kind: Kind::Lines { min: 1, max: 500 },
            required: true,
            secret: false,
            only: None,
            help: "the message",
        },
    ],
    rules: |_| Ok(()),
    trace: |_| Trace::NONE,
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::IosIpados, Platform::AndroidByod],
            "sent a notification",
            instead,
        )?;
        if subject.is_enrolled_by(&["appleBulkWithoutUser"]) == Some(true) {
            return Err(unfit(
                "enrollment",
                "it was enrolled without a user, so nobody is signed in to a Company Portal that could \
                 show the message",
                Some("`enableLostMode` shows a message on a supervised device, and locks it"),
            ));
        }
        Ok(())
    },
    call: |id, parameters, version| {
        let body = json!({
            "notificationTitle": parameters.text("notificationTitle").unwrap_or_default(),
            "notificationBody": parameters.text("notificationBody").unwrap_or_default(),
        });
        post(id, "sendCustomNotificationToCompanyPortal", version, Some(body))
    },
    effect: |_, _| {
        "shows the message, if its user has the Company Portal and lets it notify; whether it was seen is not told"
            .to_owned()
    },
};

fn instead(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
            "a message to its user by mail or Teams; `playLostModeSound` makes it heard"
        }
        _ => "a message to its user by mail or Teams",
    })
}
