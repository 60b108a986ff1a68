//! `limits`: the limits of the guard of actions, and pending changes that loosen them. Tightening works at once;
//! loosening waits for a second person, who gives their own name and password.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::jobs::{ApproverArgs, ask_for_approver};
use super::{output, pending_relaxations};

/// Show and change the limits of actions, and approve relaxations
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector limits --data DIR
  intune-connector limits set limit_per_job=5 approval_above=1 --data DIR
  intune-connector limits approve 3 --approver anna --data DIR")]
pub struct LimitsArgs {
    #[command(subcommand)]
    command: Option<LimitsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum LimitsCommand {
    /// Show the limits and what waits for a second person (default)
    Show,
    /// Change limits; keys as in bus.ini
    Set {
        /// limit_per_job, limit_per_hour, limit_per_day, operator_per_hour, operator_per_day, approval_above,
        /// approval_per_hour, approval_per_day, approval_always, approval_needed, disruptive_per_job, disruptive_per_hour or broken_glass
        #[arg(value_name = "KEY=VALUE", required = true)]
        pairs: Vec<String>,
    },
    /// Approve a pending relaxation
    Approve(DecideRelaxationArgs),
    /// Refuse a pending relaxation
    Reject(DecideRelaxationArgs),
    /// Request that a suspended operator gets the destructive rights back
    Lift {
        /// Name of the operator
        operator: String,
    },
}

#[derive(Debug, Args)]
struct DecideRelaxationArgs {
    /// Number of the pending relaxation, as `limits` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    person: ApproverArgs,
}

/// Keys of bus.ini, and where they stand in the request.
const KEYS: [(&str, &str, &str); 13] = [
    ("limit_per_job", "limits", "perJob"),
    ("limit_per_hour", "limits", "perHour"),
    ("limit_per_day", "limits", "perDay"),
    ("operator_per_hour", "limits", "operatorPerHour"),
    ("operator_per_day", "limits", "operatorPerDay"),
    ("approval_above", "approval", "above"),
    ("approval_per_hour", "approval", "perHour"),
    ("approval_per_day", "approval", "perDay"),
    ("approval_always", "approval", "always"),
    ("approval_needed", "approval", "needed"),
    ("disruptive_per_job", "limits", "disruptivePerJob"),
    ("disruptive_per_hour", "limits", "disruptivePerHour"),
    ("broken_glass", "approval", "brokenGlass"),
];

/// Of these, the ones that are yes or no.
const FLAGS: [&str; 3] = ["always", "needed", "brokenGlass"];

pub(crate) async fn run(args: LimitsArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &args.command {
            None | Some(LimitsCommand::Show) => print_limits(&client.get("/limits", &[]).await?, args.json),
            Some(LimitsCommand::Set { pairs }) => {
                print_limits(&client.put("/limits", &limits_body(pairs)?).await?, args.json)
            }
            Some(LimitsCommand::Approve(decide)) => decide_relaxation(client, decide, "approve", args.json).await,
            Some(LimitsCommand::Reject(decide)) => decide_relaxation(client, decide, "reject", args.json).await,
            Some(LimitsCommand::Lift { operator }) => {
                let path = format!("/operators/{}/lift-suspension", encode_segment(operator));
                let row = client.post(&path, &json!({})).await?;
                if args.json {
                    output::print_json(&row)
                } else {
                    print_relaxations(&[row])
                }
            }
        }
    })
    .await
}

fn limits_body(pairs: &[String]) -> Result<Value, CommandFailure> {
    let mut body = Map::new();
    for pair in pairs {
        let known = || {
            let names: Vec<&str> = KEYS.iter().map(|(key, ..)| *key).collect();
            CommandFailure::usage_error(
                format!("{pair:?} is not a limit"),
                format!("use KEY=VALUE with one of: {}", names.join(", ")),
            )
        };
        let (key, text) = pair.split_once('=').ok_or_else(known)?;
        let (_, part, name) = KEYS.iter().find(|(known, ..)| *known == key).ok_or_else(known)?;
        let value = match (*name, text) {
            (flag, "yes" | "true") if FLAGS.contains(&flag) => json!(true),
            (flag, "no" | "false") if FLAGS.contains(&flag) => json!(false),
            (flag, _) if FLAGS.contains(&flag) => {
                return Err(CommandFailure::usage_error(format!("{key} must be yes or no"), ""));
            }
            _ => {
                let number: u64 = text
                    .parse()
                    .map_err(|_| CommandFailure::usage_error(format!("{key} must be a whole number"), ""))?;
                json!(number)
            }
        };
        let part = &mut body.entry(*part).or_insert_with(|| json!({}))[*name];
        if !std::mem::replace(part, value).is_null() {
            return Err(CommandFailure::duplicate_error(key));
        }
    }
    Ok(Value::Object(body))
}

/// Shows what is to be agreed to; the digest says which it was.
async fn show_relaxation(client: &ApiClient, id: i64, as_json: bool) -> Result<Value, CommandFailure> {
    let limits = client.get("/limits", &[]).await?;
    let rows = limits["waiting"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(row) = rows.iter().find(|row| row["id"] == id) else {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("no pending relaxation has the number {id}"),
            "list them: intune-connector limits",
        ));
    };
    if !as_json {
        let by = row["askedBy"].as_str().unwrap_or("a settings file");
        let sentence = row["change"]["sentence"].as_str().unwrap_or("-");
        output::eprint_line(output::to_printable(&format!("{by} requests: {sentence}"), 500));
    }
    Ok(row["digest"].clone())
}

async fn decide_relaxation(
    client: &ApiClient,
    decide: &DecideRelaxationArgs,
    step: &str,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let digest = match step {
        "approve" => Some(show_relaxation(client, decide.id, as_json).await?),
        _ => None,
    };
    let (name, password) = ask_for_approver(&decide.person)?;
    let mut body = json!({ "name": name, "password": password.expose_secret() });
    if let Some(digest) = digest {
        body["digest"] = digest;
    }
    let row = client.post(&format!("/loosenings/{}/{step}", decide.id), &body).await?;
    if as_json {
        output::print_json(&row)
    } else {
        output::print_line(format!(
            "{}: {}",
            row["state"].as_str().unwrap_or("-"),
            output::to_printable(row["change"]["sentence"].as_str().unwrap_or("-"), 400)
        ))
    }
}

fn print_limits(view: &Value, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        return output::print_json(view);
    }
    let rows: Vec<Value> = KEYS
        .iter()
        .map(|(key, part, name)| json!({ "key": key, "value": view[*part][*name] }))
        .collect();
    output::print_table(&[("LIMIT", "/key"), ("VALUE", "/value")], &rows, "")?;
    let instances = view["instances"].as_array().map_or(&[][..], Vec::as_slice);
    if !instances.is_empty() {
        output::print_line("")?;
        let row = |of: &Value| json!({ "instance": of["instance"], "verbs": of["policy"]["verbs"] });
        let rows: Vec<Value> = instances.iter().map(row).collect();
        output::print_table(&[("INSTANCE", "/instance"), ("ENABLED ACTIONS", "/verbs")], &rows, "")?;
    }
    print_relaxations(view["waiting"].as_array().map_or(&[], Vec::as_slice))
}

fn print_relaxations(rows: &[Value]) -> Result<(), CommandFailure> {
    rows.iter()
        .flat_map(pending_relaxations::relaxation_lines)
        .try_for_each(output::print_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_file_become_the_request() {
        let pairs = ["limit_per_job=5", "approval_always=yes"].map(str::to_owned);
        assert_eq!(
            limits_body(&pairs).expect("good"),
            json!({ "limits": { "perJob": 5 }, "approval": { "always": true } })
        );
        let pairs = ["broken_glass=no", "disruptive_per_job=9", "approval_per_day=1"].map(str::to_owned);
        assert_eq!(
            limits_body(&pairs).expect("good"),
            json!({ "limits": { "disruptivePerJob": 9 }, "approval": { "brokenGlass": false, "perDay": 1 } })
        );
        for bad in [
            "broken_glass=1",
            "limit_per_job",
            "limit_per_job=many",
            "other=1",
            "approval_always=perhaps",
        ] {
            assert!(limits_body(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
