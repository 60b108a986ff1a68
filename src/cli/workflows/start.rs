//! Runs begun by hand, for good or dry.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{path, show};
use crate::cli::client::Client;
use crate::cli::connection::Bus;
use crate::cli::failure::{Exit, Failure};
use crate::cli::out;
use crate::model::nearest;
use crate::workflow::Kind;

/// Between two looks at a run that is waited for.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub struct StartArgs {
    /// Name of the workflow
    name: String,
    /// Parameters of the run, as `workflows show` lists them; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Start the text of this hash and no other; without it, the one that is enabled now
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
    /// Wait for the end of the run
    #[arg(long)]
    wait: bool,
}

pub async fn start(bus: &Bus, args: &StartArgs, as_json: bool) -> Result<(), Failure> {
    let begun = begin(&bus.client, args, false).await?;
    let run = begun["run"].as_i64().unwrap_or_default();
    if args.wait && !bus.is_offline() {
        return ended(&bus.client, run, as_json).await;
    }
    match as_json {
        true => out::json(&begun),
        false => {
            out::line(run.to_string())?;
            let when = if bus.is_offline() {
                "begins when the bus runs"
            } else {
                "has begun"
            };
            out::say(format!("the run {when}: intune-connector workflows runs {run}"));
            Ok(())
        }
    }
}

pub async fn dry_run(bus: &Bus, args: &StartArgs, as_json: bool) -> Result<(), Failure> {
    if bus.is_offline() {
        return Err(Failure::new(
            Exit::Unreachable,
            "a dry run needs a running bus: it reads the tenant",
            "start it first: intune-connector run --data DIR",
        ));
    }
    let begun = begin(&bus.client, args, true).await?;
    ended(&bus.client, begun["run"].as_i64().unwrap_or_default(), as_json).await
}

async fn begin(client: &Client, args: &StartArgs, dry_run: bool) -> Result<Value, Failure> {
    let known = client.get(&path(&args.name), &[]).await?;
    let parameters = parameters(&known, &args.set)?;
    let hash = match &args.hash {
        Some(hash) => json!(hash),
        None => known["hash"].clone(),
    };
    let body = json!({ "parameters": parameters, "dryRun": dry_run, "hash": hash });
    client.post(&format!("{}/runs", path(&args.name)), &body).await
}

fn parameters(workflow: &Value, given: &[String]) -> Result<Map<String, Value>, Failure> {
    let known = workflow["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = known
        .iter()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let mut parameters = Map::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("{pair:?} is no parameter"), "write NAME=VALUE"));
        };
        let Some(parameter) = known.iter().find(|parameter| parameter["name"] == name) else {
            let advice = match nearest(name, names.iter().copied()) {
                Some(near) => format!("{near} is meant?"),
                None => format!("it has: {}", names.join(", ")),
            };
            return Err(Failure::usage(format!("the workflow has no parameter {name}"), advice));
        };
        let word = parameter["type"].as_str().unwrap_or_default();
        let kind = Kind::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map_or(Kind::Any, |(_, kind)| *kind);
        let value = kind.read(text).ok_or_else(|| {
            let help = parameter["help"].as_str().unwrap_or_default();
            Failure::usage(format!("{name} is a {word}, not {text:?}"), help)
        })?;
        if parameters.insert(name.to_owned(), value).is_some() {
            return Err(Failure::said_twice(name));
        }
    }
    Ok(parameters)
}

async fn ended(client: &Client, run: i64, as_json: bool) -> Result<(), Failure> {
    loop {
        let answer = client.get(&format!("/runs/{run}"), &[]).await?;
        let state = answer.pointer("/run/state").and_then(Value::as_str).unwrap_or_default();
        if state == "running" {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        match as_json {
            true => out::json(&answer)?,
            false => show::run(&answer)?,
        }
        return match state {
            "succeeded" => Ok(()),
            other => Err(Failure::failed(
                format!("the run {run} {other}"),
                out::cell(answer.pointer("/run/message")),
            )),
        };
    }
}
