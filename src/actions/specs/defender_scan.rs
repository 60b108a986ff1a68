//! Defender scan. The audit tells quick and full ones apart.

use serde_json::json;

use super::action_spec::{
    ActionParameter, ActionParameters, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind,
};
use super::calls::post_action;
use super::requirements::{no_alternative, require_platform};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::DefenderScan,
    summary: "scans the PC with Microsoft Defender",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second scan finds what the first found.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "quickScan",
        kind: ParameterKind::Boolean,
        required: false,
        secret: false,
        only_version: None,
        help: "true (default): the usual places; false: everything, for hours",
    }],
    rules: |_| Ok(()),
    trace: |parameters| OutcomeTrace {
        results: &["windowsDefenderScan", "quickScan", "fullScan"],
        audits: if is_quick_scan(parameters) {
            &["quickScan"]
        } else {
            &["fullScan"]
        },
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(
            subject,
            &[Platform::Windows],
            "scanned by Microsoft Defender from Intune",
            no_alternative,
        )
    },
    call: |id, parameters, version| {
        post_action(
            id,
            "windowsDefenderScan",
            version,
            Some(json!({ "quickScan": is_quick_scan(parameters) })),
        )
    },
    effect: |_, parameters| {
        if is_quick_scan(parameters) {
            "scans the usual places for malware; nothing is interrupted".to_owned()
        } else {
            "scans all of its disks for malware, for hours; the PC may be slow".to_owned()
        }
    },
};

fn is_quick_scan(parameters: &ActionParameters) -> bool {
    !parameters.0.contains_key("quickScan") || parameters.is_set("quickScan")
}
