//! All that carries out the tasks of one instance, and the small things that its files share.

use std::sync::Arc;

use serde_json::Value;

use super::failpoints::TaskFailpoints;
use super::guard::{self, PolicyCache};
use super::sealed_parameters::{self, JobSealContext};
use super::specs::{ActionParameters, ActionSpec, ApiVersion};
use super::task_machine::{self, TaskContext, TaskEvent};
use crate::config::{DataFolder, SettingsError};
use crate::graph::GraphClient;
use crate::inventory::refresh;
use crate::inventory::scan::InstanceScanner;
use crate::model::{GoneReason, InstanceId, InstanceName, TaskState};
use crate::observe::Clock;
use crate::store::{JobRow, Store, StoreError, TaskRow};

#[derive(Clone)]
pub struct ActionExecutor {
    pub store: Store,
    /// Signs in with the credential of actions where there is one (E4).
    pub graph: GraphClient,
    /// Reads a device anew for its servers after something was done to it.
    pub scanner: InstanceScanner,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub folder: Arc<DataFolder>,
    pub policies: Arc<PolicyCache>,
    pub clock: Clock,
    pub failpoints: TaskFailpoints,
}

#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl ActionExecutor {
    /// What a job says about its verb: the parameters opened, never to be shown.
    /// The event says why they can't be had; it ends the task, for no later try would go better.
    pub(super) fn open_job_parameters(&self, job: &JobRow) -> Result<ActionParameters, TaskEvent> {
        sealed_parameters::open_parameters(self.folder.secret_key(), JobSealContext::from_job(job), &job.parameters)
            .map_err(|problem| {
                tracing::error!(job.id = %job.id, problem, "cannot open the sealed parameters of a job");
                TaskEvent::Unopened {
                    text: format!("a secret parameter of the job {problem}"),
                }
            })
    }

    /// Tells the task that the parameters of its job can't be had.
    pub(super) async fn report_unopened(
        &self,
        task: &TaskRow,
        job: &JobRow,
        event: &TaskEvent,
    ) -> Result<(), ExecutorError> {
        self.advance_task(task, job, &ActionParameters::default(), event)
            .await?;
        Ok(())
    }

    /// The version of Graph that a verb is called in, by its table or by the settings.
    pub(super) async fn api_version(&self, spec: &ActionSpec) -> Result<ApiVersion, ExecutorError> {
        let policy = self.store.find_policy(&guard::policy_scope(self.instance)).await?;
        Ok(guard::api_version_for(spec, policy.as_deref()))
    }

    /// Advances a task from the state in which it was seen, unless it was moved meanwhile. Its result shows at once.
    pub(super) async fn advance_task(
        &self,
        task: &TaskRow,
        job: &JobRow,
        parameters: &ActionParameters,
        event: &TaskEvent,
    ) -> Result<bool, ExecutorError> {
        let spec = ActionSpec::for_action(task.verb);
        let at = TaskContext {
            task,
            spec,
            trace: (spec.trace)(parameters),
            expires_at: job.expires_at,
            now: self.clock.now(),
        };
        let to = task_machine::next(&at, event, self.failpoints.resend_policy.as_ref());
        let state = to.state;
        if state != task.state {
            tracing::info!(task.id = %task.id, device.id = %task.device, action = task.verb.name(), task.from = task.state.name(),
                task.state = state.name(), cause = to.cause.as_deref(), "a task changed state");
        }
        let moved = self.store.transition_task(task.id, task.state, to).await?;
        if moved && state != task.state {
            self.publish_device(task, state, at.trace.vanishes).await;
        }
        Ok(moved)
    }

    /// The device as it is now, for its servers. That it has gone by a job is said only where the job took it away, and is
    /// known to have done so.
    async fn publish_device(&self, task: &TaskRow, state: TaskState, vanishes: bool) {
        use TaskState::{DeviceGone, Done, Failed, GoneUnproven, HandedOverNotTraceable, NotSupported};
        if !matches!(
            state,
            Done | DeviceGone | GoneUnproven | Failed | NotSupported | HandedOverNotTraceable
        ) {
            return;
        }
        let reason = match state {
            Done if vanishes => GoneReason::ByJob,
            _ => GoneReason::Deleted,
        };
        if let Err(error) = refresh::refresh_device(&self.scanner, task.device, reason).await {
            tracing::warn!(device.id = %task.device, error = %error, "cannot publish a device after its job");
        }
    }
}

/// The object in a Graph answer.
pub(super) fn parse_object(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}
