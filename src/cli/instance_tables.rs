//! Instances and microservices as people see them.

use serde_json::Value;

use super::failure::CommandFailure;
use super::fleet_proof::open_snapshot_reasons;
use super::output::{self, TableColumn, format_value};
use super::scan_text::{UnreadLine, scan_sentence};
use crate::contract::{InstanceStatus, InstanceView, MemberStatus, MemberSummary, SupervisorView, UnreadView};
use crate::model::{ScanSummary, choose_form, format_time};

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
            output::print_line(output::to_one_line(&format!(
                "{workflow} has a new definition that is not enabled [workflows enable {workflow}]"
            )))?;
        }
    }
    instances
        .iter()
        .try_for_each(|status| print_incomplete(status, UNREAD_SHOWN))
}

/// One instance with its settings and what was installed with it.
pub(crate) fn print_instance(view: &InstanceView) -> Result<(), CommandFailure> {
    let status = &view.status;
    let last = |scan: &Option<ScanSummary>| match scan {
        Some(scan) => format!("{}, {}", format_value(&scan.ended_at), scan_sentence(scan)),
        None => "-".to_owned(),
    };
    output::print_record(&[
        ("instance", format_value(&status.name)),
        ("profile", format_value(&status.profile)),
        ("tenant", format_value(&status.tenant_id)),
        ("state", format_value(&status.state)),
        ("cause", format_value(&status.cause)),
        ("detail", format_value(&status.detail)),
        ("devices", format_value(&status.devices)),
        ("complete", format_value(&status.complete)),
        ("last full scan", last(&status.last_full)),
        ("last incremental scan", last(&status.last_incremental)),
        ("next full scan", format_value(&status.next_full)),
        ("next incremental scan", format_value(&status.next_incremental)),
        ("deletions to confirm", format_value(&status.waiting_confirmation)),
        ("primary users refused", format_value(&status.primary_users_refused)),
        (
            "days left of the credential",
            format_value(&status.credential_days_left),
        ),
        (
            "workflows with a new definition",
            format_value(&status.changed_workflows),
        ),
    ])?;
    print_refusals(status)?;
    print_incomplete(status, UnreadView::SHOWN_MAX as usize)?;
    let columns: [TableColumn<(&String, &Value)>; 2] = [
        ("SETTING", |(key, _)| (*key).clone()),
        ("VALUE", |(_, value)| format_value(value)),
    ];
    output::print_section(&columns, &view.settings.iter().collect::<Vec<_>>())?;
    let columns: [TableColumn<MemberSummary>; 6] = [
        ("INSTALLED WITH IT", |member| format_value(&member.name)),
        ("KIND", |member| format_value(&member.kind)),
        ("RUN BY", |member| format_value(&member.engine)),
        ("STATE", |member| format_value(&member.state)),
        ("VERSION", |member| format_value(&member.version)),
        ("START", |member| format_value(&member.start_type)),
    ];
    output::print_section(&columns, &view.members)
}

/// What keeps an instance from being complete: why snapshots are open, and what could not be read (E10), up to `shown`.
fn print_incomplete(status: &InstanceStatus, shown: usize) -> Result<(), CommandFailure> {
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
        let what = choose_form(count, "record or property", "records or properties");
        output::print_line(format!("{name}: {count} {what} could not be read"))?;
        for record in status.unread.records.iter().take(shown) {
            output::print_line(UnreadLine::from(record).format())?;
        }
        if count > shown as u64 {
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
        output::print_line(output::to_one_line(&line))?;
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
