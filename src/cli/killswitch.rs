//! `killswitch`: stops all actions that Intune has not received yet, for one tenant or for all.

use std::time::Duration;

use clap::{Args, Subcommand};
use sics_client::{ClientError, ClientErrorKind, SicsClient};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_name, format_value};
use super::pending_relaxations;
use crate::contract::{KillSwitchBody, KillSwitchView, UnderWayView};

/// So many requests to switch it on, where the bus does not answer.
const REQUESTS_MAX: usize = 20;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(100);

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
        let view = match &args.command {
            None | Some(KillswitchCommand::Show) => bus.client.show_kill_switch().await?,
            Some(KillswitchCommand::On { tenant, reason }) => {
                let body = KillSwitchBody {
                    on: true,
                    tenant: tenant.clone(),
                    reason: Some(reason.clone()),
                };
                switch_on(&bus.client, &body).await?
            }
            Some(KillswitchCommand::Off { tenant }) => {
                let body = KillSwitchBody {
                    on: false,
                    tenant: tenant.clone(),
                    reason: None,
                };
                bus.client.set_kill_switch(&body).await?
            }
        };
        if args.json {
            output::print_json(&view)
        } else {
            print_kill_switch(&view)
        }
    })
    .await
}

/// A flood of other connections may drive this one out before it has signed in (E8): then the request is sent again, which
/// changes nothing where the first one arrived.
async fn switch_on(client: &SicsClient, body: &KillSwitchBody) -> Result<KillSwitchView, ClientError> {
    let mut requests = 1;
    loop {
        let answer = client.set_kill_switch(body).await;
        match &answer {
            Err(error) if may_pass(error.kind) && requests < REQUESTS_MAX => {
                if requests == 1 {
                    output::eprint_line("no answer from the bus; sending the request again");
                }
                requests += 1;
                tokio::time::sleep(PAUSE).await;
            }
            _ => return answer,
        }
    }
}

fn may_pass(kind: ClientErrorKind) -> bool {
    matches!(kind, ClientErrorKind::Unreachable | ClientErrorKind::Busy)
}

fn print_kill_switch(view: &KillSwitchView) -> Result<(), CommandFailure> {
    if view.on.is_empty() {
        output::print_line("the kill switch is off")?;
    }
    for switch in &view.on {
        let tenant = match switch.tenant.as_str() {
            "*" => "all tenants".to_owned(),
            id => format!("tenant {id}"),
        };
        output::print_line(output::to_one_line(&format!(
            "the kill switch is ON for {tenant}, by {}, {}: {}",
            switch.by,
            format_value(&switch.at),
            switch.reason,
        )))?;
    }
    view.waiting
        .iter()
        .try_for_each(pending_relaxations::print_relaxation)?;
    if view.under_way.is_empty() {
        output::eprint_line("no disruptive or destructive action is under way at Intune");
        return Ok(());
    }
    output::eprint_line("Intune already has these disruptive or destructive actions, and they cannot be recalled:");
    let columns: [TableColumn<UnderWayView>; 6] = [
        ("JOB", |task| format_value(&task.job)),
        ("ACTION", |task| format_value(&task.action)),
        ("NAME", |task| format_name(&task.device.device_name)),
        ("SERIAL NUMBER", |task| format_value(&task.device.serial_number)),
        ("STATE", |task| format_value(&task.state)),
        ("SENT AT", |task| format_value(&task.sent_at)),
    ];
    output::print_table(&columns, &view.under_way, "")
}
