//! `targets`: other inventories that the bus keeps up to date, and what people decide about what is written there. One file
//! a subject; [`words`] has the sentences.

mod aside;
mod consent;
mod links;
mod mapping;
mod preview;
mod runs;
mod tables;
mod words;

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
use crate::model::{DeviceId, InstanceName};

use aside::DecideArgs;
use consent::QuestionArgs;
use links::{ForgetArgs, LinksArgs};
use mapping::MappingArgs;
use preview::PreviewArgs;

/// Show what is written into other inventories, and decide about it
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector targets --data DIR
  intune-connector targets kinds
  intune-connector targets verify IntuneTargetOcs_3
  intune-connector targets preview IntuneTargetOcs_3 --limit 20
  intune-connector targets mapping IntuneTargetOcs_3 --export mapping.json
  intune-connector targets preview IntuneTargetOcs_3 --mapping mapping.json
  intune-connector targets mapping IntuneTargetOcs_3 --set mapping.json
  intune-connector targets question IntuneTargetOcs_3
  intune-connector targets question IntuneTargetOcs_3 --csv planned.csv
  intune-connector targets consent IntuneTargetOcs_3 DIGEST
  intune-connector targets set-aside IntuneTargetOcs_3
  intune-connector targets decide IntuneTargetOcs_3 DEVICE --adopt 4711
  intune-connector targets links IntuneTargetOcs_3 --failing
  intune-connector targets resend IntuneTargetOcs_3 DEVICE
  intune-connector targets revert IntuneTargetOcs_3 12")]
pub struct TargetsArgs {
    #[command(subcommand)]
    command: Option<TargetsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum TargetsCommand {
    /// List targets, and how each stands (default)
    List,
    /// List the kinds of targets, what each can do, and what it was proven on
    Kinds,
    /// Show a target: its records, what it waits for, errors
    Show(TargetArgs),
    /// Check the other side, step by step, with causes and fixes
    Verify(TargetArgs),
    /// Show what would be written now; writes nothing
    Preview(PreviewArgs),
    /// Print, export or set which field of the other side gets what
    Mapping(MappingArgs),
    /// List the fields of the other side, or make those that the mapping names and it lacks
    Fields {
        #[command(flatten)]
        target: TargetArgs,
        /// Make the missing fields
        #[arg(long)]
        make: bool,
    },
    /// Show the writes that wait for consent, with their digest
    Question(QuestionArgs),
    /// Agree to exactly the writes that the question showed
    Consent {
        #[command(flatten)]
        target: TargetArgs,
        /// Digest, as `targets question` shows it
        #[arg(value_name = "DIGEST")]
        digest: String,
    },
    /// List the devices for which a person has to decide, with the records that may be theirs
    SetAside(TargetArgs),
    /// Decide about a device that was set aside
    Decide(DecideArgs),
    /// List which record belongs to which device, or export all as CSV
    Links(LinksArgs),
    /// Forget which records belong to devices; the records stay, and are looked for again
    Forget(ForgetArgs),
    /// Write a device again, whether it has changed or not
    Resend(DeviceArgs),
    /// List runs: what each wrote, newest first
    Runs(TargetArgs),
    /// Put back what a run wrote, but for fields that somebody changed since
    Revert {
        #[command(flatten)]
        target: TargetArgs,
        /// Number of the run
        #[arg(value_name = "RUN")]
        run: i64,
    },
}

#[derive(Debug, Args)]
struct TargetArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
}

#[derive(Debug, Args)]
struct DeviceArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// Intune device id
    #[arg(value_name = "DEVICE")]
    device: DeviceId,
    /// Instance of the device; needed only if several have it
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
}

pub(crate) async fn run(args: TargetsArgs) -> Result<(), CommandFailure> {
    // A mistake in a file that was given is found before a bus is looked for.
    let mapping_text = match &args.command {
        Some(TargetsCommand::Mapping(mapping)) => mapping.read_new_text()?,
        Some(TargetsCommand::Preview(preview)) => preview.read_mapping()?,
        _ => None,
    };
    with_bus(&args.connect, async |bus| {
        let (client, as_json) = (&bus.client, args.json);
        match args.command.as_ref().unwrap_or(&TargetsCommand::List) {
            TargetsCommand::List => list_targets(client, as_json).await,
            TargetsCommand::Kinds => list_kinds(client, as_json).await,
            TargetsCommand::Show(one) => {
                let target = client.show_target(&one.target).await?;
                output::print_answer(&target, as_json, || tables::print_target(&target))
            }
            TargetsCommand::Verify(one) => preview::verify_target(client, &one.target, as_json).await,
            TargetsCommand::Preview(preview) => preview::preview_target(client, preview, mapping_text, as_json).await,
            TargetsCommand::Mapping(mapping) => mapping::run_mapping(client, mapping, mapping_text, as_json).await,
            TargetsCommand::Fields { target, make } => {
                mapping::run_fields(client, &target.target, *make, as_json).await
            }
            TargetsCommand::Question(question) => consent::show_question(client, question, as_json).await,
            TargetsCommand::Consent { target, digest } => {
                consent::consent_question(client, &target.target, digest, as_json).await
            }
            TargetsCommand::SetAside(one) => aside::list_aside(client, &one.target, as_json).await,
            TargetsCommand::Decide(decide) => aside::decide_device(client, decide, as_json).await,
            TargetsCommand::Links(links) => links::run_links(client, links, as_json).await,
            TargetsCommand::Forget(forget) => links::forget_links(client, forget, as_json).await,
            TargetsCommand::Resend(device) => links::resend_device(client, device, as_json).await,
            TargetsCommand::Runs(one) => runs::list_runs(client, &one.target, as_json).await,
            TargetsCommand::Revert { target, run } => runs::revert_run(client, &target.target, *run, as_json).await,
        }
    })
    .await
}

async fn list_kinds(client: &SicsClient, as_json: bool) -> Result<(), CommandFailure> {
    let all = client.list_target_kinds().await?;
    output::print_answer(&all, as_json, || tables::print_kinds(&all.kinds))
}

async fn list_targets(client: &SicsClient, as_json: bool) -> Result<(), CommandFailure> {
    let all = client.list_targets().await?;
    output::print_answer(&all, as_json, || tables::print_targets(&all.targets))
}
