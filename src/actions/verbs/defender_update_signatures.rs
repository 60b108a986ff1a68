//! Defender signature update.

use super::call::post;
use super::fit::{nothing, only_on};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::DefenderUpdateSignatures,
    summary: "lets Microsoft Defender fetch its newest signatures",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // The newest signatures are the newest, however often they are fetched.
    repeatable: true,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["windowsDefenderUpdateSignatures", "signatureUpdate"],
        audits: &["windowsDefenderUpdateSignatures"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::Windows],
            "given Microsoft Defender's signatures from Intune",
            nothing,
        )
    },
    call: |id, _, version| post(id, "windowsDefenderUpdateSignatures", version, None),
    effect: |_, _| "fetches the newest malware signatures; nothing is interrupted".to_owned(),
};
