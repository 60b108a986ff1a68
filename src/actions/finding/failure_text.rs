//! What a failure means. Microsoft gives at best a number; people need a sentence.

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
            "the device did not lock; a Mac reports this when it is locked again before the PIN of the \
             first lock was used"
        }
        ActionKind::ResetPasscode => {
            "the device did not accept a new passcode; for a work profile, its user must first have allowed Intune to \
             reset it (the token is created at the first unlock)"
        }
        ActionKind::Locate => "the device reported no position; location may be switched off, or blocked by a policy",
        ActionKind::Wipe | ActionKind::FreshStart => {
            "the device could not be reset; a Windows PC reports this when its recovery partition is missing or \
             damaged, other devices when a policy blocks the reset"
        }
        ActionKind::Retire | ActionKind::Delete => "the device could not remove the company data",
        ActionKind::Rename => {
            "the device did not accept the name; a policy may block it, or the name may be in use in its domain"
        }
        ActionKind::RotateBitLockerKeys => {
            "no new key was created; the policy must allow rotation, and BitLocker must be on with its key in Entra ID"
        }
        ActionKind::RotateFileVaultKey => "no new key was created; FileVault must be on and its key stored in Intune",
        ActionKind::RotateLocalAdminPassword => "no new password was created; LAPS must be switched on by a policy",
        ActionKind::RunRemediation => "the script could not be run; see the remediation report in Intune",
        ActionKind::DefenderScan | ActionKind::DefenderUpdateSignatures => {
            "Defender did not carry it out; the PC may use another virus scanner"
        }
        ActionKind::LogOutSharedUser | ActionKind::RemoveSharedUser => {
            "the iPad did not carry it out; perhaps no user is logged in, or the user has data that is not in the cloud yet"
        }
        _ => "the device reports a failure without a reason",
    }
}
