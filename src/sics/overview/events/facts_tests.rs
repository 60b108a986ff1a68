use std::sync::Arc;

use serde_json::json;

use super::super::super::visibility::tests::{caller_with, sample_job, server, world};
use super::*;
use crate::contract::{ApplicationState, OrderState};
use crate::model::{DeviceBody, DeviceId, RunState, ScanId, ScanState, Seq, TaskId, TaskState};
use crate::store::{JobRow, StoreMoves};

/// One thing of each kind for each of two instances.
fn sample_tick() -> EventTick {
    let of_both = [InstanceId(1), InstanceId(2)];
    let mut moves = StoreMoves::default();
    for instance in of_both {
        let number = instance.0;
        let body = json!({"id": "x", "deviceName": format!("PC-{number}"), "osVersion": "10", "lastSyncDateTime": "2026-09-21T10:00:00Z"});
        moves.devices.push(DeviceMove {
            instance,
            id: DeviceId(uuid::Uuid::from_u128(number.unsigned_abs().into())),
            seq: Seq(number),
            body: Some(DeviceBody::from_json(&body.to_string())),
        });
        moves.mass_changes.push((instance, 501));
        let moved = sample_job(number, 1);
        moves.tasks.push(TaskMove {
            job: moved.id,
            task: TaskId(number),
            state: TaskState::Issuing,
        });
        moves.jobs.push(JobMove {
            job: moved,
            is_open: true,
        });
        moves.scans.push(ScanMove {
            instance,
            scan: ScanId(number),
            state: ScanState::Running,
            seen: 10,
        });
        moves.runs.push(RunMove {
            run: number,
            instance,
            state: RunState::Succeeded,
        });
    }
    EventTick {
        world: Arc::new(world()),
        moves,
        servers: vec![server("cmdb")],
        orders: of_both.map(sample_order).to_vec(),
        applications: of_both.map(sample_application).to_vec(),
        board: None,
        accounts_changed: false,
    }
}

fn sample_order(instance: InstanceId) -> OrderMove {
    OrderMove {
        id: format!("order-{instance}"),
        application: "7-zip".into(),
        instance,
        state: OrderState::Accepted,
    }
}

fn sample_application(instance: InstanceId) -> ApplicationMove {
    ApplicationMove {
        position: instance.0,
        id: format!("application-{instance}"),
        instance,
        state: Some(ApplicationState::CreationSucceeded),
    }
}

/// The kinds of facts that an account with these rights at these instances is told.
fn kinds(rights: &[&str], instances: Option<&[i64]>) -> Vec<String> {
    let (tick, caller) = (sample_tick(), caller_with(rights, instances));
    let facts = visible_facts(&tick, &Viewer::new(&caller, &tick.world));
    let kind = |fact: &EventFact| serde_json::to_value(fact).unwrap()["kind"].as_str().unwrap().to_owned();
    facts.iter().map(kind).collect()
}

#[test]
fn a_caller_is_told_of_what_their_rights_show_and_of_nothing_else() {
    assert_eq!(kinds(&["*"], None).len(), 17);
    assert_eq!(
        kinds(&["*"], Some(&[1])),
        [
            "device",
            "devicesChanged",
            "job",
            "task",
            "scan",
            "run",
            "server",
            "order",
            "application"
        ]
    );
    assert_eq!(kinds(&["Devices_Read"], Some(&[2])), ["device", "devicesChanged"]);
    assert_eq!(kinds(&["Jobs_Read"], Some(&[2])), ["job", "task"]);
    assert_eq!(kinds(&["Scans_Read"], Some(&[2])), ["scan"]);
    assert_eq!(kinds(&["Workflows_Read"], Some(&[2])), ["run"]);
    assert_eq!(kinds(&["Orders_Read"], Some(&[2])), ["order"]);
    assert_eq!(kinds(&["Applications_Read"], Some(&[2])), ["application"]);
    assert!(kinds(&["Operators_Read"], None).is_empty());
    assert!(kinds(&["*"], Some(&[])).is_empty());
}

#[test]
fn facts_say_how_things_stand() {
    let (tick, caller) = (sample_tick(), caller_with(&["*"], Some(&[1])));
    let facts = visible_facts(&tick, &Viewer::new(&caller, &tick.world));
    let EventFact::Device(device) = &facts[0] else {
        panic!("{facts:?}");
    };
    assert_eq!(
        (device.instance.as_str(), device.change),
        ("IntuneConnector_1", DeviceFactChange::Upsert)
    );
    assert_eq!(
        (device.device_name.as_deref(), device.os_version.as_deref()),
        (Some("PC-1"), Some("10"))
    );
    assert_eq!(device.last_sync_date_time, parse_time("2026-09-21T10:00:00Z"));
    assert_eq!(device.serial_number, None);
    let EventFact::Task(task) = &facts[3] else {
        panic!("{facts:?}");
    };
    assert_eq!(task.state, TaskState::Accepted, "what is under way counts as accepted");
}

#[test]
fn a_device_without_a_body_has_gone() {
    let moved = DeviceMove {
        instance: InstanceId(1),
        id: DeviceId(uuid::Uuid::from_u128(1)),
        seq: Seq(3),
        body: None,
    };
    let fact = device_fact(&moved, &"IntuneConnector_1".parse().unwrap());
    assert_eq!((fact.change, fact.device_name), (DeviceFactChange::Gone, None));
}

#[test]
fn a_job_waits_is_open_or_has_ended() {
    let state = |approval, is_open| {
        let job = JobRow {
            approval,
            ..sample_job(1, 1)
        };
        job_fact(&JobMove { job, is_open }).state
    };
    assert_eq!(state(ApprovalState::Waiting, true), JobFactState::Waiting);
    assert_eq!(state(ApprovalState::Approved, true), JobFactState::Open);
    assert_eq!(state(ApprovalState::None, false), JobFactState::Ended);
}
