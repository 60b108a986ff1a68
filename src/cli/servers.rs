//! `servers`: the management servers, who may use them and how far they are.

use clap::{Args, Subcommand};
use serde_json::Value;
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
use super::server_tables::{print_server, print_servers};
use super::server_webhook::{WebhookArgs, run_webhook};
use crate::contract::{AnnounceBody, ConfirmQuery, LimitsBody, ResendBody, ResentPlace, RewindBody};
use crate::model::{DeviceId, InstanceName, Seq, ServerId};

/// List, accept, limit and remove management servers
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector servers --data DIR
  intune-connector servers accept acmp --data DIR
  intune-connector servers jobs acmp on --data DIR
  intune-connector servers limit acmp --fields id,deviceName,serialNumber --ranges 192.0.2.0/24
  intune-connector servers webhook acmp --post-to https://acmp.example/intune --data DIR")]
pub struct ServersArgs {
    #[command(subcommand)]
    command: Option<ServersCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum ServersCommand {
    /// List management servers (default)
    List,
    /// Show a server with all its limits
    Show(ServerIdArgs),
    /// Announce a server, as it would announce itself
    Announce {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Display name
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
    },
    /// Accept a server, so that it receives its changes
    Accept(ServerIdArgs),
    /// Limit what a server receives, and from which addresses it may connect
    Limit(LimitServerArgs),
    /// Allow or forbid a server to send jobs; the rights of its operator limit what they may do
    Jobs {
        #[command(flatten)]
        server: ServerIdArgs,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        switch: String,
    },
    /// Send a device again, such as one that a server could not process
    Resend {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Id of the device in Intune
        device: DeviceId,
        /// Only of this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
    },
    /// Send a server the changes after a place in the feed again
    Rewind {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Place in the feed
        #[arg(long, value_name = "SEQ")]
        to: i64,
        /// Only this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
    },
    /// Send a server the whole fleet again, as a snapshot
    Resync(ServerIdArgs),
    /// Post changes and results of a server to an address (webhook), instead of having it read them
    Webhook(WebhookArgs),
    /// Remove a server; it must announce itself again
    Remove {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Number of devices it holds, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct ServerIdArgs {
    /// Server id
    server: ServerId,
}

#[derive(Debug, Args)]
struct LimitServerArgs {
    #[command(flatten)]
    server: ServerIdArgs,
    /// Address ranges it may connect from, e.g. 192.0.2.0/24,2001:db8::/32; '' means any
    #[arg(long, value_name = "NET,NET")]
    ranges: Option<String>,
    /// Fields it receives; '*' means all
    #[arg(long, value_name = "FIELD,FIELD")]
    fields: Option<String>,
    /// Condition (CEL): the devices it receives; '' means all
    #[arg(long, value_name = "CEL")]
    filter: Option<String>,
    /// Number of affected devices, as reported without this option
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

pub(crate) async fn run(args: ServersArgs) -> Result<(), CommandFailure> {
    // A mistake is found before a bus is looked for.
    match &args.command {
        Some(ServersCommand::Limit(limits)) => _ = limits.limit_body()?,
        Some(ServersCommand::Webhook(webhook)) => webhook.check_choice()?,
        Some(_) | None => (),
    }
    with_bus(&args.connect, async |bus| {
        run_subcommand(
            &bus.client,
            args.command.as_ref().unwrap_or(&ServersCommand::List),
            args.json,
        )
        .await
    })
    .await
}

async fn run_subcommand(client: &SicsClient, command: &ServersCommand, as_json: bool) -> Result<(), CommandFailure> {
    let server = match command {
        ServersCommand::List => {
            let answer = client.list_servers().await?;
            return if as_json {
                output::print_json(&answer)
            } else {
                print_servers(&answer.servers)
            };
        }
        ServersCommand::Show(one) => {
            let server = client.show_server(&one.server).await?;
            let rejects = client.list_rejects(&one.server).await?.rejects;
            return output::print_answer(&server, as_json, || print_server(&server, &rejects));
        }
        ServersCommand::Resend {
            server,
            device,
            instance,
        } => {
            let body = ResendBody {
                device_id: *device,
                instance: instance.clone(),
            };
            let resent = client.resend_device(&server.server, &body).await?;
            return output::print_answer(&resent, as_json, || {
                let sentence = |place: &ResentPlace| {
                    let (instance, seq) = (&place.instance, place.seq.0);
                    output::print_line(format!("device {device} of {instance} is sent again, as change {seq}"))
                };
                resent.resent.iter().try_for_each(sentence)
            });
        }
        ServersCommand::Webhook(webhook) => return run_webhook(client, webhook, as_json).await,
        ServersCommand::Remove { server, yes_i_mean } => {
            client
                .remove_server(&server.server, &ConfirmQuery::from_count(*yes_i_mean))
                .await?;
            return if as_json {
                output::print_json(&Value::Null)
            } else {
                output::print_line(format!("server {} removed", server.server))
            };
        }
        ServersCommand::Announce { server, display_name } => {
            // The name that it has is kept by the bus; what it accepts, here.
            let known = client.show_server(&server.server).await.ok();
            let body = AnnounceBody {
                display_name: display_name.clone().unwrap_or_default(),
                accepts: known.map_or(Value::Null, |known| known.accepts),
            };
            client.announce_server(&server.server, &body).await?
        }
        ServersCommand::Accept(one) => client.accept_server(&one.server).await?,
        ServersCommand::Limit(limits) => {
            let confirm = ConfirmQuery::from_count(limits.yes_i_mean);
            client
                .limit_server(&limits.server.server, &confirm, &limits.limit_body()?)
                .await?
        }
        ServersCommand::Jobs { server, switch } => {
            let body = LimitsBody {
                sends_jobs: Some(switch == "on"),
                ..LimitsBody::default()
            };
            client
                .limit_server(&server.server, &ConfirmQuery::default(), &body)
                .await?
        }
        ServersCommand::Rewind { server, to, instance } => {
            let body = RewindBody {
                instance: instance.clone(),
                to: Seq(*to),
            };
            client.rewind_server(&server.server, &body).await?
        }
        ServersCommand::Resync(one) => client.resync_server(&one.server).await?,
    };
    if as_json {
        output::print_json(&server)
    } else {
        print_servers(&[server])
    }
}

impl LimitServerArgs {
    fn limit_body(&self) -> Result<LimitsBody, CommandFailure> {
        let list = |text: &str| -> Vec<String> {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        if self.ranges.is_none() && self.fields.is_none() && self.filter.is_none() {
            return Err(CommandFailure::usage_error(
                "no limit given",
                "use --ranges, --fields or --filter",
            ));
        }
        let ranges = self.ranges.as_deref().map(|ranges| {
            let parse_range = |text: String| {
                text.parse().map_err(|_| {
                    CommandFailure::usage_error(
                        format!("--ranges: {text:?} is not an address range"),
                        "write address and length of the prefix (0 to 32, for IPv6 to 128), such as 192.0.2.0/24 or 2001:db8::/32",
                    )
                })
            };
            list(ranges).into_iter().map(parse_range).collect::<Result<Vec<_>, _>>()
        });
        Ok(LimitsBody {
            ranges: ranges.transpose()?,
            fields: self
                .fields
                .as_deref()
                .map(|fields| (fields.trim() != "*").then(|| list(fields))),
            filter: self
                .filter
                .as_ref()
                .map(|filter| Some(filter.clone()).filter(|filter| !filter.trim().is_empty())),
            sends_jobs: None,
        })
    }
}
