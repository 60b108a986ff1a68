//! Asking for something looser: it waits until somebody agrees.

use serde_json::Value;

use super::{LooseningAsker, entry};
use crate::actions::guard::release;
use crate::model::{Loosening, OperatorId};
use crate::store::{LooseningRow, Store, StoreError, WorkflowRow};

/// Asks for the kill switch of a tenant (or `*`) to be switched off; `None`: it is not on.
pub async fn ask_kill_switch_off(
    store: &Store,
    tenant: &str,
    asker: LooseningAsker,
) -> Result<Option<LooseningRow>, StoreError> {
    let on = store.kill_switches().await?;
    let Some(switch) = on.into_iter().find(|row| row.tenant == tenant) else {
        return Ok(None);
    };
    let whose = if tenant == "*" { "all tenants" } else { tenant };
    let sentence = format!(
        "the kill switch of {whose} is switched off; it is on because: {}",
        switch.reason
    );
    let what = Loosening::KillSwitchOff {
        tenant: tenant.to_owned(),
        sentence,
    };
    let mut detail = what.shown();
    detail["goesOut"] = release::told(&store.held_back(tenant.to_owned()).await?).into();
    asked(store, what, tenant, detail, asker).await.map(Some)
}

/// Asks for a workflow with destructive steps to be enabled with the text of this hash.
pub async fn ask_workflow(
    store: &Store,
    row: &WorkflowRow,
    hash: &str,
    sentence: String,
    asker: LooseningAsker,
) -> Result<LooseningRow, StoreError> {
    let what = Loosening::WorkflowChange {
        instance: row.instance,
        workflow: row.id,
        name: row.name.clone(),
        from: row.enabled.then(|| row.hash.clone()),
        hash: hash.to_owned(),
        sentence,
    };
    let detail = what.shown();
    asked(store, what, &row.name, detail, asker).await
}

/// Asks for an operator's suspension to be lifted; `None`: he is not suspended.
pub async fn ask_lift_suspension(
    store: &Store,
    operator: OperatorId,
    asker: LooseningAsker,
) -> Result<Option<LooseningRow>, StoreError> {
    let all = store.suspensions().await?;
    let Some(suspension) = all.into_iter().find(|row| row.operator == operator) else {
        return Ok(None);
    };
    let sentence = format!(
        "{} may do what is destructive again; he was suspended because {}",
        suspension.name, suspension.why
    );
    let what = Loosening::SuspensionLift { operator, sentence };
    let detail = what.shown();
    asked(store, what, &suspension.name, detail, asker).await.map(Some)
}

/// `detail`: what the audit trail says of it.
async fn asked(
    store: &Store,
    what: Loosening,
    subject: &str,
    detail: Value,
    asker: LooseningAsker,
) -> Result<LooseningRow, StoreError> {
    let by = store.operator(asker.id()).await?;
    let asked = entry(&by.name, "loosening.asked", subject, detail);
    store
        .recorded(move |_: &LooseningRow| Some(asked.clone()))
        .ask_loosening(what, Some(by.id))
        .await
}
