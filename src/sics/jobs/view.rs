//! How the API shows jobs and tasks. Secret parameters are sealed and stay so; a task in progress is shown as accepted
//! until there is something to report.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::actions::guard::tied_accounts::{TiedAccounts, is_data_folder_account};
use crate::actions::sealed_parameters;
use crate::contract::{JobSummaryView, ShownDevice, TaskView, TransitionView};
use crate::model::{AccountControl, ApprovalState, InstanceId, InstanceName, OperatorId, TaskState, Timestamp};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::sics::view::instance_names;
use crate::store::{JobRow, OperatorRow, TaskRow, TaskTally, TransitionRow};

/// `effect`: what the job will do on its device, while nothing has been sent.
pub(super) fn task_view(task: TaskRow, steps: Vec<TransitionRow>, effect: Option<String>) -> TaskView {
    TaskView {
        task: task.id.0,
        device_id: task.device,
        device: shown_device(task.shown),
        state: task.state.published_state(),
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

/// What was kept of a device when its job was accepted; what can't be read shows nothing.
pub(super) fn shown_device(kept: Value) -> ShownDevice {
    serde_json::from_value(kept).unwrap_or_default()
}

impl From<TransitionRow> for TransitionView {
    fn from(row: TransitionRow) -> Self {
        TransitionView {
            at: row.at,
            state: row.state.published_state(),
            cause: row.cause,
            detail: row.detail,
        }
    }
}

/// As others are told.
pub(crate) fn count_by_state(tally: &TaskTally) -> BTreeMap<TaskState, u64> {
    let mut states = BTreeMap::new();
    for (state, count) in tally {
        *states.entry(state.published_state()).or_default() += count;
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
            action: job.verb,
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
