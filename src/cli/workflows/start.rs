//! Runs begun by hand, for good or dry.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value};
use sics_client::SicsClient;

use super::show;
use crate::cli::connection::BusConnection;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::contract::{ParameterView, RunView, StartBody, ValueType};
use crate::model::{RunState, nearest_name};

/// Between two looks at a run that is waited for.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(crate) struct StartRunArgs {
    /// Name of the workflow
    name: String,
    /// Parameter of the run, as `workflows show` lists it; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Start only the definition with this hash; default: the enabled one
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
    /// Wait for the run to end
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn start_run(bus: &BusConnection, args: &StartRunArgs, as_json: bool) -> Result<(), CommandFailure> {
    let started = post_run(&bus.client, args, false).await?;
    if args.wait && !bus.is_offline() {
        return wait_for_run(&bus.client, started.run, as_json).await;
    }
    output::print_answer(&started, as_json, || {
        let (run, workflow) = (started.run, &started.workflow);
        let when = if bus.is_offline() {
            "starts when the bus runs"
        } else {
            "has started"
        };
        output::print_line(format!("run {run} of {workflow} {when}"))?;
        output::eprint_line(format!("  see its steps: intune-connector workflows runs {run}"));
        Ok(())
    })
}

pub(crate) async fn dry_run(bus: &BusConnection, args: &StartRunArgs, as_json: bool) -> Result<(), CommandFailure> {
    if let Some(offline) = bus.offline_bus() {
        return Err(CommandFailure::new(
            ExitReason::Unreachable,
            "a dry run needs a running bus: it reads the tenant",
            format!("start it first: {}", offline.start_command()),
        ));
    }
    let started = post_run(&bus.client, args, true).await?;
    wait_for_run(&bus.client, started.run, as_json).await
}

async fn post_run(client: &SicsClient, args: &StartRunArgs, dry_run: bool) -> Result<RunView, CommandFailure> {
    let workflow = client.show_workflow(&args.name).await?;
    let body = StartBody {
        parameters: parse_parameters(&workflow.parameters, &args.set)?,
        dry_run,
        hash: Some(args.hash.clone().unwrap_or(workflow.hash)),
    };
    Ok(client.start_run(&args.name, &body).await?)
}

fn parse_parameters(known: &[ParameterView], assignments: &[String]) -> Result<Map<String, Value>, CommandFailure> {
    let names = known.iter().map(|parameter| parameter.name.as_str());
    let mut parameters = Map::new();
    for pair in assignments {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(CommandFailure::usage_error(
                format!("{pair:?} is not a parameter"),
                "use NAME=VALUE",
            ));
        };
        let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
            let advice = match nearest_name(name, names.clone()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("its parameters: {}", names.clone().collect::<Vec<_>>().join(", ")),
            };
            return Err(CommandFailure::usage_error(
                format!("the workflow has no parameter {name}"),
                advice,
            ));
        };
        let value = parameter.kind.parse_text(text).ok_or_else(|| {
            let kind = parameter.kind.type_name();
            CommandFailure::usage_error(
                format!("{name} must be a {kind}, not {text:?}"),
                format!("{}; {name}: {}", advise_kind(parameter.kind), parameter.help),
            )
        })?;
        if parameters.insert(name.to_owned(), value).is_some() {
            return Err(CommandFailure::duplicate_error(name));
        }
    }
    Ok(parameters)
}

fn advise_kind(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Duration => "write a number with a unit, such as 60d, 12h or 90m",
        ValueType::Number => "write a number, such as 30",
        ValueType::Boolean => "write yes or no",
        ValueType::List => "write values with commas between them, or a list of JSON",
        ValueType::Object => "write an object of JSON, such as {\"name\": \"value\"}",
        ValueType::Text | ValueType::Condition | ValueType::Any => "write a text",
    }
}

/// How a run ended that did not succeed, and why.
fn describe_end(run: i64, state: RunState, why: Option<&str>) -> String {
    let ended = format!("the run {run} {}", state.name());
    match why {
        Some(why) => format!("{ended}: {why}"),
        None => ended,
    }
}

async fn wait_for_run(client: &SicsClient, run: i64, as_json: bool) -> Result<(), CommandFailure> {
    loop {
        let whole = client.show_run(run).await?;
        if whole.run.state == RunState::Running {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        output::print_answer(&whole, as_json, || show::print_run(&whole))?;
        return match whole.run.state {
            RunState::Succeeded => Ok(()),
            other => Err(CommandFailure::general_error(
                describe_end(run, other, whole.run.message.as_deref()),
                format!("see its steps: intune-connector workflows runs {run}"),
            )),
        };
    }
}
