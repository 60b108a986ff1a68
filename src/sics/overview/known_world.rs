//! What there is, as it was read once for all who look, and by what it is decided who may know of something. What that is
//! for a caller is said by [`super::visibility`].

use crate::model::{InstanceId, InstanceName, OperatorId};
use crate::sics::workflows::workflow_owner::WorkflowOwner;
use crate::store::{InstanceRow, JobRow, OperatorRow, RelaxationRow, ServerRow};

/// By what it is decided who sees what.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownWorld {
    pub instances: Vec<InstanceRow>,
    pub operators: Vec<OperatorRow>,
    /// Instances, and installations that have none.
    pub owners: Vec<WorkflowOwner>,
}

impl KnownWorld {
    pub(super) fn instance_name(&self, id: InstanceId) -> Option<&InstanceName> {
        self.instances.iter().find(|row| row.id == id).map(|row| &row.name)
    }

    pub(super) fn owner_name(&self, id: InstanceId) -> Option<&InstanceName> {
        self.owners.iter().find(|owner| owner.id == id).map(|owner| &owner.name)
    }
}

/// Who may know of something.
#[derive(Debug, Clone)]
pub(super) enum FactVisibility {
    /// Whoever signs in.
    Everybody,
    /// Every person who signs in.
    People,
    /// Whoever has this right anywhere.
    Right(&'static str),
    /// Whoever has this right at the instance, or what is called so.
    Instance(&'static str, InstanceName),
    Server(Box<ServerRow>),
    /// Whoever sees the target that is this management server.
    Target(Box<ServerRow>),
    Job(Box<JobRow>),
    Relaxation(Box<RelaxationRow>),
    /// Whoever sees emergency actions of this instance.
    BrokenGlass(InstanceId),
    /// Of this tenant.
    KillSwitch(String),
    /// Whoever sees suspensions of this operator.
    Suspension(OperatorId),
}
