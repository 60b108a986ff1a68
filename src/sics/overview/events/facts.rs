//! What of a look a caller may see, as facts. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::known_world::KnownWorld;
use super::super::visibility::Viewer;
use super::event_hub::{EventTick, OrderMove};
use crate::contract::{
    ApplicationFact, DeviceFact, DeviceFactChange, DevicesChangedFact, EventFact, JobFact, JobFactState, OrderFact,
    RunFact, ScanFact, ServerFact, TaskFact,
};
use crate::model::{ApprovalState, InstanceId, InstanceName, JobId, parse_time};
use crate::store::{ApplicationMove, DeviceMove, JobMove, RunMove, ScanMove, TaskMove};

/// Rights that show each kind, where they hold.
const DEVICES: &str = "Devices_Read";
const SCANS: &str = "Scans_Read";
const RUNS: &str = "Workflows_Read";
const ORDERS: &str = "Orders_Read";
const APPLICATIONS: &str = "Applications_Read";

/// What is told of a device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ToldFields {
    device_name: Option<String>,
    serial_number: Option<String>,
    user_principal_name: Option<String>,
    operating_system: Option<String>,
    os_version: Option<String>,
    compliance_state: Option<String>,
    last_sync_date_time: Option<String>,
}

/// What moved, as far as the caller may see it.
pub(super) fn visible_facts(tick: &EventTick, viewer: &Viewer<'_>) -> Vec<EventFact> {
    let (world, moves) = (&*tick.world, &tick.moves);
    let devices = moves.devices.iter().filter_map(|moved| {
        let name = visible_instance(world, viewer, DEVICES, moved.instance)?;
        Some(EventFact::Device(device_fact(moved, name)))
    });
    let mass_changes = moves.mass_changes.iter().filter_map(|(instance, count)| {
        let name = visible_instance(world, viewer, DEVICES, *instance)?;
        Some(EventFact::DevicesChanged(DevicesChangedFact {
            instance: name.to_string(),
            count: *count,
        }))
    });
    let jobs = moves.jobs.iter().filter(|moved| viewer.sees_job(&moved.job));
    let seen_jobs: BTreeMap<JobId, &JobMove> = jobs.map(|moved| (moved.job.id, moved)).collect();
    let tasks = moves.tasks.iter().filter(|moved| seen_jobs.contains_key(&moved.job));
    let scans = moves.scans.iter().filter_map(|moved| {
        let name = visible_instance(world, viewer, SCANS, moved.instance)?;
        Some(EventFact::Scan(scan_fact(moved, name)))
    });
    let runs = moves.runs.iter().filter(|moved| {
        let owner = world.owner_name(moved.instance);
        owner.is_some_and(|owner| viewer.has_right_at(RUNS, owner))
    });
    let servers = tick.servers.iter().filter(|row| viewer.sees_server(row));
    let servers = servers.map(|row| EventFact::Server(ServerFact { id: row.id.to_string() }));
    devices
        .chain(mass_changes)
        .chain(seen_jobs.values().map(|moved| EventFact::Job(job_fact(moved))))
        .chain(tasks.map(|moved| EventFact::Task(task_fact(moved))))
        .chain(scans)
        .chain(runs.map(|moved| EventFact::Run(run_fact(moved))))
        .chain(servers)
        .chain(visible_orders(tick, viewer))
        .chain(visible_applications(tick, viewer))
        .collect()
}

/// Orders belong to installations that have no instance.
fn visible_orders(tick: &EventTick, viewer: &Viewer<'_>) -> Vec<EventFact> {
    let fact = |moved: &OrderMove| {
        let owner = tick.world.owner_name(moved.instance)?;
        viewer.has_right_at(ORDERS, owner).then(|| {
            EventFact::Order(OrderFact {
                id: moved.id.clone(),
                application: moved.application.clone(),
                instance: owner.to_string(),
                state: moved.state,
            })
        })
    };
    tick.orders.iter().filter_map(fact).collect()
}

/// The same of applications.
fn visible_applications(tick: &EventTick, viewer: &Viewer<'_>) -> Vec<EventFact> {
    let fact = |moved: &ApplicationMove| {
        let owner = tick.world.owner_name(moved.instance)?;
        viewer.has_right_at(APPLICATIONS, owner).then(|| {
            EventFact::Application(ApplicationFact {
                id: moved.id.clone(),
                instance: owner.to_string(),
                state: moved.state,
            })
        })
    };
    tick.applications.iter().filter_map(fact).collect()
}

/// Its name, where the caller has this right there.
fn visible_instance<'a>(
    world: &'a KnownWorld,
    viewer: &Viewer<'_>,
    right: &str,
    instance: InstanceId,
) -> Option<&'a InstanceName> {
    world
        .instance_name(instance)
        .filter(|name| viewer.has_right_at(right, name))
}

fn device_fact(moved: &DeviceMove, instance: &InstanceName) -> DeviceFact {
    let json = moved.body.as_ref().map(|body| body.to_json());
    let fields: ToldFields = json
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    DeviceFact {
        instance: instance.to_string(),
        device_id: moved.id,
        seq: moved.seq,
        change: if moved.body.is_some() {
            DeviceFactChange::Upsert
        } else {
            DeviceFactChange::Gone
        },
        device_name: fields.device_name,
        serial_number: fields.serial_number,
        user_principal_name: fields.user_principal_name,
        operating_system: fields.operating_system,
        os_version: fields.os_version,
        compliance_state: fields.compliance_state,
        last_sync_date_time: fields.last_sync_date_time.as_deref().and_then(parse_time),
    }
}

fn job_fact(moved: &JobMove) -> JobFact {
    JobFact {
        id: moved.job.id.0,
        state: if !moved.is_open {
            JobFactState::Ended
        } else if moved.job.approval == ApprovalState::Waiting {
            JobFactState::Waiting
        } else {
            JobFactState::Open
        },
    }
}

fn task_fact(moved: &TaskMove) -> TaskFact {
    TaskFact {
        job: moved.job.0,
        task: moved.task.0,
        state: moved.state.published_state(),
    }
}

fn scan_fact(moved: &ScanMove, instance: &InstanceName) -> ScanFact {
    ScanFact {
        instance: instance.to_string(),
        scan: moved.scan,
        state: moved.state,
        seen: moved.seen,
    }
}

fn run_fact(moved: &RunMove) -> RunFact {
    RunFact {
        id: moved.run,
        state: moved.state,
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
