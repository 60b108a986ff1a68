//! Instances and microservices as people see them.

use super::failure::CommandFailure;
use super::fleet_proof::open_snapshot_reasons;
use super::output::{self, TableColumn, format_value};
use super::scan_text::UnreadLine;
use crate::contract::{InstanceStatus, MemberStatus, SupervisorView};
use crate::model::format_time;

/// Records that the list names of each instance.
const UNREAD_SHOWN: usize = 10;

pub(crate) fn print_instances(instances: &[InstanceStatus]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<InstanceStatus>; 10] = [
        ("INSTANCE", |status| format_value(&status.name)),
        ("PROFILE", |status| format_value(&status.profile)),
        ("STATE", |status| format_value(&status.state)),
        ("CAUSE", |status| format_value(&status.cause)),
        ("DEVICES", |status| format_value(&status.devices)),
        ("LAST FULL", |status| {
            format_value(&status.last_full.as_ref().and_then(|scan| scan.ended_at))
        }),
        ("LAST INCREMENTAL", |status| {
            format_value(&status.last_incremental.as_ref().and_then(|scan| scan.ended_at))
        }),
        ("NEXT", |status| {
            format_value(&status.next_full.into_iter().chain(status.next_incremental).min())
        }),
        ("TO CONFIRM", |status| format_value(&status.waiting_confirmation)),
        ("CREDENTIAL DAYS", |status| format_value(&status.credential_days_left)),
    ];
    output::print_table(
        &columns,
        instances,
        "no instances yet: intune-connector instances add --help",
    )?;
    for status in instances {
        print_refusals(status)?;
        for workflow in &status.changed_workflows {
            output::print_line(output::to_printable(
                &format!("{workflow} has a new definition that is not enabled [workflows enable {workflow}]"),
                300,
            ))?;
        }
    }
    instances.iter().try_for_each(print_incomplete)
}

/// What keeps an instance from being complete: why snapshots are open, and what could not be read (E10).
fn print_incomplete(status: &InstanceStatus) -> Result<(), CommandFailure> {
    let name = &status.name;
    let reasons = open_snapshot_reasons(&status.fleet);
    if !reasons.is_empty() {
        output::print_line(format!(
            "{name}: snapshots are open [scan confirm-complete --instance {name}], because"
        ))?;
        reasons.iter().try_for_each(output::print_line)?;
    }
    let count = status.unread.count;
    if count > 0 {
        output::print_line(format!("{name}: {count} records or properties could not be read"))?;
        for record in status.unread.records.iter().take(UNREAD_SHOWN) {
            output::print_line(UnreadLine::from(record).format())?;
        }
        if count > UNREAD_SHOWN as u64 {
            output::print_line(format!("  … see: intune-connector instances show {name}"))?;
        }
    }
    Ok(())
}

/// What is not asked for now, until when and why (E9).
fn print_refusals(status: &InstanceStatus) -> Result<(), CommandFailure> {
    for refused in &status.refused {
        let line = format!(
            "{}: {} is not requested before {} ({}): {}",
            status.name,
            refused.what,
            format_time(refused.until),
            refused.code,
            refused.reason
        );
        output::print_line(output::to_printable(&line, 500))?;
    }
    Ok(())
}

pub(crate) fn print_members(supervisors: &[SupervisorView]) -> Result<(), CommandFailure> {
    let members: Vec<&MemberStatus> = supervisors.iter().flat_map(|supervisor| &supervisor.members).collect();
    let columns: [TableColumn<&MemberStatus>; 12] = [
        ("MICROSERVICE", |member| format_value(&member.name)),
        ("PROFILE", |member| format_value(&member.profile)),
        ("KIND", |member| format_value(&member.kind)),
        ("VERSION", |member| format_value(&member.version)),
        ("START", |member| format_value(&member.start_type)),
        ("STATE", |member| format_value(&member.state)),
        ("SINCE", |member| format_value(&member.since)),
        ("RESTARTS", |member| format_value(&member.restarts)),
        ("BUSY MS", |member| format_value(&member.numbers.busy_ms)),
        ("REQUESTS", |member| format_value(&member.numbers.requests)),
        ("ROWS", |member| format_value(&member.numbers.rows)),
        ("LAST ERROR", |member| {
            format_value(&member.last_error.as_ref().map(|error| &error.code))
        }),
    ];
    output::print_table(&columns, &members, "no microservices installed yet")
}
