//! `notices`: who is told by mail or webhook what needs somebody, and the heartbeat.

mod channels;
mod heartbeat;
mod recipients;
mod tables;

use clap::{Args, Subcommand};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
use channels::ChannelsCommand;
use heartbeat::HeartbeatCommand;
use recipients::RecipientsCommand;

/// Say who is told by mail or webhook what needs somebody, and whether a ping goes out as long as all is well
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector notices --data DIR
  intune-connector notices channels mail office --host smtp.example.com --from it@example.com --sign-in it --secret-file FILE
  intune-connector notices channels webhook teams --form teams --address-file FILE
  intune-connector notices recipients add anna --channel office --address anna@example.com --language de
  intune-connector notices recipients add duty --channel teams --quiet 22:00-07:00 --zone Europe/Berlin
  intune-connector notices test anna
  intune-connector notices heartbeat set --address-file FILE")]
pub struct NoticesArgs {
    #[command(subcommand)]
    command: Option<NoticesCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum NoticesCommand {
    /// List channels and recipients, and show the heartbeat (default)
    List,
    /// List the messages of the last 30 days, newest first, and what became of them
    Sent,
    /// Add, change and remove channels: mail servers and webhooks
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Add, change and remove recipients
    #[command(subcommand)]
    Recipients(RecipientsCommand),
    /// Send a recipient a test message at once
    Test {
        /// Name of the recipient
        recipient: String,
    },
    /// Have an address pinged as long as scans are fresh and the store takes writes
    #[command(subcommand)]
    Heartbeat(HeartbeatCommand),
}

pub(crate) async fn run(args: NoticesArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let (client, as_json) = (&bus.client, args.json);
        match &args.command {
            None | Some(NoticesCommand::List) => {
                let settings = client.show_notice_settings().await?;
                output::print_answer(&settings, as_json, || tables::print_settings(&settings))
            }
            Some(NoticesCommand::Sent) => {
                let sent = client.list_notice_messages().await?;
                output::print_answer(&sent, as_json, || tables::print_messages(&sent.messages))
            }
            Some(NoticesCommand::Channels(command)) => channels::run_channels(client, command, as_json).await,
            Some(NoticesCommand::Recipients(command)) => recipients::run_recipients(client, command, as_json).await,
            Some(NoticesCommand::Test { recipient }) => {
                let tested = client.test_notice_recipient(recipient).await?;
                if let Some(problem) = &tested.problem {
                    return Err(CommandFailure::general_error(
                        format!("the test message to {recipient} was not taken: {problem}"),
                        "correct the channel: intune-connector notices channels --help",
                    ));
                }
                output::print_answer(&tested, as_json, || {
                    output::print_line(format!("the test message to {recipient} was taken"))
                })
            }
            Some(NoticesCommand::Heartbeat(command)) => heartbeat::run_heartbeat(client, command, as_json).await,
        }
    })
    .await
}
