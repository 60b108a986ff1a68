use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::contract::{Diagnosis, LastError, MeterReading};
use crate::model::{InstanceId, OperatorId};
use crate::store::OfferedDefinition;

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn name() -> InstanceName {
    "IntuneConnector_1".parse().unwrap()
}

/// Code, severity, path.
fn told(item: Option<BoardItem>) -> Option<(String, AttentionSeverity, String)> {
    let view = item?.view;
    assert!(!view.advice.is_empty() && !view.message.is_empty(), "{view:?}");
    assert!(!view.message.contains('{') && !view.advice.contains('{'), "{view:?}");
    Some((view.code, view.severity, view.fix))
}

fn expected(code: &str, severity: AttentionSeverity, fix: &str) -> Option<(String, AttentionSeverity, String)> {
    Some((code.to_owned(), severity, fix.to_owned()))
}

#[test]
fn a_node_that_does_not_answer_live_is_told() {
    let (instance, fix) = (name(), "/microservices/IntuneConnector_1");
    let node = |health, failure| {
        told(node_item(&NodeFacts {
            instance: &instance,
            node: "gate",
            health,
            failure,
        }))
    };
    assert_eq!(node(NodeHealth::Idle, None), None);
    assert_eq!(node(NodeHealth::Live, None), None);
    assert_eq!(
        node(NodeHealth::Inventory, None),
        expected("nodeFromInventory", AttentionSeverity::Watch, fix)
    );
    assert_eq!(
        node(NodeHealth::Failing, None),
        expected("nodeFailing", AttentionSeverity::Act, fix)
    );
    assert_eq!(
        node(NodeHealth::Broken, Some(("policy", "a policy cannot be read"))),
        expected("nodeBroken", AttentionSeverity::Act, fix)
    );
    assert_eq!(node(NodeHealth::Broken, Some(("notRunning", "it does not run"))), None);
}

fn member(state: LifecycleState) -> MemberStatus {
    MemberStatus {
        name: "IntuneConnector_1".into(),
        profile: String::new(),
        kind: "IntuneConnector".into(),
        installation: 1,
        product: "intune-connector".into(),
        version: "0.1.0".into(),
        supervisor: "local".into(),
        start_type: StartType::Automatic,
        state,
        since: now(),
        restarts: 0,
        next_start: None,
        last_error: Some(LastError {
            at: now(),
            code: "panicked".into(),
            problem: "it panicked".into(),
            advice: "see the log".into(),
        }),
        numbers: MeterReading::default(),
    }
}

#[test]
fn a_member_that_does_not_run_although_it_should_is_told() {
    let fix = "/microservices/IntuneConnector_1";
    let of = |state, instance| told(member_item(&member(state), instance));
    assert_eq!(of(LifecycleState::Running, None), None);
    assert_eq!(
        of(LifecycleState::Failed, None),
        expected("memberFailed", AttentionSeverity::Act, fix)
    );
    assert_eq!(
        of(LifecycleState::BackingOff, None),
        expected("memberRestarting", AttentionSeverity::Watch, fix)
    );
    assert_eq!(
        of(LifecycleState::Stopped, Some(InstanceState::Stopped)),
        expected("memberStopped", AttentionSeverity::Watch, fix)
    );
    // The instance says so itself.
    assert_eq!(of(LifecycleState::Failed, Some(InstanceState::Misconfigured)), None);
    assert_eq!(of(LifecycleState::BackingOff, Some(InstanceState::Failing)), None);
    assert_eq!(of(LifecycleState::Stopped, Some(InstanceState::Disabled)), None);
    let manual = MemberStatus {
        start_type: StartType::Manual,
        ..member(LifecycleState::Stopped)
    };
    assert_eq!(told(member_item(&manual, None)), None);
    assert_eq!(
        told(Some(bus_item())),
        expected("busNotRunning", AttentionSeverity::Act, "/settings")
    );
}

fn workflow() -> WorkflowRow {
    WorkflowRow {
        id: 1,
        instance: InstanceId(1),
        name: "StaleDevices_1".into(),
        hash: "00".into(),
        definition: "StaleDevices".into(),
        version: "1".into(),
        about: Value::Null,
        enabled: true,
        enabled_by: None,
        changed_at: now(),
        offered: None,
    }
}

fn run(state: RunState) -> RunRow {
    RunRow {
        id: 12,
        workflow: 1,
        name: "StaleDevices_1".into(),
        instance: InstanceId(1),
        hash: "00".into(),
        version: "1".into(),
        cause: "demand".into(),
        operator: Some(OperatorId(1)),
        parameters: json!({}),
        dry_run: false,
        state,
        cancelled_by: None,
        outcome: Some("failed".into()),
        message: None,
        started_at: now(),
        ended_at: Some(now()),
    }
}

#[test]
fn a_workflow_with_another_text_or_a_failed_run_is_told() {
    let owner = name();
    let of = |row: &WorkflowRow, last_run: Option<&RunRow>, waits_for_approval: bool| -> Vec<_> {
        let facts = WorkflowFacts {
            row,
            owner: &owner,
            last_run,
            waits_for_approval,
        };
        workflow_items(&facts).filter_map(|item| told(Some(item))).collect()
    };
    let fix = "/workflows/StaleDevices_1";
    let offered = WorkflowRow {
        offered: Some(OfferedDefinition {
            hash: "01".into(),
            version: "2".into(),
            about: Value::Null,
            by: None,
            at: now(),
        }),
        ..workflow()
    };
    assert!(of(&workflow(), None, false).is_empty());
    assert!(of(&workflow(), Some(&run(RunState::Succeeded)), false).is_empty());
    assert_eq!(
        of(&offered, None, false),
        [expected("workflowOffered", AttentionSeverity::Act, fix).unwrap()]
    );
    assert!(of(&offered, None, true).is_empty(), "the request is told");
    let failed = run(RunState::Failed);
    assert_eq!(
        of(&workflow(), Some(&failed), false),
        [expected("workflowFailed", AttentionSeverity::Watch, fix).unwrap()]
    );
    let disabled = WorkflowRow {
        enabled: false,
        ..workflow()
    };
    assert!(of(&disabled, Some(&failed), false).is_empty());
}

#[test]
fn a_product_with_an_update_is_told() {
    let of = |state| told(product_item("intune-connector", "0.2.0", state));
    assert_eq!(of(ProductState::Available), None);
    assert_eq!(of(ProductState::Installed), None);
    assert_eq!(
        of(ProductState::UpdateAvailable),
        expected("productUpdate", AttentionSeverity::Watch, "/products/intune-connector")
    );
}

#[test]
fn an_installation_that_failed_lately_is_told() {
    let row = |state, updated_at| InstallationRow {
        number: 2,
        product: "intune-connector".into(),
        version: "0.1.0".into(),
        profile: "Contoso".into(),
        state,
        overridden_checks: Vec::new(),
        by: None,
        sealed: None,
        problem: Some(Diagnosis::new("it did not start", "see the log")),
        created_at: now(),
        updated_at,
    };
    let of = |state, days: i64| {
        told(installation_item(
            &row(state, now() - TimeDelta::days(days)),
            &name(),
            now(),
        ))
    };
    assert_eq!(of(InstallationState::Installed, 0), None);
    assert_eq!(
        of(InstallationState::Failed, 6),
        expected(
            "installationFailed",
            AttentionSeverity::Watch,
            "/products/intune-connector"
        )
    );
    assert_eq!(of(InstallationState::Failed, 8), None);
}
