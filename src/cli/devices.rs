//! `devices`: what the store holds.

mod csv_page;
mod device_row;
mod export;
mod filter_args;
mod history;
mod named_device;

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::follow::check_columns;
use super::instance_choice::choose_instance_of;
use super::output::{self, TableColumn, format_name, format_value};
use crate::contract::{DeviceView, DevicesQuery, FieldView, UnjudgedView};
use crate::inventory::field_reference;
use crate::model::format_count;

use csv_page::CsvPage;
use device_row::DeviceRow;
use export::{ExportArgs, export_devices};
use filter_args::DeviceFilterArgs;
use history::HistoryArgs;
use named_device::{NamedDevice, parse_device};

/// Devices that a filter could not judge, in the message.
const UNJUDGED_SHOWN: usize = 10;
/// Devices in one request of `--all`.
const PAGE: usize = 500;

/// List, show and export devices
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector devices --data DIR --search laptop
  intune-connector devices --platform iOS,iPadOS --compliance noncompliant --sort -lastSyncDateTime
  intune-connector devices --filter 'operatingSystem == \"iOS\"' --all --json
  intune-connector devices --filter 'lastSyncDateTime < now - duration(\"720h\")'
  intune-connector devices --all --csv --columns deviceName,serialNumber,userPrincipalName
  intune-connector devices export devices.xlsx --platform Windows
  intune-connector devices fields
  intune-connector devices show 7809c88c-0000-4000-8000-000000000001
  intune-connector devices history 7809c88c-0000-4000-8000-000000000001")]
pub struct DevicesArgs {
    #[command(subcommand)]
    command: Option<DevicesCommand>,
    #[command(flatten)]
    filter: DeviceFilterArgs,
    /// Maximum number of devices
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// List all devices
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Fields to show; `devices fields` lists them
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',', conflicts_with = "json")]
    columns: Vec<String>,
    /// Print CSV, with the columns of `follow --csv` unless --columns is given
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON, one device per line
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum DevicesCommand {
    /// Show everything that is known about a device
    #[command(override_usage = "intune-connector devices show [OPTIONS] [INSTANCE] ID")]
    Show {
        /// Intune device id; before it the name of the instance, needed only if several have the device
        #[arg(value_name = "ID", required = true, num_args = 1..=2)]
        device: Vec<String>,
    },
    /// Show what a device was: changed fields, earlier ids and names, actions, compliance decisions
    #[command(override_usage = "intune-connector devices history [OPTIONS] [INSTANCE] ID")]
    History(HistoryArgs),
    /// Export all matching devices to a new file
    Export(Box<ExportArgs>),
    /// List the fields of a device, for conditions, columns and settings; needs no bus
    Fields,
}

pub(crate) async fn run(args: DevicesArgs) -> Result<(), CommandFailure> {
    if matches!(args.command, Some(DevicesCommand::Fields)) {
        return print_fields(args.json);
    }
    check_columns(&args.columns)?;
    let named = match &args.command {
        Some(DevicesCommand::Show { device }) => Some(parse_device(device, "show")?),
        Some(DevicesCommand::History(history)) => Some(parse_device(&history.device, "history")?),
        Some(DevicesCommand::Fields | DevicesCommand::Export(_)) | None => None,
    };
    with_bus(&args.connect, async |bus| match (&args.command, &named) {
        (Some(DevicesCommand::History(wanted)), Some(device)) => {
            history::show_history(&bus.client, device, wanted, args.json).await
        }
        (Some(DevicesCommand::Export(export)), _) => export_devices(&bus.client, export).await,
        (_, Some(device)) => show_device(&bus.client, device, args.json).await,
        (_, None) => list_devices(&bus.client, &args).await,
    })
    .await
}

async fn show_device(client: &SicsClient, (instance, id): &NamedDevice, as_json: bool) -> Result<(), CommandFailure> {
    let instance = choose_instance_of(client, instance.as_ref(), std::slice::from_ref(id)).await?;
    let view = client.show_device(&instance, id).await?;
    if as_json {
        return output::print_json(&view);
    }
    print_device(&view)?;
    history::print_last_changes(client, &instance, id).await
}

fn print_fields(as_json: bool) -> Result<(), CommandFailure> {
    let fields = field_reference::list_fields();
    if as_json {
        return output::print_json(&fields);
    }
    let columns: [TableColumn<FieldView>; 6] = [
        ("FIELD", |field| format_value(&field.name)),
        ("TYPE", |field| format_value(&field.holds)),
        ("SOURCE", |field| format_value(&field.source)),
        ("PERSONAL DATA", |field| format_value(&field.personal)),
        ("VOLATILE", |field| format_value(&field.moves)),
        ("BETA", |field| format_value(&field.beta)),
    ];
    output::print_table(&columns, &fields, "")
}

impl DevicesArgs {
    /// The first page.
    fn build_query(&self) -> DevicesQuery {
        DevicesQuery {
            limit: Some(if self.all { PAGE } else { self.limit as usize }),
            // For people; and where devices may be left out, so that the first page tells of all of them.
            count: Some(true).filter(|_| !self.json || self.filter.has_condition()),
            ..self.filter.build_query()
        }
    }
}

async fn list_devices(client: &SicsClient, args: &DevicesArgs) -> Result<(), CommandFailure> {
    let mut query = args.build_query();
    let mut rows: Vec<DeviceRow> = Vec::new();
    let (mut shown, mut counts, mut left_out) = (0, None, None);
    let table = args.csv.then(|| CsvPage::new(&args.columns));
    table.iter().try_for_each(CsvPage::print_header)?;
    loop {
        let page = client.list_devices(&query).await?;
        shown += page.devices.len() as u64;
        counts = counts.or(page.matching.zip(page.total));
        left_out = left_out.or(Some(page.unjudged.unwrap_or_default()));
        let mut devices = page.devices.iter();
        match &table {
            Some(table) => table.print_rows(&devices.map(DeviceRow::from).collect::<Vec<_>>())?,
            None if args.json => devices.try_for_each(output::print_json_line)?,
            None => rows.extend(devices.map(DeviceRow::from)),
        }
        (query.after, query.count) = (page.after, None);
        if query.after.is_none() || !args.all || output::is_reader_gone() {
            break;
        }
    }
    if !args.json && table.is_none() {
        print_devices(&rows, &args.columns)?;
    }
    if let Some((matching, total)) = counts.filter(|_| !args.json) {
        output::eprint_line(describe_counts(shown, matching, total));
    }
    print_unjudged(&left_out.unwrap_or_default());
    Ok(())
}

/// How many devices are shown, match, and are there.
fn describe_counts(shown: u64, matching: u64, total: u64) -> String {
    let rest = if shown < matching {
        ": use --all to list the others"
    } else {
        ""
    };
    if matching == total {
        return format!("{shown} of {}{rest}", format_count(total, "device"));
    }
    format!(
        "{shown} of {} ({total} in all){rest}",
        format_count(matching, "matching device")
    )
}

/// Everything about one device: what the bus knows of it, then its fields that have a value.
fn print_device(view: &DeviceView) -> Result<(), CommandFailure> {
    let row = DeviceRow::from(view);
    let mut fields = vec![
        ("instance", format_value(&view.instance)),
        ("device id", format_value(&view.device_id)),
        ("position in the feed", format_value(&view.seq)),
        ("changed", format_value(&view.changed_at)),
        ("read", format_value(&view.read_at)),
        ("replaces", format_value(&view.replaces)),
        ("same hardware as", format_value(&view.same_as)),
    ];
    let known = row.fields.iter().filter(|(_, value)| !value.is_null());
    fields.extend(known.map(|(name, value)| (name.as_str(), format_value(value))));
    output::print_record(&fields)
}

fn print_devices(rows: &[DeviceRow], chosen: &[String]) -> Result<(), CommandFailure> {
    const NOTHING: &str = "no matching devices";
    if !chosen.is_empty() {
        let heads: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let cells = |row: &DeviceRow| heads.iter().map(|name| row.format_field(name)).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        return output::print_cells(&heads, &cells, NOTHING);
    }
    let columns: [TableColumn<DeviceRow>; 7] = [
        ("INSTANCE", |row| format_value(&row.instance)),
        ("DEVICE ID", |row| format_value(&row.device_id)),
        ("NAME", |row| format_name(&row.fields.get("deviceName"))),
        ("CLASS", |row| row.format_field("deviceClass")),
        ("SYSTEM", |row| row.format_field("operatingSystem")),
        ("USER", |row| row.format_field("userPrincipalName")),
        ("LAST CHECK-IN", |row| row.format_field("lastSyncDateTime")),
    ];
    output::print_table(&columns, rows, NOTHING)
}

/// Devices on which the filter failed are in no answer: which, and why (E10).
fn print_unjudged(left_out: &UnjudgedView) {
    let Some(sentence) = left_out.describe_unjudged() else {
        return;
    };
    output::eprint_line(sentence);
    for device in left_out.devices.iter().take(UNJUDGED_SHOWN) {
        let id = device
            .device_id
            .map_or("a device without an id".to_owned(), |id| id.to_string());
        output::eprint_line(output::to_one_line(&format!("  ! {id}: {}", device.problem)));
    }
    if left_out.count > UNJUDGED_SHOWN as u64 {
        output::eprint_line("  … the API lists the first 100 of each page as `unjudged`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_below_a_list_says_how_many_there_are() {
        assert_eq!(describe_counts(3, 3, 3), "3 of 3 devices");
        assert_eq!(
            describe_counts(50, 70, 70),
            "50 of 70 devices: use --all to list the others"
        );
        assert_eq!(describe_counts(1, 1, 70), "1 of 1 matching device (70 in all)");
        assert_eq!(
            describe_counts(50, 60, 70),
            "50 of 60 matching devices (70 in all): use --all to list the others"
        );
    }
}
