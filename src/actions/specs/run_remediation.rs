//! On-demand remediation. *Done* is the request; what the script found is in its own report.

use serde_json::json;

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind};
use super::calls::post_action;
use super::requirements::{no_alternative, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RunRemediation,
    summary: "runs a remediation script on the PC now",
    version: ApiVersion::Beta,
    // UNCONFIRMED: Microsoft's own list has only reading permissions for it.
    permission: PRIVILEGED,
    // What a script does twice, only its author knows.
    repeatable: false,
    parameters: &[ActionParameter {
        name: "scriptPolicyId",
        kind: ParameterKind::Guid,
        required: true,
        secret: false,
        only_version: None,
        help: "id of the remediation (device health script) in Intune",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["initiateOnDemandProactiveRemediation"],
        audits: &["initiateOnDemandProactiveRemediation"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::Windows],
            "sent remediation scripts",
            no_alternative,
        )
    },
    call: |id, parameters, version| {
        let body = json!({ "scriptPolicyId": parameters.text_value("scriptPolicyId").unwrap_or_default() });
        post_action(id, "initiateOnDemandProactiveRemediation", version, Some(body))
    },
    effect: |_, _| {
        "runs the script's detection and, if it finds something, its remediation, with the rights of the script"
            .to_owned()
    },
};
