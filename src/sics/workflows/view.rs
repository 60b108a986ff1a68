//! How the API shows workflows, runs and steps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::workflow_owner::WorkflowOwner;
use crate::contract::{
    CallView, DangerLevel, OfferedView, ParameterView, RunView, StepState, StepView, WorkflowState, WorkflowView,
};
use crate::model::{InstanceId, OperatorId, PolicyRelaxation};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{OfferedDefinition, RunQuery, RunRow, StepRow, WorkflowRow};
use crate::workflow::model::{StepKind, WorkflowParameter};
use crate::workflow::reader::read_definition;
use crate::workflow::{ActivityRegistry, DueTimes, WorkflowDefinition, parse_failure};

/// What is not known is taken for the worst.
pub(crate) fn about_danger(about: &Value) -> DangerLevel {
    serde_json::from_value(about["danger"].clone()).unwrap_or(DangerLevel::Destructive)
}

fn about_text(about: &Value, key: &str) -> String {
    about[key].as_str().unwrap_or_default().to_owned()
}

/// What views are made with.
pub(crate) struct WorkflowViews {
    pub owners: Vec<WorkflowOwner>,
    operators: BTreeMap<OperatorId, String>,
    due_times: DueTimes,
    /// By workflow: what runs it.
    engines: BTreeMap<String, String>,
    /// By workflow: number of what waits for a second person.
    waiting: BTreeMap<i64, i64>,
}

impl WorkflowViews {
    pub(crate) async fn new(sics: &Sics, homes: Vec<WorkflowOwner>) -> Result<WorkflowViews, ApiProblem> {
        let operators = sics.store().list_operators().await?;
        let waiting = sics.store().list_relaxations(true).await?;
        let members = sics.store().list_members(None).await?.into_iter();
        let engines =
            members.filter_map(|member| Some((member.name, format!("{}_{}", member.engine?, member.installation))));
        Ok(WorkflowViews {
            engines: engines.collect(),
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
                    | PolicyRelaxation::AccountChange { .. }
                    | PolicyRelaxation::ApplicationChange { .. } => None,
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
            only_real: true,
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
            .map(ParameterView::from);
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
            engine: self.engines.get(&row.name).cloned(),
            summary: about_text(&row.about, "summary"),
            danger: about_danger(&row.about),
            on_demand: row.about["onDemand"] == true,
            state: match (row.enabled, waiting) {
                (true, _) => WorkflowState::Enabled,
                (false, Some(_)) => WorkflowState::Waiting,
                (false, None) => WorkflowState::Disabled,
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
            danger: about_danger(&text.about),
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
            (Some(_), _, _) => StepState::Done,
            (None, Some(_), _) => StepState::Failed,
            (None, None, Some(_)) => StepState::Waiting,
            (None, None, None) => StepState::Running,
        },
        step: row.path,
        attempt: row.attempt,
        activity: row.activity,
        inputs: row.inputs,
        outputs: row.outputs,
        fault: row.fault.map(parse_failure),
        begun_at: row.begun_at,
        due_at: row.due_at,
        ended_at: row.ended_at,
    }
}

impl From<&WorkflowParameter> for ParameterView {
    fn from(parameter: &WorkflowParameter) -> ParameterView {
        ParameterView {
            name: parameter.name.clone(),
            kind: parameter.kind,
            required: parameter.required,
            default: parameter.default.clone(),
            min: parameter.min,
            max: parameter.max,
            one_of: parameter.one_of.clone(),
            help: parameter.help.clone(),
        }
    }
}
