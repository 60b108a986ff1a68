//! `compliance`: whether a device may be trusted, and why.

mod show;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::out;
use crate::model::unique_keys;

/// Ask whether a device may be trusted, and why
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector compliance decide --device 7809c88c-0000-4000-8000-000000000001 --data DIR
  intune-connector compliance explain --upn mia@contoso.com --node gate
  intune-connector compliance decide --header 'x-intune=CN=7809c88c-0000-4000-8000-000000000001,OU=phones' --json
  intune-connector compliance nodes")]
pub struct ComplianceArgs {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Decide about a device, as for a sign-in
    Decide(AskArgs),
    /// Decide, and show how the decision came about
    Explain(AskArgs),
    /// List the nodes with their settings, and from where their last answer came
    Nodes {
        /// JSON for machines
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArgs,
    },
}

#[derive(Debug, Args)]
struct AskArgs {
    /// Intune device id, or the subject of a client certificate (CN=…)
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// User whose devices are looked for where there is no id
    #[arg(long, value_name = "UPN")]
    upn: Option<String>,
    /// Header of the request that is to be let in; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// JSON file with what the journey knows so far
    #[arg(long, value_name = "FILE")]
    shared_state: Option<std::path::PathBuf>,
    /// Node: NAME or INSTANCE/NAME; may be left out where there is one
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Ask Graph anew, whatever was read a moment ago
    #[arg(long)]
    fresh: bool,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: ComplianceArgs) -> Result<(), Failure> {
    match args.command {
        Sub::Decide(ask) => decide(&ask, false).await,
        Sub::Explain(ask) => decide(&ask, true).await,
        Sub::Nodes { json, connect } => {
            with_bus(&connect, async |bus| {
                let nodes = bus.client.get("/compliance/nodes", &[]).await?;
                match json {
                    true => out::json(&nodes),
                    false => show::nodes(&nodes),
                }
            })
            .await
        }
    }
}

async fn decide(args: &AskArgs, explain: bool) -> Result<(), Failure> {
    let question = question(args, explain)?;
    with_bus(&args.connect, async |bus| {
        let decision = bus.client.post("/compliance/decisions", &question).await?;
        match args.json {
            true => out::json(&decision),
            false => show::decision(&decision),
        }
    })
    .await
}

fn question(args: &AskArgs, explain: bool) -> Result<Value, Failure> {
    let mut question = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            question.insert(name.to_owned(), value);
        }
    };
    put("node", args.node.clone().map(Value::from));
    put("deviceId", args.device.clone().map(Value::from));
    put("userPrincipalName", args.upn.clone().map(Value::from));
    put("header", headers(&args.header)?.map(Value::from));
    put("sharedState", shared_state(args.shared_state.as_deref())?);
    put("options", Some(json!({"fresh": args.fresh, "explain": explain})));
    Ok(Value::Object(question))
}

fn headers(given: &[String]) -> Result<Option<Map<String, Value>>, Failure> {
    let mut headers: Map<String, Value> = Map::new();
    for header in given {
        let Some((name, value)) = header.split_once('=') else {
            return Err(Failure::usage("a header has no =", "write --header NAME=VALUE"));
        };
        let values = headers.entry(name.trim()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value.into());
        }
    }
    Ok((!headers.is_empty()).then_some(headers))
}

fn shared_state(file: Option<&std::path::Path>) -> Result<Option<Value>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{shown} can't be read: {error}"), "check the path"))?;
    unique_keys(text.as_bytes()).map_err(|twice| Failure::said_twice(&format!("{twice} in {shown}")))?;
    let state: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{shown} is not JSON: {error}"), "give one JSON object"))?;
    match state.is_object() {
        true => Ok(Some(state)),
        false => Err(Failure::usage(format!("{shown} is no object"), "give one JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_given_twice_has_both_values() {
        let headers = headers(&["x-intune=CN=a".into(), "x-intune=b".into()]).expect("headers");
        assert_eq!(Value::from(headers.expect("some")), json!({"x-intune": ["CN=a", "b"]}));
        assert!(super::headers(&["x-intune".into()]).is_err());
    }
}
