//! Who may know of what, decided for a caller from what was read once for all. The rules are those of the lists: an item
//! about a job is seen by whoever `list_jobs` shows that job, one about a server by whoever `list_servers` shows it.

use std::collections::BTreeSet;

use super::known_world::{FactVisibility, KnownWorld};
use crate::model::{InstanceName, OperatorKind, ResourceRef};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::jobs::broken_glass;
use crate::sics::jobs::may_see_job;
use crate::sics::jobs::pending_visibility::PendingVisibility;
use crate::sics::jobs::queries::SEES_ALL;
use crate::sics::problem::ApiProblem;
use crate::sics::server_visibility::{ServerVisibility, is_own_server, visibility_among};
use crate::sics::workflows::owner::list_owners;
use crate::store::{JobRow, ServerRow};

/// Of which one opens the list of jobs.
const JOBS: &[&str] = &["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"];
/// Of which one opens the list of servers; with the first only one's own.
const SERVERS: &[&str] = &["Servers_Announce", "Servers_Read"];
/// With which targets are looked at.
const TARGETS: &[&str] = &["Targets_Read"];
/// With which what waits for a second person is looked at, as with the notices.
const PENDING: &[&str] = &["Limits_Read", "KillSwitch_Read", "Jobs_Approve"];
/// A kill switch of all tenants.
const ALL_TENANTS: &str = "*";

impl KnownWorld {
    pub(super) async fn read_world(sics: &Sics) -> Result<KnownWorld, ApiProblem> {
        Ok(KnownWorld {
            instances: sics.store().list_instances().await?,
            operators: sics.store().list_operators().await?,
            owners: list_owners(sics).await?,
        })
    }
}

/// A caller who looks.
pub(super) struct Viewer<'a> {
    caller: &'a Caller,
    world: &'a KnownWorld,
    /// The same caller, asked for single rights.
    jobs: Caller,
    servers: Caller,
    all_servers: Caller,
    targets: Caller,
    glasses: Caller,
    kill_switch_tenants: Option<BTreeSet<String>>,
    pending: PendingVisibility,
    suspensions: PendingVisibility,
}

impl<'a> Viewer<'a> {
    pub(super) fn new(caller: &'a Caller, world: &'a KnownWorld) -> Viewer<'a> {
        let pending = caller.with_asked_rights(PENDING);
        let suspensions = caller.with_asked_rights(SEES_ALL);
        Viewer {
            jobs: caller.with_asked_rights(JOBS),
            servers: caller.with_asked_rights(SERVERS),
            all_servers: caller.with_asked_rights(&["Servers_Read"]),
            targets: caller.with_asked_rights(TARGETS),
            glasses: caller.with_asked_rights(broken_glass::SEES),
            kill_switch_tenants: visible_tenants(&caller.with_asked_rights(&["KillSwitch_Read"]), world),
            pending: pending_visibility(&pending, world),
            suspensions: pending_visibility(&suspensions, world),
            caller,
            world,
        }
    }

    pub(super) fn sees(&self, visibility: &FactVisibility) -> bool {
        match visibility {
            FactVisibility::Everybody => true,
            FactVisibility::People => self.caller.operator.kind == OperatorKind::Person,
            FactVisibility::Right(right) => self.caller.has_right(right),
            FactVisibility::Instance(right, name) => self.has_right_at(right, name),
            FactVisibility::Server(row) => self.sees_server(row),
            FactVisibility::Target(row) => self.sees_target(row),
            FactVisibility::Job(job) => self.sees_job(job),
            FactVisibility::Relaxation(row) => self.has_any(PENDING) && self.pending.sees_relaxation(row),
            FactVisibility::BrokenGlass(instance) => match self.world.instance_name(*instance) {
                Some(name) => self.glasses.reaches_instance(name),
                None => self.glasses.reaches_all_instances(),
            },
            FactVisibility::KillSwitch(tenant) => self.sees_kill_switch(tenant),
            FactVisibility::Suspension(operator) => self.has_any(SEES_ALL) && self.suspensions.sees_operator(*operator),
        }
    }

    pub(super) fn has_right_at(&self, right: &str, name: &InstanceName) -> bool {
        self.caller.operator.has_right(right, ResourceRef::for_instance(name))
    }

    pub(super) fn sees_job(&self, job: &JobRow) -> bool {
        may_see_job(&self.jobs, job, self.world.instance_name(job.instance), SEES_ALL)
    }

    pub(super) fn sees_server(&self, row: &ServerRow) -> bool {
        let KnownWorld {
            instances, operators, ..
        } = self.world;
        is_own_server(&self.servers, row)
            || visibility_among(&self.all_servers, row, operators, instances) != ServerVisibility::Nothing
    }

    pub(super) fn sees_target(&self, row: &ServerRow) -> bool {
        let KnownWorld {
            instances, operators, ..
        } = self.world;
        visibility_among(&self.targets, row, operators, instances) != ServerVisibility::Nothing
    }

    fn sees_kill_switch(&self, tenant: &str) -> bool {
        self.caller.has_right("KillSwitch_Read")
            && (tenant == ALL_TENANTS
                || self
                    .kill_switch_tenants
                    .as_ref()
                    .is_none_or(|tenants| tenants.contains(&tenant.to_ascii_lowercase())))
    }

    fn has_any(&self, rights: &[&str]) -> bool {
        rights.iter().any(|right| self.caller.has_right(right))
    }
}

/// Tenants of the instances that the caller reaches; `None`: there is no limit.
fn visible_tenants(caller: &Caller, world: &KnownWorld) -> Option<BTreeSet<String>> {
    if caller.reaches_all_instances() {
        return None;
    }
    let reached = world
        .instances
        .iter()
        .filter(|row| row.removed_at.is_none() && caller.reaches_instance(&row.name));
    Some(reached.map(|row| row.tenant_id.to_ascii_lowercase()).collect())
}

fn pending_visibility(caller: &Caller, world: &KnownWorld) -> PendingVisibility {
    let owners = world.owners.iter().filter(|owner| caller.reaches_instance(&owner.name));
    PendingVisibility::from_known(
        visible_tenants(caller, world),
        owners.cloned().collect(),
        &world.operators,
    )
}

#[cfg(test)]
#[path = "visibility_tests.rs"]
pub(super) mod tests;
