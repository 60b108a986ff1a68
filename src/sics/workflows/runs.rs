//! Runs: started by hand, shown, stopped.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::owner::{find_owner, reachable_owners};
use super::view::{WorkflowViews, step_view};
use super::{definition_changed_problem, find_workflow};
use crate::contract::{ListRunsQuery, RunView, RunsView, StartBody, WholeRunView};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{NewRun, RunQuery, RunRow, WorkflowRow};
use crate::workflow::WorkflowDefinition;
use crate::workflow::reader::read_definition;

const RUNS_MAX: usize = 1_000;

pub(crate) async fn start_run(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<StartBody>,
) -> Result<(StatusCode, Json<RunView>), ApiProblem> {
    let (row, look) = find_workflow(&sics, &caller, &name).await?;
    if !body.dry_run && !row.enabled {
        let advice = format!(
            "An operator with Workflows_Manage can enable it: \
            intune-connector workflows enable {name}"
        );
        return Err(ApiProblem::conflict(
            "workflowOff",
            format!("the workflow {name} is not enabled"),
            advice,
        ));
    }
    require_shown_text(&row, &body)?;
    let text = sics.store().find_definition_text(&row.hash).await?.unwrap_or_default();
    let Some(definition) = read_definition(text.as_bytes()).0 else {
        return Err(ApiProblem::conflict(
            "definition",
            "cannot read its definition",
            "Install the product again.",
        ));
    };
    if !body.dry_run && !definition.on_demand {
        let advice = "Wait for its schedule, or try it with dryRun.";
        return Err(ApiProblem::conflict(
            "notOnDemand",
            format!("{name} cannot be started on demand"),
            advice,
        ));
    }
    let parameters = check_parameters(&definition, body.parameters)?;
    let names: Vec<String> = parameters.keys().cloned().collect();
    let new = NewRun {
        workflow: row.id,
        instance: row.instance,
        hash: row.hash.clone(),
        cause: "demand".to_owned(),
        operator: Some(caller.operator.id),
        parameters: Value::Object(parameters),
        dry_run: body.dry_run,
    };
    let (hash, dry_run) = (row.hash.clone(), body.dry_run);
    let audit_detail = move |run: &Option<i64>| {
        let run = (*run)?;
        Some(json!({"run": run, "hash": hash, "dryRun": dry_run, "parameters": names}))
    };
    let store = sics.recording(&caller, "run.started", &name, audit_detail);
    let run = if dry_run {
        store.begin_run(new).await?
    } else {
        store.begin_enabled_run(new).await?
    };
    let run = run.ok_or_else(|| {
        let detail = format!("{name} was switched off or has another text now; no run was started");
        ApiProblem::conflict("notNow", detail, "Check its current state.")
    })?;
    Ok((StatusCode::ACCEPTED, Json(look.run(&read_run(&sics, run).await?))))
}

/// A run acts in the name of whoever starts it, so what it may do to devices is what they were shown (A10).
fn require_shown_text(row: &WorkflowRow, body: &StartBody) -> Result<(), ApiProblem> {
    match &body.hash {
        Some(hash) if *hash != row.hash => Err(definition_changed_problem(row)),
        Some(_) => Ok(()),
        None if body.dry_run || row.about["danger"] == "none" => Ok(()),
        None => Err(ApiProblem::bad_request(
            "hashNeeded",
            format!(
                "the workflow {} can act on devices: specify which text was shown",
                row.name
            ),
            "Check the text, and send its hash.",
        )
        .with_member("hash", row.hash.as_str())),
    }
}

/// What was given, checked against the definition, with its defaults.
fn check_parameters(
    definition: &WorkflowDefinition,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, ApiProblem> {
    for (name, value) in &given {
        let Some(parameter) = definition.find_parameter(name) else {
            let known: Vec<&str> = definition
                .parameters
                .iter()
                .map(|parameter| parameter.name.as_str())
                .collect();
            let advice = match crate::model::nearest_name(name, known.iter().copied()) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("Known: {}.", known.join(", ")),
            };
            return Err(ApiProblem::bad_request(
                "unknownParameter",
                format!("the workflow has no parameter {name:?}"),
                advice,
            ));
        };
        if let Some(why) = parameter.explain_mismatch(value) {
            return Err(
                ApiProblem::bad_request("parameter", why, "Correct the value.").with_member("parameter", name.as_str())
            );
        }
    }
    let missing = definition
        .parameters
        .iter()
        .find(|parameter| parameter.required && !given.contains_key(&parameter.name));
    if let Some(parameter) = missing {
        let detail = format!("the parameter {} is missing: {}", parameter.name, parameter.help);
        let advice = format!("Give a value of type {}.", parameter.kind.type_name());
        return Err(ApiProblem::bad_request("missingParameter", detail, advice)
            .with_member("parameter", parameter.name.as_str()));
    }
    Ok(definition.with_defaults(given))
}

async fn read_run(sics: &Sics, id: i64) -> Result<RunRow, ApiProblem> {
    sics.store()
        .run(id)
        .await?
        .ok_or_else(|| ApiProblem::not_found("run", id))
}

pub(crate) async fn list_runs(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<ListRunsQuery>,
) -> Result<Json<RunsView>, ApiProblem> {
    let limit = asked.limit.unwrap_or(100);
    if limit == 0 || limit > RUNS_MAX {
        let detail = format!("limit={limit} is out of bounds");
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            detail,
            format!("limit is 1 to {RUNS_MAX}."),
        ));
    }
    let owners = match &asked.instance {
        Some(name) => vec![find_owner(&sics, &caller, name).await?],
        None => reachable_owners(&sics, &caller).await?,
    };
    let workflow = match &asked.workflow {
        Some(name) => Some(find_workflow(&sics, &caller, name).await?.0.id),
        None => None,
    };
    let views = WorkflowViews::new(&sics, owners).await?;
    let query = RunQuery {
        workflow,
        instances: Some(views.owners.iter().map(|row| row.id).collect()),
        open: asked.open.unwrap_or(false),
        before: asked.before,
        limit,
        only_real: false,
    };
    let rows = sics.store().list_runs(query).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id);
    Ok(Json(RunsView {
        runs: rows.iter().map(|row| views.run(row)).collect(),
        next,
    }))
}

pub(crate) async fn show_run(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<i64>,
) -> Result<Json<WholeRunView>, ApiProblem> {
    let (row, look) = find_run(&sics, &caller, id).await?;
    let steps = sics.store().list_run_steps(id).await?;
    Ok(Json(WholeRunView {
        run: look.run(&row),
        steps: steps.into_iter().map(step_view).collect(),
    }))
}

async fn find_run(sics: &Sics, caller: &Caller, id: i64) -> Result<(RunRow, WorkflowViews), ApiProblem> {
    let views = WorkflowViews::new(sics, reachable_owners(sics, caller).await?).await?;
    let row = sics
        .store()
        .run(id)
        .await?
        .filter(|row| views.owner(row.instance).is_some());
    Ok((row.ok_or_else(|| ApiProblem::not_found("run", id))?, views))
}

pub(crate) async fn cancel_run(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<i64>,
) -> Result<(StatusCode, Json<RunView>), ApiProblem> {
    let (row, look) = find_run(&sics, &caller, id).await?;
    let audit_detail = move |cancelled: &bool| cancelled.then(|| json!({ "run": id }));
    if !sics
        .recording(&caller, "run.cancelled", &row.name, audit_detail)
        .cancel_run(id, caller.name().to_owned())
        .await?
    {
        return Err(ApiProblem::conflict(
            "ended",
            format!("run {id} has already ended"),
            "There is nothing to stop.",
        ));
    }
    Ok((StatusCode::ACCEPTED, Json(look.run(&read_run(&sics, id).await?))))
}
