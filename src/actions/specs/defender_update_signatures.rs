//! Defender signature update.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{no_alternative, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::DefenderUpdateSignatures,
    summary: "updates the Microsoft Defender signatures",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // The newest signatures are the newest, however often they are fetched.
    repeatable: true,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["windowsDefenderUpdateSignatures", "signatureUpdate"],
        audits: &["windowsDefenderUpdateSignatures"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::Windows],
            "sent Microsoft Defender signatures from Intune",
            no_alternative,
        )
    },
    call: |id, _, version| post_action(id, "windowsDefenderUpdateSignatures", version, None),
    effect: |_, _| "fetches the newest malware signatures; nothing is interrupted".to_owned(),
};
