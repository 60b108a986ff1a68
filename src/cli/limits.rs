//! `limits`: what the guard of actions goes by, and what waits to loosen it. Tightening works at once; loosening waits
//! for a second person, who gives name and password of his own.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::client::{Client, segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::{Exit, Failure};
use super::jobs::{PersonArgs, person};
use super::{out, waiting};

/// Show and change the limits of actions, and agree to what loosens them
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector limits --data DIR
  intune-connector limits set limit_per_job=5 approval_above=1 --data DIR
  intune-connector limits approve 3 --approver anna --data DIR")]
pub struct LimitsArgs {
    #[command(subcommand)]
    command: Option<Sub>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Show what holds, and what waits for a second person (the same as without a word)
    Show,
    /// Change limits; keys as in bus.ini
    Set {
        /// limit_per_job, limit_per_hour, limit_per_day, operator_per_hour, operator_per_day, approval_above,
        /// approval_per_hour, approval_per_day, approval_always, approval_needed, disruptive_per_job, disruptive_per_hour or broken_glass
        #[arg(value_name = "KEY=VALUE", required = true)]
        pairs: Vec<String>,
    },
    /// Agree to what waits
    Approve(Decide),
    /// Refuse what waits
    Reject(Decide),
    /// Ask for the destructive rights of a suspended operator to be given back
    Lift {
        /// Name of the operator
        operator: String,
    },
}

#[derive(Debug, Args)]
struct Decide {
    /// Number of what waits, as `limits` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    person: PersonArgs,
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

pub async fn run(args: LimitsArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &args.command {
            None | Some(Sub::Show) => shown(&client.get("/limits", &[]).await?, args.json),
            Some(Sub::Set { pairs }) => shown(&client.put("/limits", &body(pairs)?).await?, args.json),
            Some(Sub::Approve(decide)) => decided(client, decide, "approve", args.json).await,
            Some(Sub::Reject(decide)) => decided(client, decide, "reject", args.json).await,
            Some(Sub::Lift { operator }) => {
                let path = format!("/operators/{}/lift-suspension", segment(operator));
                let row = client.post(&path, &json!({})).await?;
                match args.json {
                    true => out::json(&row),
                    false => waits(&[row]),
                }
            }
        }
    })
    .await
}

fn body(pairs: &[String]) -> Result<Value, Failure> {
    let mut body = Map::new();
    for pair in pairs {
        let known = || {
            let names: Vec<&str> = KEYS.iter().map(|(key, ..)| *key).collect();
            Failure::usage(
                format!("{pair:?} is no limit"),
                format!("KEY=VALUE with {}", names.join(", ")),
            )
        };
        let (key, text) = pair.split_once('=').ok_or_else(known)?;
        let (_, part, name) = KEYS.iter().find(|(known, ..)| *known == key).ok_or_else(known)?;
        let value = match (*name, text) {
            (flag, "yes" | "true") if FLAGS.contains(&flag) => json!(true),
            (flag, "no" | "false") if FLAGS.contains(&flag) => json!(false),
            (flag, _) if FLAGS.contains(&flag) => return Err(Failure::usage(format!("{key} is yes or no"), "")),
            _ => {
                let number: u64 = text
                    .parse()
                    .map_err(|_| Failure::usage(format!("{key} is a whole number"), ""))?;
                json!(number)
            }
        };
        let part = &mut body.entry(*part).or_insert_with(|| json!({}))[*name];
        if !std::mem::replace(part, value).is_null() {
            return Err(Failure::said_twice(key));
        }
    }
    Ok(Value::Object(body))
}

/// Shows what is to be agreed to; the digest says which it was.
async fn shown_digest(client: &Client, id: i64, as_json: bool) -> Result<Value, Failure> {
    let limits = client.get("/limits", &[]).await?;
    let rows = limits["waiting"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(row) = rows.iter().find(|row| row["id"] == id) else {
        return Err(Failure::new(
            Exit::Conflict,
            format!("nothing of the number {id} waits"),
            "see what does: intune-connector limits",
        ));
    };
    if !as_json {
        let by = row["askedBy"].as_str().unwrap_or("a settings file");
        let sentence = row["change"]["sentence"].as_str().unwrap_or("-");
        out::say(out::printable(&format!("{by} asks: {sentence}"), 500));
    }
    Ok(row["digest"].clone())
}

async fn decided(client: &Client, decide: &Decide, step: &str, as_json: bool) -> Result<(), Failure> {
    let digest = match step {
        "approve" => Some(shown_digest(client, decide.id, as_json).await?),
        _ => None,
    };
    let (name, password) = person(&decide.person)?;
    let mut body = json!({ "name": name, "password": password.expose_secret() });
    if let Some(digest) = digest {
        body["digest"] = digest;
    }
    let row = client.post(&format!("/loosenings/{}/{step}", decide.id), &body).await?;
    match as_json {
        true => out::json(&row),
        false => out::line(format!(
            "{}: {}",
            row["state"].as_str().unwrap_or("-"),
            out::printable(row["change"]["sentence"].as_str().unwrap_or("-"), 400)
        )),
    }
}

fn shown(view: &Value, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return out::json(view);
    }
    let rows: Vec<Value> = KEYS
        .iter()
        .map(|(key, part, name)| json!({ "key": key, "value": view[*part][*name] }))
        .collect();
    out::table(&[("LIMIT", "/key"), ("VALUE", "/value")], &rows, "")?;
    let instances = view["instances"].as_array().map_or(&[][..], Vec::as_slice);
    if !instances.is_empty() {
        out::line("")?;
        let row = |of: &Value| json!({ "instance": of["instance"], "verbs": of["policy"]["verbs"] });
        let rows: Vec<Value> = instances.iter().map(row).collect();
        out::table(
            &[("INSTANCE", "/instance"), ("ACTIONS THAT ARE ON", "/verbs")],
            &rows,
            "",
        )?;
    }
    waits(view["waiting"].as_array().map_or(&[], Vec::as_slice))
}

fn waits(rows: &[Value]) -> Result<(), Failure> {
    rows.iter().flat_map(waiting::lines).try_for_each(out::line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_file_become_the_request() {
        let pairs = ["limit_per_job=5", "approval_always=yes"].map(str::to_owned);
        assert_eq!(
            body(&pairs).expect("good"),
            json!({ "limits": { "perJob": 5 }, "approval": { "always": true } })
        );
        let pairs = ["broken_glass=no", "disruptive_per_job=9", "approval_per_day=1"].map(str::to_owned);
        assert_eq!(
            body(&pairs).expect("good"),
            json!({ "limits": { "disruptivePerJob": 9 }, "approval": { "brokenGlass": false, "perDay": 1 } })
        );
        for bad in [
            "broken_glass=1",
            "limit_per_job",
            "limit_per_job=many",
            "other=1",
            "approval_always=perhaps",
        ] {
            assert!(body(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
