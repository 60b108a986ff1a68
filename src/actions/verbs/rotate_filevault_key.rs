//! Rotate the FileVault key: of company Macs whose FileVault Intune manages.

use super::call::post;
use super::fit::{corporate, only_on, unfit};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::RotateFileVaultKey,
    summary: "gives the Mac a new FileVault recovery key",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // Who has just read the new key out to somebody must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["rotateFileVaultKey"],
        audits: &["rotateFileVaultKey"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, &[Platform::MacOs], "given a new FileVault key", |platform| {
            (platform == Platform::Windows).then_some("`rotateBitLockerKeys`")
        })?;
        corporate(subject, "given a new FileVault key")?;
        if subject.is_encrypted == Some(false) {
            return Err(unfit(
                "encryption",
                "Intune says that its disk is not encrypted, so there is no key to replace",
                Some("`sync` first, if FileVault was switched on just now"),
            ));
        }
        Ok(())
    },
    call: |id, _, version| post(id, "rotateFileVaultKey", version, None),
    effect: |_, _| {
        "gets a new recovery key, kept in Intune, if FileVault was switched on by Intune; the old one opens nothing \
         any more"
            .to_owned()
    },
};
