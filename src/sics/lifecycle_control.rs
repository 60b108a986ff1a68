//! What the API needs of whoever runs instances. `app` implements this once for the running bus.

use super::engine_error::EngineFuture;
use crate::bus::supervisor::StartType;
use crate::contract::{DraftSettings, InstanceCreation, MemberStatus, MemberSummary, SupervisorView};
use crate::model::{InstanceName, RelaxationRequester};

/// Starts and stops instances.
pub trait LifecycleControl: Send + Sync {
    fn list_supervisors(&self) -> EngineFuture<'_, Vec<SupervisorView>>;

    /// What was installed together with an instance.
    fn list_members(&self, instance: InstanceName) -> EngineFuture<'_, Vec<MemberSummary>>;

    fn run_command(&self, member: InstanceName, order: LifecycleCommand) -> EngineFuture<'_, MemberStatus>;

    fn set_start_type(&self, member: InstanceName, start_type: StartType) -> EngineFuture<'_, MemberStatus>;

    /// Like [`super::engine::InstanceEngine::add_instance`], with a say in how it begins.
    fn add_instance(
        &self,
        draft: DraftSettings,
        by: RelaxationRequester,
        creation: InstanceCreation,
    ) -> EngineFuture<'_, InstanceName>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleCommand {
    Start,
    Stop,
    Restart,
}
