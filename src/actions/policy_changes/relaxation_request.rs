//! Requesting something looser: it waits until a second person agrees.

use serde_json::Value;

use super::{RelaxationRequester, entry};
use crate::actions::guard::blocked_actions;
use crate::model::{OperatorId, PolicyRelaxation};
use crate::store::{RelaxationRow, Store, StoreError, WorkflowRow};

/// Asks for the kill switch of a tenant (or `*`) to be switched off; `None`: it is not on.
pub async fn request_kill_switch_off(
    store: &Store,
    tenant: &str,
    asker: RelaxationRequester,
) -> Result<Option<RelaxationRow>, StoreError> {
    let on = store.list_kill_switches().await?;
    let Some(switch) = on.into_iter().find(|row| row.tenant == tenant) else {
        return Ok(None);
    };
    let whose = if tenant == "*" { "all tenants" } else { tenant };
    let sentence = format!(
        "the kill switch of {whose} is switched off; it is on because: {}",
        switch.reason
    );
    let what = PolicyRelaxation::KillSwitchOff {
        tenant: tenant.to_owned(),
        sentence,
    };
    let mut detail = what.to_public_json();
    detail["goesOut"] = blocked_actions::describe_blocked(&store.find_blocked_actions(tenant.to_owned()).await?).into();
    request_relaxation(store, what, tenant, detail, asker).await.map(Some)
}

/// Asks for a workflow with destructive steps to be enabled with the text of this hash.
pub async fn request_workflow_change(
    store: &Store,
    row: &WorkflowRow,
    hash: &str,
    sentence: String,
    asker: RelaxationRequester,
) -> Result<RelaxationRow, StoreError> {
    let what = PolicyRelaxation::WorkflowChange {
        instance: row.instance,
        workflow: row.id,
        name: row.name.clone(),
        from: row.enabled.then(|| row.hash.clone()),
        hash: hash.to_owned(),
        sentence,
    };
    let detail = what.to_public_json();
    request_relaxation(store, what, &row.name, detail, asker).await
}

/// Asks for an operator's suspension to be lifted; `None`: they are not suspended.
pub async fn request_suspension_lift(
    store: &Store,
    operator: OperatorId,
    asker: RelaxationRequester,
) -> Result<Option<RelaxationRow>, StoreError> {
    let all = store.list_suspensions().await?;
    let Some(suspension) = all.into_iter().find(|row| row.operator == operator) else {
        return Ok(None);
    };
    let sentence = format!(
        "{} may use destructive actions again; they were suspended because: {}",
        suspension.name, suspension.reason
    );
    let what = PolicyRelaxation::SuspensionLift { operator, sentence };
    let detail = what.to_public_json();
    request_relaxation(store, what, &suspension.name, detail, asker)
        .await
        .map(Some)
}

/// `detail`: what the audit trail says of it.
async fn request_relaxation(
    store: &Store,
    what: PolicyRelaxation,
    subject: &str,
    detail: Value,
    asker: RelaxationRequester,
) -> Result<RelaxationRow, StoreError> {
    let by = store.load_operator(asker.id()).await?;
    let asked = entry(&by.name, "loosening.asked", subject, detail);
    store
        .recorded(move |_: &RelaxationRow| Some(asked.clone()))
        .request_relaxation(what, Some(by.id))
        .await
}
