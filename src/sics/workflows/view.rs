//! How the API shows workflows, runs and steps.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::owner::WorkflowOwner;
use crate::model::{InstanceId, OperatorId, PolicyRelaxation, RunState, Timestamp};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{OfferedDefinition, RunQuery, RunRow, StepRow, WorkflowRow};
use crate::workflow::model::StepKind;
use crate::workflow::reader::read_definition;
use crate::workflow::{ActivityRegistry, DangerLevel, DueTimes, WorkflowDefinition};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowsView {
    pub workflows: Vec<WorkflowView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowView {
    pub name: String,
    pub instance: String,
    /// The definition that it is a copy of.
    pub definition: String,
    pub version: String,
    /// SHA-256 of the definition's text.
    pub hash: String,
    pub summary: String,
    /// `enabled`, `disabled` or `waiting`: a second person must agree.
    pub state: &'static str,
    /// The operator whose rights its triggers use; null: the installation's own.
    pub enabled_by: Option<String>,
    /// Of its most dangerous step: `none`, `harmless`, `disruptive`, `destructive`.
    pub danger: String,
    pub on_demand: bool,
    #[schema(value_type = Vec<Object>)]
    pub parameters: Vec<Value>,
    /// Each trigger by time, and its next run; null: none at present.
    #[schema(value_type = Object)]
    pub next_due: BTreeMap<String, Option<Timestamp>>,
    pub last_run: Option<RunView>,
    /// Number of the request that waits for a second person.
    pub waiting: Option<i64>,
    /// Activities that its steps call, each once.
    pub calls: Vec<CallView>,
    /// Why it cannot run: the errors in its text.
    pub problem: Option<String>,
    /// Another text of the same name, which does not run until an operator enables it; this one stays in use until
    /// then.
    #[schema(value_type = Option<OfferedView>)]
    pub offered: Option<OfferedView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallView {
    pub activity: String,
    /// `none`, `harmless`, `disruptive`, `destructive`; null: unknown on this bus.
    #[schema(value_type = Option<String>)]
    pub danger: Option<DangerLevel>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedView {
    pub hash: String,
    pub version: String,
    pub summary: String,
    pub danger: String,
    pub calls: Vec<CallView>,
    /// Who added it; null: it was found in a file, or came with the program.
    pub by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextView {
    pub hash: String,
    pub danger: String,
    /// The definition, XML.
    pub text: String,
}

impl TextView {
    pub(crate) fn from_parts(hash: String, about: &Value, text: String) -> Self {
        let danger = about_text(about, "danger");
        TextView { hash, danger, text }
    }
}

fn about_text(about: &Value, key: &str) -> String {
    about[key].as_str().unwrap_or_default().to_owned()
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunsView {
    pub runs: Vec<RunView>,
    /// For `before`; null on the last page.
    pub next: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunView {
    pub run: i64,
    pub workflow: String,
    pub instance: Option<String>,
    /// The version it started with and keeps.
    pub version: String,
    pub hash: String,
    /// `schedule:NAME`, `demand` or `job:NUMBER`.
    pub cause: String,
    /// In whose name it acts; null: the installation's own.
    pub operator: Option<String>,
    pub dry_run: bool,
    /// `running`, `succeeded`, `failed`, `cancelled`.
    #[schema(value_type = String)]
    pub state: RunState,
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
pub(crate) struct WholeRunView {
    pub run: RunView,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepView {
    /// `devices.3.retire`: step of the definition, with the index of the loop before it.
    pub step: String,
    /// 1 for the first attempt.
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
    /// When a wait ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckView {
    /// Whether it may run.
    pub good: bool,
    pub name: Option<String>,
    pub version: Option<String>,
    pub hash: String,
    pub danger: Option<String>,
    /// Each with `line`, `column`, `problem` and `advice`.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Value>,
    /// Warnings: may run, but could be improved; as `findings`.
    #[schema(value_type = Vec<Object>)]
    pub advice: Vec<Value>,
}

/// What views are made with.
pub(crate) struct WorkflowViews {
    pub owners: Vec<WorkflowOwner>,
    operators: BTreeMap<OperatorId, String>,
    due_times: DueTimes,
    /// By workflow: number of what waits for a second person.
    waiting: BTreeMap<i64, i64>,
}

impl WorkflowViews {
    pub(crate) async fn new(sics: &Sics, homes: Vec<WorkflowOwner>) -> Result<WorkflowViews, ApiProblem> {
        let operators = sics.store().list_operators().await?;
        let waiting = sics.store().list_relaxations(true).await?;
        Ok(WorkflowViews {
            owners: homes,
            operators: operators.into_iter().map(|row| (row.id, row.name)).collect(),
            due_times: sics.engine().workflow_due_times(),
            waiting: waiting
                .iter()
                .filter_map(|row| match &row.relaxation {
                    PolicyRelaxation::WorkflowChange { workflow, .. } => Some((*workflow, row.id)),
                    PolicyRelaxation::PolicyChange { .. }
                    | PolicyRelaxation::KillSwitchOff { .. }
                    | PolicyRelaxation::SuspensionLift { .. }
                    | PolicyRelaxation::AccountChange { .. } => None,
                })
                .collect(),
        })
    }

    pub(crate) fn owner(&self, id: InstanceId) -> Option<&WorkflowOwner> {
        self.owners.iter().find(|row| row.id == id)
    }

    fn operator_name(&self, id: Option<OperatorId>) -> Option<String> {
        self.operators.get(&id?).cloned()
    }

    pub(crate) async fn workflow_view(&self, sics: &Sics, row: WorkflowRow) -> Result<WorkflowView, ApiProblem> {
        let last = sics.store().list_runs(RunQuery {
            workflow: Some(row.id),
            limit: 1,
            ..RunQuery::default()
        });
        let last = last.await?;
        let text = sics.store().find_definition_text(&row.hash).await?.unwrap_or_default();
        let registry = sics.engine().activity_registry();
        let checked = crate::workflow::compile_definition(&text, &registry).err();
        let definition = read_definition(text.as_bytes()).0;
        let parameters = definition
            .iter()
            .flat_map(|definition| &definition.parameters)
            .map(|parameter| {
                json!({
                    "name": parameter.name, "type": parameter.kind.type_name(), "required": parameter.required,
                    "default": parameter.default, "min": parameter.min, "max": parameter.max,
                    "oneOf": parameter.one_of, "help": parameter.help,
                })
            });
        let schedules = row.about["schedules"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let next_due = schedules.map(|trigger| {
            let at = self.due_times.get(&(row.name.clone(), trigger.to_owned()));
            (trigger.to_owned(), at.copied())
        });
        let waiting = self.waiting.get(&row.id).copied();
        let offered = match row.offered {
            Some(offered) => Some(self.offered_view(sics, &registry, offered).await?),
            None => None,
        };
        Ok(WorkflowView {
            offered,
            calls: definition
                .as_ref()
                .map_or_else(Vec::new, |definition| called_activities(definition, &registry)),
            problem: checked.map(|findings| findings.first().map(ToString::to_string).unwrap_or_default()),
            instance: self
                .owner(row.instance)
                .map_or(String::new(), |home| home.name.to_string()),
            summary: about_text(&row.about, "summary"),
            danger: about_text(&row.about, "danger"),
            on_demand: row.about["onDemand"] == true,
            state: match (row.enabled, waiting) {
                (true, _) => "enabled",
                (false, Some(_)) => "waiting",
                (false, None) => "disabled",
            },
            enabled_by: self.operator_name(row.enabled_by),
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

    async fn offered_view(
        &self,
        sics: &Sics,
        registry: &ActivityRegistry,
        text: OfferedDefinition,
    ) -> Result<OfferedView, ApiProblem> {
        let whole = sics.store().find_definition_text(&text.hash).await?.unwrap_or_default();
        let definition = read_definition(whole.as_bytes()).0;
        Ok(OfferedView {
            summary: about_text(&text.about, "summary"),
            danger: about_text(&text.about, "danger"),
            calls: definition.map_or_else(Vec::new, |definition| called_activities(&definition, registry)),
            by: self.operator_name(text.by),
            hash: text.hash,
            version: text.version,
            since: text.at,
        })
    }

    pub(crate) fn run(&self, row: &RunRow) -> RunView {
        RunView {
            run: row.id,
            workflow: row.name.clone(),
            instance: self.owner(row.instance).map(|home| home.name.to_string()),
            version: row.version.clone(),
            hash: row.hash.clone(),
            cause: row.cause.clone(),
            operator: self.operator_name(row.operator),
            dry_run: row.dry_run,
            state: row.state,
            outcome: row.outcome.clone(),
            message: row.message.clone(),
            cancelled_by: row.cancelled_by.clone(),
            parameters: row.parameters.clone(),
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

/// What the steps call, in the order in which it comes first.
fn called_activities(definition: &WorkflowDefinition, registry: &ActivityRegistry) -> Vec<CallView> {
    let mut calls: Vec<CallView> = Vec::new();
    for step in definition.all_steps() {
        if let StepKind::Call(call) = &step.kind
            && !calls.iter().any(|known| known.activity == call.activity)
        {
            let danger = registry.signature(&call.activity).map(|signature| signature.danger);
            let activity = call.activity.clone();
            calls.push(CallView { activity, danger });
        }
    }
    calls
}

pub(crate) fn step_view(row: StepRow) -> StepView {
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
