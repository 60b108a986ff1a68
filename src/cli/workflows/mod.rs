//! `workflows`: what runs by itself or on demand, its runs, and what is wrong in a definition.

mod check;
mod show;
mod start;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::{Exit, Failure};
use super::out;

/// List, start, stop, enable and check workflows
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector workflows --data DIR
  intune-connector workflows start StaleDevices_1 --set silentFor=60d --data DIR
  intune-connector workflows dry-run RetireWithNotice_1 --set 'filter=deviceCategoryDisplayName == \"retired\"' --data DIR
  intune-connector workflows runs 12 --data DIR
  intune-connector workflows check my-workflow.xml")]
pub struct WorkflowsArgs {
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
    /// List them with state, version and next due (the same as without a word)
    List {
        /// Only those of this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
    },
    /// Show one with its parameters
    Show {
        /// Name of the workflow
        name: String,
    },
    /// List runs, or show one with its steps
    Runs {
        /// Number of a run, or name of a workflow
        which: Option<String>,
        /// Only those that go on
        #[arg(long)]
        open: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// Start a run; it acts with your rights
    Start(start::StartArgs),
    /// Try a run without changing anything; shows what each step would come to
    DryRun(start::StartArgs),
    /// Stop a run; what was sent goes on
    Cancel {
        /// Number of the run
        run: i64,
    },
    /// Enable one in your name, with the text that is shown; one that can destroy waits for a second operator
    Enable {
        /// Name of the workflow
        name: String,
        /// Enable the text of this hash and no other; without it, the newest that there is
        #[arg(long, value_name = "HASH")]
        hash: Option<String>,
    },
    /// Print the definition itself
    Text {
        /// Name of the workflow
        name: String,
        /// Of the two that there may be; without it, the one that runs
        #[arg(long, value_name = "HASH")]
        hash: Option<String>,
    },
    /// Switch the triggers of one off; runs that have begun go on
    Disable {
        /// Name of the workflow
        name: String,
    },
    /// List what definitions may call
    Activities,
    /// Look for everything that is wrong in a definition; needs no bus
    Check {
        /// The definition
        file: PathBuf,
    },
}

pub async fn run(args: WorkflowsArgs) -> Result<(), Failure> {
    let command = args.command.unwrap_or(Sub::List { instance: None });
    if let Sub::Check { file } = &command {
        return check::check(file, args.json);
    }
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &command {
            Sub::Start(start) => start::start(bus, start, args.json).await,
            Sub::DryRun(start) => start::dry_run(bus, start, args.json).await,
            Sub::Runs { which, open, limit } => runs(client, which.as_deref(), *open, *limit, args.json).await,
            other => {
                let answer = ask(client, other).await?;
                match args.json {
                    true => out::json(&answer),
                    false => tell(other, &answer),
                }
            }
        }
    })
    .await
}

pub(super) fn path(name: &str) -> String {
    format!("/workflows/{}", segment(name))
}

async fn ask(client: &Client, command: &Sub) -> Result<Value, Failure> {
    match command {
        Sub::List { instance } => {
            let query: Vec<_> = instance.iter().map(|name| ("instance", name.clone())).collect();
            client.get("/workflows", &query).await
        }
        Sub::Show { name } => client.get(&path(name), &[]).await,
        Sub::Cancel { run } => client.post(&format!("/runs/{run}/cancel"), &json!({})).await,
        Sub::Enable { name, hash } => enable(client, name, hash.as_deref()).await,
        Sub::Text { name, hash } => {
            let query: Vec<_> = hash.iter().map(|hash| ("hash", hash.clone())).collect();
            client.get(&format!("{}/text", path(name)), &query).await
        }
        Sub::Disable { name } => client.post(&format!("{}/disable", path(name)), &json!({})).await,
        Sub::Activities => client.get("/workflows/activities", &[]).await,
        Sub::Runs { .. } | Sub::Start(_) | Sub::DryRun(_) | Sub::Check { .. } => Ok(Value::Null),
    }
}

/// Shows what would be enabled and asks for that text, by its hash.
async fn enable(client: &Client, name: &str, hash: Option<&str>) -> Result<Value, Failure> {
    let known = client.get(&path(name), &[]).await?;
    let offered = known.get("offered").filter(|offered| offered.is_object());
    let texts = [offered, Some(&known)];
    let shown = texts
        .into_iter()
        .flatten()
        .find(|text| hash.is_none_or(|hash| text["hash"] == hash));
    let Some(shown) = shown else {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{name} has no text of this hash any more; nothing was enabled"),
            format!("look at it as it is now: intune-connector workflows show {name}"),
        ));
    };
    out::say(show::text(name, shown));
    let body = json!({ "hash": shown["hash"] });
    client.post(&format!("{}/enable", path(name)), &body).await
}

fn tell(command: &Sub, answer: &Value) -> Result<(), Failure> {
    match command {
        Sub::Show { .. } => out::json(answer),
        Sub::Cancel { run } => out::line(format!("run {run} is being stopped")),
        Sub::Enable { name, .. } => match answer["waiting"].as_i64() {
            Some(id) => out::line(format!(
                "{name} can destroy: a second operator has to agree: intune-connector limits approve {id}"
            )),
            None => out::line(format!("{name} is enabled")),
        },
        Sub::Text { .. } => out::line(answer["text"].as_str().unwrap_or_default().trim_end()),
        Sub::Disable { name } => out::line(format!("{name} is disabled")),
        Sub::Activities => show::activities(answer),
        _ => show::workflows(answer),
    }
}

async fn runs(client: &Client, which: Option<&str>, open: bool, limit: usize, as_json: bool) -> Result<(), Failure> {
    if let Some(run) = which.and_then(|which| which.parse::<i64>().ok()) {
        let answer = client.get(&format!("/runs/{run}"), &[]).await?;
        return match as_json {
            true => out::json(&answer),
            false => show::run(&answer),
        };
    }
    let mut query = vec![("limit", limit.to_string())];
    query.extend(which.map(|name| ("workflow", name.to_owned())));
    query.extend(open.then(|| ("open", "true".to_owned())));
    let answer = client.get("/runs", &query).await?;
    match as_json {
        true => out::json(&answer),
        false => show::runs(&answer),
    }
}
