//! What the audit trail is told of a job that comes in, in the transaction that keeps it: never names or parameters.

use serde_json::{Value, json};

use super::{Desk, Receipt, Requester, Way};
use crate::store::{AddJob, AuditEntry, Store};

impl Desk {
    /// The store for one job, with its row in the trail; also where its refusal trips the wire.
    pub(super) fn recording(&self, who: &Requester, receipt: &Receipt, way: &Way) -> Store {
        let named = AuditEntry {
            actor: who.operator.name.clone(),
            action: "job.accepted",
            subject: who.operator.id.to_string(),
            detail: detail(who, receipt, way),
        };
        self.store.recorded(move |added: &AddJob| match added {
            AddJob::Accepted { job, needs_approval } => {
                let mut entry = named.clone();
                entry.subject = job.to_string();
                entry.detail["needsApproval"] = (*needs_approval).into();
                Some(entry)
            }
            AddJob::Refused {
                refused,
                suspended: true,
            } => Some(AuditEntry {
                action: "operator.suspended",
                detail: json!({ "rule": refused.rule }),
                ..named.clone()
            }),
            AddJob::Known { .. } | AddJob::Conflict | AddJob::Refused { suspended: false, .. } => None,
        })
    }
}

fn detail(who: &Requester, receipt: &Receipt, way: &Way) -> Value {
    let mut detail = json!({
        "source": who.source(), "instance": receipt.instance, "action": receipt.verb, "devices": receipt.devices,
    });
    match way {
        Way::Workflow => {}
        Way::Run(run) => detail["run"] = (*run).into(),
        Way::BrokenGlass { via, .. } => {
            detail["brokenGlass"] = true.into();
            detail["via"] = via.as_str().into();
        }
    }
    detail
}
