//! Workflows: what is installed, its runs with their steps; start, dry run, cancel, enable, disable, check.
//!
//! What is enabled acts with the rights of whoever enabled it; a workflow that can destroy needs a second person first
//! (A7), as everything that loosens. Enabling and starting say by its hash which text was shown (A10): another one is
//! not enabled and not started. Nothing is decided here but who may see what.

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
pub use view::{CheckView, RunsView, TextView, WholeRunView, WorkflowView, WorkflowsView};

use super::Sics;
use super::auth::Caller;
use super::extract::{Asked, Body, Named};
use super::problem::Problem;
use crate::actions::power;
use crate::model::InstanceName;
use crate::store::WorkflowRow;
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

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableBody {
    /// Of the text that was shown: `hash` of the workflow, or that of `offered`.
    pub hash: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    /// Left out: of the text that runs, or would run.
    pub hash: Option<String>,
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

/// One of the two texts of a workflow, whole.
pub async fn text(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Asked(asked): Asked<TextQuery>,
) -> Result<Json<TextView>, Problem> {
    let (row, _) = found(&sics, &caller, &name).await?;
    let hash = asked.hash.unwrap_or_else(|| row.hash.clone());
    let about = shown(&row, &hash)?.clone();
    let text = sics.store().definition_text(&hash).await?;
    let text = text.ok_or_else(|| Problem::unknown("definition", &hash))?;
    Ok(Json(TextView::of(hash, &about, text)))
}

/// What is known of the text of this hash, where it is one of those that the workflow has.
fn shown<'r>(row: &'r WorkflowRow, hash: &str) -> Result<&'r Value, Problem> {
    let offered = row.offered.as_ref();
    match offered.filter(|offered| offered.hash == hash) {
        Some(offered) => Ok(&offered.about),
        None if row.hash == hash => Ok(&row.about),
        None => Err(another(row)),
    }
}

/// It is not what was shown.
fn another(row: &WorkflowRow) -> Problem {
    Problem::conflict(
        "definitionChanged",
        format!("the workflow {} has no text of this hash any more", row.name),
        "Look at it as it is now, and say that hash if it is still what you want.",
    )
    .with("hash", row.hash.as_str())
    .with("offered", row.offered.as_ref().map(|offered| offered.hash.as_str()))
}

pub async fn enable(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Body(body): Body<EnableBody>,
) -> Result<(StatusCode, Json<WorkflowView>), Problem> {
    let (row, look) = found(&sics, &caller, &name).await?;
    let about = shown(&row, &body.hash)?;
    let is_theirs = row.enabled && row.enabled_by == Some(caller.operator.id) && row.hash == body.hash;
    if about["danger"] == "destructive" && !is_theirs {
        let sentence = format!("the workflow {name} may run in the name of {}", caller.name());
        let asked = power::ask_workflow(sics.store(), &row, &body.hash, sentence, caller.loosening()?).await?;
        tracing::warn!(
            workflow = name,
            loosening.id = asked.id,
            "a second operator has to agree before the workflow is enabled"
        );
        let look = Look::new(&sics, look.homes).await?;
        return Ok((StatusCode::ACCEPTED, Json(look.workflow(&sics, row).await?)));
    }
    if !is_theirs {
        let detail = json!({ "hash": body.hash });
        let told = move |(): &()| Some(detail.clone());
        sics.recording(&caller, "workflow.enabled", &row.name, told)
            .enable_workflow(row.id, body.hash.clone(), caller.operator.id)
            .await?;
    }
    let (row, look) = found(&sics, &caller, &name).await?;
    Ok((StatusCode::OK, Json(look.workflow(&sics, row).await?)))
}

pub async fn disable(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<Json<WorkflowView>, Problem> {
    let (row, _) = found(&sics, &caller, &name).await?;
    let detail = json!({ "hash": row.hash });
    let told = move |(): &()| Some(detail.clone());
    sics.recording(&caller, "workflow.disabled", &row.name, told)
        .disable_workflow(&row)
        .await?;
    let (row, look) = found(&sics, &caller, &name).await?;
    Ok(Json(look.workflow(&sics, row).await?))
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
