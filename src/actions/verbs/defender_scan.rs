//! Defender scan. The audit tells quick and full ones apart.

use serde_json::json;

use super::call::post;
use super::fit::{nothing, only_on};
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Parameters, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::DefenderScan,
    summary: "lets Microsoft Defender scan the PC",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second scan finds what the first found.
    repeatable: true,
    parameters: &[Parameter {
        name: "quickScan",
        kind: Kind::Boolean,
        required: false,
        secret: false,
        only: None,
        help: "true (where it is left out): the usual places; false: everything, for hours",
    }],
    rules: |_| Ok(()),
    trace: |parameters| Trace {
        results: &["windowsDefenderScan", "quickScan", "fullScan"],
        audits: if is_quick(parameters) {
            &["quickScan"]
        } else {
            &["fullScan"]
        },
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(
            subject,
            &[Platform::Windows],
            "scanned by Microsoft Defender from Intune",
            nothing,
        )
    },
    call: |id, parameters, version| {
        post(
            id,
            "windowsDefenderScan",
            version,
            Some(json!({ "quickScan": is_quick(parameters) })),
        )
    },
    effect: |_, parameters| {
        if is_quick(parameters) {
            "scans the usual places for malware; nothing is interrupted".to_owned()
        } else {
            "scans all of its disks for malware, for hours; it may get slow".to_owned()
        }
    },
};

fn is_quick(parameters: &Parameters) -> bool {
    !parameters.0.contains_key("quickScan") || parameters.is_set("quickScan")
}
