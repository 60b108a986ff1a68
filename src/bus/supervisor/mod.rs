//! The supervisor: starts what is installed, watches it, restarts it when it fails, and stops it so that nothing is
//! lost.
//!
//! A *member* is one numbered microservice (`IntuneConnector_1`). It is of a [`MicroserviceKind`], which makes ready and hands out a
//! future; that future runs as a task of its own until its [`MemberContext`] says stop. What one member does, waits for or breaks
//! stays within its task (E2):
//!
//! - one that panics, or ends unasked, is started again after a pause that doubles each time it fails soon
//!   ([`restart_policy`]); its neighbours notice nothing;
//! - one that says that it can't start ([`MemberFailure`]) stays *failed*, because nothing but a change will help, unless it
//!   says that the trouble passes;
//! - one that is told to stop ends what is under way; one that does not within the limit is aborted. What is
//!   not committed then is handled as after a crash.
//!
//! There is one supervisor in a bus today. Names and answers carry its id all the same.

mod error;
mod member_context;
mod member_registry;
mod member_runner;
mod meter;
pub mod restart_policy;
mod status;
#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;

pub use error::SupervisorError;

pub use crate::model::StartType;
pub use member_context::MemberContext;
pub use member_registry::{Supervisor, SupervisorLimits};
pub use member_runner::LifecycleStatus;
pub use meter::MemberMeter;

/// The id of the one that a bus has.
pub const LOCAL: &str = "local";

/// What runs until it is stopped; `Err` if it ended for a reason of its own.
pub type MemberFuture = BoxFuture<'static, Result<(), MemberFailure>>;

/// The code behind microservices of one kind.
pub trait MicroserviceKind: Send + Sync + 'static {
    /// As manifests have it.
    fn name(&self) -> &'static str;

    /// Makes ready; what it answers runs as a task until [`MemberContext::wait_for_stop`]. Called again for each restart.
    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        life: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>>;
}

/// What is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSpec {
    /// `IntuneConnector_1`.
    pub name: String,
    /// Of its installation, for people.
    pub profile: String,
    pub kind: String,
    /// The number that it shares with what was installed together with it.
    pub installation: i64,
    pub product: String,
    /// Of the product.
    pub version: String,
}

/// Why a member does not run, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct MemberFailure {
    /// Stable, for machines.
    pub code: String,
    pub problem: String,
    pub advice: String,
    /// It may be gone when it is tried again.
    pub passes: bool,
}

impl MemberFailure {
    pub fn new(code: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        MemberFailure {
            code: code.into(),
            problem: problem.into(),
            advice: advice.into(),
            passes: false,
        }
    }

    pub fn into_transient(mut self) -> Self {
        self.passes = true;
        self
    }
}
