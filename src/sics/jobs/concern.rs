//! What waits for a second person, and who is suspended, as far as it concerns somebody whose rights are limited to some
//! instances: what is about his instances, about their tenants, about operators who may act there, or about all.

use std::collections::BTreeSet;

use super::power::tenants;
use crate::model::{At, OperatorId};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::Problem;
use crate::sics::workflows::home::{Home, homes};
use crate::store::{KILL_SWITCH, LooseningRow, OperatorRow, SUSPENSION};

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
        if let Some(number) = row.scope.strip_prefix("instance:") {
            return limited.homes.iter().any(|home| home.id.to_string() == number);
        }
        let change = &row.change;
        if change["key"] == KILL_SWITCH {
            let tenant = change["tenant"].as_str().unwrap_or_default();
            return tenant == "*" || limited.tenants.contains(&tenant.to_ascii_lowercase());
        }
        if change["key"] == SUSPENSION {
            let operator = change["operator"].as_i64();
            return operator.is_some_and(|id| limited.of_operator(OperatorId(id)));
        }
        true
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
