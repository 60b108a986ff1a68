//! `killswitch`: stops all actions that Intune has not received yet, for one tenant or for all.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::{output, pending_relaxations};

/// Stop all actions at once, or request that they resume
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector killswitch on --reason \"unexpected wipes\" --data DIR
  intune-connector killswitch --data DIR
  intune-connector killswitch off --data DIR     (a second operator must approve: limits approve)")]
pub struct KillswitchArgs {
    #[command(subcommand)]
    command: Option<KillswitchCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum KillswitchCommand {
    /// Stop all actions at once; shows those that Intune has already received
    On {
        /// Only this tenant
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        /// Reason, shown to other operators
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Request that actions resume; a second operator must approve
    Off {
        /// Only this tenant
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
    },
    /// Show where the kill switch is on (default)
    Show,
}

pub(crate) async fn run(args: KillswitchArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let path = "/killswitch";
        let answer = match &args.command {
            None | Some(KillswitchCommand::Show) => bus.client.get(path, &[]).await?,
            Some(KillswitchCommand::On { tenant, reason }) => {
                let body = json!({ "on": true, "tenant": tenant, "reason": reason });
                bus.client.put(path, &body).await?
            }
            Some(KillswitchCommand::Off { tenant }) => {
                bus.client.put(path, &json!({ "on": false, "tenant": tenant })).await?
            }
        };
        if args.json {
            output::print_json(&answer)
        } else {
            print_kill_switch(&answer)
        }
    })
    .await
}

fn print_kill_switch(answer: &Value) -> Result<(), CommandFailure> {
    let on = answer["on"].as_array().map_or(&[][..], Vec::as_slice);
    if on.is_empty() {
        output::print_line("the kill switch is off")?;
    }
    for switch in on {
        let tenant = match switch["tenant"].as_str() {
            None | Some("*") => "all tenants".to_owned(),
            Some(id) => format!("tenant {id}"),
        };
        output::print_line(output::to_printable(
            &format!(
                "the kill switch is ON for {tenant}, by {}, {}: {}",
                switch["by"].as_str().unwrap_or("-"),
                output::format_cell(switch.get("at")),
                switch["reason"].as_str().unwrap_or("-"),
            ),
            400,
        ))?;
    }
    for waits in answer["waiting"].as_array().into_iter().flatten() {
        for line in pending_relaxations::relaxation_lines(waits) {
            output::print_line(line)?;
        }
    }
    let under_way = answer["underWay"].as_array().map_or(&[][..], Vec::as_slice);
    if under_way.is_empty() {
        output::eprint_line("Intune has received no harmful actions");
        return Ok(());
    }
    output::eprint_line("Intune has already received these actions; they cannot be recalled:");
    let columns = [
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("NAME", "/device/deviceName"),
        ("SERIAL NUMBER", "/device/serialNumber"),
        ("STATE", "/state"),
        ("SENT AT", "/sentAt"),
    ];
    output::print_table(&columns, under_way, "")
}
