//! What waits for a second person, and who is suspended, as far as it concerns somebody whose rights are limited to some
//! instances: what is about their instances, about their tenants, about operators who may act there, or about all.

use std::collections::BTreeSet;

use super::kill_switch::visible_tenants;
use crate::model::{GuardScope, OperatorId, PolicyRelaxation, ResourceRef};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;
use crate::sics::workflows::owner::reachable_owners;
use crate::sics::workflows::workflow_owner::WorkflowOwner;
use crate::store::{OperatorRow, RelaxationRow};

pub(crate) struct PendingVisibility {
    /// `None`: no limit, so everything is their concern.
    visible_scope: Option<VisibleScope>,
}

struct VisibleScope {
    workflow_owners: Vec<WorkflowOwner>,
    tenants: BTreeSet<String>,
    operators: Vec<OperatorRow>,
}

impl PendingVisibility {
    pub(crate) async fn read_visibility(sics: &Sics, caller: &Caller) -> Result<PendingVisibility, ApiProblem> {
        let Some(tenants) = visible_tenants(sics, caller).await? else {
            return Ok(PendingVisibility { visible_scope: None });
        };
        let limited = Some(VisibleScope {
            workflow_owners: reachable_owners(sics, caller).await?,
            tenants,
            operators: sics.store().list_operators().await?,
        });
        Ok(PendingVisibility { visible_scope: limited })
    }

    /// The same of what was read already: `tenants` of the instances that the caller reaches, where there is a limit, and
    /// owners of workflows that they reach.
    pub(crate) fn from_known(
        tenants: Option<BTreeSet<String>>,
        workflow_owners: Vec<WorkflowOwner>,
        operators: &[OperatorRow],
    ) -> PendingVisibility {
        PendingVisibility {
            visible_scope: tenants.map(|tenants| VisibleScope {
                workflow_owners,
                tenants,
                operators: operators.to_vec(),
            }),
        }
    }

    pub(crate) fn sees_relaxation(&self, row: &RelaxationRow) -> bool {
        let Some(limited) = &self.visible_scope else {
            return true;
        };
        if let GuardScope::Instance(id) = row.relaxation.guard_scope() {
            return limited.workflow_owners.iter().any(|home| home.id == id);
        }
        match &row.relaxation {
            PolicyRelaxation::KillSwitchOff { tenant, .. } => {
                tenant == "*" || limited.tenants.contains(&tenant.to_ascii_lowercase())
            }
            PolicyRelaxation::SuspensionLift { operator, .. } => limited.sees_operator(*operator),
            PolicyRelaxation::ApplicationChange { instance, .. } => {
                limited.workflow_owners.iter().any(|home| home.id == *instance)
            }
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. } => true,
        }
    }

    /// An operator who may do something where the caller may look.
    pub(crate) fn sees_operator(&self, id: OperatorId) -> bool {
        self.visible_scope
            .as_ref()
            .is_none_or(|limited| limited.sees_operator(id))
    }
}

impl VisibleScope {
    fn sees_operator(&self, id: OperatorId) -> bool {
        let found = self.operators.iter().find(|row| row.id == id);
        found.is_some_and(|row| {
            self.workflow_owners
                .iter()
                .any(|home| row.has_any_right_at(ResourceRef::for_instance(&home.name)))
        })
    }
}
