//! `compliance`: whether a device may be trusted, and why.

mod show;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::{output, secret_input};
use crate::compliance::device_id::{parse_as_original, parse_device_id};
use crate::contract::{Question, QuestionOptions};
use crate::files::TEXT_MAX;
use crate::model::check_unique_keys;

/// Check whether a device may be trusted, and why
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector compliance decide --device 7809c88c-0000-4000-8000-000000000001 --data DIR
  intune-connector compliance explain --upn mia@contoso.com --node gate
  intune-connector compliance decide --header 'x-intune=CN=7809c88c-0000-4000-8000-000000000001,OU=phones' --json
  intune-connector compliance nodes")]
pub struct ComplianceArgs {
    #[command(subcommand)]
    command: ComplianceCommand,
}

#[derive(Debug, Subcommand)]
enum ComplianceCommand {
    /// Decide about a device, as for a sign-in
    Decide(QuestionArgs),
    /// Decide, and show how the decision was made
    Explain(QuestionArgs),
    /// List the nodes with their settings and the source of their last answer
    Nodes {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArgs,
    },
}

#[derive(Debug, Args)]
struct QuestionArgs {
    /// Intune device id, or the subject of a client certificate (CN=…)
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// User whose devices are checked if there is no id
    #[arg(long, value_name = "UPN")]
    upn: Option<String>,
    /// Header of the request to be admitted; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// JSON file with the journey's shared state
    #[arg(long, value_name = "FILE")]
    shared_state: Option<std::path::PathBuf>,
    /// Node: NAME or INSTANCE/NAME; optional if there is only one
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Query Graph again, even if the device was read recently
    #[arg(long)]
    fresh: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: ComplianceArgs) -> Result<(), CommandFailure> {
    match args.command {
        ComplianceCommand::Decide(ask) => request_decision(&ask, false).await,
        ComplianceCommand::Explain(ask) => request_decision(&ask, true).await,
        ComplianceCommand::Nodes { json, connect } => {
            with_bus(&connect, async |bus| {
                let all = bus.client.list_nodes().await?;
                output::print_answer(&all, json, || show::print_nodes(&all.nodes))
            })
            .await
        }
    }
}

async fn request_decision(args: &QuestionArgs, explain: bool) -> Result<(), CommandFailure> {
    let question = build_question(args, explain)?;
    with_bus(&args.connect, async |bus| {
        let decision = bus.client.decide_compliance(&question).await?;
        output::print_answer(&decision, args.json, || show::print_decision(&decision))
    })
    .await
}

fn build_question(args: &QuestionArgs, explain: bool) -> Result<Question, CommandFailure> {
    let names_device = args.device.is_some() || args.upn.is_some() || args.shared_state.is_some();
    if !names_device && args.header.is_empty() {
        return Err(CommandFailure::usage_error(
            "no device given",
            "use --device ID, --upn UPN, --header NAME=VALUE or --shared-state FILE",
        ));
    }
    if let Some(device) = args.device.as_deref().filter(|device| !device.trim().is_empty()) {
        check_device(device)?;
    }
    Ok(Question {
        node: args.node.clone(),
        device_id: args.device.clone(),
        header: parse_headers(&args.header)?,
        shared_state: read_shared_state(args.shared_state.as_deref())?,
        user_principal_name: args.upn.clone(),
        options: QuestionOptions {
            fresh: args.fresh,
            explain,
            ..QuestionOptions::default()
        },
    })
}

/// What neither kind of node takes for an id would be answered with a decision, as to a gateway.
fn check_device(device: &str) -> Result<(), CommandFailure> {
    let parsed = parse_device_id(device).or_else(|error| parse_as_original(device).map_err(|_| error));
    parsed.map(drop).map_err(|error| {
        CommandFailure::usage_error(
            format!("--device: {device:?} names no device: {error}"),
            "write the Intune device id (a GUID), or the subject of a certificate as CN=GUID",
        )
    })
}

fn parse_headers(assignments: &[String]) -> Result<Option<Map<String, Value>>, CommandFailure> {
    let mut headers: Map<String, Value> = Map::new();
    for header in assignments {
        let Some((name, value)) = header.split_once('=') else {
            return Err(CommandFailure::usage_error(
                "a header has no =",
                "use --header NAME=VALUE",
            ));
        };
        let values = headers.entry(name.trim()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value.into());
        }
    }
    Ok((!headers.is_empty()).then_some(headers))
}

fn read_shared_state(file: Option<&std::path::Path>) -> Result<Option<Map<String, Value>>, CommandFailure> {
    let Some(file) = file else { return Ok(None) };
    let shown = file.display();
    let text = secret_input::read_text_input(file, TEXT_MAX)?;
    check_unique_keys(text.as_bytes())
        .map_err(|twice| CommandFailure::duplicate_error(&format!("{twice} in {shown}")))?;
    let state: Value = serde_json::from_str(&text).map_err(|error| {
        CommandFailure::usage_error(
            format!("{shown} is not JSON: {error}"),
            "use a file with one JSON object",
        )
    })?;
    match state {
        Value::Object(state) => Ok(Some(state)),
        _ => Err(CommandFailure::usage_error(
            format!("{shown} is not a JSON object"),
            "use a file with one JSON object",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_given_twice_has_both_values() {
        let headers = parse_headers(&["x-intune=CN=a".into(), "x-intune=b".into()]).expect("headers");
        assert_eq!(Value::from(headers.expect("some")), json!({"x-intune": ["CN=a", "b"]}));
        assert!(super::parse_headers(&["x-intune".into()]).is_err());
    }
}
