//! Jobs as tables.

use sics_client::SicsClient;

use super::job_args::ListJobsArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::cli::period::write_moment;
use crate::cli::{open_broken_glass, unresolved_tasks};
use crate::contract::{JobSummaryView, JobsQuery, SortOrder, TaskView, TasksQuery, WholeJobView};
use crate::model::{ApprovalState, TaskState, format_count};

/// Devices of a job in one request.
const PAGE: usize = 1_000;

pub(crate) async fn list_jobs(client: &SicsClient, args: &ListJobsArgs, as_json: bool) -> Result<(), CommandFailure> {
    let page = client.list_jobs(&build_query(args)).await?;
    if as_json {
        return output::print_json(&page);
    }
    unresolved_tasks::print_unresolved_tasks(&page.needs_operator);
    open_broken_glass::warn_of_broken_glass(&page.broken_glass);
    for one in &page.suspended {
        let since = format_value(&one.since);
        output::eprint_line(output::to_one_line(&format!(
            "suspended: {}, no destructive actions since {since}: {}",
            one.operator, one.why
        )));
    }
    let columns: [TableColumn<JobSummaryView>; 8] = [
        ("JOB", |job| format_value(&job.job)),
        ("ACTION", |job| format_value(&job.action)),
        ("INSTANCE", |job| format_value(&job.instance)),
        ("DEVICES", |job| format_value(&job.devices)),
        ("STATUS", |job| format_value(&format_state_counts(job))),
        ("APPROVAL", |job| describe_approval(job.approval).to_owned()),
        ("SENT BY", |job| {
            format_value(&job.server.as_ref().or(job.operator.as_ref()))
        }),
        ("SENT AT", |job| format_value(&job.created_at)),
    ];
    output::print_table(&columns, &page.jobs, "no matching jobs")?;
    if let Some(last) = page.before {
        let age = if args.oldest { "newer" } else { "older" };
        let total = page
            .total
            .map(|total| format!(" ({} in all)", format_count(total, "job")));
        output::eprint_line(format!(
            "there are {age} jobs{}: use --limit to show more, or --before {last} for the next page",
            total.unwrap_or_default()
        ));
    }
    Ok(())
}

fn build_query(args: &ListJobsArgs) -> JobsQuery {
    JobsQuery {
        instance: args.instance.clone(),
        action: args.action,
        sender: args.sender.clone(),
        state: args.state,
        approval: args.waiting.then_some(ApprovalState::Waiting),
        open: args.open.then_some(true),
        from: args.from.map(write_moment),
        until: args.until.map(write_moment),
        text: args.text.clone(),
        sort: args.sort,
        order: args.oldest.then_some(SortOrder::Ascending),
        before: args.before,
        count: Some(true),
        limit: Some(args.limit as usize),
    }
}

/// States in the order in which they are told: what waits for a person comes first.
const FIRST: [TaskState; 2] = [TaskState::GoneUnproven, TaskState::NeedsOperator];

fn state_rank(state: TaskState) -> usize {
    FIRST.iter().position(|first| *first == state).unwrap_or(FIRST.len())
}

/// Whether a second person is needed, and what they said.
pub(crate) fn describe_approval(approval: ApprovalState) -> &'static str {
    match approval {
        ApprovalState::None => "not needed",
        ApprovalState::Waiting => "needed",
        ApprovalState::Approved => "given",
        ApprovalState::Rejected => "refused",
        ApprovalState::Lapsed => "lapsed",
    }
}

/// `1 goneUnproven, 3 done`
pub(crate) fn format_state_counts(job: &JobSummaryView) -> String {
    let mut states: Vec<_> = job.states.iter().collect();
    states.sort_by_key(|(state, _)| (state_rank(**state), state.name()));
    states
        .into_iter()
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A job with all its devices.
pub(crate) async fn fetch_whole_job(client: &SicsClient, job: &str) -> Result<WholeJobView, CommandFailure> {
    let page_after = |after| TasksQuery {
        after,
        limit: Some(PAGE),
    };
    let mut whole = client.show_job(job, &page_after(None)).await?;
    while whole.after.is_some() {
        let page = client.show_job(job, &page_after(whole.after)).await?;
        whole.tasks.extend(page.tasks);
        whole.after = page.after;
    }
    Ok(whole)
}

pub(crate) async fn show_job(client: &SicsClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    let whole = fetch_whole_job(client, job).await?;
    if as_json {
        output::print_json(&whole)
    } else {
        print_job(&whole)
    }
}

pub(crate) fn print_job(whole: &WholeJobView) -> Result<(), CommandFailure> {
    print_job_header(&whole.job)?;
    let mut rows: Vec<&TaskView> = whole.tasks.iter().collect();
    rows.sort_by_key(|task| state_rank(task.state));
    let columns: [TableColumn<&TaskView>; 8] = [
        ("TASK", |task| format_value(&task.task)),
        ("NAME", |task| format_name(&task.device.device_name)),
        ("SERIAL NUMBER", |task| format_value(&task.device.serial_number)),
        ("USER", |task| format_value(&task.device.user_principal_name)),
        ("LAST CHECK-IN", |task| format_value(&task.device.last_sync_date_time)),
        ("STATE", |task| format_value(&task.state)),
        ("CAUSE", |task| format_value(&task.cause)),
        ("DETAILS", |task| {
            format_value(&task.explanation().or(task.effect.as_deref()))
        }),
    ];
    output::print_table(&columns, &rows, "the job has no devices")?;
    output::print_sentence_counts(whole.tasks.iter().filter_map(|task| task.effect.as_deref()));
    Ok(())
}

fn print_job_header(job: &JobSummaryView) -> Result<(), CommandFailure> {
    output::print_line(format!(
        "job {}: {} of {} of {} ({})",
        job.job,
        job.action,
        format_count(job.devices, "device"),
        format_value(&job.instance),
        format_value(&job.danger),
    ))?;
    let operator = format_value(&job.operator);
    let by = match &job.server {
        None => operator,
        server => format!("{operator} as server {}", format_value(server)),
    };
    output::print_line(format!("  sent by    {by}, {}", format_value(&job.created_at)))?;
    for (text, title) in [(&job.reason, "reason"), (&job.requested_by, "requester")] {
        if let Some(text) = text {
            output::print_line(format!("  {title:<10} {}", output::to_one_line(text)))?;
        }
    }
    if job.parameters.as_object().is_some_and(|map| !map.is_empty()) {
        output::print_line(format!(
            "  parameters {}",
            output::to_one_line(&job.parameters.to_string())
        ))?;
    }
    let decided = match &job.decided_by {
        None => String::new(),
        by => format!(" by {}, {}", format_value(by), format_value(&job.decided_at)),
    };
    output::print_line(format!("  approval   {}{decided}", describe_approval(job.approval)))?;
    output::print_line(format!("  expires    {}", format_value(&job.expires_at)))
}
