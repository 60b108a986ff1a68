//! On-demand remediation. *Done* is the request; what the script found is in its own report.

use serde_json::json;

use super::call::post;
use super::fit::{nothing, only_on};
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::RunRemediation,
    summary: "runs a remediation script on the PC now",
    version: ApiVersion::Beta,
    // UNCONFIRMED: Microsoft's own list has only reading permissions for it.
    permission: PRIVILEGED,
    // What a script does twice, only its author knows.
    repeatable: false,
    parameters: &[Parameter {
        name: "scriptPolicyId",
        kind: Kind::Guid,
        required: true,
        secret: false,
        only: None,
        help: "id of the remediation (device health script) in Intune",
    }],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["initiateOnDemandProactiveRemediation"],
        audits: &["initiateOnDemandProactiveRemediation"],
        ..Trace::NONE
    },
    fits: |subject, _| only_on(subject, &[Platform::Windows], "given remediation scripts", nothing),
    call: |id, parameters, version| {
        let body = json!({ "scriptPolicyId": parameters.text("scriptPolicyId").unwrap_or_default() });
        post(id, "initiateOnDemandProactiveRemediation", version, Some(body))
    },
    effect: |_, _| {
        "runs the script's detection and, if it finds something, its remediation, with the rights that the script has"
            .to_owned()
    },
};
