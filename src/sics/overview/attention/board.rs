//! The board: everything that waits for anybody, gathered from all rooms once for all who look. Nothing is decided here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::known_world::{FactVisibility, KnownWorld};
use super::super::visibility::Viewer;
use super::attention_board::{AttentionBoard, InstanceLight};
use super::files::file_item;
use super::instances::{InstanceFacts, decide_instance};
use super::item::BoardItem;
use super::lights::{decide_instance_light, decide_server_light};
use super::order_facts::gather_orders;
use super::parts::{
    NodeFacts, WorkflowFacts, bus_item, installation_item, member_item, node_item, product_item, workflow_items,
};
use super::pending::{
    approval_item, broken_glass_item, kill_switch_item, loosening_item, notice_item, suspension_item,
    unknown_outcome_items,
};
use super::servers::{ServerFacts, decide_server};
use super::store_state::{StoreFacts, store_items};
use super::target_facts::gather_targets;
use super::targets::target_items;
use crate::contract::{
    AttentionFact, AttentionItemView, AttentionItemsView, AttentionSeverity, InstanceState, InstanceStatus, LightView,
    MemberStatus, SupervisorView, TargetFact,
};
use crate::inventory::audience::is_in_audience;
use crate::model::{ApprovalState, InstanceName, OperatorId, PolicyRelaxation};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;
use crate::sics::store_damage::describe_damage;
use crate::store::{JobQuery, RelaxationRow, ServerRow, TaskTally};

/// Jobs that wait for an approval, and tasks whose outcome nobody knows: so many are told.
const JOBS_TOLD: usize = 200;
const TASKS_TOLD: usize = 1_000;
/// The right that shows how an instance is.
const READS: &str = "Instances_Read";

impl AttentionBoard {
    /// What this caller may see of it.
    pub(super) fn view_for(&self, caller: &Caller) -> AttentionItemsView {
        let viewer = Viewer::new(caller, &self.world);
        let seen = self.items.iter().filter(|item| viewer.sees(&item.visibility));
        let mut items: Vec<_> = seen.map(|item| item.view.clone()).collect();
        items.sort_by_key(|item| (item.severity, item.since.is_none(), item.since));
        let instances = self
            .instances
            .iter()
            .filter(|row| viewer.has_right_at(READS, &row.name));
        let servers = self.servers.iter().filter(|(row, _)| viewer.sees_server(row));
        AttentionItemsView {
            items,
            instances: instances.map(|row| row.light.clone()).collect(),
            servers: servers.map(|(_, light)| light.clone()).collect(),
        }
    }

    /// Of everybody.
    pub(super) fn list_all_items(&self) -> Vec<AttentionItemView> {
        self.items.iter().map(|item| item.view.clone()).collect()
    }

    pub(in crate::sics::overview) fn count_items(&self, viewer: &Viewer<'_>) -> AttentionFact {
        let count = |severity: AttentionSeverity| {
            let of_severity = self.items.iter().filter(|item| item.view.severity == severity);
            of_severity.filter(|item| viewer.sees(&item.visibility)).count() as u64
        };
        AttentionFact {
            act: count(AttentionSeverity::Act),
            watch: count(AttentionSeverity::Watch),
        }
    }

    pub(in crate::sics::overview) fn has_kill_switch(&self, viewer: &Viewer<'_>) -> bool {
        let mut tenants = self.kill_switches.iter();
        tenants.any(|tenant| viewer.sees(&FactVisibility::KillSwitch(tenant.clone())))
    }

    pub(in crate::sics::overview) fn visible_states<'a>(
        &'a self,
        viewer: &'a Viewer<'_>,
    ) -> impl Iterator<Item = (&'a InstanceName, InstanceState)> {
        let seen = self
            .instances
            .iter()
            .filter(move |row| viewer.has_right_at(READS, &row.name));
        seen.map(|row| (&row.name, row.state))
    }

    pub(in crate::sics::overview) fn visible_targets<'a>(
        &'a self,
        viewer: &'a Viewer<'_>,
    ) -> impl Iterator<Item = &'a TargetFact> {
        let seen = self
            .targets
            .iter()
            .filter(move |(server, _)| viewer.sees_target(server));
        seen.map(|(_, fact)| fact)
    }
}

/// As it was gathered a moment ago, or now.
pub(in crate::sics::overview) async fn fetch_board(sics: &Sics) -> Result<Arc<AttentionBoard>, ApiProblem> {
    sics.overview().board.fetch(sics.store(), || gather_board(sics)).await
}

async fn gather_board(sics: &Sics) -> Result<AttentionBoard, ApiProblem> {
    let world = KnownWorld::read_world(sics).await?;
    let statuses = sics.engine().instance_statuses().await?;
    let supervisors = match sics.engine().lifecycle_control() {
        Some(control) => control.list_supervisors().await?,
        None => Vec::new(),
    };
    let mut items = gather_store(sics).await?;
    let instances = gather_instances(sics, &statuses, &supervisors, &mut items);
    items.extend(member_items(&supervisors, &statuses));
    items.extend(gather_nodes(sics));
    items.extend(sics.engine().unusable_files().await?.iter().map(file_item));
    let servers = gather_servers(sics, &world, &mut items).await?;
    let relaxations = sics.store().list_relaxations(true).await?;
    items.extend(relaxations.iter().map(loosening_item));
    items.extend(gather_jobs(sics, &world).await?);
    items.extend(gather_workflows(sics, &world, &relaxations).await?);
    items.extend(gather_products(sics).await?);
    items.extend(gather_orders(sics).await?);
    let targets = gather_targets(sics).await?;
    items.extend(targets.iter().flat_map(|standing| target_items(standing, sics.now())));
    let kill_switches = gather_safeguards(sics, &mut items).await?;
    Ok(AttentionBoard {
        world,
        items,
        instances,
        servers,
        targets: targets
            .into_iter()
            .map(|standing| (standing.server.clone(), standing.to_fact()))
            .collect(),
        kill_switches,
    })
}

async fn gather_store(sics: &Sics) -> Result<Vec<BoardItem>, ApiProblem> {
    let store = sics.store();
    let failure = store.failure_code();
    let damage = store.last_damage().as_ref().map(describe_damage);
    let rollback = store.find_rollback().await?;
    let facts = StoreFacts {
        failure: failure.as_deref(),
        damage: damage.as_deref(),
        rollback: rollback.as_ref(),
        free_bytes: store.free_bytes().ok().flatten(),
        min_free_bytes: sics.limits().min_free_bytes,
    };
    Ok(store_items(&facts).collect())
}

/// Members of supervisors that run.
fn running_members(supervisors: &[SupervisorView]) -> impl Iterator<Item = &MemberStatus> {
    let running = supervisors.iter().filter(|supervisor| supervisor.running);
    running.flat_map(|supervisor| &supervisor.members)
}

fn gather_instances(
    sics: &Sics,
    statuses: &[InstanceStatus],
    supervisors: &[SupervisorView],
    items: &mut Vec<BoardItem>,
) -> Vec<InstanceLight> {
    let (details, now) = (sics.engine().instance_details(), sics.now());
    let mut lights = Vec::new();
    for status in statuses {
        let member = running_members(supervisors).find(|member| member.name == status.name.as_str());
        let facts = InstanceFacts {
            status,
            detail: details.iter().find(|detail| detail.name == status.name),
            member,
        };
        let own = decide_instance(&facts, now);
        lights.push(InstanceLight {
            name: status.name.clone(),
            state: status.state,
            light: decide_instance_light(status, member, &own),
        });
        items.extend(own);
    }
    lights
}

fn member_items(supervisors: &[SupervisorView], statuses: &[InstanceStatus]) -> Vec<BoardItem> {
    let state_of = |member: &MemberStatus| {
        let status = statuses.iter().find(|status| status.name.as_str() == member.name);
        status.map(|status| status.state)
    };
    let members = running_members(supervisors).filter_map(|member| member_item(member, state_of(member)));
    let stopped = supervisors.iter().filter(|supervisor| !supervisor.running);
    members.chain(stopped.map(|_| bus_item())).collect()
}

fn gather_nodes(sics: &Sics) -> Vec<BoardItem> {
    let nodes = sics
        .engine()
        .decision_provider()
        .map(|decisions| decisions.list_nodes());
    let enabled = nodes.into_iter().flatten().filter(|node| node.settings.enabled);
    let item = |node: crate::sics::NodeStatus| {
        let failure = node.failure.as_ref();
        node_item(&NodeFacts {
            instance: &node.instance,
            node: &node.settings.name,
            health: node.health,
            failure: failure.map(|reason| (reason.code.as_str(), reason.text.as_str())),
        })
    };
    enabled.filter_map(item).collect()
}

async fn gather_servers(
    sics: &Sics,
    world: &KnownWorld,
    items: &mut Vec<BoardItem>,
) -> Result<Vec<(ServerRow, LightView)>, ApiProblem> {
    let mut lights = Vec::new();
    let webhooks = sics.store().list_server_webhooks().await?;
    for row in sics.store().list_servers().await? {
        let owner = world.operators.iter().find(|operator| operator.id == row.owner);
        let (mut receives, mut pending) = (false, 0);
        for instance in &world.instances {
            if owner.is_some_and(|owner| is_in_audience(&row, owner, instance)) {
                let position = row.positions.get(&instance.id).copied();
                receives |= instance.removed_at.is_none();
                pending += sics.store().count_pending_changes(instance.id, position).await?;
            }
        }
        let facts = ServerFacts {
            row: &row,
            has_operator: owner.is_some_and(|owner| !owner.disabled),
            receives,
            pending,
            webhook: webhooks.iter().find(|webhook| webhook.server == row.id),
        };
        let item = decide_server(&facts, sics.now());
        let light = decide_server_light(&facts, item.as_ref());
        items.extend(item);
        lights.push((row, light));
    }
    Ok(lights)
}

async fn gather_jobs(sics: &Sics, world: &KnownWorld) -> Result<Vec<BoardItem>, ApiProblem> {
    let query = JobQuery {
        approval: Some(ApprovalState::Waiting),
        limit: JOBS_TOLD,
        ..JobQuery::default()
    };
    let waiting = sics.store().list_jobs(query).await?;
    let name_of = |id: OperatorId| {
        let operator = world.operators.iter().find(|row| row.id == id);
        operator.map(|row| row.name.as_str())
    };
    // What was cancelled meanwhile waits for nobody.
    let is_open = |tally: &TaskTally| tally.iter().any(|(state, _)| !state.is_end());
    let approvals = waiting
        .iter()
        .filter(|(_, tally)| is_open(tally))
        .map(|(job, tally)| approval_item(job, tally, name_of(job.operator)));
    let mut items: Vec<BoardItem> = approvals.collect();
    items.extend(unknown_outcome_items(
        sics.store().list_tasks_for_operators(TASKS_TOLD).await?,
    ));
    Ok(items)
}

async fn gather_workflows(
    sics: &Sics,
    world: &KnownWorld,
    relaxations: &[RelaxationRow],
) -> Result<Vec<BoardItem>, ApiProblem> {
    let waiting: BTreeSet<i64> = relaxations
        .iter()
        .filter_map(|row| match &row.relaxation {
            PolicyRelaxation::WorkflowChange { workflow, .. } => Some(*workflow),
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::KillSwitchOff { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::AccountChange { .. }
            | PolicyRelaxation::ApplicationChange { .. } => None,
        })
        .collect();
    let runs = sics.store().list_last_ended_runs().await?;
    let mut items = Vec::new();
    for row in sics.store().list_workflows(None).await? {
        // Of what was removed nothing waits.
        if let Some(owner) = world.owner_name(row.instance) {
            items.extend(workflow_items(&WorkflowFacts {
                row: &row,
                owner,
                last_run: runs.iter().find(|run| run.workflow == row.id),
                waits_for_approval: waiting.contains(&row.id),
            }));
        }
    }
    Ok(items)
}

async fn gather_products(sics: &Sics) -> Result<Vec<BoardItem>, ApiProblem> {
    let products = match sics.engine().product_catalogue() {
        Some(catalogue) => catalogue.list_products().await?,
        None => Vec::new(),
    };
    let updates = products
        .iter()
        .filter_map(|product| product_item(&product.id, &product.version, product.state));
    let mut items: Vec<BoardItem> = updates.collect();
    let members = sics.store().list_members(None).await?;
    for row in sics.store().list_installations().await? {
        let first = members.iter().find(|member| member.installation == row.number);
        let name = first.and_then(|member| member.name.parse::<InstanceName>().ok());
        items.extend(name.and_then(|name| installation_item(&row, &name, sics.now())));
    }
    Ok(items)
}

/// Answers the tenants whose kill switch is on.
async fn gather_safeguards(sics: &Sics, items: &mut Vec<BoardItem>) -> Result<Vec<String>, ApiProblem> {
    let store = sics.store();
    let switches = store.list_kill_switches().await?;
    items.extend(switches.iter().map(kill_switch_item));
    items.extend(store.list_broken_glass(true).await?.iter().map(broken_glass_item));
    items.extend(store.list_suspensions().await?.iter().map(suspension_item));
    items.extend(store.list_notices().await?.iter().map(notice_item));
    Ok(switches.into_iter().map(|row| row.tenant).collect())
}
