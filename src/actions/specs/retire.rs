//! Retire: the company leaves the device, what is private stays. Fully managed and dedicated Androids have no private
//! side, so they can't be retired. A pending wipe overrides it.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::require_platform;
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Retire,
    summary: "removes management, company data and company settings from the device",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3).
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        // What `deviceActionResults` calls it is UNCONFIRMED.
        results: &["retire", "removeCompanyData"],
        audits: &["removeCompanyData"],
        states: &["retirePending", "retireIssued"],
        states_failed: &["retireFailed"],
        states_cancelled: &["retireCanceled"],
        vanishes: true,
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| require_platform(subject, ABLE, "retired", suggest_alternative),
    call: |id, _, version| post_action(id, "retire", version, None),
    effect: |subject, _| format!("{}; it leaves Intune", describe_removal(subject)),
};

const ABLE: &[Platform] = &[
    Platform::Windows,
    Platform::IosIpados,
    Platform::MacOs,
    Platform::TvOs,
    Platform::VisionOs,
    Platform::AndroidAdministrator,
    Platform::AndroidByod,
];

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    Some(match platform {
        Platform::Linux => "`delete` removes its record from Intune",
        _ => "use `wipe`: the whole device belongs to the company, so nothing would remain on it",
    })
}

/// What retiring does here; `delete` does the same on these platforms.
pub(super) fn describe_removal(subject: &Subject) -> String {
    let done = match subject.platform {
        Platform::Windows => {
            let done = "company apps that Intune installed, settings, certificates and Wi-Fi profiles are removed, \
                        personal data is kept";
            return format!("{done}{}", describe_sign_in_loss(subject));
        }
        Platform::AndroidByod => "the work profile is removed with everything in it, the personal side is kept",
        Platform::AndroidAdministrator => "company settings and mail profiles are removed, personal data is kept",
        Platform::MacOs => "the management profile and company settings are removed, personal data is kept",
        _ => "managed apps with their data, company mail and settings are removed, personal data is kept",
    };
    done.to_owned()
}

/// BitLocker is suspended and the PC leaves Entra ID.
fn describe_sign_in_loss(subject: &Subject) -> &'static str {
    match is_entra_joined(subject) {
        Some(false) => "",
        Some(true) if subject.is_encrypted == Some(true) => {
            "; BitLocker is suspended and the PC leaves Entra ID: work accounts can no longer sign in"
        }
        Some(true) => "; the PC leaves Entra ID: work accounts can no longer sign in",
        None => {
            "; if the PC is joined to Entra ID, BitLocker is suspended, it leaves Entra ID, and work accounts can no \
             longer sign in"
        }
    }
}

/// Only beta's `joinType` says it outright; some kinds of enrolment imply it.
fn is_entra_joined(subject: &Subject) -> Option<bool> {
    match subject.join_type.as_deref() {
        Some("azureADJoined") => return Some(true),
        Some("azureADRegistered" | "hybridAzureADJoined") => return Some(false),
        _ => {}
    }
    let by_joining = [
        "windowsAzureADJoin",
        "windowsBulkAzureDomainJoin",
        "windowsAzureADJoinUsingDeviceAuth",
        "azureAdJoinUsingAzureVmExtension",
    ];
    subject.is_enrolled_by(&by_joining).filter(|is_joined| *is_joined)
}
