//! What is the matter with what runs beside the scans: compliance nodes, microservices, workflows, products, installations.
//! Pure.

use chrono::TimeDelta;

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{
    AttentionSeverity, AttentionSubject, InstanceState, LifecycleState, MemberStatus, NodeHealth, ProductState,
};
use crate::model::{InstallationState, InstanceName, RunState, StartType, Timestamp};
use crate::store::{InstallationRow, RunRow, WorkflowRow};

/// A failed installation is told for so long: nothing of it is left, and nobody can remove it.
const FAILED_TOLD: TimeDelta = TimeDelta::days(7);
/// Why a node of an instance that does not run is unusable; the instance says so itself.
const NOT_RUNNING: &str = "notRunning";

/// What is known of a compliance node.
pub(super) struct NodeFacts<'a> {
    pub instance: &'a InstanceName,
    pub node: &'a str,
    pub health: NodeHealth,
    /// Code and sentence of why it is unusable.
    pub failure: Option<(&'a str, &'a str)>,
}

pub(super) fn node_item(facts: &NodeFacts<'_>) -> Option<BoardItem> {
    let (code, severity, message, advice) = match facts.health {
        NodeHealth::Idle | NodeHealth::Live => return None,
        NodeHealth::Broken if facts.failure.is_some_and(|(code, _)| code == NOT_RUNNING) => return None,
        NodeHealth::Inventory => (
            "nodeFromInventory",
            AttentionSeverity::Watch,
            "The compliance node {node} of {instance} answers from the inventory, because Graph does not answer.",
            "No action needed: it asks Graph again with each decision.",
        ),
        NodeHealth::Failing => (
            "nodeFailing",
            AttentionSeverity::Act,
            "The compliance node {node} of {instance} cannot decide: neither Graph nor the inventory answers.",
            "See why the instance cannot read its tenant; until then gateways act by their own rule for errors.",
        ),
        NodeHealth::Broken => (
            "nodeBroken",
            AttentionSeverity::Act,
            "The compliance node {node} of {instance} is unusable: {detail}",
            "Correct the settings of the node.",
        ),
    };
    let (instance, node) = (facts.instance, facts.node);
    let item = BoardItem::new(
        code,
        severity,
        (AttentionSubject::Node, format!("{instance}/{node}")),
        format!("/microservices/{instance}"),
        FactVisibility::Instance("Compliance_Read", instance.clone()),
    )
    .argument("instance", instance)
    .argument("node", node)
    .argument("detail", facts.failure.map_or("", |(_, text)| text));
    Some(item.texts(message, advice))
}

/// `instance`: state of the instance that this member is; what that says itself is not told twice.
pub(super) fn member_item(member: &MemberStatus, instance: Option<InstanceState>) -> Option<BoardItem> {
    use InstanceState::{Disabled, Failing, Misconfigured};
    let (code, severity, message, advice) = match member.state {
        LifecycleState::Starting | LifecycleState::Running | LifecycleState::Stopping => return None,
        LifecycleState::Failed if matches!(instance, Some(Failing | Misconfigured | Disabled)) => return None,
        LifecycleState::BackingOff if instance == Some(Failing) => return None,
        LifecycleState::Stopped if member.start_type != StartType::Automatic => return None,
        LifecycleState::Stopped if matches!(instance, Some(Misconfigured | Disabled)) => return None,
        LifecycleState::Failed => (
            "memberFailed",
            AttentionSeverity::Act,
            "The microservice {member} cannot run: {detail}",
            "{advice}",
        ),
        LifecycleState::BackingOff => (
            "memberRestarting",
            AttentionSeverity::Watch,
            "The microservice {member} failed and is restarted after a pause: {detail}",
            "{advice}",
        ),
        LifecycleState::Stopped => (
            "memberStopped",
            AttentionSeverity::Watch,
            "The microservice {member} does not run, although it starts with the bus.",
            "Start it, or set it to start manually if that is meant.",
        ),
    };
    let name: InstanceName = member.name.parse().ok()?;
    let (detail, own_advice) = member.last_error.as_ref().map_or_else(
        || ("no reason is known".to_owned(), "See its log.".to_owned()),
        |error| (error.problem.clone(), to_sentence(&error.advice)),
    );
    let item = BoardItem::new(
        code,
        severity,
        (AttentionSubject::Member, &name),
        format!("/microservices/{name}"),
        FactVisibility::Instance("Instances_Read", name.clone()),
    )
    .since(member.since)
    .argument("member", &name)
    .argument("detail", detail)
    .argument("advice", own_advice);
    Some(item.texts(message, advice))
}

/// A command works on the data folder, and nothing runs.
pub(super) fn bus_item() -> BoardItem {
    BoardItem::new(
        "busNotRunning",
        AttentionSeverity::Act,
        (AttentionSubject::Bus, "local"),
        "/settings".to_owned(),
        FactVisibility::Everybody,
    )
    .texts(
        "No bus runs on this data folder: nothing is scanned, sent or decided.",
        "Start the bus.",
    )
}

/// What is known of a workflow.
pub(super) struct WorkflowFacts<'a> {
    pub row: &'a WorkflowRow,
    /// Of the instance or installation that it belongs to.
    pub owner: &'a InstanceName,
    /// The run that ended last.
    pub last_run: Option<&'a RunRow>,
    /// Somebody has asked for it to be enabled, and a second person has to agree: that is told by itself.
    pub waits_for_approval: bool,
}

pub(super) fn workflow_items(facts: &WorkflowFacts<'_>) -> impl Iterator<Item = BoardItem> {
    [offered_item(facts), failed_run_item(facts)].into_iter().flatten()
}

fn new_workflow_item(code: &str, severity: AttentionSeverity, facts: &WorkflowFacts<'_>) -> BoardItem {
    let name = &facts.row.name;
    BoardItem::new(
        code,
        severity,
        (AttentionSubject::Workflow, name),
        format!("/workflows/{name}"),
        FactVisibility::Instance("Workflows_Read", facts.owner.clone()),
    )
    .argument("workflow", name)
}

fn offered_item(facts: &WorkflowFacts<'_>) -> Option<BoardItem> {
    let offered = facts.row.offered.as_ref().filter(|_| !facts.waits_for_approval)?;
    let item = new_workflow_item("workflowOffered", AttentionSeverity::Act, facts)
        .since(offered.at)
        .argument("version", &offered.version);
    Some(item.texts(
        "Another text of the workflow {workflow} (version {version}) does not run until somebody enables it.",
        "Look at the text, then enable it; until then the present one runs.",
    ))
}

fn failed_run_item(facts: &WorkflowFacts<'_>) -> Option<BoardItem> {
    let run = facts
        .last_run
        .filter(|run| facts.row.enabled && run.state == RunState::Failed)?;
    let message = run.message.as_deref().filter(|message| !message.is_empty());
    let item = new_workflow_item("workflowFailed", AttentionSeverity::Watch, facts)
        .since(run.ended_at)
        .argument("run", run.id)
        .argument("outcome", run.outcome.as_deref().unwrap_or("failed"))
        .argument("detail", message.unwrap_or("it says no more"));
    Some(item.texts(
        "The last run of the workflow {workflow} ended as {outcome}: {detail}",
        "See the steps of run {run}.",
    ))
}

/// `version`: the newest.
pub(super) fn product_item(product: &str, version: &str, state: ProductState) -> Option<BoardItem> {
    (state == ProductState::UpdateAvailable).then(|| {
        BoardItem::new(
            "productUpdate",
            AttentionSeverity::Watch,
            (AttentionSubject::Product, product),
            format!("/products/{product}"),
            FactVisibility::Right("Products_Read"),
        )
        .argument("product", product)
        .argument("version", version)
        .texts(
            "The product {product} can be updated to version {version}.",
            "Look at what the update changes, then update.",
        )
    })
}

/// `name`: of its first member.
pub(super) fn installation_item(row: &InstallationRow, name: &InstanceName, now: Timestamp) -> Option<BoardItem> {
    let is_told = row.state == InstallationState::Failed && now - row.updated_at < FAILED_TOLD;
    is_told.then(|| {
        let (detail, advice) = row.problem.as_ref().map_or_else(
            || ("no reason is known".to_owned(), String::new()),
            |problem| (problem.problem.clone(), to_sentence(&problem.advice)),
        );
        BoardItem::new(
            "installationFailed",
            AttentionSeverity::Watch,
            (AttentionSubject::Installation, name),
            format!("/products/{}", row.product),
            FactVisibility::Instance("Instances_Read", name.clone()),
        )
        .since(row.updated_at)
        .argument("installation", name)
        .argument("product", &row.product)
        .argument("detail", detail)
        .argument("advice", advice)
        .texts(
            "The installation {installation} of {product} failed, and nothing is left of it: {detail}",
            "{advice} Install it again.",
        )
    })
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
