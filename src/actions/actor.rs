//! All that carries out the tasks of one instance, and the small things that its files share.

use std::sync::Arc;

use serde_json::Value;

use super::guard::{self, Policies};
use super::machine::{self, Event, Standing};
use super::sealed::{self, JobPlace};
use super::seams::Seams;
use super::verbs::{ApiVersion, Parameters, VerbSpec};
use crate::config::{Folder, SettingsError};
use crate::graph::Graph;
use crate::inventory::refresh;
use crate::inventory::scan::Scanner;
use crate::model::{GoneReason, InstanceId, InstanceName, TaskState};
use crate::observe::Clock;
use crate::store::{JobRow, Store, StoreError, TaskRow};

#[derive(Clone)]
pub struct Actor {
    pub store: Store,
    /// Signs in with the credential of actions where there is one (E4).
    pub graph: Graph,
    /// Reads a device anew for its servers after something was done to it.
    pub scanner: Scanner,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub folder: Arc<Folder>,
    pub policies: Arc<Policies>,
    pub clock: Clock,
    pub seams: Seams,
}

#[derive(Debug, thiserror::Error)]
pub enum ActorError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl Actor {
    /// What a job says about its verb: the parameters opened, never to be shown.
    /// The event says why they can't be had; it ends the task, for no later try would go better.
    pub(super) fn parameters(&self, job: &JobRow) -> Result<Parameters, Event> {
        sealed::open(self.folder.key(), JobPlace::of(job), &job.parameters).map_err(|problem| {
            tracing::error!(job.id = %job.id, problem, "the sealed parameters of a job can't be opened");
            Event::Unopened {
                text: format!("a secret parameter of the job {problem}"),
            }
        })
    }

    /// Tells the task that the parameters of its job can't be had.
    pub(super) async fn unopened(&self, task: &TaskRow, job: &JobRow, event: &Event) -> Result<(), ActorError> {
        self.step(task, job, &Parameters::default(), event).await?;
        Ok(())
    }

    /// The version of Graph that a verb is called in, by its table or by the settings.
    pub(super) async fn version(&self, spec: &VerbSpec) -> Result<ApiVersion, ActorError> {
        let policy = self.store.policy(&guard::scope_of(self.instance)).await?;
        Ok(guard::version_of(spec, policy.as_deref()))
    }

    /// Steps a task on from where it was seen, unless somebody else moved it meanwhile. What it did shows at once.
    pub(super) async fn step(
        &self,
        task: &TaskRow,
        job: &JobRow,
        parameters: &Parameters,
        event: &Event,
    ) -> Result<bool, ActorError> {
        let spec = VerbSpec::of(task.verb);
        let at = Standing {
            task,
            spec,
            trace: (spec.trace)(parameters),
            expires_at: job.expires_at,
            now: self.clock.now(),
        };
        let to = machine::next(&at, event, self.seams.recovery.as_ref());
        let state = to.state;
        if state != task.state {
            tracing::info!(task.id = %task.id, device.id = %task.device, action = task.verb.name(), task.from = task.state.name(),
                task.state = state.name(), cause = to.cause.as_deref(), "a task went on");
        }
        let moved = self.store.move_task(task.id, task.state, to).await?;
        if moved && state != task.state {
            self.publish(task, state, at.trace.vanishes).await;
        }
        Ok(moved)
    }

    /// The device as it is now, for its servers. That it has gone by a job is said only where the job took it away, and is
    /// known to have done so.
    async fn publish(&self, task: &TaskRow, state: TaskState, vanishes: bool) {
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
        if let Err(error) = refresh::refresh(&self.scanner, task.device, reason).await {
            tracing::warn!(device.id = %task.device, error = %error, "a device could not be published after its job");
        }
    }
}

/// The object in a Graph answer.
pub(super) fn object(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}
