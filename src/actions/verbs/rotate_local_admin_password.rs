//! Rotate the local administrator password: company PCs with LAPS in Entra ID, and Macs from Automated Device
//! Enrolment.

use super::call::post;
use super::fit::{apple_automated, corporate, nothing, only_on};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::RotateLocalAdminPassword,
    summary: "gives the local administrator a new password",
    version: ApiVersion::Beta,
    // UNCONFIRMED: Microsoft's own list has only reading permissions for it.
    permission: PRIVILEGED,
    // Who has just read the new password must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["rotateLocalAdminPassword"],
        audits: &["rotateLocalAdminPassword"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::Windows, Platform::MacOs],
            "given a new administrator password",
            nothing,
        )?;
        if subject.platform == Platform::MacOs {
            return apple_automated(subject, "given a new administrator password");
        }
        corporate(subject, "given a new administrator password")
    },
    call: |id, _, version| post(id, "rotateLocalAdminPassword", version, None),
    effect: |_, _| {
        "the password of its local administrator changes, if Intune manages it (LAPS); the old one \
         opens nothing any more"
            .to_owned()
    },
};
