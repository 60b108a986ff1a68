//! Workflows and runs as tables.

use serde_json::{Map, Value};

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{
    ActivitySignature, CallView, EngineView, OfferedView, ParameterView, RunView, StepView, WholeRunView, WorkflowView,
    WorkflowsView,
};
use crate::model::Timestamp;

/// The engines, and below them what each of them runs.
pub(crate) fn print_workflows(all: &WorkflowsView) -> Result<(), CommandFailure> {
    let workflows = &all.workflows;
    let columns: [TableColumn<EngineView>; 5] = [
        ("ENGINE", |row| format_value(&row.name)),
        ("STATE", |row| format_value(&row.state)),
        ("SINCE", |row| format_value(&row.since)),
        ("INSTANCE", |row| format_value(&row.instance)),
        ("PROFILE", |row| format_value(&row.profile)),
    ];
    if !all.engines.is_empty() {
        output::print_table(&columns, &all.engines, "")?;
        output::print_line("")?;
    }
    let columns: [TableColumn<WorkflowView>; 8] = [
        ("WORKFLOW", |row| format_value(&row.name)),
        ("ENGINE", |row| format_value(&row.engine)),
        ("STATE", describe_state),
        ("VERSION", |row| format_value(&row.version)),
        ("DANGER", |row| format_value(&row.danger)),
        ("NEXT RUN", |row| format_value(&row.next_due.values().flatten().min())),
        ("LAST RUN", |row| {
            format_value(&row.last_run.as_ref().map(|run| run.started_at))
        }),
        ("LAST STATE", |row| {
            format_value(&row.last_run.as_ref().map(|run| run.state))
        }),
    ];
    output::print_table(
        &columns,
        workflows,
        "no workflows yet; they are installed with an instance: intune-connector instances add --help",
    )?;
    print_pending_definitions(workflows)
}

/// One workflow with its parameters.
pub(crate) fn print_workflow(workflow: &WorkflowView) -> Result<(), CommandFailure> {
    let calls = format_calls(&workflow.calls);
    let last_run = workflow.last_run.as_ref();
    output::print_record(&[
        ("workflow", format_value(&workflow.name)),
        ("description", format_value(&workflow.summary)),
        ("instance", format_value(&workflow.instance)),
        ("definition", format_value(&workflow.definition)),
        ("version", format_value(&workflow.version)),
        ("hash", format_value(&workflow.hash)),
        ("state", describe_state(workflow)),
        ("enabled by", format_value(&workflow.enabled_by)),
        ("waits as", format_value(&workflow.waiting)),
        ("danger", format_value(&workflow.danger)),
        ("calls", format_value(&calls)),
        ("started by hand", format_value(&workflow.on_demand)),
        ("last run", format_value(&last_run.map(|run| run.started_at))),
        ("last state", format_value(&last_run.map(|run| run.state))),
    ])?;
    let columns: [TableColumn<(&String, &Option<Timestamp>)>; 2] = [
        ("TRIGGER", |(name, _)| (*name).clone()),
        ("NEXT RUN", |(_, next)| format_value(next)),
    ];
    output::print_section(&columns, &workflow.next_due.iter().collect::<Vec<_>>())?;
    let columns: [TableColumn<ParameterView>; 5] = [
        ("PARAMETER", |row| format_value(&row.name)),
        ("TYPE", |row| format_value(&row.kind)),
        ("REQUIRED", |row| format_value(&row.required)),
        ("DEFAULT", |row| format_value(&row.default)),
        ("MEANING", |row| format_value(&row.help)),
    ];
    output::print_section(&columns, &workflow.parameters)?;
    print_pending_definitions(std::slice::from_ref(workflow))
}

/// Another text waits beside the one that goes on, or the one that goes on is unusable.
fn describe_state(workflow: &WorkflowView) -> String {
    let state = format_value(&workflow.state);
    match (&workflow.offered, &workflow.problem) {
        (_, Some(_)) => format!("{state}, unusable"),
        (Some(_), None) => format!("{state}, changed"),
        (None, None) => state,
    }
}

/// What a definition is and does, in a few lines.
pub(crate) fn describe_workflow(workflow: &WorkflowView) -> String {
    describe_definition(
        &workflow.name,
        &workflow.version,
        &workflow.summary,
        &workflow.calls,
        &workflow.hash,
    )
}

/// The same of one that is not enabled yet.
pub(crate) fn describe_offered(name: &str, offered: &OfferedView) -> String {
    describe_definition(name, &offered.version, &offered.summary, &offered.calls, &offered.hash)
}

fn describe_definition(name: &str, version: &str, summary: &str, calls: &[CallView], hash: &str) -> String {
    let calls = format_calls(calls);
    let lines = [
        format!("{name} version {version}: {}", format_value(&summary)),
        format!("calls: {calls}"),
        format!("hash: {hash}"),
    ];
    lines.map(|line| output::to_one_line(&line)).join("\n")
}

fn format_calls(calls: &[CallView]) -> String {
    let call = |call: &CallView| format!("{} ({})", call.activity, format_value(&call.danger));
    calls.iter().map(call).collect::<Vec<_>>().join(", ")
}

/// Definitions that are not enabled yet, and those that cannot run.
fn print_pending_definitions(workflows: &[WorkflowView]) -> Result<(), CommandFailure> {
    for workflow in workflows {
        let name = &workflow.name;
        if let Some(problem) = &workflow.problem {
            output::print_line(output::to_one_line(&format!("{name} cannot run: {problem}")))?;
        }
        if let Some(offered) = &workflow.offered {
            let text = format!(
                "{name} has a new definition, version {}; the enabled one stays in use until the new one is \
                 enabled [workflows enable {name}]",
                offered.version
            );
            output::print_line(output::to_one_line(&text))?;
        }
    }
    Ok(())
}

pub(crate) fn print_runs(runs: &[RunView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<RunView>; 8] = [
        ("RUN", |row| format_value(&row.run)),
        ("WORKFLOW", |row| format_value(&row.workflow)),
        ("CAUSE", describe_cause),
        ("STATE", |row| format_value(&row.state)),
        ("OUTCOME", |row| format_value(&row.outcome)),
        ("STARTED", |row| format_value(&row.started_at)),
        ("ENDED", |row| format_value(&row.ended_at)),
        ("MESSAGE", |row| format_value(&row.message)),
    ];
    output::print_table(&columns, runs, "no runs yet")
}

/// A dry run is told apart from a run that did something.
fn describe_cause(run: &RunView) -> String {
    if run.dry_run {
        "dry run".to_owned()
    } else {
        format_value(&run.cause)
    }
}

pub(crate) fn print_run(whole: &WholeRunView) -> Result<(), CommandFailure> {
    print_runs(std::slice::from_ref(&whole.run))?;
    let columns: [TableColumn<StepView>; 7] = [
        ("STEP", |row| format_value(&row.step)),
        ("ATTEMPT", |row| format_value(&row.attempt)),
        ("CALLS", |row| format_value(&row.activity)),
        ("STATE", |row| format_value(&row.state)),
        ("STARTED", |row| format_value(&row.begun_at)),
        ("ENDED", |row| format_value(&row.ended_at)),
        ("RESULT", |row| format_value(&describe_result(row))),
    ];
    output::print_line("")?;
    output::print_table(&columns, &whole.steps, "no steps yet")
}

/// Why it failed, or what came of it; `None`: it has not ended.
fn describe_result(step: &StepView) -> Option<String> {
    match &step.fault {
        Some(fault) => Some(fault.message.clone()),
        None => step.outputs.as_ref()?.as_object().map(format_outputs),
    }
}

/// The values that fit on a line.
fn format_outputs(outputs: &Map<String, Value>) -> String {
    let plain = outputs
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_object() && !value.is_null());
    let pairs: Vec<String> = plain
        .map(|(name, value)| format!("{name}={}", format_value(value)))
        .collect();
    pairs.join(" ")
}

pub(crate) fn print_activities(activities: &[ActivitySignature]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ActivitySignature>; 4] = [
        ("ACTIVITY", |row| format_value(&row.name)),
        ("DANGER", |row| format_value(&row.danger)),
        ("NEEDS", |row| format_value(&row.right)),
        ("DESCRIPTION", |row| format_value(&row.summary)),
    ];
    output::print_table(&columns, activities, "no activities")
}
