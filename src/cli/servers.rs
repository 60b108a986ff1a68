//! `servers`: the management servers, who may use them and how far they are.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::{Client, segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::out;
use crate::model::{InstanceName, ServerId};

/// List, accept, limit and remove management servers
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector servers --data DIR
  intune-connector servers accept acmp --data DIR
  intune-connector servers jobs acmp on --data DIR
  intune-connector servers limit acmp --fields id,deviceName,serialNumber --ranges 192.0.2.0/24")]
pub struct ServersArgs {
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
    /// List them (the same as without a word)
    List,
    /// Show one with all its limits
    Show(One),
    /// Announce one, as it would do itself
    Announce {
        #[command(flatten)]
        server: One,
        /// How people call it
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
    },
    /// Let one receive what it is meant for
    Accept(One),
    /// Limit what one receives, and from where it may come
    Limit(Limits),
    /// Let one send jobs, or no longer; what they may do is said by its operator's rights
    Jobs {
        #[command(flatten)]
        server: One,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        switch: String,
    },
    /// Tell one again what came behind a place in the feed
    Rewind {
        #[command(flatten)]
        server: One,
        /// Place in the feed
        #[arg(long, value_name = "SEQ")]
        to: i64,
        /// Only this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
    },
    /// Tell one the whole fleet again, as a snapshot
    Resync(One),
    /// Forget one; it has to announce itself again
    Remove {
        #[command(flatten)]
        server: One,
        /// Number of devices it holds, as the refusal without it says
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct One {
    /// Server id
    server: ServerId,
}

#[derive(Debug, Args)]
struct Limits {
    #[command(flatten)]
    server: One,
    /// Address ranges it may come from, e.g. 192.0.2.0/24,2001:db8::/32; '' means from anywhere
    #[arg(long, value_name = "NET,NET")]
    ranges: Option<String>,
    /// Fields it receives; '*' means all
    #[arg(long, value_name = "FIELD,FIELD")]
    fields: Option<String>,
    /// Condition (CEL): the devices it receives; '' means all
    #[arg(long, value_name = "CEL")]
    filter: Option<String>,
    /// Number of devices concerned, as the refusal without it says
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

pub async fn run(args: ServersArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| {
        let answer = perform(&bus.client, args.command.as_ref().unwrap_or(&Sub::List)).await?;
        match (args.json, &args.command) {
            (true, _) => out::json(&answer),
            (false, None | Some(Sub::List)) => table(&answer),
            (false, Some(Sub::Show(_))) => out::json(&answer),
            (false, Some(Sub::Remove { server, .. })) => out::line(format!("server {} is removed", server.server)),
            (false, Some(_)) => table(&json!({ "servers": [answer] })),
        }
    })
    .await
}

async fn perform(client: &Client, command: &Sub) -> Result<Value, Failure> {
    let path = |one: &One, rest: &str| format!("/servers/{}{rest}", segment(one.server.as_str()));
    match command {
        Sub::List => client.get("/servers", &[]).await,
        Sub::Show(one) => client.get(&path(one, ""), &[]).await,
        Sub::Announce { server, display_name } => {
            let name = display_name.clone().unwrap_or_else(|| server.server.to_string());
            client.put(&path(server, ""), &json!({ "displayName": name })).await
        }
        Sub::Accept(one) => client.post(&path(one, "/accept"), &json!({})).await,
        Sub::Limit(limits) => {
            let query = confirmed(limits.yes_i_mean);
            client.patch(&path(&limits.server, ""), &query, &limits.body()?).await
        }
        Sub::Jobs { server, switch } => {
            let body = json!({ "sendsJobs": switch == "on" });
            client.patch(&path(server, ""), &[], &body).await
        }
        Sub::Rewind { server, to, instance } => {
            let mut body = json!({ "to": to });
            if let Some(instance) = instance {
                body["instance"] = json!(instance);
            }
            client.post(&path(server, "/rewind"), &body).await
        }
        Sub::Resync(one) => client.post(&path(one, "/resync"), &json!({})).await,
        Sub::Remove { server, yes_i_mean } => client.delete(&path(server, ""), &confirmed(*yes_i_mean)).await,
    }
}

fn confirmed(count: Option<u64>) -> Vec<(&'static str, String)> {
    count.map(|count| ("confirm", count.to_string())).into_iter().collect()
}

impl Limits {
    fn body(&self) -> Result<Value, Failure> {
        let list = |text: &str| -> Vec<String> {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let mut body = Map::new();
        if let Some(ranges) = &self.ranges {
            body.insert("ranges".into(), json!(list(ranges)));
        }
        if let Some(fields) = &self.fields {
            body.insert(
                "fields".into(),
                if fields.trim() == "*" {
                    Value::Null
                } else {
                    json!(list(fields))
                },
            );
        }
        if let Some(filter) = &self.filter {
            body.insert(
                "filter".into(),
                if filter.trim().is_empty() {
                    Value::Null
                } else {
                    json!(filter)
                },
            );
        }
        match body.is_empty() {
            true => Err(Failure::usage("no limit is given", "--ranges, --fields or --filter")),
            false => Ok(Value::Object(body)),
        }
    }
}

fn table(answer: &Value) -> Result<(), Failure> {
    let servers = answer["servers"].as_array().cloned().unwrap_or_default();
    let row = |server: &Value| {
        let places = server["instances"].as_array().cloned().unwrap_or_default();
        let place = |of: &Value| {
            let (name, phase) = (of["instance"].as_str(), of["phase"].as_str());
            let behind = of["behind"].as_u64().unwrap_or(0);
            let unjudged = match of.pointer("/unjudged/count").and_then(Value::as_u64) {
                None | Some(0) => String::new(),
                Some(count) => format!(", not complete: {count} not judged by its filter"),
            };
            let (name, phase) = (name.unwrap_or("-"), phase.unwrap_or("-"));
            format!("{name} {phase}: {behind} behind{unjudged}")
        };
        let reading = places.iter().map(place).collect::<Vec<_>>().join(", ");
        json!({
            "id": server["id"], "displayName": server["displayName"], "owner": server["owner"],
            "accepted": server["accepted"], "sendsJobs": server["sendsJobs"], "lastSeenAt": server["lastSeenAt"],
            "acknowledgedAt": server["acknowledgedAt"], "reading": reading,
        })
    };
    let rows: Vec<Value> = servers.iter().map(row).collect();
    let columns = [
        ("SERVER", "/id"),
        ("NAME", "/displayName"),
        ("OPERATOR", "/owner"),
        ("ACCEPTED", "/accepted"),
        ("JOBS", "/sendsJobs"),
        ("LAST SEEN", "/lastSeenAt"),
        ("ACKNOWLEDGED", "/acknowledgedAt"),
        ("READING", "/reading"),
    ];
    out::table(
        &columns,
        &rows,
        "no management server has announced itself yet: intune-connector follow --server ID",
    )?;
    servers
        .iter()
        .flat_map(unjudged)
        .try_for_each(|(server, what)| out::line(format!("{server}: {what}")))
}

/// What each filter can't judge, in a sentence an instance (E10): the server, and what it is not told.
pub fn unjudged(server: &Value) -> Vec<(String, String)> {
    let id = out::cell(server.get("id"));
    let places = server["instances"].as_array().into_iter().flatten();
    let told = places.filter_map(|of| {
        let count = of.pointer("/unjudged/count").and_then(Value::as_u64).filter(|count| *count > 0)?;
        let first = of.pointer("/unjudged/devices/0")?;
        let what = format!(
            "its filter can't judge {count} devices of {}: it is told nothing of them and keeps what it has; the first is {}: {}",
            out::cell(of.get("instance")),
            out::cell(first.get("deviceId")),
            out::cell(first.get("problem")),
        );
        Some((id.clone(), what))
    });
    told.collect()
}
