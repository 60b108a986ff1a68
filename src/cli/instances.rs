//! `instances`: one reads one tenant. `add` takes the same settings as `verify` and `scan --dry-run`, so what was tried
//! is what is kept.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use super::connection::{BusConnection, ConnectArgs, repeat_options, target_folder, with_bus, with_new_bus};
use super::failure::CommandFailure;
use super::install::{self, WizardArgs};
use super::instance_tables::{print_instance, print_instances, print_members};
use super::language::session_language;
use super::pending_relaxations::{list_waiting, report_waiting};
use super::tenant_args::{SettingArgs, TenantArgs};
use super::{output, owner_commands};
use crate::bus::wizard::WizardMode;
use crate::config::InstanceDraft;
use crate::contract::{ConfirmQuery, DraftSettings, InstanceCreation, StartTypeBody};
use crate::files::create_private_folder;
use crate::model::{InstanceName, Language, StartType};

/// List, add, change and remove instances
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector instances add --tenant ID --client ID --secret-file F --servers '*' --data DIR
  intune-connector instances set IntuneConnector_1 --set 'incremental=every 10m' --data DIR
  intune-connector instances --json")]
pub struct InstancesArgs {
    #[command(subcommand)]
    command: Option<InstancesCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "made once a process")]
enum InstancesCommand {
    /// List instances with their state (default)
    List,
    /// Show an instance with its settings, without secrets
    Show {
        /// Name of the instance
        name: InstanceName,
    },
    /// Add an instance
    Add {
        /// Start type: automatic (with the bus), manual or disabled
        #[arg(long, value_name = "TYPE", default_value = "automatic")]
        start_type: StartType,
        /// Do not start it now
        #[arg(long)]
        stopped: bool,
        #[command(flatten)]
        tenant: TenantArgs,
    },
    /// Start a microservice (also one that is not an instance, such as IntuneWorkflowEngine_1)
    Start {
        /// Name of the microservice
        name: InstanceName,
    },
    /// Stop a microservice after its current work
    Stop {
        /// Name of the microservice
        name: InstanceName,
    },
    /// Restart a microservice after its current work
    Restart {
        /// Name of the microservice
        name: InstanceName,
    },
    /// List microservices with state, version, counters and last error
    Running,
    /// Change settings of an instance; other settings are kept
    #[command(alias = "change")]
    Set {
        /// Name of the instance
        name: InstanceName,
        /// Start type: automatic (with the bus), manual or disabled
        #[arg(long, value_name = "TYPE")]
        start_type: Option<StartType>,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
        #[command(flatten)]
        set: SettingArgs,
    },
    /// Change an instance with its wizard, interactively or from answers; its tenant cannot be changed
    Reconfigure {
        /// Name of the instance
        name: InstanceName,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Give an instance a new secret or certificate with its wizard
    Reauthenticate {
        /// Name of the instance
        name: InstanceName,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Print the answers of an instance as an answers file, without secrets: edited, it makes others by `install --answers`
    /// and is applied again by `instances reconfigure NAME --answers`
    Answers {
        /// Name of the instance
        name: InstanceName,
        /// Language of the comments: en or de; default: that of the session (LC_ALL, LC_MESSAGES, LANG)
        #[arg(long, value_name = "LANG", default_value_t = session_language(), hide_default_value = true)]
        lang: Language,
    },
    /// Install a copy of an instance; secrets are entered again
    Clone {
        /// Name of the instance
        name: InstanceName,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Let an instance sign in with a workload identity file on this machine, read for each token; the bus must not run
    TokenFile {
        /// Name of the instance
        name: InstanceName,
        /// File that the platform writes; it replaces the current credential of the instance
        file: PathBuf,
        /// Which credential: for scans, the next one for scans, or for actions
        #[arg(long = "for", value_name = "WHAT", default_value = "scan", value_parser = ["scan", "next", "actions"])]
        purpose: String,
    },
    /// Disable an instance: it does not scan until it is enabled
    Disable {
        /// Name of the instance
        name: InstanceName,
    },
    /// Enable an instance: it scans again
    Enable {
        /// Name of the instance
        name: InstanceName,
    },
    /// Uninstall an instance with its workflows and other parts; also one of a product that reads no tenant. Its devices are
    /// reported as gone to every server
    #[command(visible_alias = "remove")]
    Uninstall {
        /// Name of the instance
        name: InstanceName,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
}

pub(crate) async fn run(args: InstancesArgs) -> Result<(), CommandFailure> {
    let command = args.command.unwrap_or(InstancesCommand::List);
    let json = args.json;
    match &command {
        InstancesCommand::Add {
            tenant,
            start_type,
            stopped,
        } => return add_first_or_more(&args.connect, tenant, (*start_type, !stopped), json).await,
        InstancesCommand::Reconfigure { name, yes_i_mean, with } => {
            let with = with_json(with, json);
            return install::change_installation(&args.connect, name, WizardMode::Change, &with, *yes_i_mean).await;
        }
        InstancesCommand::Reauthenticate { name, with } => {
            return install::change_installation(&args.connect, name, WizardMode::SignIn, &with_json(with, json), None)
                .await;
        }
        InstancesCommand::Answers { name, lang } => {
            return install::print_installed_answers(&args.connect, name, *lang, json).await;
        }
        InstancesCommand::TokenFile { name, file, purpose } => {
            return owner_commands::set_token_file(&args.connect, name, file, purpose, json).await;
        }
        InstancesCommand::Clone { name, with } => {
            return install::clone(&args.connect, name, &with_json(with, json)).await;
        }
        _ => (),
    }
    with_bus(&args.connect, async |bus| run_subcommand(bus, &command, json).await).await
}

fn with_json(with: &WizardArgs, json: bool) -> WizardArgs {
    WizardArgs { json, ..with.clone() }
}

async fn run_subcommand(bus: &BusConnection, command: &InstancesCommand, json: bool) -> Result<(), CommandFailure> {
    let client = &bus.client;
    match command {
        InstancesCommand::List => {
            let answer = client.list_instances().await?;
            if json {
                output::print_json(&answer)
            } else {
                print_instances(&answer.instances)
            }
        }
        InstancesCommand::Show { name } => {
            let view = client.show_instance(name).await?;
            output::print_answer(&view, json, || print_instance(&view))
        }
        InstancesCommand::Running => {
            let answer = client.list_supervisors().await?;
            if json {
                output::print_json(&answer)
            } else {
                print_members(&answer.supervisors)
            }
        }
        InstancesCommand::Start { name } => {
            let status = client.start_instance(name).await?;
            print_answer(&status, format!("{name} is {}", status.state.name()), json)
        }
        InstancesCommand::Stop { name } => {
            let status = client.stop_instance(name).await?;
            print_answer(&status, format!("{name} is {}", status.state.name()), json)
        }
        InstancesCommand::Restart { name } => {
            let status = client.restart_instance(name).await?;
            print_answer(&status, format!("{name} is {}", status.state.name()), json)
        }
        InstancesCommand::Set {
            name,
            set,
            start_type,
            yes_i_mean,
        } => {
            let changed = format!("{name} is changed");
            let mut earlier = Vec::new();
            // The settings first: they may be refused, and then nothing is changed.
            let view = if set.is_empty() && start_type.is_some() {
                None
            } else {
                let confirm = ConfirmQuery::from_count(*yes_i_mean);
                let settings = draft_settings(&set.build_draft()?)?;
                earlier = list_waiting(client, name).await;
                Some(client.change_instance(name, &confirm, &settings).await?)
            };
            let status = match *start_type {
                Some(start_type) => Some(client.set_start_type(name, &StartTypeBody { start_type }).await?),
                None => None,
            };
            match (view, status) {
                (Some(view), _) => {
                    print_answer(&view, changed, json)?;
                    report_waiting(client, name, &earlier).await;
                    Ok(())
                }
                (None, status) => print_answer(&status, changed, json),
            }
        }
        InstancesCommand::Uninstall { name, yes_i_mean } => {
            let confirm = ConfirmQuery::from_count(*yes_i_mean);
            let removed = client.uninstall(name, &confirm).await?;
            print_answer(&removed, format!("{name} is removed"), json)
        }
        InstancesCommand::Disable { name } => {
            let changed = client
                .change_instance(name, &ConfirmQuery::default(), &enabled_setting(false))
                .await?;
            print_answer(&changed, format!("{name} is disabled"), json)
        }
        InstancesCommand::Enable { name } => {
            let changed = client
                .change_instance(name, &ConfirmQuery::default(), &enabled_setting(true))
                .await?;
            print_answer(&changed, format!("{name} is changed"), json)
        }
        // Carried out already.
        InstancesCommand::Add { .. }
        | InstancesCommand::Reconfigure { .. }
        | InstancesCommand::Reauthenticate { .. }
        | InstancesCommand::Answers { .. }
        | InstancesCommand::Clone { .. }
        | InstancesCommand::TokenFile { .. } => Ok(()),
    }
}

/// The first instance may come before the first start of the bus. What is wrong with the settings is told before
/// anything is made.
async fn add_first_or_more(
    connect: &ConnectArgs,
    tenant: &TenantArgs,
    start: (StartType, bool),
    json: bool,
) -> Result<(), CommandFailure> {
    let draft = tenant.build_draft()?;
    if let Some(folder) = target_folder(connect) {
        create_private_folder(&folder).map_err(|error| CommandFailure::file_error("make", &folder, &error))?;
    }
    with_new_bus(connect, async |bus| {
        let name = add_instance(bus, &draft, start, json).await?;
        if !json {
            output::eprint_line(format!(
                "its sign-in was not tried yet: intune-connector verify --instance {name}{}",
                repeat_options(connect)
            ));
        }
        Ok(())
    })
    .await
}

async fn add_instance(
    bus: &BusConnection,
    draft: &InstanceDraft,
    (start_type, starts): (StartType, bool),
    json: bool,
) -> Result<InstanceName, CommandFailure> {
    let added = if draft.has_reread_file() {
        owner_commands::add_instance_offline(bus, draft, start_type, starts).await?
    } else {
        let creation = match (start_type, starts) {
            (StartType::Automatic, true) => InstanceCreation::default(),
            _ => InstanceCreation {
                supervisor: None,
                start_type: Some(start_type),
                stopped: !starts,
            },
        };
        bus.client.add_instance(&creation, &draft_settings(draft)?).await?
    };
    print_answer(&added, added.status.name.to_string(), json)?;
    report_waiting(&bus.client, &added.status.name, &[]).await;
    if !json && bus.is_offline() {
        output::eprint_line("added; the first scan starts when the bus runs");
    }
    Ok(added.status.name)
}

/// A draft as a request has it.
fn draft_settings(draft: &InstanceDraft) -> Result<DraftSettings, CommandFailure> {
    Ok(match draft.to_request()? {
        Value::Object(settings) => DraftSettings(settings),
        _ => DraftSettings::default(),
    })
}

/// Whether the instance scans.
fn enabled_setting(enabled: bool) -> DraftSettings {
    DraftSettings(Map::from_iter([("enabled".to_owned(), Value::Bool(enabled))]))
}

/// `sentence` is for people.
fn print_answer(answer: &impl Serialize, sentence: String, json: bool) -> Result<(), CommandFailure> {
    if json {
        output::print_json(answer)
    } else {
        output::print_line(sentence)
    }
}
