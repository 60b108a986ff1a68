//! Every rule of the guard as a row of a table, and the limits against a naive model.

mod accounts;
mod approval;
mod before_call;
mod glass;
mod intake;
mod loosen;
mod model;
mod pending;
mod ties;
mod window;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{BusPolicy, InstancePolicy, IntakeRequest, PlannedCall};
use crate::actions::specs::ActionParameters;
use crate::actions::subject::Subject;
use crate::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceId, DeviceIdentity, IdentityPin, InstanceId, JobId, OperatorId,
    RightScope, TaskId, TaskState, Timestamp, parse_time,
};
use crate::store::{
    IntakeFacts, IntentFacts, JobRow, KillSwitch, KillSwitchOrigin, OperatorKind, OperatorRow, TaskCounts, TaskRow,
};

pub(crate) fn now() -> Timestamp {
    parse_time("2026-11-20T10:00:00Z").unwrap()
}

pub(crate) fn person(id: i64, rights: &[&str]) -> OperatorRow {
    OperatorRow {
        id: OperatorId(id),
        name: format!("person-{id}"),
        kind: OperatorKind::Person,
        password_hash: Some("$argon2id$".into()),
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope::default(),
        roles: Vec::new(),
        created_by: None,
        created_at: now() - TimeDelta::days(100),
        disabled: false,
        password_given: false,
        suspended: false,
        second_factor_since: None,
    }
}

pub(crate) fn elsewhere() -> RightScope {
    RightScope {
        instances: Some(vec!["IntuneConnector_9".parse().unwrap()]),
        servers: None,
    }
}

pub(crate) fn switch() -> KillSwitch {
    KillSwitch {
        tenant: "*".into(),
        by: "alice".into(),
        reason: "fire".into(),
        at: now(),
        origin: KillSwitchOrigin::Person,
    }
}

/// All verbs on, nothing else set.
pub(crate) fn everything() -> InstancePolicy {
    InstancePolicy {
        verbs: ActionKind::ALL.iter().copied().collect(),
        ..InstancePolicy::default()
    }
}

pub(crate) fn text(policy: &InstancePolicy) -> Option<String> {
    Some(serde_json::to_string(policy).unwrap())
}

pub(crate) fn limits(set: impl FnOnce(&mut BusPolicy)) -> Option<String> {
    let mut policy = BusPolicy::default();
    set(&mut policy);
    Some(serde_json::to_string(&policy).unwrap())
}

pub(crate) fn intake_facts() -> IntakeFacts {
    IntakeFacts {
        now: now(),
        operator: Some(person(1, &["*"])),
        suspension: None,
        kill_switch: None,
        tenant_counts: TaskCounts::default(),
        operator_counts: TaskCounts::default(),
        person_counts: TaskCounts::default(),
        bus_policy: None,
        instance_policy: text(&everything()),
        broken_glass_count: 0,
        refused_at: Vec::new(),
        other_operators: Vec::new(),
    }
}

pub(crate) fn asked(verb: ActionKind, devices: usize) -> IntakeRequest {
    IntakeRequest {
        verb,
        instance: "IntuneConnector_1".parse().unwrap(),
        devices,
        by_filter: false,
        urgent: false,
        oldest_read: Some((device_id(), now() - TimeDelta::hours(1))),
        would_wipe: false,
        approval_digest: [7; 32],
        unfit: None,
    }
}

pub(crate) fn device_id() -> DeviceId {
    "7809c88c-0000-4000-8000-000000000001".parse().unwrap()
}

pub(crate) fn pin() -> IdentityPin {
    IdentityPin {
        serial_number: Some("SN1".into()),
        enrolled_date_time: Some("2026-03-01T08:00:00Z".into()),
        user_principal_name: Some("a@example.org".into()),
    }
}

pub(crate) fn job(verb: ActionKind) -> JobRow {
    JobRow {
        id: JobId(1),
        source: "operator:1".into(),
        name: "job".into(),
        instance: InstanceId(1),
        tenant: "t".into(),
        verb,
        parameters: json!({}),
        operator: OperatorId(1),
        about: json!({}),
        urgent: false,
        created_at: now() - TimeDelta::hours(1),
        expires_at: now() + TimeDelta::hours(23),
        approval: ApprovalState::None,
        approval_digest: Some(vec![7; 32]),
        decided_by: None,
        decided_at: None,
        broken_glass: false,
    }
}

pub(crate) fn intent_facts(verb: ActionKind) -> IntentFacts {
    IntentFacts {
        now: now(),
        job: job(verb),
        task: TaskRow {
            id: TaskId(1),
            job: JobId(1),
            instance: InstanceId(1),
            tenant: "t".into(),
            device: device_id(),
            verb,
            operator: OperatorId(1),
            pin: (verb.danger() != ActionDanger::Harmless).then(pin),
            shown: json!({}),
            state: TaskState::Accepted,
            cause: None,
            detail: None,
            baseline: None,
            approval_code: None,
            intent_at: None,
            sent_at: None,
            attempts: 0,
            throttled: 0,
            read_backs: 0,
            due_at: Some(now()),
            updated_at: now(),
        },
        operator: Some(person(1, &["*"])),
        suspension: None,
        kill_switch: None,
        tenant_counts: TaskCounts::default(),
        operator_counts: TaskCounts::default(),
        verb_today: 0,
        under_way: Vec::new(),
        bus_policy: None,
        instance_policy: text(&everything()),
    }
}

/// A company's laptop that nobody has changed.
pub(crate) fn laptop() -> Value {
    json!({"id": device_id().to_string(), "deviceName": "VIP-1", "operatingSystem": "Windows", "osVersion": "10.0.26100.1",
        "deviceEnrollmentType": "windowsAzureADJoin", "managedDeviceOwnerType": "company", "managementState": "managed",
        "serialNumber": "SN1", "enrolledDateTime": "2026-03-01T08:00:00Z", "userPrincipalName": "a@example.org"})
}

pub(crate) fn aimed(body: Value) -> PlannedCall {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    PlannedCall {
        instance: "IntuneConnector_1".parse().unwrap(),
        subject: Subject::from_device(&body).unwrap(),
        identity: Some(DeviceIdentity {
            serial_number: text("serialNumber"),
            enrolled_date_time: text("enrolledDateTime"),
            user_principal_name: text("userPrincipalName"),
            ..DeviceIdentity::default()
        }),
        body: body.to_string(),
        parameters: ActionParameters::default(),
    }
}
