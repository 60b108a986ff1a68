//! Rotate the FileVault key: of company Macs whose FileVault Intune manages.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{action_unfit, require_company_owned, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RotateFileVaultKey,
    summary: "replaces the FileVault recovery key of the Mac",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // Who has just read the new key out to somebody must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["rotateFileVaultKey"],
        audits: &["rotateFileVaultKey"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(subject, &[Platform::MacOs], "given a new FileVault key", |platform| {
            (platform == Platform::Windows).then_some("`rotateBitLockerKeys`")
        })?;
        require_company_owned(subject, "given a new FileVault key")?;
        if subject.is_encrypted == Some(false) {
            return Err(action_unfit(
                "encryption",
                "Intune reports that its disk is not encrypted, so there is no key to replace",
                Some("send `sync` first if FileVault was switched on just now"),
            ));
        }
        Ok(())
    },
    call: |id, _, version| post_action(id, "rotateFileVaultKey", version, None),
    effect: |_, _| {
        "gets a new recovery key, kept in Intune, if FileVault was switched on by Intune; the old one \
         no longer works"
            .to_owned()
    },
};
