//! `jobs`: what was sent, what became of it, and what people decide about it.

mod decisions;
mod job_args;
mod queries;
mod watch;

use clap::{Args, Subcommand};

use self::job_args::{ApproveJobArgs, JobNameArgs, ListJobsArgs, ResolveTaskArgs};
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;

/// List, follow, approve, cancel and resolve jobs
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector jobs --data DIR
  intune-connector jobs list --action wipe --from 2026-11-01 --sender anna --data DIR
  intune-connector jobs watch 12 --data DIR
  intune-connector jobs approve 12 --approver anna --data DIR
  intune-connector jobs resolve 12 --task 40 --state done --note \"the device is on my desk, empty\"")]
pub struct JobsArgs {
    #[command(subcommand)]
    command: Option<JobsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List jobs, newest first (default)
    List(ListJobsArgs),
    /// Show a job, one row per device
    Show(JobNameArgs),
    /// Follow a job until every device is finished
    Watch {
        #[command(flatten)]
        job: JobNameArgs,
        /// Stop waiting after this many seconds
        #[arg(long = "for", value_name = "SECONDS")]
        patience_s: Option<u64>,
    },
    /// Cancel the part of a job that was not sent yet
    Cancel(JobNameArgs),
    /// Approve a waiting job, with your own name and password
    Approve(ApproveJobArgs),
    /// Refuse a waiting job
    Reject(JobNameArgs),
    /// Record the outcome for a device if the bus could not read it
    Resolve(ResolveTaskArgs),
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
