//! `workflows`: what runs by itself or on demand, its runs, and errors in a definition.

mod check;
mod show;
mod start;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output;

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
    command: Option<WorkflowsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum WorkflowsCommand {
    /// List workflows with state, version and next run (default)
    List {
        /// Only workflows of this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
    },
    /// Show a workflow with its parameters
    Show {
        /// Name of the workflow
        name: String,
    },
    /// List runs, or show one with its steps
    Runs {
        /// Number of a run, or name of a workflow
        which: Option<String>,
        /// Only unfinished runs
        #[arg(long)]
        open: bool,
        /// Maximum number of runs
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// Start a run; it acts with your rights
    Start(start::StartRunArgs),
    /// Start a run that changes nothing; shows what each step would do
    DryRun(start::StartRunArgs),
    /// Stop a run; what was already sent continues
    Cancel {
        /// Number of the run
        run: i64,
    },
    /// Enable a workflow in your name, with the definition shown; a destructive one waits for a second operator
    Enable {
        /// Name of the workflow
        name: String,
        /// Enable only the definition with this hash; default: the newest
        #[arg(long, value_name = "HASH")]
        hash: Option<String>,
    },
    /// Print the definition of a workflow
    Text {
        /// Name of the workflow
        name: String,
        /// Hash of the definition; default: the enabled one
        #[arg(long, value_name = "HASH")]
        hash: Option<String>,
    },
    /// Disable the triggers of a workflow; started runs continue
    Disable {
        /// Name of the workflow
        name: String,
    },
    /// List the activities that definitions may call
    Activities,
    /// Check a definition for errors; needs no bus
    Check {
        /// Definition file
        file: PathBuf,
    },
}

pub(crate) async fn run(args: WorkflowsArgs) -> Result<(), CommandFailure> {
    let command = args.command.unwrap_or(WorkflowsCommand::List { instance: None });
    if let WorkflowsCommand::Check { file } = &command {
        return check::check_definition(file, args.json);
    }
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &command {
            WorkflowsCommand::Start(start) => start::start_run(bus, start, args.json).await,
            WorkflowsCommand::DryRun(start) => start::dry_run(bus, start, args.json).await,
            WorkflowsCommand::Runs { which, open, limit } => {
                list_runs(client, which.as_deref(), *open, *limit, args.json).await
            }
            other => {
                let answer = run_subcommand(client, other).await?;
                if args.json {
                    output::print_json(&answer)
                } else {
                    print_answer(other, &answer)
                }
            }
        }
    })
    .await
}

pub(super) fn workflow_path(name: &str) -> String {
    format!("/workflows/{}", encode_segment(name))
}

async fn run_subcommand(client: &ApiClient, command: &WorkflowsCommand) -> Result<Value, CommandFailure> {
    match command {
        WorkflowsCommand::List { instance } => {
            let query: Vec<_> = instance.iter().map(|name| ("instance", name.clone())).collect();
            client.get("/workflows", &query).await
        }
        WorkflowsCommand::Show { name } => client.get(&workflow_path(name), &[]).await,
        WorkflowsCommand::Cancel { run } => client.post(&format!("/runs/{run}/cancel"), &json!({})).await,
        WorkflowsCommand::Enable { name, hash } => enable_workflow(client, name, hash.as_deref()).await,
        WorkflowsCommand::Text { name, hash } => {
            let query: Vec<_> = hash.iter().map(|hash| ("hash", hash.clone())).collect();
            client.get(&format!("{}/text", workflow_path(name)), &query).await
        }
        WorkflowsCommand::Disable { name } => {
            client
                .post(&format!("{}/disable", workflow_path(name)), &json!({}))
                .await
        }
        WorkflowsCommand::Activities => client.get("/workflows/activities", &[]).await,
        WorkflowsCommand::Runs { .. }
        | WorkflowsCommand::Start(_)
        | WorkflowsCommand::DryRun(_)
        | WorkflowsCommand::Check { .. } => Ok(Value::Null),
    }
}

/// Shows what would be enabled and requests that definition, by its hash.
async fn enable_workflow(client: &ApiClient, name: &str, hash: Option<&str>) -> Result<Value, CommandFailure> {
    let workflow = client.get(&workflow_path(name), &[]).await?;
    let offered_definition = workflow
        .get("offered")
        .filter(|offered_definition| offered_definition.is_object());
    let texts = [offered_definition, Some(&workflow)];
    let shown = texts
        .into_iter()
        .flatten()
        .find(|text| hash.is_none_or(|hash| text["hash"] == hash));
    let Some(shown) = shown else {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("{name} no longer has a definition with this hash; nothing was enabled"),
            format!("see the current definition: intune-connector workflows show {name}"),
        ));
    };
    output::eprint_line(show::describe_definition(name, shown));
    let body = json!({ "hash": shown["hash"] });
    client.post(&format!("{}/enable", workflow_path(name)), &body).await
}

fn print_answer(command: &WorkflowsCommand, answer: &Value) -> Result<(), CommandFailure> {
    match command {
        WorkflowsCommand::Show { .. } => output::print_json(answer),
        WorkflowsCommand::Cancel { run } => output::print_line(format!("run {run} is being stopped")),
        WorkflowsCommand::Enable { name, .. } => match answer["waiting"].as_i64() {
            Some(id) => output::print_line(format!(
                "{name} is destructive, a second operator must approve: intune-connector limits approve {id}"
            )),
            None => output::print_line(format!("{name} is enabled")),
        },
        WorkflowsCommand::Text { .. } => output::print_line(answer["text"].as_str().unwrap_or_default().trim_end()),
        WorkflowsCommand::Disable { name } => output::print_line(format!("{name} is disabled")),
        WorkflowsCommand::Activities => show::print_activities(answer),
        _ => show::print_workflows(answer),
    }
}

async fn list_runs(
    client: &ApiClient,
    which: Option<&str>,
    open: bool,
    limit: usize,
    as_json: bool,
) -> Result<(), CommandFailure> {
    if let Some(run) = which.and_then(|which| which.parse::<i64>().ok()) {
        let answer = client.get(&format!("/runs/{run}"), &[]).await?;
        return if as_json {
            output::print_json(&answer)
        } else {
            show::run(&answer)
        };
    }
    let mut query = vec![("limit", limit.to_string())];
    query.extend(which.map(|name| ("workflow", name.to_owned())));
    query.extend(open.then(|| ("open", "true".to_owned())));
    let answer = client.get("/runs", &query).await?;
    if as_json {
        output::print_json(&answer)
    } else {
        show::print_runs(&answer)
    }
}
