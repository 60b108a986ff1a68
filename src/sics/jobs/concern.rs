//! What waits for a second person, and who is suspended, as far as it concerns somebody whose rights are limited to some
//! instances: what is about his instances, about their tenants, about operators who may act there, or about all.

use std::collections::BTreeSet;

use super::power::tenants;
use crate::model::{At, GuardScope, Loosening, OperatorId};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::Problem;
use crate::sics::workflows::home::{Home, homes};
use crate::store::{LooseningRow, OperatorRow};

pub struct Concern {
    /// `None`: no limit, so everything is his concern.
    limited: Option<Limited>,
}

struct Limited {
    homes: Vec<Home>,
    tenants: BTreeSet<String>,
    operators: Vec<OperatorRow>,
}

impl Concern {
    pub async fn read(sics: &Sics, caller: &Caller) -> Result<Concern, Problem> {
        let Some(tenants) = tenants(sics, caller).await? else {
            return Ok(Concern { limited: None });
        };
        let limited = Some(Limited {
            homes: homes(sics, caller).await?,
            tenants,
            operators: sics.store().operators().await?,
        });
        Ok(Concern { limited })
    }

    pub fn of_loosening(&self, row: &LooseningRow) -> bool {
        let Some(limited) = &self.limited else { return true };
        if let GuardScope::Instance(id) = row.what.scope() {
            return limited.homes.iter().any(|home| home.id == id);
        }
        match &row.what {
            Loosening::KillSwitchOff { tenant, .. } => {
                tenant == "*" || limited.tenants.contains(&tenant.to_ascii_lowercase())
            }
            Loosening::SuspensionLift { operator, .. } => limited.of_operator(*operator),
            Loosening::PolicyChange { .. } | Loosening::WorkflowChange { .. } | Loosening::AccountChange { .. } => true,
        }
    }

    /// An operator who may do something where the caller may look.
    pub fn of_operator(&self, id: OperatorId) -> bool {
        self.limited.as_ref().is_none_or(|limited| limited.of_operator(id))
    }
}

impl Limited {
    fn of_operator(&self, id: OperatorId) -> bool {
        let found = self.operators.iter().find(|row| row.id == id);
        found.is_some_and(|row| self.homes.iter().any(|home| row.reaches(At::instance(&home.name))))
    }
}
