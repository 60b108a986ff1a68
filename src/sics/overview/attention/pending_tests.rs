use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::*;
use crate::model::{
    ActionKind, ApprovalState, DeviceId, InstanceId, OperatorId, PolicyRelaxation, RelaxationState, TaskId, Timestamp,
};

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn job(id: i64) -> JobRow {
    JobRow {
        id: JobId(id),
        source: "operator:1".into(),
        name: format!("job-{id}"),
        instance: InstanceId(1),
        tenant: "tenant".into(),
        verb: ActionKind::Retire,
        parameters: Value::Null,
        operator: OperatorId(1),
        about: Value::Null,
        urgent: false,
        created_at: now(),
        expires_at: now(),
        approval: ApprovalState::Waiting,
        approval_digest: None,
        decided_by: None,
        decided_at: None,
        broken_glass: false,
    }
}

fn task(id: i64, job: i64, state: TaskState, updated_at: Timestamp) -> TaskRow {
    TaskRow {
        id: TaskId(id),
        job: JobId(job),
        instance: InstanceId(1),
        tenant: "tenant".into(),
        device: DeviceId(uuid::Uuid::from_u128(1)),
        verb: ActionKind::Retire,
        operator: OperatorId(1),
        pin: None,
        shown: json!({}),
        state,
        cause: None,
        detail: None,
        baseline: None,
        approval_code: None,
        intent_at: None,
        sent_at: None,
        attempts: 0,
        throttled: 0,
        read_backs: 0,
        due_at: None,
        updated_at,
    }
}

/// Code, severity, path, message.
fn told(item: &BoardItem) -> (&str, AttentionSeverity, &str, &str) {
    let view = &item.view;
    assert!(!view.advice.is_empty() && !view.message.contains('{'), "{view:?}");
    assert!(view.since.is_some(), "{view:?}");
    (&view.code, view.severity, &view.fix, &view.message)
}

#[test]
fn a_job_waits_for_approval() {
    let item = approval_item(&job(7), &vec![(TaskState::WaitingApproval, 3)], Some("anna"));
    let message = "Job 7 of anna waits for approval by a second person: retire on 3 devices.";
    assert_eq!(
        told(&item),
        ("jobWaitsForApproval", AttentionSeverity::Act, "/jobs/7", message)
    );
    assert!(matches!(&item.visibility, FactVisibility::Job(job) if job.id == JobId(7)));
}

#[test]
fn the_devices_of_a_job_whose_outcome_nobody_knows_are_one_item() {
    let earlier = now() - TimeDelta::hours(3);
    let items = unknown_outcome_items(vec![
        (task(1, 7, TaskState::GoneUnproven, now()), job(7)),
        (task(2, 7, TaskState::NeedsOperator, earlier), job(7)),
        (task(3, 9, TaskState::NeedsOperator, now()), job(9)),
    ]);
    let [first, second] = items.as_slice() else {
        panic!("{items:?}");
    };
    let message = "Of job 7 (retire) it is not known what became of 2 devices; 1 of them are no longer listed.";
    assert_eq!(
        told(first),
        ("jobNeedsOperator", AttentionSeverity::Act, "/jobs/7", message)
    );
    assert_eq!(first.view.since, Some(earlier));
    assert_eq!(second.view.subject, "9");
}

#[test]
fn a_loosening_waits() {
    let item = loosening_item(&RelaxationRow {
        id: 4,
        relaxation: PolicyRelaxation::KillSwitchOff {
            tenant: "*".into(),
            sentence: "the kill switch of all tenants is switched off".into(),
        },
        asked_by: Some(OperatorId(1)),
        asked_at: now(),
        state: RelaxationState::Waiting,
        decided_by: None,
        decided_at: None,
    });
    let (code, severity, fix, message) = told(&item);
    assert_eq!(
        (code, severity, fix),
        ("looseningWaits", AttentionSeverity::Act, "/approvals")
    );
    assert!(
        message.ends_with("The kill switch of all tenants is switched off."),
        "{message}"
    );
}

#[test]
fn a_broken_glass_waits_for_its_review() {
    let item = broken_glass_item(&BrokenGlass {
        id: 5,
        job: JobId(7),
        instance: InstanceId(1),
        device: DeviceId(uuid::Uuid::from_u128(1)),
        verb: ActionKind::Wipe,
        operator: OperatorId(1),
        by: "otto".into(),
        reason: "stolen".into(),
        at: now(),
        seen_by: None,
        seen_at: None,
    });
    let message = "otto acted without a second person: wipe on one device, job 7. Nobody has reviewed it.";
    assert_eq!(
        told(&item),
        ("brokenGlassOpen", AttentionSeverity::Act, "/approvals", message)
    );
    assert!(matches!(item.visibility, FactVisibility::BrokenGlass(InstanceId(1))));
}

#[test]
fn a_kill_switch_needs_somebody_where_the_bus_switched_it_on() {
    let row = |tenant: &str, origin| KillSwitch {
        tenant: tenant.into(),
        by: "anna".into(),
        reason: "a drill".into(),
        at: now(),
        origin,
    };
    let item = kill_switch_item(&row("*", KillSwitchOrigin::Restore));
    let message = "The kill switch is on for all tenants, by anna: a drill. No action is sent.";
    assert_eq!(
        told(&item),
        ("killSwitchOn", AttentionSeverity::Act, "/killswitch", message)
    );
    let item = kill_switch_item(&row("t1", KillSwitchOrigin::Person));
    let message = "The kill switch is on for tenant t1, by anna: a drill. No action is sent.";
    assert_eq!(
        told(&item),
        ("killSwitchOn", AttentionSeverity::Watch, "/killswitch", message)
    );
}

#[test]
fn a_suspension_and_a_notice_are_told() {
    let item = suspension_item(&OperatorSuspension {
        operator: OperatorId(2),
        name: "otto".into(),
        at: now(),
        reason: "3 requests were refused".into(),
    });
    let message = "The destructive rights of otto are suspended: 3 requests were refused.";
    assert_eq!(
        told(&item),
        ("operatorSuspended", AttentionSeverity::Act, "/approvals", message)
    );
    let item = notice_item(&NoticeRow {
        id: 3,
        at: now(),
        until: now(),
        text: "otto broke the glass".into(),
    });
    assert_eq!(
        told(&item),
        ("notice", AttentionSeverity::Watch, "/messages", "Otto broke the glass.")
    );
    assert!(matches!(item.visibility, FactVisibility::People));
}
