//! Which instances a caller reaches: what is beyond their scope is refused, or not there for them.

use super::Sics;
use super::auth::Caller;
use super::authorization::out_of_scope_problem;
use super::problem::ApiProblem;
use crate::model::InstanceName;
use crate::store::InstanceRow;

impl Sics {
    /// The instance of this name, if the caller's scope reaches it and it was not removed.
    pub(super) async fn find_instance(&self, caller: &Caller, name: &InstanceName) -> Result<InstanceRow, ApiProblem> {
        if !caller.reaches_instance(name) {
            return Err(out_of_scope_problem(caller));
        }
        let rows = self.store().list_instances().await?;
        rows.into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none())
            .ok_or_else(|| ApiProblem::not_found("instance", name))
    }

    /// All instances that the caller's scope reaches, removed ones left out.
    pub(super) async fn reachable_instances(&self, caller: &Caller) -> Result<Vec<InstanceRow>, ApiProblem> {
        let mut rows = self.store().list_instances().await?;
        rows.retain(|row| row.removed_at.is_none() && caller.reaches_instance(&row.name));
        Ok(rows)
    }
}
