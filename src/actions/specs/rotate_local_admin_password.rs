//! Rotate the local administrator password: company PCs with LAPS in Entra ID, and Macs from Automated Device
//! Enrolment.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{no_alternative, require_apple_automated, require_company_owned, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RotateLocalAdminPassword,
    summary: "replaces the password of the local administrator",
    version: ApiVersion::Beta,
    // UNCONFIRMED: Microsoft's own list has only reading permissions for it.
    permission: PRIVILEGED,
    // Who has just read the new password must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["rotateLocalAdminPassword"],
        audits: &["rotateLocalAdminPassword"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::Windows, Platform::MacOs],
            "given a new administrator password",
            no_alternative,
        )?;
        if subject.platform == Platform::MacOs {
            return require_apple_automated(subject, "given a new administrator password");
        }
        require_company_owned(subject, "given a new administrator password")
    },
    call: |id, _, version| post_action(id, "rotateLocalAdminPassword", version, None),
    effect: |_, _| {
        "the password of its local administrator changes, if Intune manages it (LAPS); the old one \
         no longer works"
            .to_owned()
    },
};
