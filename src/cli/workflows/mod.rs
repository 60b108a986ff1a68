//! `workflows`: what runs by itself or on demand, its runs, and errors in a definition.

mod check;
mod show;
mod start;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, is_bus_named, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output::{self, print_answer};
use crate::contract::{EnableBody, ListRunsQuery, TextQuery, WorkflowQuery, WorkflowView};
use crate::model::InstanceName;

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
    /// List engines, and the workflows of each with state, version and next run (default)
    List {
        /// Only workflows of this instance
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
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
    /// List the activities that definitions may call; needs no bus
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
    if matches!(command, WorkflowsCommand::Activities) && !is_bus_named(&args.connect) {
        let all = check::list_known_activities();
        return print_answer(&all, args.json, || show::print_activities(&all.activities));
    }
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &command {
            WorkflowsCommand::Start(start) => start::start_run(bus, start, args.json).await,
            WorkflowsCommand::DryRun(start) => start::dry_run(bus, start, args.json).await,
            WorkflowsCommand::Runs { which, open, limit } => {
                list_runs(client, which.as_deref(), *open, *limit, args.json).await
            }
            other => run_subcommand(client, other, args.json).await,
        }
    })
    .await
}

async fn run_subcommand(client: &SicsClient, command: &WorkflowsCommand, as_json: bool) -> Result<(), CommandFailure> {
    match command {
        WorkflowsCommand::List { instance } => {
            let query = WorkflowQuery {
                instance: instance.clone(),
            };
            let all = client.list_workflows(&query).await?;
            print_answer(&all, as_json, || show::print_workflows(&all))
        }
        WorkflowsCommand::Show { name } => {
            let workflow = client.show_workflow(name).await?;
            print_answer(&workflow, as_json, || show::print_workflow(&workflow))
        }
        WorkflowsCommand::Cancel { run } => {
            let cancelled = client.cancel_run(run).await?;
            print_answer(&cancelled, as_json, || {
                output::print_line(format!("run {run} is being stopped"))
            })
        }
        WorkflowsCommand::Enable { name, hash } => {
            let workflow = enable_workflow(client, name, hash.as_deref()).await?;
            print_answer(&workflow, as_json, || {
                output::print_line(match workflow.waiting {
                    Some(id) => format!(
                        "{name} is destructive, a second operator must approve: intune-connector limits approve {id}"
                    ),
                    None => format!("{name} is enabled"),
                })
            })
        }
        WorkflowsCommand::Text { name, hash } => {
            let query = TextQuery { hash: hash.clone() };
            let text = client.show_workflow_text(name, &query).await?;
            print_answer(&text, as_json, || output::print_verbatim(text.text.trim_end()))
        }
        WorkflowsCommand::Disable { name } => {
            let workflow = client.disable_workflow(name).await?;
            print_answer(&workflow, as_json, || output::print_line(format!("{name} is disabled")))
        }
        WorkflowsCommand::Activities => {
            let all = client.list_activities().await?;
            print_answer(&all, as_json, || show::print_activities(&all.activities))
        }
        // Carried out already.
        WorkflowsCommand::Runs { .. }
        | WorkflowsCommand::Start(_)
        | WorkflowsCommand::DryRun(_)
        | WorkflowsCommand::Check { .. } => Ok(()),
    }
}

/// Shows what would be enabled and requests that definition, by its hash.
async fn enable_workflow(client: &SicsClient, name: &str, hash: Option<&str>) -> Result<WorkflowView, CommandFailure> {
    let workflow = client.show_workflow(name).await?;
    let wanted = |known: &str| hash.is_none_or(|hash| known == hash);
    let offered = workflow.offered.as_ref().filter(|offered| wanted(&offered.hash));
    let (hash, description) = match offered {
        Some(offered) => (&offered.hash, show::describe_offered(name, offered)),
        None if wanted(&workflow.hash) => (&workflow.hash, show::describe_workflow(&workflow)),
        None => {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!("{name} no longer has a definition with this hash; nothing was enabled"),
                format!("see the current definition: intune-connector workflows show {name}"),
            ));
        }
    };
    output::eprint_line(description);
    let body = EnableBody { hash: hash.clone() };
    Ok(client.enable_workflow(name, &body).await?)
}

async fn list_runs(
    client: &SicsClient,
    which: Option<&str>,
    open: bool,
    limit: usize,
    as_json: bool,
) -> Result<(), CommandFailure> {
    if let Some(run) = which.and_then(|which| which.parse::<i64>().ok()) {
        let whole = client.show_run(run).await?;
        return print_answer(&whole, as_json, || show::print_run(&whole));
    }
    let query = ListRunsQuery {
        workflow: which.map(str::to_owned),
        open: open.then_some(true),
        limit: Some(limit),
        ..ListRunsQuery::default()
    };
    let page = client.list_runs(&query).await?;
    print_answer(&page, as_json, || show::print_runs(&page.runs))
}
