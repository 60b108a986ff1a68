//! Retire: the company leaves the device, what is private stays. Fully managed and dedicated Androids have no private
//! side, so they can't be retired. A pending wipe overrides it.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::require_platform;
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Retire,
    summary: "takes the company off the device: management, company data and settings",
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
        Platform::Linux => "`delete` takes its record out of Intune",
        _ => "`wipe`: it belongs to the company as a whole, so there is nothing that would stay",
    })
}

/// What retiring does here; `delete` does the same on these platforms.
pub(super) fn describe_removal(subject: &Subject) -> String {
    let done = match subject.platform {
        Platform::Windows => {
            let done = "company apps that Intune installed, settings, certificates and Wi-Fi profiles are removed, \
                        personal data stays";
            return format!("{done}{}", describe_sign_in_loss(subject));
        }
        Platform::AndroidByod => "the work profile is removed with everything in it, the personal side stays",
        Platform::AndroidAdministrator => "company settings and mail profiles are removed, personal data stays",
        Platform::MacOs => "the management profile and company settings are removed, personal data stays",
        _ => "managed apps with their data, company mail and settings are removed, personal data stays",
    };
    done.to_owned()
}

/// BitLocker is suspended and the PC leaves Entra ID.
fn describe_sign_in_loss(subject: &Subject) -> &'static str {
    match is_entra_joined(subject) {
        Some(false) => "",
        Some(true) if subject.is_encrypted == Some(true) => {
            "; BitLocker is suspended and the PC leaves Entra ID: nobody can sign in with a work account any more"
        }
        Some(true) => "; the PC leaves Entra ID: nobody can sign in with a work account any more",
        None => {
            "; if the PC is joined to Entra ID, BitLocker is suspended, it leaves Entra ID, and nobody can sign in \
             with a work account any more"
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
