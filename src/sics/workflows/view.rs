//! How workflows, runs and steps look to others.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::home::Home;
use crate::model::{InstanceId, Loosening, OperatorId, RunState, Timestamp};
use crate::sics::Sics;
use crate::sics::problem::Problem;
use crate::store::{OfferedText, RunQuery, RunRow, StepRow, WorkflowRow};
use crate::workflow::model::What;
use crate::workflow::read::read;
use crate::workflow::{Danger, Definition, Dues, Registry};

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
    /// What its steps call, each once.
    pub calls: Vec<CallView>,
    /// Why it can't run as it is: what is wrong in its text for this program.
    pub problem: Option<String>,
    /// Another text of the same name, which runs for nobody until somebody enables it; this one goes on meanwhile.
    #[schema(value_type = Option<OfferedView>)]
    pub offered: Option<OfferedView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    pub activity: String,
    /// `none`, `harmless`, `disruptive`, `destructive`; null: it is not known here.
    #[schema(value_type = Option<String>)]
    pub danger: Option<Danger>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedView {
    pub hash: String,
    pub version: String,
    pub summary: String,
    pub danger: String,
    pub calls: Vec<CallView>,
    /// Who brought it; null: it was found in a file, or came with the program.
    pub by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TextView {
    pub hash: String,
    pub danger: String,
    /// The definition, XML.
    pub text: String,
}

impl TextView {
    pub fn of(hash: String, about: &Value, text: String) -> Self {
        let danger = word(about, "danger");
        TextView { hash, danger, text }
    }
}

fn word(about: &Value, key: &str) -> String {
    about[key].as_str().unwrap_or_default().to_owned()
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
    /// What may run and would be better otherwise; as `findings`.
    #[schema(value_type = Vec<Object>)]
    pub advice: Vec<Value>,
}

/// What views are made with.
pub struct Look {
    pub homes: Vec<Home>,
    operators: BTreeMap<OperatorId, String>,
    dues: Dues,
    /// By workflow: number of what waits for a second person.
    waiting: BTreeMap<i64, i64>,
}

impl Look {
    pub async fn new(sics: &Sics, homes: Vec<Home>) -> Result<Look, Problem> {
        let operators = sics.store().operators().await?;
        let waiting = sics.store().loosenings(true).await?;
        Ok(Look {
            homes,
            operators: operators.into_iter().map(|row| (row.id, row.name)).collect(),
            dues: sics.engine().workflow_dues(),
            waiting: waiting
                .iter()
                .filter_map(|row| match &row.what {
                    Loosening::WorkflowChange { workflow, .. } => Some((*workflow, row.id)),
                    Loosening::PolicyChange { .. }
                    | Loosening::KillSwitchOff { .. }
                    | Loosening::SuspensionLift { .. }
                    | Loosening::AccountChange { .. } => None,
                })
                .collect(),
        })
    }

    pub fn home(&self, id: InstanceId) -> Option<&Home> {
        self.homes.iter().find(|row| row.id == id)
    }

    fn operator(&self, id: Option<OperatorId>) -> Option<String> {
        self.operators.get(&id?).cloned()
    }

    pub async fn workflow(&self, sics: &Sics, row: WorkflowRow) -> Result<WorkflowView, Problem> {
        let last = sics.store().runs_of(RunQuery {
            workflow: Some(row.id),
            limit: 1,
            ..RunQuery::default()
        });
        let last = last.await?;
        let text = sics.store().definition_text(&row.hash).await?.unwrap_or_default();
        let registry = sics.engine().activities();
        let checked = crate::workflow::definition(&text, &registry).err();
        let definition = read(text.as_bytes()).0;
        let parameters = definition
            .iter()
            .flat_map(|definition| &definition.parameters)
            .map(|parameter| {
                json!({
                    "name": parameter.name, "type": parameter.kind.word(), "required": parameter.required,
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
            let at = self.dues.get(&(row.name.clone(), trigger.to_owned()));
            (trigger.to_owned(), at.copied())
        });
        let waiting = self.waiting.get(&row.id).copied();
        let offered = match row.offered {
            Some(offered) => Some(self.offered(sics, &registry, offered).await?),
            None => None,
        };
        Ok(WorkflowView {
            offered,
            calls: definition
                .as_ref()
                .map_or_else(Vec::new, |definition| calls(definition, &registry)),
            problem: checked.map(|findings| findings.first().map(ToString::to_string).unwrap_or_default()),
            instance: self
                .home(row.instance)
                .map_or(String::new(), |home| home.name.to_string()),
            summary: word(&row.about, "summary"),
            danger: word(&row.about, "danger"),
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

    async fn offered(&self, sics: &Sics, registry: &Registry, text: OfferedText) -> Result<OfferedView, Problem> {
        let whole = sics.store().definition_text(&text.hash).await?.unwrap_or_default();
        let definition = read(whole.as_bytes()).0;
        Ok(OfferedView {
            summary: word(&text.about, "summary"),
            danger: word(&text.about, "danger"),
            calls: definition.map_or_else(Vec::new, |definition| calls(&definition, registry)),
            by: self.operator(text.by),
            hash: text.hash,
            version: text.version,
            since: text.at,
        })
    }

    pub fn run(&self, row: &RunRow) -> RunView {
        RunView {
            run: row.id,
            workflow: row.name.clone(),
            instance: self.home(row.instance).map(|home| home.name.to_string()),
            version: row.version.clone(),
            hash: row.hash.clone(),
            cause: row.cause.clone(),
            operator: self.operator(row.operator),
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
fn calls(definition: &Definition, registry: &Registry) -> Vec<CallView> {
    let mut calls: Vec<CallView> = Vec::new();
    for step in definition.all_steps() {
        if let What::Call(call) = &step.what
            && !calls.iter().any(|known| known.activity == call.activity)
        {
            let danger = registry.signature(&call.activity).map(|signature| signature.danger);
            let activity = call.activity.clone();
            calls.push(CallView { activity, danger });
        }
    }
    calls
}

pub fn step(row: StepRow) -> StepView {
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
