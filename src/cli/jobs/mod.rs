//! `jobs`: what was sent, what became of it, and what people decide about it.

mod decide;
mod look;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use crate::model::InstanceName;

/// List, follow, approve, cancel and resolve jobs
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector jobs --data DIR
  intune-connector jobs watch 12 --data DIR
  intune-connector jobs approve 12 --approver anna --data DIR
  intune-connector jobs resolve 12 --task 40 --state done --note \"the device is on my desk, empty\"")]
pub struct JobsArgs {
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
    /// List them, the newest first (the same as without a word)
    List(ListArgs),
    /// Show one: a row a device
    Show(One),
    /// Follow one until every device is at its end
    Watch {
        #[command(flatten)]
        job: One,
        /// Seconds after which to give up
        #[arg(long = "for", value_name = "SECONDS")]
        patience_s: Option<u64>,
    },
    /// Cancel what was not sent
    Cancel(One),
    /// Agree to one that waits, with name and password of your own
    Approve(ApproveArgs),
    /// Refuse one that waits
    Reject(One),
    /// Say what became of a device whose outcome nobody could read
    Resolve(ResolveArgs),
}

#[derive(Debug, Args)]
struct One {
    /// Number of the job; one of your own by its id, too (id:59, where the id is digits)
    #[arg(value_name = "JOB")]
    job: String,
}

#[derive(Debug, Default, Args)]
struct ListArgs {
    /// Only of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Only jobs that are not at their end
    #[arg(long)]
    open: bool,
    /// Only jobs that wait for an approval
    #[arg(long)]
    waiting: bool,
    /// Jobs at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

#[derive(Debug, Args)]
struct ApproveArgs {
    #[command(flatten)]
    job: One,
    #[command(flatten)]
    person: PersonArgs,
    /// Number of devices concerned, where nobody is there to type it
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

/// Who agrees; never taken from the connection.
#[derive(Debug, Args)]
pub struct PersonArgs {
    /// Who approves; asked for where it is left out
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// File with the approver's password; - reads standard input; without it you are asked
    #[arg(long, value_name = "FILE")]
    pub approver_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ResolveArgs {
    #[command(flatten)]
    job: One,
    /// Number of the device's task, as `jobs show` has it
    #[arg(long, value_name = "N")]
    task: i64,
    /// What became of it: done, failed, notSupported or deviceGone
    #[arg(long, value_name = "STATE")]
    state: String,
    /// How that is known
    #[arg(long, value_name = "TEXT")]
    note: String,
}

pub async fn run(args: JobsArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| {
        let (client, json) = (&bus.client, args.json);
        match &args.command {
            None => {
                look::list(
                    client,
                    &ListArgs {
                        limit: 50,
                        ..ListArgs::default()
                    },
                    json,
                )
                .await
            }
            Some(Sub::List(list)) => look::list(client, list, json).await,
            Some(Sub::Show(one)) => look::show(client, &one.job, json).await,
            Some(Sub::Watch { job, patience_s }) => watch::watch(client, &job.job, *patience_s, json).await,
            Some(Sub::Cancel(one)) => decide::cancel(client, &one.job, json).await,
            Some(Sub::Approve(approve)) => decide::approve(client, approve, json).await,
            Some(Sub::Reject(one)) => decide::reject(client, &one.job, json).await,
            Some(Sub::Resolve(resolve)) => decide::resolve(client, resolve, json).await,
        }
    })
    .await
}

pub use decide::{asked, person};
