//! Reset the passcode. The new one is a secret (E1) and read with the outcome.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{ANDROID_COMPANY, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::ResetPasscode,
    summary: "sets a new passcode (Android) or removes the passcode (iPhone, iPad)",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second one makes the passcode void that was just handed over.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["resetPasscode"],
        audits: &["resetPasscode"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        let able = [ANDROID_COMPANY, &[Platform::AndroidByod, Platform::IosIpados]].concat();
        require_platform(subject, &able, "given a new passcode", suggest_alternative)
    },
    call: |id, _, version| post_action(id, "resetPasscode", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::IosIpados => {
                "loses its passcode: anyone who holds it can use it until a new one is set, which its policy may require"
            }
            Platform::AndroidCosu | Platform::AndroidAosp => {
                "gets a new passcode for the device; Intune shows it for 7 days; the old one no longer works"
            }
            _ => "gets a new passcode for its work profile; Intune shows it for 7 days; the old one no longer works",
        }
        .to_owned()
    },
};

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::Windows => {
            "reset the password or PIN of its user in Entra ID; `rotateLocalAdminPassword` for the local administrator"
        }
        Platform::MacOs => "use `rotateFileVaultKey`; its user can sign in again with the recovery key",
        _ => "ask its user to reset it",
    })
}
