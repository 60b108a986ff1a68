//! `targets set-aside` and `targets decide`: devices for which a person has to say which record is theirs.

use clap::Args;
use sics_client::SicsClient;

use super::words::{describe_decision, describe_reason};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{AsideDecision, AsideDecisionBody, AsideDeviceView, AsideRecordView};
use crate::model::{DeviceId, InstanceName};

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("decision").required(true).args(["adopt", "create", "ignore"])))]
pub(super) struct DecideArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// Intune device id
    #[arg(value_name = "DEVICE")]
    device: DeviceId,
    /// This record becomes its record
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["create", "ignore"])]
    adopt: Option<String>,
    /// It gets a new record
    #[arg(long, conflicts_with = "ignore")]
    create: bool,
    /// It gets no record
    #[arg(long)]
    ignore: bool,
    /// Instance of the device; needed only if several have it
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
}

impl DecideArgs {
    fn build_body(&self) -> AsideDecisionBody {
        let decision = match (&self.adopt, self.create) {
            (Some(_), _) => AsideDecision::Adopt,
            (None, true) => AsideDecision::Create,
            (None, false) => AsideDecision::Ignore,
        };
        AsideDecisionBody {
            decision,
            record: self.adopt.clone(),
        }
    }
}

pub(super) async fn list_aside(client: &SicsClient, target: &str, as_json: bool) -> Result<(), CommandFailure> {
    let found = client.list_target_aside(target).await?;
    output::print_answer(&found, as_json, || {
        if found.devices.is_empty() {
            output::eprint_line("no device waits for a decision");
        }
        found.devices.iter().try_for_each(|device| print_device(target, device))
    })?;
    let shown = found.devices.len() as u64;
    if found.total > shown && !as_json {
        output::eprint_line(format!("{shown} of {} devices", found.total));
    }
    Ok(())
}

fn print_device(target: &str, device: &AsideDeviceView) -> Result<(), CommandFailure> {
    let name = format_name(&device.device_name);
    let reason = describe_reason(device.reason);
    output::print_line(format!(
        "{name} ({} of {}): {reason}",
        device.device_id, device.instance
    ))?;
    output::print_record(&list_facts(device))?;
    let columns: [TableColumn<AsideRecordView>; 5] = [
        ("  RECORD", |record| format!("  {}", format_value(&record.record))),
        ("NAME", |record| format_name(&record.name)),
        ("SERIAL NUMBER", |record| format_name(&record.serial_number)),
        ("STATE", |record| format_value(&record.state)),
        ("USER", |record| format_name(&record.user)),
    ];
    if !device.records.is_empty() {
        output::print_table(&columns, &device.records, "")?;
    }
    output::print_line(format!("  {}", describe_decision(target, device)))?;
    output::print_line("")
}

fn list_facts(device: &AsideDeviceView) -> Vec<(&'static str, String)> {
    let known = &device.device;
    let all = [
        ("  serial number", format_name(&known.serial_number)),
        ("  manufacturer", format_name(&known.manufacturer)),
        ("  model", format_name(&known.model)),
        ("  operating system", format_name(&known.operating_system)),
        ("  user", format_name(&known.user)),
        ("  last check-in", format_value(&known.last_sync)),
        ("  set aside", format_value(&device.at)),
        ("  problem", format_value(&device.problem)),
    ];
    all.into_iter().filter(|(_, value)| value != "-").collect()
}

pub(super) async fn decide_device(client: &SicsClient, args: &DecideArgs, as_json: bool) -> Result<(), CommandFailure> {
    let instance = match &args.instance {
        Some(name) => name.clone(),
        None => find_instance(client, &args.target, args.device).await?,
    };
    let decided = client
        .decide_target_aside(&args.target, &instance, args.device, &args.build_body())
        .await?;
    output::print_answer(&decided, as_json, || {
        let name = format_name(&decided.device_name);
        output::print_line(format!("{name}: {}", describe_decision(&args.target, &decided)))
    })
}

/// The instance of a device that was set aside.
async fn find_instance(client: &SicsClient, target: &str, device: DeviceId) -> Result<InstanceName, CommandFailure> {
    let found = client.list_target_aside(target).await?;
    let mut found = found.devices.into_iter().filter(|known| known.device_id == device);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only.instance),
        (Some(_), Some(_)) => Err(CommandFailure::usage_error(
            format!("several instances have the device {device}"),
            "name the one that is meant: --instance NAME",
        )),
        (None, _) => Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("{target} has not set aside the device {device}"),
            format!("list those that wait: intune-connector targets set-aside {target}"),
        )),
    }
}
