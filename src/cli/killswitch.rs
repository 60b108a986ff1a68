//! `killswitch`: stops all actions that are not with Intune yet, of a tenant or of all.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::{out, waiting};

/// Stop all actions at once, or ask for them to go on
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector killswitch on --reason \"somebody wipes devices\" --data DIR
  intune-connector killswitch --data DIR
  intune-connector killswitch off --data DIR     (a second operator has to agree: limits approve)")]
pub struct KillswitchArgs {
    #[command(subcommand)]
    command: Option<Sub>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Stop everything at once; shows what Intune has already
    On {
        /// Only this tenant
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        /// Why, for those who find it on
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Ask for actions to go on; a second operator has to agree
    Off {
        /// Only this tenant
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
    },
    /// Show where it is on (the same as without a word)
    Show,
}

pub async fn run(args: KillswitchArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| {
        let path = "/killswitch";
        let answer = match &args.command {
            None | Some(Sub::Show) => bus.client.get(path, &[]).await?,
            Some(Sub::On { tenant, reason }) => {
                let body = json!({ "on": true, "tenant": tenant, "reason": reason });
                bus.client.put(path, &body).await?
            }
            Some(Sub::Off { tenant }) => bus.client.put(path, &json!({ "on": false, "tenant": tenant })).await?,
        };
        match args.json {
            true => out::json(&answer),
            false => print(&answer),
        }
    })
    .await
}

fn print(answer: &Value) -> Result<(), Failure> {
    let on = answer["on"].as_array().map_or(&[][..], Vec::as_slice);
    if on.is_empty() {
        out::line("the kill switch is off")?;
    }
    for switch in on {
        let tenant = match switch["tenant"].as_str() {
            None | Some("*") => "all tenants".to_owned(),
            Some(id) => format!("tenant {id}"),
        };
        out::line(out::printable(
            &format!(
                "the kill switch is ON for {tenant}, by {}, {}: {}",
                switch["by"].as_str().unwrap_or("-"),
                out::cell(switch.get("at")),
                switch["reason"].as_str().unwrap_or("-"),
            ),
            400,
        ))?;
    }
    for waits in answer["waiting"].as_array().into_iter().flatten() {
        for line in waiting::lines(waits) {
            out::line(line)?;
        }
    }
    let under_way = answer["underWay"].as_array().map_or(&[][..], Vec::as_slice);
    if under_way.is_empty() {
        out::say("Intune has nothing that could harm");
        return Ok(());
    }
    out::say("Intune has these already; they can't be called back:");
    let columns = [
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("NAME", "/device/deviceName"),
        ("SERIAL NUMBER", "/device/serialNumber"),
        ("STATE", "/state"),
        ("SENT AT", "/sentAt"),
    ];
    out::table(&columns, under_way, "")
}
