//! Workflows: what is installed, its runs with their steps; start, dry run, cancel, enable, disable, check.
//!
//! What is enabled acts with the rights of whoever enabled it; a workflow that can destroy needs a second person first
//! (A7), as everything that loosens. Enabling and starting say by its hash which text was shown (A10): another one is
//! not enabled and not started. Nothing is decided here but who may see what.

pub(super) mod owner;
mod runs;
mod view;
pub(super) mod workflow_owner;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

pub(crate) use runs::{cancel_run, list_runs, show_run, start_run};

use super::Sics;
use super::auth::Caller;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::problem::ApiProblem;
use crate::actions::policy_changes;
use crate::bus::manifest::WORKFLOW_ENGINE;
use crate::contract::{
    ActivitiesView, CheckBody, CheckView, Diagnosis, EnableBody, EngineView, TextQuery, TextView, WorkflowQuery,
    WorkflowView, WorkflowsView,
};
use crate::model::InstanceId;
use crate::store::WorkflowRow;
use crate::workflow::{advise_definition, compile_offered_definition, hash};
use crate::xml::XmlFinding;
use owner::{find_owner, reachable_owners};
use view::WorkflowViews;

pub(crate) async fn list_workflows(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<WorkflowQuery>,
) -> Result<Json<WorkflowsView>, ApiProblem> {
    let owners = match &asked.instance {
        Some(name) => vec![find_owner(&sics, &caller, name).await?],
        None => reachable_owners(&sics, &caller).await?,
    };
    let views = WorkflowViews::new(&sics, owners).await?;
    let mut workflows = Vec::new();
    for row in sics.store().list_workflows(None).await? {
        if views.owner(row.instance).is_some() {
            workflows.push(views.workflow_view(&sics, row).await?);
        }
    }
    let engines = list_engines(&sics, &views).await?;
    Ok(Json(WorkflowsView { engines, workflows }))
}

/// The engines of the owners that are shown (B-50).
async fn list_engines(sics: &Sics, views: &WorkflowViews) -> Result<Vec<EngineView>, ApiProblem> {
    let Some(lifecycle) = sics.engine().lifecycle_control() else {
        return Ok(Vec::new());
    };
    let members = lifecycle.list_supervisors().await?.into_iter();
    let members = members.flat_map(|supervisor| supervisor.members);
    let engines = members.filter(|member| member.kind == WORKFLOW_ENGINE);
    Ok(engines
        .filter_map(|member| {
            let owner = views.owner(InstanceId(member.installation))?;
            Some(EngineView {
                name: member.name,
                instance: owner.name.to_string(),
                profile: member.profile,
                state: member.state,
                since: member.since,
            })
        })
        .collect())
}

pub(crate) async fn show_workflow(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<WorkflowView>, ApiProblem> {
    let (row, views) = find_workflow(&sics, &caller, &name).await?;
    Ok(Json(views.workflow_view(&sics, row).await?))
}

/// The workflow, where the caller may know of it.
async fn find_workflow(sics: &Sics, caller: &Caller, name: &str) -> Result<(WorkflowRow, WorkflowViews), ApiProblem> {
    let views = WorkflowViews::new(sics, reachable_owners(sics, caller).await?).await?;
    let row = sics.store().find_workflow_by_name(name).await?;
    let row = row.filter(|row| views.owner(row.instance).is_some());
    Ok((row.ok_or_else(|| ApiProblem::not_found("workflow", name))?, views))
}

/// One of the two texts of a workflow, whole.
pub(crate) async fn show_workflow_text(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<TextQuery>,
) -> Result<Json<TextView>, ApiProblem> {
    let (row, _) = find_workflow(&sics, &caller, &name).await?;
    let hash = asked.hash.unwrap_or_else(|| row.hash.clone());
    let about = find_shown_text(&row, &hash)?.clone();
    let text = sics.store().find_definition_text(&hash).await?;
    let text = text.ok_or_else(|| ApiProblem::not_found("definition", &hash))?;
    let danger = view::about_danger(&about);
    Ok(Json(TextView { hash, danger, text }))
}

/// What is known of the text of this hash, where it is one of those that the workflow has.
fn find_shown_text<'r>(row: &'r WorkflowRow, hash: &str) -> Result<&'r Value, ApiProblem> {
    let offered = row.offered.as_ref();
    match offered.filter(|offered| offered.hash == hash) {
        Some(offered) => Ok(&offered.about),
        None if row.hash == hash => Ok(&row.about),
        None => Err(definition_changed_problem(row)),
    }
}

/// It is not what was shown.
fn definition_changed_problem(row: &WorkflowRow) -> ApiProblem {
    ApiProblem::conflict(
        "definitionChanged",
        format!("the workflow {} no longer has a text with this hash", row.name),
        "Check the current text, and send its hash if you still want it.",
    )
    .with_member("hash", row.hash.as_str())
    .with_member("offered", row.offered.as_ref().map(|offered| offered.hash.as_str()))
}

pub(crate) async fn enable_workflow(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<EnableBody>,
) -> Result<(StatusCode, Json<WorkflowView>), ApiProblem> {
    let (row, views) = find_workflow(&sics, &caller, &name).await?;
    let shown_text = find_shown_text(&row, &body.hash)?;
    let is_already_enabled = row.enabled && row.enabled_by == Some(caller.operator.id) && row.hash == body.hash;
    if shown_text["danger"] == "destructive" && !is_already_enabled {
        let sentence = format!("the workflow {name} may run in the name of {}", caller.name());
        let asked = policy_changes::request_workflow_change(
            sics.store(),
            &row,
            &body.hash,
            sentence,
            caller.relaxation_requester()?,
        )
        .await?;
        tracing::warn!(
            workflow = name,
            loosening.id = asked.id,
            "a second operator must agree before the workflow is enabled"
        );
        let views = WorkflowViews::new(&sics, views.owners).await?;
        return Ok((StatusCode::ACCEPTED, Json(views.workflow_view(&sics, row).await?)));
    }
    if !is_already_enabled {
        let detail = json!({ "hash": body.hash });
        let audit_detail = move |(): &()| Some(detail.clone());
        sics.recording(&caller, "workflow.enabled", &row.name, audit_detail)
            .enable_workflow(row.id, body.hash.clone(), caller.operator.id)
            .await?;
    }
    let (row, views) = find_workflow(&sics, &caller, &name).await?;
    Ok((StatusCode::OK, Json(views.workflow_view(&sics, row).await?)))
}

pub(crate) async fn disable_workflow(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<WorkflowView>, ApiProblem> {
    let (row, _) = find_workflow(&sics, &caller, &name).await?;
    let detail = json!({ "hash": row.hash });
    let audit_detail = move |(): &()| Some(detail.clone());
    sics.recording(&caller, "workflow.disabled", &row.name, audit_detail)
        .disable_workflow(&row)
        .await?;
    let (row, views) = find_workflow(&sics, &caller, &name).await?;
    Ok(Json(views.workflow_view(&sics, row).await?))
}

pub(crate) async fn check_workflow(State(sics): State<Sics>, JsonBody(body): JsonBody<CheckBody>) -> Json<CheckView> {
    let registry = sics.engine().activity_registry();
    let checked = compile_offered_definition(&body.definition, &registry);
    let hash = hex::encode(hash(&body.definition));
    let diagnoses = |findings: &[XmlFinding]| -> Vec<Diagnosis> { findings.iter().map(Diagnosis::from).collect() };
    Json(match checked {
        Ok(definition) => CheckView {
            good: true,
            advice: diagnoses(&advise_definition(&definition, &registry)),
            danger: Some(definition.highest_danger(&registry)),
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
            findings: diagnoses(&findings),
            advice: Vec::new(),
        },
    })
}

/// What definitions may call, with inputs and outputs.
pub(crate) async fn list_activities(State(sics): State<Sics>) -> Json<ActivitiesView> {
    let registry = sics.engine().activity_registry();
    Json(ActivitiesView {
        activities: registry.signatures().cloned().collect(),
    })
}
