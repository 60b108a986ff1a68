//! Workflows and their runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, RunState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{DangerLevel, Diagnosis, LifecycleState, ValueType};

/// Which workflows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WorkflowQuery {
    /// Only those of this instance.
    pub instance: Option<InstanceName>,
}

/// Which text of a workflow.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    /// Left out: of the text that runs, or would run.
    pub hash: Option<String>,
}

/// Which runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListRunsQuery {
    /// Only those of this instance.
    pub instance: Option<InstanceName>,
    /// Only those of the workflow of this name.
    pub workflow: Option<String>,
    /// Only those that have not ended. Default: false.
    pub open: Option<bool>,
    /// Only runs with smaller numbers: `next` of the page before.
    pub before: Option<i64>,
    /// Runs of one page, 1 to 1000. Default: 100.
    pub limit: Option<usize>,
}

/// The workflows that are installed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowsView {
    /// What runs them: each is a microservice too, and is started and stopped as one.
    pub engines: Vec<EngineView>,
    /// Within the caller's scope.
    pub workflows: Vec<WorkflowView>,
}

/// A workflow engine.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineView {
    /// `IntuneWorkflowEngine_1`.
    pub name: String,
    /// Name of the instance, or of the installation, that it belongs to.
    pub instance: String,
    /// Name of the installation for people.
    pub profile: String,
    /// Whether it runs; workflows of an engine that does not run wait.
    pub state: LifecycleState,
    /// When it entered this state.
    pub since: DateTime<Utc>,
}

/// A workflow.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowView {
    /// `StaleDevices_1`.
    pub name: String,
    /// Name of the instance, or of the installation, that it belongs to.
    pub instance: String,
    /// The engine that runs it; null: it was not installed with one.
    pub engine: Option<String>,
    /// The definition that it is a copy of.
    pub definition: String,
    /// Of the definition, for people.
    pub version: String,
    /// SHA-256 of the definition's text.
    pub hash: String,
    /// What it does, one sentence.
    pub summary: String,
    /// Whether it may run.
    pub state: WorkflowState,
    /// The operator whose rights its triggers use; null: the installation's own.
    pub enabled_by: Option<String>,
    /// Of its most dangerous step.
    pub danger: DangerLevel,
    /// It can be started by hand.
    pub on_demand: bool,
    /// What a run takes.
    pub parameters: Vec<ParameterView>,
    /// Each trigger by time, and its next run; null: none at present.
    #[schema(value_type = Object)]
    pub next_due: BTreeMap<String, Option<DateTime<Utc>>>,
    /// The newest run; null: there was none yet.
    pub last_run: Option<RunView>,
    /// Number of the request that waits for a second person.
    pub waiting: Option<i64>,
    /// Activities that its steps call, each once.
    pub calls: Vec<CallView>,
    /// Why it cannot run: the errors in its text.
    pub problem: Option<String>,
    /// Another text of the same name, which does not run until an operator enables it; this one stays in use until
    /// then.
    pub offered: Option<OfferedView>,
}

/// Whether a workflow may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkflowState {
    /// It runs by its triggers, and by hand.
    Enabled,
    /// It does not run.
    Disabled,
    /// It does not run yet: a second person must agree.
    Waiting,
}

/// A parameter of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// What it may be.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// A run needs it.
    pub required: bool,
    /// Its value where none is given; null: none.
    pub default: Option<Value>,
    /// Of a number: the smallest; null: any.
    pub min: Option<f64>,
    /// Of a number: the largest; null: any.
    pub max: Option<f64>,
    /// Of a text: one of these; empty: any.
    pub one_of: Vec<String>,
    /// What it means.
    pub help: String,
}

/// An activity that a workflow calls.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    /// Its name.
    pub activity: String,
    /// How much harm it can do; null: unknown on this bus.
    pub danger: Option<DangerLevel>,
}

/// A text of a workflow that waits to be enabled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedView {
    /// SHA-256 of the text.
    pub hash: String,
    /// Of the definition, for people.
    pub version: String,
    /// What it does, one sentence.
    pub summary: String,
    /// Of its most dangerous step.
    pub danger: DangerLevel,
    /// Activities that its steps call, each once.
    pub calls: Vec<CallView>,
    /// Who added it; null: it was found in a file, or came with the program.
    pub by: Option<String>,
    /// When it was added.
    pub since: DateTime<Utc>,
}

/// The text of a workflow.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TextView {
    /// SHA-256 of the text.
    pub hash: String,
    /// Of its most dangerous step.
    pub danger: DangerLevel,
    /// The definition, XML.
    pub text: String,
}

/// A page of runs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsView {
    /// Newest first.
    pub runs: Vec<RunView>,
    /// For `before`; null on the last page.
    pub next: Option<i64>,
}

/// A run of a workflow.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Its number.
    pub run: i64,
    /// Name of the workflow.
    pub workflow: String,
    /// Name of the instance, or of the installation, that the workflow belongs to; null: it is gone.
    pub instance: Option<String>,
    /// The version it started with and keeps.
    pub version: String,
    /// SHA-256 of the text it started with and keeps.
    pub hash: String,
    /// `schedule:NAME`, `demand` or `job:NUMBER`.
    pub cause: String,
    /// In whose name it acts; null: the installation's own.
    pub operator: Option<String>,
    /// Nothing is changed by it.
    pub dry_run: bool,
    /// Where it stands.
    pub state: RunState,
    /// How it ended, in a word of the definition; null: it has not.
    pub outcome: Option<String>,
    /// What it said at its end; null: nothing.
    pub message: Option<String>,
    /// Who stopped it; null: nobody.
    pub cancelled_by: Option<String>,
    /// What it was given, by name of the parameter.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; null: it has not.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A run with its steps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeRunView {
    /// The run itself.
    pub run: RunView,
    /// In the order in which they began.
    pub steps: Vec<StepView>,
}

/// A step of a run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// `devices.3.retire`: step of the definition, with the index of the loop before it.
    pub step: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Null: a choice, a loop or a wait.
    pub activity: Option<String>,
    /// Where it stands.
    pub state: StepState,
    /// What the activity was given, by name of the input.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// What it gave back, by name of the output; null: it has not succeeded.
    #[schema(value_type = Option<Object>)]
    pub outputs: Option<Value>,
    /// Why it failed; null: it has not.
    pub fault: Option<StepFailure>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When a wait ends.
    pub due_at: Option<DateTime<Utc>>,
    /// When it ended; null: it has not.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// It is under way.
    Running,
    /// It lets time pass.
    Waiting,
    /// It succeeded.
    Done,
    /// It did not.
    Failed,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepFailure {
    /// Short and stable.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Whether another try may end better.
    #[serde(default)]
    pub retry: bool,
}

impl StepFailure {
    /// One that another try would not change.
    pub fn new(code: &str, message: impl Into<String>) -> StepFailure {
        StepFailure {
            code: code.to_owned(),
            message: message.into(),
            retry: false,
        }
    }
}

/// What is wrong with a definition.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// Whether it may run.
    pub good: bool,
    /// Of the workflow; null: it may not run.
    pub name: Option<String>,
    /// For people; null: it may not run.
    pub version: Option<String>,
    /// SHA-256 of the text.
    pub hash: String,
    /// Of its most dangerous step; null: it may not run.
    pub danger: Option<DangerLevel>,
    /// Errors, each with `line` and `column`.
    pub findings: Vec<Diagnosis>,
    /// Warnings: may run, but could be improved; as `findings`.
    pub advice: Vec<Diagnosis>,
}

/// How a run is started.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartBody {
    /// By name; those left out have their defaults.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Nothing is changed; the steps show what would have happened. Waits take no time.
    #[serde(default)]
    pub dry_run: bool,
    /// Hash of the text that was shown. Required if the workflow can act on devices and it is no dry run.
    pub hash: Option<String>,
}

/// A definition to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// The text of the definition.
    pub definition: String,
}

/// Which text is enabled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableBody {
    /// Hash of the text that was shown: `hash` of the workflow, or that of `offered`.
    pub hash: String,
}
