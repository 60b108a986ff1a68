//! To whom workflows belong.

use crate::model::{InstanceId, InstanceName};

/// An instance, or an installation that has none, under the name of its first member.
#[derive(Debug, Clone)]
pub(crate) struct WorkflowOwner {
    pub id: InstanceId,
    pub name: InstanceName,
}
