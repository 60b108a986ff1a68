//! The options of `jobs`.

use clap::Args;

use crate::cli::approver::ApproverArgs;
use crate::cli::filter_text::check_filter_text;
use crate::cli::period::{parse_begin, parse_end};
use crate::contract::JobSort;
use crate::model::{ActionKind, InstanceName, TaskState, Timestamp, WordEnum};

#[derive(Debug, Args)]
pub(super) struct JobNameArgs {
    /// Number of the job, or your own id for it (id:59 if the id is digits)
    #[arg(value_name = "JOB")]
    pub job: String,
}

#[derive(Debug, Default, Args)]
pub(super) struct ListJobsArgs {
    /// Only jobs of this instance
    #[arg(long, value_name = "NAME")]
    pub instance: Option<InstanceName>,
    /// Only jobs of this action: wipe, retire, sync …
    #[arg(long, value_name = "ACTION", value_parser = parse_word::<ActionKind>)]
    pub action: Option<ActionKind>,
    /// Only jobs that this account sent
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    pub sender: Option<String>,
    /// Only jobs with a device in this state: failed, pendingOnDevice …
    #[arg(long, value_name = "STATE", value_parser = parse_word::<TaskState>)]
    pub state: Option<TaskState>,
    /// Only jobs from this day (UTC) on, or from a time such as 2026-11-01T08:00:00Z on
    #[arg(long, value_name = "DATE", value_parser = parse_begin)]
    pub from: Option<Timestamp>,
    /// Only jobs up to this day (UTC), which belongs to it, or before a time
    #[arg(long, value_name = "DATE", value_parser = parse_end)]
    pub until: Option<Timestamp>,
    /// Only jobs with this text in their reason
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    pub text: Option<String>,
    /// Sort by: job (its number) or createdAt
    #[arg(long, value_name = "COLUMN", value_parser = parse_word::<JobSort>)]
    pub sort: Option<JobSort>,
    /// Oldest jobs first
    #[arg(long)]
    pub oldest: bool,
    /// Only jobs behind this one in the order, as the page before says
    #[arg(long, value_name = "JOB")]
    pub before: Option<i64>,
    /// Only unfinished jobs
    #[arg(long)]
    pub open: bool,
    /// Only jobs that wait for approval
    #[arg(long)]
    pub waiting: bool,
    /// Maximum number of jobs
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct ApproveJobArgs {
    #[command(flatten)]
    pub job: JobNameArgs,
    #[command(flatten)]
    pub person: ApproverArgs,
    /// Number of affected devices, instead of typing it when prompted
    #[arg(long, value_name = "N")]
    pub yes_i_mean: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct ResolveTaskArgs {
    #[command(flatten)]
    pub job: JobNameArgs,
    /// Number of the device's task, as `jobs show` lists it
    #[arg(long, value_name = "N")]
    pub task: i64,
    /// Outcome: done, failed, notSupported or deviceGone
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub state: TaskState,
    /// How you know the outcome
    #[arg(long, value_name = "TEXT")]
    pub note: String,
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
