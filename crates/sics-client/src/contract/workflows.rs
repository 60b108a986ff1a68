//! Workflows and their runs.

use std::collections::BTreeMap;

use super::DangerLevel;
use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, RunState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WorkflowQuery {
    pub instance: Option<InstanceName>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    /// Left out: of the text that runs, or would run.
    pub hash: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListRunsQuery {
    pub instance: Option<InstanceName>,
    pub workflow: Option<String>,
    pub open: Option<bool>,
    pub before: Option<i64>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowsView {
    pub workflows: Vec<WorkflowView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowView {
    pub name: String,
    pub instance: String,
    /// The definition that it is a copy of.
    pub definition: String,
    pub version: String,
    /// SHA-256 of the definition's text.
    pub hash: String,
    pub summary: String,
    /// `enabled`, `disabled` or `waiting`: a second person must agree.
    pub state: String,
    /// The operator whose rights its triggers use; null: the installation's own.
    pub enabled_by: Option<String>,
    /// Of its most dangerous step: `none`, `harmless`, `disruptive`, `destructive`.
    pub danger: String,
    pub on_demand: bool,
    #[schema(value_type = Vec<Object>)]
    pub parameters: Vec<Value>,
    /// Each trigger by time, and its next run; null: none at present.
    #[schema(value_type = Object)]
    pub next_due: BTreeMap<String, Option<DateTime<Utc>>>,
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

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    pub activity: String,
    /// `none`, `harmless`, `disruptive`, `destructive`; null: unknown on this bus.
    pub danger: Option<DangerLevel>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedView {
    pub hash: String,
    pub version: String,
    pub summary: String,
    pub danger: String,
    pub calls: Vec<CallView>,
    /// Who added it; null: it was found in a file, or came with the program.
    pub by: Option<String>,
    pub since: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TextView {
    pub hash: String,
    pub danger: String,
    /// The definition, XML.
    pub text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsView {
    pub runs: Vec<RunView>,
    /// For `before`; null on the last page.
    pub next: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
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
    pub state: RunState,
    pub outcome: Option<String>,
    pub message: Option<String>,
    pub cancelled_by: Option<String>,
    #[schema(value_type = Object)]
    pub parameters: Value,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeRunView {
    pub run: RunView,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// `devices.3.retire`: step of the definition, with the index of the loop before it.
    pub step: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Null: a choice, a loop or a wait.
    pub activity: Option<String>,
    /// `running`, `waiting`, `done`, `failed`.
    pub state: String,
    #[schema(value_type = Object)]
    pub inputs: Value,
    #[schema(value_type = Option<Object>)]
    pub outputs: Option<Value>,
    /// `code` and `message`.
    #[schema(value_type = Option<Object>)]
    pub fault: Option<Value>,
    pub begun_at: DateTime<Utc>,
    /// When a wait ends.
    pub due_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
    /// Warnings: may run, but could be improved; as `findings`.
    #[schema(value_type = Vec<Object>)]
    pub advice: Vec<Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartBody {
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Nothing is changed; the steps show what would have happened. Waits take no time.
    #[serde(default)]
    pub dry_run: bool,
    /// Hash of the text that was shown. Required if the workflow can act on devices and it is no dry run.
    pub hash: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// The text of the definition.
    pub definition: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableBody {
    /// Hash of the text that was shown: `hash` of the workflow, or that of `offered`.
    pub hash: String,
}
