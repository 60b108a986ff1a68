//! How the API shows jobs and tasks. Secret parameters are sealed and stay so; a task in progress is shown as accepted
//! until there is something to report.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::actions::guard::tied_accounts::{TiedAccounts, is_data_folder_account};
use crate::actions::sealed_parameters;
use crate::model::{
    AccountControl, ActionDanger, DeviceId, InstanceId, InstanceName, OperatorId, PendingActionPolicy, Timestamp,
};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::sics::view::instance_names;
use crate::store::{ApprovalState, JobRow, OperatorRow, TaskRow, TaskTally, TransitionRow};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobSummaryView {
    /// The bus's number of the job.
    pub job: i64,
    /// The sender's id of the job.
    pub id: String,
    /// The management server that sent it; null: an operator sent it.
    pub server: Option<String>,
    /// The account that sent it.
    pub operator: Option<String>,
    pub instance: Option<String>,
    pub action: &'static str,
    #[schema(value_type = String)]
    pub danger: ActionDanger,
    pub devices: u64,
    /// Number of devices in each state.
    pub states: BTreeMap<&'static str, u64>,
    /// `none`, `waiting`, `approved`, `rejected`, `lapsed`.
    #[schema(value_type = String)]
    pub approval: ApprovalState,
    /// What an approval is bound to: action, parameters and exactly these devices.
    pub approval_digest: Option<String>,
    /// While it waits for approval: who may agree now; empty: only the requester, a day later.
    pub may_agree: Vec<String>,
    pub decided_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Secret ones are shown as `(sealed)`.
    #[schema(value_type = Object)]
    pub parameters: Value,
    pub reason: Option<String>,
    pub requested_by: Option<String>,
    pub definition: Option<String>,
    pub urgent: bool,
    /// What it does if Intune shows a pending action that this bus did not send: `stop`, `wait`, `goOn`.
    #[schema(value_type = String)]
    pub when_pending: PendingActionPolicy,
    /// An emergency action without a second person.
    pub broken_glass: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskView {
    pub task: i64,
    #[schema(value_type = String, format = Uuid)]
    pub device_id: DeviceId,
    /// As it was when the job was accepted: name, serial number, user, last check-in.
    #[schema(value_type = Object)]
    pub device: Value,
    pub state: &'static str,
    /// Stable code: the rule that refused, Microsoft's code, what was found.
    pub cause: Option<String>,
    /// A sentence in `text`, and its details.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
    /// What it will do on this device, while nothing has been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Number of calls made.
    pub attempts: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_look_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub transitions: Vec<TransitionView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransitionView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub state: &'static str,
    pub cause: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

impl TaskView {
    pub(crate) fn from_row(task: TaskRow, steps: Vec<TransitionRow>, effect: Option<String>) -> Self {
        TaskView {
            task: task.id.0,
            device_id: task.device,
            device: task.shown,
            state: task.state.published_state().name(),
            cause: task.cause,
            detail: task.detail,
            effect,
            attempts: task.attempts,
            sent_at: task.sent_at,
            next_look_at: task.due_at,
            updated_at: task.updated_at,
            transitions: steps.into_iter().map(TransitionView::from).collect(),
        }
    }
}

impl From<TransitionRow> for TransitionView {
    fn from(row: TransitionRow) -> Self {
        TransitionView {
            at: row.at,
            state: row.state.published_state().name(),
            cause: row.cause,
            detail: row.detail,
        }
    }
}

/// As others are told.
pub(crate) fn count_by_state(tally: &TaskTally) -> BTreeMap<&'static str, u64> {
    let mut states = BTreeMap::new();
    for (state, count) in tally {
        *states.entry(state.published_state().name()).or_default() += count;
    }
    states
}

/// Names for the numbers in jobs; looked up once a request.
pub(crate) struct JobNames {
    operators: BTreeMap<OperatorId, String>,
    instances: BTreeMap<InstanceId, InstanceName>,
    accounts: Vec<OperatorRow>,
    controls: Vec<AccountControl>,
    now: Timestamp,
}

impl JobNames {
    pub(crate) async fn read_names(sics: &Sics) -> Result<JobNames, ApiProblem> {
        let accounts = sics.store().list_operators().await?;
        Ok(JobNames {
            operators: accounts.iter().map(|row| (row.id, row.name.clone())).collect(),
            accounts,
            controls: sics.store().list_controls().await?,
            now: sics.now(),
            instances: instance_names(&sics.store().list_instances().await?),
        })
    }

    pub(crate) fn instance_name(&self, id: InstanceId) -> Option<&InstanceName> {
        self.instances.get(&id)
    }

    pub(crate) fn operator_name(&self, id: OperatorId) -> Option<String> {
        self.operators.get(&id).cloned()
    }

    /// Names of those who may agree to what this account asked for, there; `None`: the data folder, for the whole bus.
    pub(crate) fn possible_approvers(
        &self,
        requester: Option<OperatorId>,
        instance: Option<&InstanceName>,
    ) -> Vec<String> {
        let people = TiedAccounts::from_controls(&self.accounts, &self.controls, self.now);
        let requester = requester.filter(|id| people.find_account(*id).is_none_or(|row| !is_data_folder_account(row)));
        match requester {
            Some(requester) => people
                .second_persons(requester, instance)
                .map(|row| row.name.clone())
                .collect(),
            None => people
                .possible_approvers(instance)
                .map(|row| row.name.clone())
                .collect(),
        }
    }

    pub(crate) fn job_view(&self, job: &JobRow, tally: &TaskTally) -> JobSummaryView {
        let about = |key: &str| job.about[key].as_str().map(str::to_owned);
        JobSummaryView {
            job: job.id.0,
            id: job.name.clone(),
            server: super::sending_server(job).map(|id| id.to_string()),
            operator: self.operator_name(job.operator),
            instance: self.instance_name(job.instance).map(ToString::to_string),
            action: job.verb.name(),
            danger: job.verb.danger(),
            devices: tally.iter().map(|(_, count)| count).sum(),
            states: count_by_state(tally),
            approval: job.approval,
            approval_digest: job.approval_digest.as_ref().map(hex::encode),
            may_agree: match job.approval {
                ApprovalState::Waiting => self.possible_approvers(Some(job.operator), self.instance_name(job.instance)),
                ApprovalState::None | ApprovalState::Approved | ApprovalState::Rejected | ApprovalState::Lapsed => {
                    Vec::new()
                }
            },
            decided_by: job.decided_by.and_then(|id| self.operator_name(id)),
            decided_at: job.decided_at,
            parameters: sealed_parameters::mask_parameters(&job.parameters),
            reason: about("reason"),
            requested_by: about("requestedBy"),
            definition: about("definition"),
            urgent: job.urgent,
            when_pending: job.pending_action_policy(),
            broken_glass: job.broken_glass,
            created_at: job.created_at,
            expires_at: job.expires_at,
        }
    }
}
