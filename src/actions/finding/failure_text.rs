//! What a failure means. Microsoft gives a number at best; people need a sentence.

use serde_json::Value;

use crate::model::ActionKind;

/// Microsoft's number where there is one, also in the form in which its pages list it.
pub(super) fn error_code(raw: &Value) -> String {
    match raw["errorCode"].as_i64() {
        None | Some(0) => "failed".to_owned(),
        Some(number) => match i32::try_from(number) {
            Ok(short) => format!("{number} (0x{short:08X})"),
            Err(_) => number.to_string(),
        },
    }
}

pub(super) fn explain_failure(verb: ActionKind) -> &'static str {
    match verb {
        ActionKind::RemoteLock => {
            "the device did not lock; a Mac says so when it is locked a second time before the PIN of \
             the first was used"
        }
        ActionKind::ResetPasscode => {
            "the device took no new passcode; a work profile needs its user to have let Intune reset it once (the \
             token for it is made at the first unlock)"
        }
        ActionKind::Locate => {
            "the device gave no position; location may be switched off, or a policy does not let Intune ask for it"
        }
        ActionKind::Wipe | ActionKind::FreshStart => {
            "the device could not be reset; a Windows PC says so when its recovery partition is missing or damaged, \
             others when a policy blocks the reset"
        }
        ActionKind::Retire | ActionKind::Delete => "the device could not take its company data off",
        ActionKind::Rename => {
            "the device did not take the name; a policy, or a name that is taken in its domain, may be why"
        }
        ActionKind::RotateBitLockerKeys => {
            "no new key was made; the policy has to allow rotation, and BitLocker has to be on with its key in Entra ID"
        }
        ActionKind::RotateFileVaultKey => "no new key was made; FileVault has to be on and its key kept in Intune",
        ActionKind::RotateLocalAdminPassword => "no new password was made; LAPS has to be switched on by a policy",
        ActionKind::RunRemediation => "the script could not be run; see the report of the remediation in Intune",
        ActionKind::DefenderScan | ActionKind::DefenderUpdateSignatures => {
            "Defender did not do it; another virus scanner may be in charge of the PC"
        }
        ActionKind::LogOutSharedUser | ActionKind::RemoveSharedUser => {
            "the iPad did not do it; nobody may be logged in, or the user has data there that is not in the cloud yet"
        }
        _ => "the device reports a failure and does not say why",
    }
}
