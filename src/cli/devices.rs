//! `devices`: what the store holds.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
use crate::contract::UnjudgedView;
use crate::inventory::field_reference;
use crate::model::{DeviceId, InstanceName};

/// Devices that a filter could not judge, in the message.
const UNJUDGED_SHOWN: usize = 10;
/// Devices in one request of `--all`.
const PAGE: u32 = 500;

/// List and show devices
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector devices --data DIR --search laptop
  intune-connector devices --filter 'operatingSystem == \"iOS\"' --all --json
  intune-connector devices --filter 'lastSyncDateTime < now - duration(\"720h\")'
  intune-connector devices fields
  intune-connector devices show IntuneConnector_1 7809c88c-0000-4000-8000-000000000001")]
pub struct DevicesArgs {
    #[command(subcommand)]
    command: Option<DevicesCommand>,
    /// Only devices of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Text to find in name, serial number, user or model
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Condition (CEL) on the device's fields
    #[arg(long, value_name = "CEL")]
    filter: Option<String>,
    /// Sort by deviceName, lastSyncDateTime or changedAt; a leading - sorts in descending order
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Maximum number of devices
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// List all devices
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print JSON, one device per line
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum DevicesCommand {
    /// Show everything that is known about a device
    Show {
        /// Name of the instance
        instance: InstanceName,
        /// Intune device id
        id: DeviceId,
    },
    /// List the fields of a device, for conditions, columns and settings; needs no bus
    Fields,
}

pub(crate) async fn run(args: DevicesArgs) -> Result<(), CommandFailure> {
    if matches!(args.command, Some(DevicesCommand::Fields)) {
        return print_fields(args.json);
    }
    with_bus(&args.connect, async |bus| match &args.command {
        Some(DevicesCommand::Show { instance, id }) => {
            let path = format!("/devices/{}/{id}", encode_segment(instance.as_str()));
            output::print_json(&bus.client.get(&path, &[]).await?)
        }
        Some(DevicesCommand::Fields) | None => list_devices(&bus.client, &args).await,
    })
    .await
}

fn print_fields(as_json: bool) -> Result<(), CommandFailure> {
    let fields = json!(field_reference::list_fields());
    if as_json {
        return output::print_json(&fields);
    }
    let columns = [
        ("FIELD", "/name"),
        ("TYPE", "/holds"),
        ("SOURCE", "/source"),
        ("PERSONAL DATA", "/personal"),
        ("VOLATILE", "/moves"),
        ("BETA", "/beta"),
    ];
    output::print_table(&columns, fields.as_array().map_or(&[], Vec::as_slice), "")
}

async fn list_devices(client: &ApiClient, args: &DevicesArgs) -> Result<(), CommandFailure> {
    let parameters = [
        ("instance", args.instance.as_ref().map(ToString::to_string)),
        ("search", args.search.clone()),
        ("filter", args.filter.clone()),
        (
            "sort",
            args.sort.as_ref().map(|sort| sort.trim_start_matches('-').to_owned()),
        ),
        (
            "order",
            args.sort
                .as_ref()
                .filter(|sort| sort.starts_with('-'))
                .map(|_| "desc".to_owned()),
        ),
    ];
    let base: Vec<(&str, String)> = parameters
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let limit = if args.all { PAGE } else { args.limit };
    let mut rows: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    let mut left_out = UnjudgedView::default();
    loop {
        let mut query = base.clone();
        query.push(("limit", limit.to_string()));
        query.extend(cursor.take().map(|cursor| ("after", cursor)));
        let page = client.get("/devices", &query).await?;
        let devices = page["devices"].as_array().cloned().unwrap_or_default();
        cursor = page["after"].as_str().map(str::to_owned);
        merge_unjudged(&mut left_out, &page["unjudged"]);
        if args.json {
            devices
                .iter()
                .try_for_each(|device| output::print_line(device.to_string()))?
        } else {
            rows.extend(devices.iter().map(device_row))
        }
        if cursor.is_none() || !args.all {
            break;
        }
    }
    if args.json {
        print_unjudged(&left_out);
        return Ok(());
    }
    let columns = [
        ("INSTANCE", "/instance"),
        ("DEVICE ID", "/deviceId"),
        ("NAME", "/name"),
        ("CLASS", "/class"),
        ("SYSTEM", "/system"),
        ("USER", "/user"),
        ("LAST CHECK-IN", "/sync"),
    ];
    output::print_table(&columns, &rows, "no matching devices")?;
    if cursor.is_some() {
        output::eprint_line(format!("there are more than {limit} devices: use --all to list them"));
    }
    print_unjudged(&left_out);
    Ok(())
}

fn merge_unjudged(all: &mut UnjudgedView, page: &Value) {
    let Ok(mut page) = serde_json::from_value::<UnjudgedView>(page.clone()) else {
        return;
    };
    all.count += page.count;
    all.devices.append(&mut page.devices);
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
        output::eprint_line(output::to_printable(&format!("  ! {id}: {}", device.problem), 300));
    }
    if left_out.count > UNJUDGED_SHOWN as u64 {
        output::eprint_line("  … the API lists the first 100 of each page as `unjudged`");
    }
}

fn device_row(device: &Value) -> Value {
    let body = &device["device"];
    json!({
        "instance": device["instance"],
        "deviceId": device["deviceId"],
        "name": body["deviceName"],
        "class": body["deviceClass"],
        "system": body["operatingSystem"],
        "user": body["userPrincipalName"],
        "sync": body["lastSyncDateTime"],
    })
}
