use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::*;
use crate::model::{
    ActionKind, ApprovalState, FeedPositions, FleetProof, InstanceId, JobId, OperatorId, PolicyRelaxation,
    RelaxationRule, RelaxationState, RightScope, Seq, Timestamp,
};
use crate::sics::auth::SignInMethod;
use crate::sics::workflows::workflow_owner::WorkflowOwner;
use crate::store::{AccountsVersion, InstanceRow, OperatorRow, RelaxationRow};

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

pub(in crate::sics::overview) fn instance(id: i64) -> InstanceRow {
    InstanceRow {
        id: InstanceId(id),
        name: format!("IntuneConnector_{id}").parse().unwrap(),
        profile: None,
        tenant_id: format!("tenant-{id}"),
        client_id: "client".into(),
        audience: None,
        created_at: now(),
        removed_at: None,
        scanned: true,
        fleet: FleetProof::Proven,
        watermark: None,
        shape_digest: None,
        tombstone_floor: Seq(0),
        missing_fields: Vec::new(),
    }
}

fn operator(id: i64, rights: &[&str], instances: Option<&[i64]>) -> OperatorRow {
    OperatorRow {
        id: OperatorId(id),
        name: format!("operator-{id}"),
        kind: OperatorKind::Person,
        password_hash: None,
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope {
            instances: instances.map(|ids| ids.iter().map(|id| instance(*id).name).collect()),
            servers: None,
        },
        roles: Vec::new(),
        created_by: None,
        created_at: now(),
        disabled: false,
        password_given: false,
        suspended: false,
        second_factor_since: None,
    }
}

/// An account of number 9 with these rights, at these instances or at all.
pub(in crate::sics::overview) fn caller_with(rights: &[&str], instances: Option<&[i64]>) -> Caller {
    Caller {
        operator: Arc::new(operator(9, rights, instances)),
        by: SignInMethod::Password { second_factor: false },
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        asked_rights: Vec::new(),
        relaxation_rule: RelaxationRule::Never,
        accounts_version: AccountsVersion::UNJUDGED,
    }
}

/// Two instances; operator 1 runs a management server that reads both, operator 2 one that reads the second.
pub(in crate::sics::overview) fn world() -> KnownWorld {
    KnownWorld {
        instances: vec![instance(1), instance(2)],
        operators: vec![
            operator(1, &["Changes_Read"], None),
            operator(2, &["Changes_Read", "Jobs_Send"], Some(&[2])),
        ],
        owners: [1, 2]
            .map(|id| WorkflowOwner {
                id: InstanceId(id),
                name: instance(id).name,
            })
            .to_vec(),
    }
}

pub(in crate::sics::overview) fn sample_job(instance: i64, operator: i64) -> JobRow {
    JobRow {
        id: JobId(instance * 100 + operator),
        source: format!("operator:{operator}"),
        name: "job".into(),
        instance: InstanceId(instance),
        tenant: "tenant".into(),
        verb: ActionKind::Sync,
        parameters: Value::Null,
        operator: OperatorId(operator),
        about: Value::Null,
        urgent: false,
        created_at: now(),
        expires_at: now(),
        approval: ApprovalState::None,
        approval_digest: None,
        decided_by: None,
        decided_at: None,
        broken_glass: false,
    }
}

/// Of operator 1; announced and accepted four days ago, and here a moment ago.
pub(in crate::sics::overview) fn server(id: &str) -> ServerRow {
    let accepted_at = now() - TimeDelta::days(4);
    ServerRow {
        id: id.parse().unwrap(),
        display_name: id.into(),
        accepts: Value::Null,
        owner: OperatorId(1),
        generation: 1,
        since_generation: 1,
        accepted: true,
        announced_at: accepted_at,
        accepted_at: Some(accepted_at),
        last_seen_at: Some(now()),
        acknowledged_at: Some(now()),
        ranges: Vec::new(),
        fields: None,
        filter: None,
        sends_jobs: false,
        positions: FeedPositions::default(),
    }
}

fn relaxation(relaxation: PolicyRelaxation) -> FactVisibility {
    FactVisibility::Relaxation(Box::new(RelaxationRow {
        id: 1,
        relaxation,
        asked_by: None,
        asked_at: now(),
        state: RelaxationState::Waiting,
        decided_by: None,
        decided_at: None,
    }))
}

fn sees(caller: &Caller, visibility: &FactVisibility) -> bool {
    Viewer::new(caller, &world()).sees(visibility)
}

#[test]
fn what_is_of_an_instance_is_seen_by_whoever_has_its_right_there() {
    let of = |id: i64| FactVisibility::Instance("Instances_Read", instance(id).name);
    let (all, one) = (
        caller_with(&["Instances_Read"], None),
        caller_with(&["Instances_*"], Some(&[1])),
    );
    assert!(sees(&all, &of(1)) && sees(&all, &of(2)));
    assert!(sees(&one, &of(1)) && !sees(&one, &of(2)));
    // A right there and another one here do not add up.
    assert!(!sees(&caller_with(&["Devices_Read"], None), &of(1)));
    assert!(sees(
        &caller_with(&["Products_Read"], Some(&[1])),
        &FactVisibility::Right("Products_Read")
    ));
    assert!(!sees(&all, &FactVisibility::Right("Products_Read")));
    assert!(sees(&caller_with(&[], None), &FactVisibility::Everybody));
}

#[test]
fn notices_are_for_people() {
    let person = caller_with(&[], None);
    let machine = Caller {
        operator: Arc::new(OperatorRow {
            kind: OperatorKind::Server,
            ..operator(9, &[], None)
        }),
        ..caller_with(&[], None)
    };
    assert!(sees(&person, &FactVisibility::People));
    assert!(!sees(&machine, &FactVisibility::People));
}

#[test]
fn jobs_are_seen_as_the_list_of_jobs_shows_them() {
    let of = |instance, operator| FactVisibility::Job(Box::new(sample_job(instance, operator)));
    let reads = caller_with(&["Jobs_Read"], Some(&[1]));
    assert!(sees(&reads, &of(1, 1)) && !sees(&reads, &of(2, 1)));
    let sends = caller_with(&["Jobs_Send"], Some(&[1]));
    assert!(sees(&sends, &of(1, 9)), "its own");
    assert!(!sees(&sends, &of(1, 1)) && !sees(&sends, &of(2, 9)));
    assert!(!sees(&caller_with(&["Devices_Read"], None), &of(1, 9)));
}

#[test]
fn servers_are_seen_as_the_list_of_servers_shows_them() {
    let of = |id: &str, owner: i64| {
        FactVisibility::Server(Box::new(ServerRow {
            owner: OperatorId(owner),
            ..server(id)
        }))
    };
    let one = caller_with(&["Servers_Read"], Some(&[1]));
    assert!(sees(&one, &of("both", 1)), "it receives the first instance");
    assert!(!sees(&one, &of("second", 2)));
    assert!(sees(&caller_with(&["Servers_Read"], None), &of("second", 2)));
    assert!(sees(&caller_with(&["Servers_Announce"], Some(&[1])), &of("own", 9)));
    assert!(!sees(&caller_with(&["Servers_Announce"], None), &of("both", 1)));
}

#[test]
fn targets_are_seen_where_the_right_holds_for_what_they_receive() {
    let of = |id: &str, owner: i64| {
        FactVisibility::Target(Box::new(ServerRow {
            owner: OperatorId(owner),
            ..server(id)
        }))
    };
    let one = caller_with(&["Targets_Read"], Some(&[1]));
    assert!(sees(&one, &of("both", 1)), "it receives the first instance");
    assert!(!sees(&one, &of("second", 2)));
    assert!(sees(&caller_with(&["Targets_Read"], None), &of("second", 2)));
    assert!(!sees(&caller_with(&["Servers_Read"], None), &of("both", 1)));
}

#[test]
fn what_waits_for_a_second_person_is_seen_where_it_concerns_somebody() {
    let switch = |tenant: &str| {
        relaxation(PolicyRelaxation::KillSwitchOff {
            tenant: tenant.into(),
            sentence: String::new(),
        })
    };
    let one = caller_with(&["Jobs_Approve"], Some(&[1]));
    assert!(sees(&one, &switch("*")) && sees(&one, &switch("tenant-1")));
    assert!(!sees(&one, &switch("tenant-2")));
    assert!(sees(&caller_with(&["Jobs_Approve"], None), &switch("tenant-2")));
    assert!(!sees(&caller_with(&["Devices_Read"], None), &switch("*")));

    assert!(sees(
        &caller_with(&["Jobs_Read"], None),
        &FactVisibility::Suspension(OperatorId(2))
    ));
    let others = caller_with(&["Jobs_Read"], Some(&[1]));
    assert!(!sees(&others, &FactVisibility::Suspension(OperatorId(2))));
    assert!(sees(&others, &FactVisibility::BrokenGlass(InstanceId(1))));
    assert!(!sees(&others, &FactVisibility::BrokenGlass(InstanceId(2))));
}

#[test]
fn a_kill_switch_is_seen_by_whoever_may_see_it_for_that_tenant() {
    let of = |tenant: &str| FactVisibility::KillSwitch(tenant.to_owned());
    let one = caller_with(&["KillSwitch_Read"], Some(&[1]));
    assert!(sees(&one, &of("*")) && sees(&one, &of("Tenant-1")));
    assert!(!sees(&one, &of("tenant-2")));
    assert!(sees(&caller_with(&["KillSwitch_Read"], None), &of("tenant-2")));
    assert!(!sees(&caller_with(&["Jobs_Read"], None), &of("*")));
}
