//! What the audit trail records of an incoming job, in the transaction that stores it: never names or parameters.

use serde_json::{Value, json};

use super::{JobIntake, JobReceipt, JobRequester, SubmissionPath};
use crate::store::{AddJobOutcome, AuditEntry, Store};

impl JobIntake {
    /// The store for one job, with its row in the trail; also where its refusal trips the wire.
    pub(super) fn recording(&self, requester: &JobRequester, receipt: &JobReceipt, path: &SubmissionPath) -> Store {
        let template = AuditEntry {
            actor: requester.operator.name.clone(),
            action: "job.accepted",
            subject: requester.operator.id.to_string(),
            detail: detail(requester, receipt, path),
        };
        self.store.recorded(move |added: &AddJobOutcome| match added {
            AddJobOutcome::Accepted { job, needs_approval } => {
                let mut entry = template.clone();
                entry.subject = job.to_string();
                entry.detail["needsApproval"] = (*needs_approval).into();
                Some(entry)
            }
            AddJobOutcome::Refused {
                refused,
                suspended: true,
            } => Some(AuditEntry {
                action: "operator.suspended",
                detail: json!({ "rule": refused.rule }),
                ..template.clone()
            }),
            AddJobOutcome::Known { .. } | AddJobOutcome::Conflict | AddJobOutcome::Refused { suspended: false, .. } => {
                None
            }
        })
    }
}

fn detail(requester: &JobRequester, receipt: &JobReceipt, path: &SubmissionPath) -> Value {
    let mut detail = json!({
        "source": requester.source(), "instance": receipt.instance, "action": receipt.verb, "devices": receipt.devices,
    });
    match path {
        SubmissionPath::Workflow | SubmissionPath::WithoutFactor => {}
        SubmissionPath::Run(run) => detail["run"] = (*run).into(),
        SubmissionPath::BrokenGlass { via, .. } => {
            detail["brokenGlass"] = true.into();
            detail["via"] = via.as_str().into();
        }
    }
    detail
}
