//! Lock. A Mac gets a PIN with it, which is a secret (E1) and read with the outcome.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{ANDROID_COMPANY, action_unfit, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RemoteLock,
    summary: "locks the screen",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A Mac that gets a second lock before the PIN of the first was used reports a failure; and whoever has just
    // unlocked it would be locked out again.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["remoteLock"],
        audits: &["remoteLock"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        let able = [
            ANDROID_COMPANY,
            &[Platform::IosIpados, Platform::MacOs, Platform::VisionOs],
        ]
        .concat();
        require_platform(subject, &able, "locked remotely", suggest_alternative)?;
        if subject.platform == Platform::VisionOs && subject.os_major().is_some_and(|major| major < 2) {
            return Err(action_unfit(
                "osVersion",
                "visionOS can be locked remotely from version 2",
                Some("`retire`, or `wipe` if it is lost"),
            ));
        }
        Ok(())
    },
    call: |id, _, version| post_action(id, "remoteLock", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::MacOs => {
                "restarts to a lock screen that only a six-digit PIN unlocks; Intune shows the PIN for up to 30 days; \
                 unsaved work is lost"
            }
            Platform::AndroidCosu => "switches its screen off; without a passcode, anyone can switch it on again",
            _ => "locks its screen; if no passcode is set, the screen only goes dark",
        }
        .to_owned()
    },
};

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::Windows => {
            "`reboot` restarts it after five minutes; to keep a person out, block the sign-in in Entra ID or by \
             Conditional Access"
        }
        Platform::AndroidByod | Platform::AndroidAdministrator => "`retire` removes the company's data",
        Platform::TvOs => "`reboot`",
        Platform::ChromeOs => "disable it in the Google admin console",
        _ => "block the sign-in of its user in Entra ID or by Conditional Access",
    })
}
