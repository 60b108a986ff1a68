//! `jobs`: what was sent, what became of it, and what people decide about it.

mod decisions;
mod queries;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::filter_text::check_filter_text;
use super::period::{parse_begin, parse_end};
use crate::contract::JobSort;
use crate::model::{ActionKind, InstanceName, TaskState, Timestamp, WordEnum};

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

#[derive(Debug, Args)]
struct JobNameArgs {
    /// Number of the job, or your own id for it (id:59 if the id is digits)
    #[arg(value_name = "JOB")]
    job: String,
}

#[derive(Debug, Default, Args)]
struct ListJobsArgs {
    /// Only jobs of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Only jobs of this action: wipe, retire, sync …
    #[arg(long, value_name = "ACTION", value_parser = parse_word::<ActionKind>)]
    action: Option<ActionKind>,
    /// Only jobs that this account sent
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    sender: Option<String>,
    /// Only jobs with a device in this state: failed, pendingOnDevice …
    #[arg(long, value_name = "STATE", value_parser = parse_word::<TaskState>)]
    state: Option<TaskState>,
    /// Only jobs from this day (UTC) on, or from a time such as 2026-11-01T08:00:00Z on
    #[arg(long, value_name = "DATE", value_parser = parse_begin)]
    from: Option<Timestamp>,
    /// Only jobs up to this day (UTC), which belongs to it, or before a time
    #[arg(long, value_name = "DATE", value_parser = parse_end)]
    until: Option<Timestamp>,
    /// Only jobs with this text in their reason
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    text: Option<String>,
    /// Sort by: job (its number) or createdAt
    #[arg(long, value_name = "COLUMN", value_parser = parse_word::<JobSort>)]
    sort: Option<JobSort>,
    /// Oldest jobs first
    #[arg(long)]
    oldest: bool,
    /// Only jobs behind this one in the order, as the page before says
    #[arg(long, value_name = "JOB")]
    before: Option<i64>,
    /// Only unfinished jobs
    #[arg(long)]
    open: bool,
    /// Only jobs that wait for approval
    #[arg(long)]
    waiting: bool,
    /// Maximum number of jobs
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

#[derive(Debug, Args)]
struct ApproveJobArgs {
    #[command(flatten)]
    job: JobNameArgs,
    #[command(flatten)]
    person: ApproverArgs,
    /// Number of affected devices, instead of typing it when prompted
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

/// Who agrees; never taken from the connection.
#[derive(Debug, Args)]
pub(crate) struct ApproverArgs {
    /// Name of the approver; prompts if omitted
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// File with the approver's password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    pub approver_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ResolveTaskArgs {
    #[command(flatten)]
    job: JobNameArgs,
    /// Number of the device's task, as `jobs show` lists it
    #[arg(long, value_name = "N")]
    task: i64,
    /// Outcome: done, failed, notSupported or deviceGone
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    state: TaskState,
    /// How you know the outcome
    #[arg(long, value_name = "TEXT")]
    note: String,
}

fn parse_word<W: WordEnum>(text: &str) -> Result<W, String> {
    let found = W::ALL.iter().copied().find(|word| word.name() == text);
    found.ok_or_else(|| {
        let names: Vec<&str> = W::ALL.iter().map(|word| word.name()).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn parse_state(text: &str) -> Result<TaskState, String> {
    let found = TaskState::ALL.iter().find(|state| state.name() == text);
    found
        .copied()
        .ok_or_else(|| "use done, failed, notSupported or deviceGone".to_owned())
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
