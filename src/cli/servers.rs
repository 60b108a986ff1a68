//! `servers`: the management servers, who may use them and how far they are.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
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
    command: Option<ServersCommand>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum ServersCommand {
    /// List them (the same as without a word)
    List,
    /// Show one with all its limits
    Show(ServerIdArgs),
    /// Announce one, as it would do itself
    Announce {
        #[command(flatten)]
        server: ServerIdArgs,
        /// How people call it
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
    },
    /// Let one receive what it is meant for
    Accept(ServerIdArgs),
    /// Limit what one receives, and from where it may come
    Limit(LimitServerArgs),
    /// Let one send jobs, or no longer; what they may do is said by its operator's rights
    Jobs {
        #[command(flatten)]
        server: ServerIdArgs,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        switch: String,
    },
    /// Tell one again what came behind a place in the feed
    Rewind {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Place in the feed
        #[arg(long, value_name = "SEQ")]
        to: i64,
        /// Only this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
    },
    /// Tell one the whole fleet again, as a snapshot
    Resync(ServerIdArgs),
    /// Forget one; it has to announce itself again
    Remove {
        #[command(flatten)]
        server: ServerIdArgs,
        /// Number of devices it holds, as the refusal without it says
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct ServerIdArgs {
    /// Server id
    server: ServerId,
}

#[derive(Debug, Args)]
struct LimitServerArgs {
    #[command(flatten)]
    server: ServerIdArgs,
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

pub(crate) async fn run(args: ServersArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let answer = run_subcommand(&bus.client, args.command.as_ref().unwrap_or(&ServersCommand::List)).await?;
        match (args.json, &args.command) {
            (true, _) => output::print_json(&answer),
            (false, None | Some(ServersCommand::List)) => print_servers(&answer),
            (false, Some(ServersCommand::Show(_))) => output::print_json(&answer),
            (false, Some(ServersCommand::Remove { server, .. })) => {
                output::print_line(format!("server {} is removed", server.server))
            }
            (false, Some(_)) => print_servers(&json!({ "servers": [answer] })),
        }
    })
    .await
}

async fn run_subcommand(client: &ApiClient, command: &ServersCommand) -> Result<Value, CommandFailure> {
    let path = |one: &ServerIdArgs, rest: &str| format!("/servers/{}{rest}", encode_segment(one.server.as_str()));
    match command {
        ServersCommand::List => client.get("/servers", &[]).await,
        ServersCommand::Show(one) => client.get(&path(one, ""), &[]).await,
        ServersCommand::Announce { server, display_name } => {
            let name = display_name.clone().unwrap_or_else(|| server.server.to_string());
            client.put(&path(server, ""), &json!({ "displayName": name })).await
        }
        ServersCommand::Accept(one) => client.post(&path(one, "/accept"), &json!({})).await,
        ServersCommand::Limit(limits) => {
            let query = confirm_query(limits.yes_i_mean);
            client
                .patch(&path(&limits.server, ""), &query, &limits.limit_body()?)
                .await
        }
        ServersCommand::Jobs { server, switch } => {
            let body = json!({ "sendsJobs": switch == "on" });
            client.patch(&path(server, ""), &[], &body).await
        }
        ServersCommand::Rewind { server, to, instance } => {
            let mut body = json!({ "to": to });
            if let Some(instance) = instance {
                body["instance"] = json!(instance);
            }
            client.post(&path(server, "/rewind"), &body).await
        }
        ServersCommand::Resync(one) => client.post(&path(one, "/resync"), &json!({})).await,
        ServersCommand::Remove { server, yes_i_mean } => {
            client.delete(&path(server, ""), &confirm_query(*yes_i_mean)).await
        }
    }
}

fn confirm_query(count: Option<u64>) -> Vec<(&'static str, String)> {
    count.map(|count| ("confirm", count.to_string())).into_iter().collect()
}

impl LimitServerArgs {
    fn limit_body(&self) -> Result<Value, CommandFailure> {
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
        if body.is_empty() {
            Err(CommandFailure::usage_error(
                "no limit is given",
                "--ranges, --fields or --filter",
            ))
        } else {
            Ok(Value::Object(body))
        }
    }
}

fn print_servers(answer: &Value) -> Result<(), CommandFailure> {
    let servers = answer["servers"].as_array().cloned().unwrap_or_default();
    let row = |server: &Value| {
        let server_instances = server["instances"].as_array().cloned().unwrap_or_default();
        let reading = server_instances
            .iter()
            .map(summarize_progress)
            .collect::<Vec<_>>()
            .join(", ");
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
    output::print_table(
        &columns,
        &rows,
        "no management server has announced itself yet: intune-connector follow --server ID",
    )?;
    servers
        .iter()
        .flat_map(unjudged)
        .try_for_each(|(server, what)| output::print_line(format!("{server}: {what}")))
}

/// How far it is with one instance, and what it lacks though nothing is behind (E10).
fn summarize_progress(progress: &Value) -> String {
    let (name, phase) = (progress["instance"].as_str(), progress["phase"].as_str());
    let behind = progress["behind"].as_u64().unwrap_or(0);
    let lacks = [
        ("/rejected", "records could not be read"),
        ("/unjudged/count", "not judged by its filter"),
    ];
    let lacks = lacks.into_iter().filter_map(|(pointer, what)| {
        let count = progress
            .pointer(pointer)
            .and_then(Value::as_u64)
            .filter(|count| *count > 0)?;
        Some(format!("{count} {what}"))
    });
    let lacks: Vec<String> = lacks.collect();
    let incomplete = if lacks.is_empty() {
        String::new()
    } else {
        format!(", not complete: {}", lacks.join(" and "))
    };
    let (name, phase) = (name.unwrap_or("-"), phase.unwrap_or("-"));
    format!("{name} {phase}: {behind} behind{incomplete}")
}

/// What each filter can't judge, in a sentence an instance (E10): the server, and what it is not told.
pub(crate) fn unjudged(server: &Value) -> Vec<(String, String)> {
    let id = output::format_cell(server.get("id"));
    let server_instances = server["instances"].as_array().into_iter().flatten();
    let sentences = server_instances.filter_map(|feed_state| {
        let count = feed_state.pointer("/unjudged/count").and_then(Value::as_u64).filter(|count| *count > 0)?;
        let first = feed_state.pointer("/unjudged/devices/0")?;
        let what = format!(
            "its filter can't judge {count} devices of {}: it is told nothing of them and keeps what it has; the first is {}: {}",
            output::format_cell(feed_state.get("instance")),
            output::format_cell(first.get("deviceId")),
            output::format_cell(first.get("problem")),
        );
        Some((id.clone(), what))
    });
    sentences.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e10_what_a_server_lacks_though_nothing_is_behind_stands_in_the_list() {
        let progress = |rejected, unjudged| {
            summarize_progress(&json!({
                "instance": "IntuneConnector_1", "phase": "live", "behind": 0, "rejected": rejected,
                "unjudged": {"count": unjudged},
            }))
        };
        assert_eq!(progress(0, 0), "IntuneConnector_1 live: 0 behind");
        let one = "IntuneConnector_1 live: 0 behind, not complete: 2 records could not be read";
        assert_eq!(progress(2, 0), one);
        assert_eq!(progress(2, 1), format!("{one} and 1 not judged by its filter"));
    }
}
