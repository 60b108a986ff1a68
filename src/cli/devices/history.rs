//! `devices history`: what a device was, and the last of it in `devices show`.

use clap::Args;
use sics_client::SicsClient;

use super::named_device::NamedDevice;
use crate::cli::failure::CommandFailure;
use crate::cli::instance_choice::choose_instance_knowing;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{
    DeviceDecisionView, DeviceHistoryQuery, DeviceHistoryView, DeviceTaskView, EarlierIdentityView, FieldChangeView,
};
use crate::model::{DeviceId, InstanceName, choose_form, format_count};

/// Changes that `devices show` tells.
const LAST_CHANGES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Intune device id; before it the name of the instance, needed only if several have the device
    #[arg(value_name = "ID", required = true, num_args = 1..=2)]
    pub(super) device: Vec<String>,
    /// Maximum number of changes, and of actions and decisions
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Only changes before this position in the feed
    #[arg(long, value_name = "SEQ")]
    before: Option<i64>,
}

pub(super) async fn show_history(
    client: &SicsClient,
    (instance, id): &NamedDevice,
    args: &HistoryArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let instance = choose_instance_knowing(client, instance.as_ref(), *id).await?;
    let query = DeviceHistoryQuery {
        before: args.before,
        limit: Some(args.limit as usize),
    };
    let history = client.show_device_history(&instance, id, &query).await?;
    output::print_answer(&history, as_json, || print_history(&history))
}

/// The newest changes, below what the device is now.
pub(super) async fn print_last_changes(
    client: &SicsClient,
    instance: &InstanceName,
    id: &DeviceId,
) -> Result<(), CommandFailure> {
    let query = DeviceHistoryQuery {
        before: None,
        limit: Some(LAST_CHANGES),
    };
    let history = match client.show_device_history(instance, id, &query).await {
        Ok(history) => history,
        // An older bus knows no history; the device was found a moment ago.
        Err(error) if error.status == Some(404) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let newest = &history.changes[..LAST_CHANGES.min(history.changes.len())];
    if !newest.is_empty() {
        output::print_line("")?;
        print_changes(newest)?;
        let count = format_count(newest.len() as u64, "change");
        output::eprint_line(format!(
            "the last {count} of fields; more: intune-connector devices history ID"
        ));
    }
    Ok(())
}

fn print_history(history: &DeviceHistoryView) -> Result<(), CommandFailure> {
    output::print_record(&[
        ("instance", format_value(&history.instance)),
        ("device id", format_value(&history.device_id)),
        ("gone", format_value(&history.gone_at)),
        ("reason", format_value(&history.gone_reason)),
    ])?;
    output::print_line("")?;
    print_changes(&history.changes)?;
    print_identities(&history.identities)?;
    print_tasks(&history.tasks)?;
    print_decisions(&history.decisions)?;
    eprint_remarks(history);
    Ok(())
}

fn print_changes(changes: &[FieldChangeView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<FieldChangeView>; 4] = [
        ("CHANGED", |change| format_value(&change.at)),
        ("FIELD", |change| format_name(&change.field)),
        ("BEFORE", |change| format_value(&change.before)),
        ("AFTER", |change| format_value(&change.after)),
    ];
    output::print_table(
        &columns,
        changes,
        "no field has changed since the device was first read",
    )
}

fn print_identities(identities: &[EarlierIdentityView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<EarlierIdentityView>; 5] = [
        ("EARLIER DEVICE ID", |known| format_value(&known.device_id)),
        ("NAME", |known| format_name(&known.device_name)),
        ("SINCE", |known| format_value(&known.since)),
        ("UNTIL", |known| format_value(&known.until)),
        ("REASON", |known| format_value(&known.reason)),
    ];
    output::print_section(&columns, identities)
}

fn print_tasks(tasks: &[DeviceTaskView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<DeviceTaskView>; 6] = [
        ("REQUESTED", |task| format_value(&task.at)),
        ("JOB", |task| format_value(&task.job)),
        ("ACTION", |task| format_value(&task.action)),
        ("STATE", |task| format_value(&task.state)),
        ("BY", |task| format_value(&task.asked_by)),
        ("DETAILS", |task| {
            format_value(&task.message.as_ref().or(task.cause.as_ref()))
        }),
    ];
    output::print_section(&columns, tasks)
}

fn print_decisions(decisions: &[DeviceDecisionView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<DeviceDecisionView>; 5] = [
        ("DECIDED", |decision| format_value(&decision.at)),
        ("LAST", |decision| format_value(&decision.until)),
        ("NODE", |decision| format_value(&decision.node)),
        ("OUTCOME", |decision| format_value(&decision.outcome)),
        ("REASONS", |decision| format_value(&decision.reasons)),
    ];
    output::print_section(&columns, decisions)
}

/// What is not shown, and how to get it.
fn eprint_remarks(history: &DeviceHistoryView) {
    if history.days == 0 {
        output::eprint_line("this instance keeps no history of devices: set history_days to keep one");
    }
    if let Some(before) = history.before {
        output::eprint_line(format!("there are older changes: use --before {before} to list them"));
    }
    if history.more_tasks || history.more_decisions {
        output::eprint_line("there are older actions or decisions: use --limit to list more");
    }
    if !history.missing_rights.is_empty() {
        let count = history.missing_rights.len() as u64;
        output::eprint_line(format!(
            "parts are left out, because you lack the {} {}",
            choose_form(count, "right", "rights"),
            history.missing_rights.join(", ")
        ));
    }
}
