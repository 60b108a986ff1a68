//! `jobs`: what was sent, what became of it, and what people decide about it.

mod decisions;
mod queries;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
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
    command: Option<JobsCommand>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List them, the newest first (the same as without a word)
    List(ListJobsArgs),
    /// Show one: a row a device
    Show(JobNameArgs),
    /// Follow one until every device is at its end
    Watch {
        #[command(flatten)]
        job: JobNameArgs,
        /// Seconds after which to give up
        #[arg(long = "for", value_name = "SECONDS")]
        patience_s: Option<u64>,
    },
    /// Cancel what was not sent
    Cancel(JobNameArgs),
    /// Agree to one that waits, with name and password of your own
    Approve(ApproveJobArgs),
    /// Refuse one that waits
    Reject(JobNameArgs),
    /// Say what became of a device whose outcome nobody could read
    Resolve(ResolveTaskArgs),
}

#[derive(Debug, Args)]
struct JobNameArgs {
    /// Number of the job; one of your own by its id, too (id:59, where the id is digits)
    #[arg(value_name = "JOB")]
    job: String,
}

#[derive(Debug, Default, Args)]
struct ListJobsArgs {
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
struct ApproveJobArgs {
    #[command(flatten)]
    job: JobNameArgs,
    #[command(flatten)]
    person: ApproverArgs,
    /// Number of devices concerned, where nobody is there to type it
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

/// Who agrees; never taken from the connection.
#[derive(Debug, Args)]
pub(crate) struct ApproverArgs {
    /// Who approves; asked for where it is left out
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// File with the approver's password; - reads standard input; without it you are asked
    #[arg(long, value_name = "FILE")]
    pub approver_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ResolveTaskArgs {
    #[command(flatten)]
    job: JobNameArgs,
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

pub(crate) async fn run(args: JobsArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let (client, json) = (&bus.client, args.json);
        match &args.command {
            None => {
                queries::list_jobs(
                    client,
                    &ListJobsArgs {
                        limit: 50,
                        ..ListJobsArgs::default()
                    },
                    json,
                )
                .await
            }
            Some(JobsCommand::List(list)) => queries::list_jobs(client, list, json).await,
            Some(JobsCommand::Show(one)) => queries::show_job(client, &one.job, json).await,
            Some(JobsCommand::Watch { job, patience_s }) => watch::watch_job(client, &job.job, *patience_s, json).await,
            Some(JobsCommand::Cancel(one)) => decisions::cancel_job(client, &one.job, json).await,
            Some(JobsCommand::Approve(approve)) => decisions::approve_job(client, approve, json).await,
            Some(JobsCommand::Reject(one)) => decisions::reject_job(client, &one.job, json).await,
            Some(JobsCommand::Resolve(resolve)) => decisions::resolve_task(client, resolve, json).await,
        }
    })
    .await
}

pub(crate) use decisions::{ask_for_approver, ask_line};
