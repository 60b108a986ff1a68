//! What the API needs of the targets that run behind it. The API decides who may see and decide what; the other side is
//! read and written by whoever has its credential. `app` implements this once for the running bus; tests have their own.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::contract::{CheckStep, RevertView, TargetFieldsView, TargetKind, TargetKindView, TargetPreviewView};
use crate::model::{DeviceId, InstanceId, InstanceName, ServerId};
use crate::sics::engine::CredentialEnd;
use crate::sics::engine_error::EngineFuture;
use crate::store::StoreError;
use crate::targets::{MappingError, TargetMapping};

/// The targets of this bus.
pub trait TargetProvider: Send + Sync + 'static {
    /// All that are installed, in the order of their numbers; those that do not run as well.
    fn list_targets(&self) -> BoxFuture<'_, Result<Vec<TargetInstance>, StoreError>>;

    /// What each kind can do, by name.
    fn list_kinds(&self) -> Vec<TargetKindView>;

    /// The mapping that a target of this kind has as long as nobody sets another, as its document.
    fn default_mapping(&self, kind: TargetKind) -> String;

    /// The fields of the other side, and those that the mapping names and it lacks.
    fn list_fields(&self, target: InstanceId) -> EngineFuture<'_, TargetFieldsView>;

    /// Judges a mapping that is offered by what is known of the target without asking its other side; answers what of it has
    /// no effect, a sentence each. What `kept` has goes on: the one that it takes the place of.
    fn judge_mapping<'a>(
        &'a self,
        target: InstanceId,
        mapping: &'a TargetMapping,
        kept: Option<&'a TargetMapping>,
    ) -> BoxFuture<'a, Result<Vec<String>, MappingError>>;

    /// Makes the fields that the mapping names and the other side lacks; answers the fields as they are then.
    fn make_fields(&self, target: InstanceId) -> EngineFuture<'_, TargetFieldsView>;

    /// What would be written now by this mapping (`None`: by the one that the target works by), with at most so many devices
    /// one by one. It ends by itself after `longest`, and then answers what it has as not complete.
    fn preview_target(
        &self,
        target: InstanceId,
        mapping: Option<TargetMapping>,
        limit: usize,
        longest: Duration,
    ) -> EngineFuture<'_, TargetPreviewView>;

    /// Checks the other side, step by step as it goes; the sender is dropped after the last step.
    fn verify_target(&self, target: InstanceId) -> EngineFuture<'_, mpsc::Receiver<CheckStep>>;

    /// Puts back what a run wrote. It ends by itself after `longest`, and then answers what it has as not complete.
    fn revert_run(&self, target: InstanceId, run: i64, longest: Duration) -> EngineFuture<'_, RevertView>;

    /// The worker writes this device, whether it has changed or not.
    fn resend_device(&self, target: InstanceId, instance: InstanceId, device: DeviceId) -> EngineFuture<'_, ()>;

    /// Something was decided for this target: its worker looks at once.
    fn wake_target(&self, target: InstanceId);
}

/// One installation of a product that is a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetInstance {
    /// The number of the installation.
    pub id: InstanceId,
    /// Name of its first member: `IntuneTargetOcs_3`.
    pub name: InstanceName,
    pub kind: TargetKind,
    /// The name that people gave the installation; empty: none.
    pub profile: String,
    /// The management server that it is.
    pub server: ServerId,
    /// Whether its worker runs.
    pub running: bool,
    /// When what it signs in with ends, where that is known; whether it runs or not.
    pub sign_in_ends: Vec<CredentialEnd>,
}
