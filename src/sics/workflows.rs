//! Workflows: what is installed, its runs with their steps; start, dry run, cancel, enable, disable, check.
//!
//! What is enabled acts with the rights of whoever enabled it; a workflow that can destroy needs a second person first
//! (A7), as everything that loosens. Nothing is decided here but who may see what.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::extract::{Asked, Body, Named};
use super::problem::Problem;
use crate::actions::power;
use crate::model::{InstanceId, InstanceName, OperatorId, Timestamp};
use crate::store::{InstanceRow, NewRun, RunQuery, RunRow, StepRow, WorkflowChange, WorkflowRow};
use crate::workflow::read::read;
use crate::workflow::{Definition, Dues, definition, hash};

const RUNS_MAX: usize = 1_000;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowsView {
    pub workflows: Vec<WorkflowView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowView {
    pub name: String,
    pub instance: String,
    /// What it is a copy of.
    pub definition: String,
    pub version: String,
    /// SHA-256 of the definition's text: what counts.
    pub hash: String,
    pub summary: String,
    /// `enabled`, `disabled` or `waiting`: a second person has to agree.
    pub state: &'static str,
    /// Whose rights its triggers have; null: the installation's own.
    pub enabled_by: Option<String>,
    /// Of its most dangerous step: `none`, `harmless`, `disruptive`, `destructive`.
    pub danger: String,
    pub on_demand: bool,
    #[schema(value_type = Vec<Object>)]
    pub parameters: Vec<Value>,
    /// Trigger by time, and when it comes next; null: not as things stand.
    #[schema(value_type = Object)]
    pub next_due: BTreeMap<String, Option<Timestamp>>,
    pub last_run: Option<RunView>,
    /// Number of what waits for a second person.
    pub waiting: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsView {
    pub runs: Vec<RunView>,
    /// For `before`; null: that was all.
    pub next: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    pub run: i64,
    pub workflow: String,
    pub instance: Option<String>,
    /// The version it began with, and ends on.
    pub version: String,
    pub hash: String,
    /// `schedule:NAME`, `demand` or `job:NUMBER`.
    pub cause: String,
    /// In whose name it acts; null: the installation's own.
    pub operator: Option<String>,
    pub dry_run: bool,
    /// `running`, `succeeded`, `failed`, `cancelled`.
    pub state: String,
    pub outcome: Option<String>,
    pub message: Option<String>,
    pub cancelled_by: Option<String>,
    #[schema(value_type = Object)]
    pub parameters: Value,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeRunView {
    pub run: RunView,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// `devices.3.retire`: step of the definition, with the index of the loop before it.
    pub step: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// Null: a choice, a loop or a wait.
    pub activity: Option<String>,
    /// `running`, `waiting`, `done`, `failed`.
    pub state: &'static str,
    #[schema(value_type = Object)]
    pub inputs: Value,
    #[schema(value_type = Option<Object>)]
    pub outputs: Option<Value>,
    /// `code` and `message`.
    #[schema(value_type = Option<Object>)]
    pub fault: Option<Value>,
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    /// Of a wait: when it is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// Whether it may run.
    pub good: bool,
    pub name: Option<String>,
    pub version: Option<String>,
    pub hash: String,
    pub danger: Option<String>,
    /// Each with `line`, `column`, `problem` and `advice`.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// The text of the definition.
    pub definition: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartBody {
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Nothing is changed; the steps tell what would have come of them. Waits take no time.
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowQuery {
    pub instance: Option<InstanceName>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunsAsked {
    pub instance: Option<InstanceName>,
    pub workflow: Option<String>,
    pub open: Option<bool>,
    pub before: Option<i64>,
    pub limit: Option<usize>,
}

pub async fn list(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<WorkflowQuery>,
) -> Result<Json<WorkflowsView>, Problem> {
    let instances = match &asked.instance {
        Some(name) => vec![sics.instance(&caller, name).await?],
        None => sics.instances(&caller).await?,
    };
    let look = Look::new(&sics, instances).await?;
    let mut workflows = Vec::new();
    for row in sics.store().workflows(None).await? {
        if look.instance(row.instance).is_some() {
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
    let look = Look::new(sics, sics.instances(caller).await?).await?;
    let row = sics.store().workflow_named(name).await?;
    let row = row.filter(|row| look.instance(row.instance).is_some());
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
        tracing::warn!(workflow = name, loosening.id = asked.id, "a second operator has to agree before the workflow is enabled");
        let look = Look::new(&sics, look.instances).await?;
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
    let action = if enabled { "workflow.enabled" } else { "workflow.disabled" };
    sics.audit(caller, action, &row.name, json!({ "hash": row.hash })).await;
    Ok(WorkflowRow {
        enabled,
        enabled_by,
        ..row
    })
}

pub async fn start(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Body(body): Body<StartBody>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let (row, look) = found(&sics, &caller, &name).await?;
    if !body.dry_run && !row.enabled {
        let advice = format!("Somebody with Workflows_Manage enables it: intune-connector workflows enable {name}");
        return Err(Problem::conflict("workflowOff", format!("the workflow {name} is not enabled"), advice));
    }
    let text = sics.store().definition_text(&row.hash).await?.unwrap_or_default();
    let Some(definition) = read(text.as_bytes()).0 else {
        return Err(Problem::conflict("definition", "its definition can't be read", "Install the product again."));
    };
    if !body.dry_run && !definition.on_demand {
        let advice = "Wait for its schedule, or try it with dryRun.";
        return Err(Problem::conflict("notOnDemand", format!("{name} is not started on demand"), advice));
    }
    let parameters = parameters(&definition, body.parameters)?;
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
    let run = sics.store().begin_run(new).await?;
    let run = run.ok_or_else(|| Problem::conflict("notNow", "the run did not begin", "Try it again."))?;
    let detail = json!({"run": run, "hash": row.hash, "dryRun": body.dry_run, "parameters": names});
    sics.audit(&caller, "run.started", &name, detail).await;
    Ok((StatusCode::ACCEPTED, Json(look.run(&run_of(&sics, run).await?))))
}

/// What was given, checked against the definition, with its defaults.
fn parameters(definition: &Definition, given: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    for (name, value) in &given {
        let Some(parameter) = definition.parameter(name) else {
            let known: Vec<&str> = definition.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            let advice = match crate::model::nearest(name, known.iter().copied()) {
                Some(near) => format!("{near} is meant?"),
                None => format!("Known: {}.", known.join(", ")),
            };
            return Err(Problem::bad_request("unknownParameter", format!("it has no parameter {name:?}"), advice));
        };
        if let Some(why) = parameter.refuses(value) {
            return Err(Problem::bad_request("parameter", why, "Correct the value.").with("parameter", name.as_str()));
        }
    }
    let missing = definition.parameters.iter().find(|parameter| parameter.required && !given.contains_key(&parameter.name));
    if let Some(parameter) = missing {
        let detail = format!("the parameter {} is missing: {}", parameter.name, parameter.help);
        let advice = format!("Give it, a {}.", parameter.kind.word());
        return Err(Problem::bad_request("missingParameter", detail, advice).with("parameter", parameter.name.as_str()));
    }
    Ok(definition.with_defaults(given))
}

async fn run_of(sics: &Sics, id: i64) -> Result<RunRow, Problem> {
    sics.store().run(id).await?.ok_or_else(|| Problem::unknown("run", id))
}

pub async fn runs(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<RunsAsked>,
) -> Result<Json<RunsView>, Problem> {
    let limit = asked.limit.unwrap_or(100);
    if limit == 0 || limit > RUNS_MAX {
        let detail = format!("limit={limit} is out of bounds");
        return Err(Problem::bad_request("wrongLimit", detail, format!("limit is 1 to {RUNS_MAX}.")));
    }
    let instances = match &asked.instance {
        Some(name) => vec![sics.instance(&caller, name).await?],
        None => sics.instances(&caller).await?,
    };
    let workflow = match &asked.workflow {
        Some(name) => Some(found(&sics, &caller, name).await?.0.id),
        None => None,
    };
    let look = Look::new(&sics, instances).await?;
    let query = RunQuery {
        workflow,
        instances: Some(look.instances.iter().map(|row| row.id).collect()),
        open: asked.open.unwrap_or(false),
        before: asked.before,
        limit,
    };
    let rows = sics.store().runs_of(query).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.id);
    Ok(Json(RunsView {
        runs: rows.iter().map(|row| look.run(row)).collect(),
        next,
    }))
}

pub async fn show_run(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Result<Json<WholeRunView>, Problem> {
    let (row, look) = found_run(&sics, &caller, id).await?;
    let steps = sics.store().run_steps(id).await?;
    Ok(Json(WholeRunView {
        run: look.run(&row),
        steps: steps.into_iter().map(step).collect(),
    }))
}

async fn found_run(sics: &Sics, caller: &Caller, id: i64) -> Result<(RunRow, Look), Problem> {
    let look = Look::new(sics, sics.instances(caller).await?).await?;
    let row = sics.store().run(id).await?.filter(|row| look.instance(row.instance).is_some());
    Ok((row.ok_or_else(|| Problem::unknown("run", id))?, look))
}

pub async fn cancel(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let (row, look) = found_run(&sics, &caller, id).await?;
    if !sics.store().cancel_run(id, caller.name().to_owned()).await? {
        return Err(Problem::conflict("ended", format!("run {id} has ended already"), "There is nothing to stop."));
    }
    sics.audit(&caller, "run.cancelled", &row.name, json!({ "run": id })).await;
    Ok((StatusCode::ACCEPTED, Json(look.run(&run_of(&sics, id).await?))))
}

pub async fn check(State(sics): State<Sics>, Body(body): Body<CheckBody>) -> Json<CheckView> {
    let registry = sics.engine().activities();
    let checked = definition(&body.definition, &registry);
    let hash = hex::encode(hash(&body.definition));
    Json(match checked {
        Ok(definition) => CheckView {
            good: true,
            danger: serde_json::to_value(definition.danger(&registry)).ok().and_then(|word| word.as_str().map(str::to_owned)),
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
            findings: findings.iter().filter_map(|finding| serde_json::to_value(finding).ok()).collect(),
        },
    })
}

/// What definitions may call, with inputs and outputs.
pub async fn activities(State(sics): State<Sics>) -> Json<Value> {
    let registry = sics.engine().activities();
    let all: Vec<_> = registry.signatures().collect();
    Json(json!({ "activities": all }))
}

/// What views are made with.
struct Look {
    instances: Vec<InstanceRow>,
    operators: BTreeMap<OperatorId, String>,
    dues: Dues,
    /// By workflow: number of what waits for a second person.
    waiting: BTreeMap<i64, i64>,
}

impl Look {
    async fn new(sics: &Sics, instances: Vec<InstanceRow>) -> Result<Look, Problem> {
        let operators = sics.store().operators().await?;
        let waiting = sics.store().loosenings(true).await?;
        Ok(Look {
            instances,
            operators: operators.into_iter().map(|row| (row.id, row.name)).collect(),
            dues: sics.engine().workflow_dues(),
            waiting: waiting.iter().filter_map(|row| Some((row.change["workflow"].as_i64()?, row.id))).collect(),
        })
    }

    fn instance(&self, id: InstanceId) -> Option<&InstanceRow> {
        self.instances.iter().find(|row| row.id == id)
    }

    fn operator(&self, id: Option<OperatorId>) -> Option<String> {
        self.operators.get(&id?).cloned()
    }

    async fn workflow(&self, sics: &Sics, row: WorkflowRow) -> Result<WorkflowView, Problem> {
        let last = sics.store().runs_of(RunQuery {
            workflow: Some(row.id),
            limit: 1,
            ..RunQuery::default()
        });
        let last = last.await?;
        let text = sics.store().definition_text(&row.hash).await?.unwrap_or_default();
        let definition = read(text.as_bytes()).0;
        let parameters = definition.iter().flat_map(|definition| &definition.parameters).map(|parameter| {
            json!({
                "name": parameter.name, "type": parameter.kind.word(), "required": parameter.required,
                "default": parameter.default, "min": parameter.min, "max": parameter.max,
                "oneOf": parameter.one_of, "help": parameter.help,
            })
        });
        let schedules = row.about["schedules"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let next_due = schedules.map(|trigger| {
            let at = self.dues.get(&(row.name.clone(), trigger.to_owned()));
            (trigger.to_owned(), at.copied())
        });
        let waiting = self.waiting.get(&row.id).copied();
        Ok(WorkflowView {
            instance: self.instance(row.instance).map_or(String::new(), |row| row.name.to_string()),
            summary: row.about["summary"].as_str().unwrap_or_default().to_owned(),
            danger: row.about["danger"].as_str().unwrap_or_default().to_owned(),
            on_demand: row.about["onDemand"] == true,
            state: match (row.enabled, waiting) {
                (true, _) => "enabled",
                (false, Some(_)) => "waiting",
                (false, None) => "disabled",
            },
            enabled_by: self.operator(row.enabled_by),
            parameters: parameters.collect(),
            next_due: next_due.collect(),
            last_run: last.first().map(|run| self.run(run)),
            waiting,
            name: row.name,
            definition: row.definition,
            version: row.version,
            hash: row.hash,
        })
    }

    fn run(&self, row: &RunRow) -> RunView {
        RunView {
            run: row.id,
            workflow: row.name.clone(),
            instance: names_of_one(&self.instances, row.instance),
            version: row.version.clone(),
            hash: row.hash.clone(),
            cause: row.cause.clone(),
            operator: self.operator(row.operator),
            dry_run: row.dry_run,
            state: row.state.clone(),
            outcome: row.outcome.clone(),
            message: row.message.clone(),
            cancelled_by: row.cancelled_by.clone(),
            parameters: row.parameters.clone(),
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

fn names_of_one(instances: &[InstanceRow], id: InstanceId) -> Option<String> {
    instances.iter().find(|row| row.id == id).map(|row| row.name.to_string())
}

fn step(row: StepRow) -> StepView {
    StepView {
        state: match (&row.outputs, &row.fault, row.due_at) {
            (Some(_), _, _) => "done",
            (None, Some(_), _) => "failed",
            (None, None, Some(_)) => "waiting",
            (None, None, None) => "running",
        },
        step: row.path,
        attempt: row.attempt,
        activity: row.activity,
        inputs: row.inputs,
        outputs: row.outputs,
        fault: row.fault,
        begun_at: row.begun_at,
        due_at: row.due_at,
        ended_at: row.ended_at,
    }
}
