//! Runs begun by hand, for good or dry.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{show, workflow_path};
use crate::cli::client::ApiClient;
use crate::cli::connection::BusConnection;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::model::nearest_name;
use crate::workflow::ValueType;

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
    let response = post_run(&bus.client, args, false).await?;
    let run = response["run"].as_i64().unwrap_or_default();
    if args.wait && !bus.is_offline() {
        return wait_for_run(&bus.client, run, as_json).await;
    }
    if as_json {
        output::print_json(&response)
    } else {
        output::print_line(run.to_string())?;
        let when = if bus.is_offline() {
            "starts when the bus runs"
        } else {
            "has started"
        };
        output::eprint_line(format!("the run {when}: intune-connector workflows runs {run}"));
        Ok(())
    }
}

pub(crate) async fn dry_run(bus: &BusConnection, args: &StartRunArgs, as_json: bool) -> Result<(), CommandFailure> {
    if bus.is_offline() {
        return Err(CommandFailure::new(
            ExitReason::Unreachable,
            "a dry run needs a running bus: it reads the tenant",
            "start it first: intune-connector run --data DIR",
        ));
    }
    let response = post_run(&bus.client, args, true).await?;
    wait_for_run(&bus.client, response["run"].as_i64().unwrap_or_default(), as_json).await
}

async fn post_run(client: &ApiClient, args: &StartRunArgs, dry_run: bool) -> Result<Value, CommandFailure> {
    let workflow = client.get(&workflow_path(&args.name), &[]).await?;
    let parameters = parse_parameters(&workflow, &args.set)?;
    let hash = match &args.hash {
        Some(hash) => json!(hash),
        None => workflow["hash"].clone(),
    };
    let body = json!({ "parameters": parameters, "dryRun": dry_run, "hash": hash });
    client.post(&format!("{}/runs", workflow_path(&args.name)), &body).await
}

fn parse_parameters(workflow: &Value, assignments: &[String]) -> Result<Map<String, Value>, CommandFailure> {
    let known = workflow["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = known
        .iter()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let mut parameters = Map::new();
    for pair in assignments {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(CommandFailure::usage_error(
                format!("{pair:?} is not a parameter"),
                "use NAME=VALUE",
            ));
        };
        let Some(parameter) = known.iter().find(|parameter| parameter["name"] == name) else {
            let advice = match nearest_name(name, names.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("its parameters: {}", names.join(", ")),
            };
            return Err(CommandFailure::usage_error(
                format!("the workflow has no parameter {name}"),
                advice,
            ));
        };
        let word = parameter["type"].as_str().unwrap_or_default();
        let kind = ValueType::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map_or(ValueType::Any, |(_, kind)| *kind);
        let value = kind.parse_text(text).ok_or_else(|| {
            let help = parameter["help"].as_str().unwrap_or_default();
            CommandFailure::usage_error(format!("{name} must be a {word}, not {text:?}"), help)
        })?;
        if parameters.insert(name.to_owned(), value).is_some() {
            return Err(CommandFailure::duplicate_error(name));
        }
    }
    Ok(parameters)
}

async fn wait_for_run(client: &ApiClient, run: i64, as_json: bool) -> Result<(), CommandFailure> {
    loop {
        let answer = client.get(&format!("/runs/{run}"), &[]).await?;
        let state = answer.pointer("/run/state").and_then(Value::as_str).unwrap_or_default();
        if state == "running" {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        if as_json {
            output::print_json(&answer)?
        } else {
            show::run(&answer)?
        }
        return match state {
            "succeeded" => Ok(()),
            other => Err(CommandFailure::general_error(
                format!("the run {run} {other}"),
                output::format_cell(answer.pointer("/run/message")),
            )),
        };
    }
}
