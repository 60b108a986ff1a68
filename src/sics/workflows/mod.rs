//! Workflows: what is installed, its runs with their steps; start, dry run, cancel, enable, disable, check.
//!
//! What is enabled acts with the rights of whoever enabled it; a workflow that can destroy needs a second person first
//! (A7), as everything that loosens. Nothing is decided here but who may see what.

pub(super) mod home;
mod runs;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use runs::{StartBody, cancel, list as list_runs, show as show_run, start};
pub use view::{CheckView, RunsView, WholeRunView, WorkflowView, WorkflowsView};

use super::Sics;
use super::auth::Caller;
use super::extract::{Asked, Body, Named};
use super::problem::Problem;
use crate::actions::power;
use crate::model::InstanceName;
use crate::store::{WorkflowChange, WorkflowRow};
use crate::workflow::{advise, definition, hash};
use crate::xml::Finding;
use home::{home, homes};
use view::Look;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// The text of the definition.
    pub definition: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowQuery {
    pub instance: Option<InstanceName>,
}

pub async fn list(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<WorkflowQuery>,
) -> Result<Json<WorkflowsView>, Problem> {
    let at_home = match &asked.instance {
        Some(name) => vec![home(&sics, &caller, name).await?],
        None => homes(&sics, &caller).await?,
    };
    let look = Look::new(&sics, at_home).await?;
    let mut workflows = Vec::new();
    for row in sics.store().workflows(None).await? {
        if look.home(row.instance).is_some() {
            workflows.push(look.workflow(&sics, row).await?);
        }
    }
    Ok(Json(WorkflowsView { workflows }))
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<Json<WorkflowView>, Problem> {
    let (row, look) = found(&sics, &caller, &name).await?;
    Ok(Json(look.workflow(&sics, row).await?))
}

/// The workflow, where the caller may know of it.
async fn found(sics: &Sics, caller: &Caller, name: &str) -> Result<(WorkflowRow, Look), Problem> {
    let look = Look::new(sics, homes(sics, caller).await?).await?;
    let row = sics.store().workflow_named(name).await?;
    let row = row.filter(|row| look.home(row.instance).is_some());
    Ok((row.ok_or_else(|| Problem::unknown("workflow", name))?, look))
}

pub async fn enable(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<(StatusCode, Json<WorkflowView>), Problem> {
    let (row, look) = found(&sics, &caller, &name).await?;
    let is_his = row.enabled && row.enabled_by == Some(caller.operator.id);
    if row.about["danger"] == "destructive" && !is_his {
        let sentence = format!("the workflow {name} may run in the name of {}", caller.name());
        let asked = power::ask_workflow(sics.store(), &row, &row.hash, sentence, Some(&caller.operator)).await?;
        tracing::warn!(
            workflow = name,
            loosening.id = asked.id,
            "a second operator has to agree before the workflow is enabled"
        );
        let look = Look::new(&sics, look.homes).await?;
        return Ok((StatusCode::ACCEPTED, Json(look.workflow(&sics, row).await?)));
    }
    let row = switch(&sics, &caller, row, true).await?;
    Ok((StatusCode::OK, Json(look.workflow(&sics, row).await?)))
}

pub async fn disable(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<Json<WorkflowView>, Problem> {
    let (row, look) = found(&sics, &caller, &name).await?;
    let row = switch(&sics, &caller, row, false).await?;
    Ok(Json(look.workflow(&sics, row).await?))
}

async fn switch(sics: &Sics, caller: &Caller, row: WorkflowRow, enabled: bool) -> Result<WorkflowRow, Problem> {
    let to = WorkflowChange {
        hash: row.hash.clone(),
        enabled,
        enabled_by: enabled.then_some(caller.operator.id),
    };
    let enabled_by = to.enabled_by;
    sics.store().change_workflow(row.id, to).await?;
    let action = if enabled {
        "workflow.enabled"
    } else {
        "workflow.disabled"
    };
    sics.audit(caller, action, &row.name, json!({ "hash": row.hash })).await;
    Ok(WorkflowRow {
        enabled,
        enabled_by,
        ..row
    })
}

pub async fn check(State(sics): State<Sics>, Body(body): Body<CheckBody>) -> Json<CheckView> {
    let registry = sics.engine().activities();
    let checked = definition(&body.definition, &registry);
    let hash = hex::encode(hash(&body.definition));
    let told = |findings: &[Finding]| -> Vec<Value> {
        let values = findings.iter().map(serde_json::to_value);
        values.filter_map(Result::ok).collect()
    };
    Json(match checked {
        Ok(definition) => CheckView {
            good: true,
            advice: told(&advise(&definition, &registry)),
            danger: serde_json::to_value(definition.danger(&registry))
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned)),
            name: Some(definition.name),
            version: Some(definition.version),
            hash,
            findings: Vec::new(),
        },
        Err(findings) => CheckView {
            good: false,
            name: None,
            version: None,
            hash,
            danger: None,
            findings: told(&findings),
            advice: Vec::new(),
        },
    })
}

/// What definitions may call, with inputs and outputs.
pub async fn activities(State(sics): State<Sics>) -> Json<Value> {
    let registry = sics.engine().activities();
    let all: Vec<_> = registry.signatures().collect();
    Json(json!({ "activities": all }))
}
