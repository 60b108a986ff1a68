//! `install`: a product, by its wizard. Without options it asks, page by page; with an answers file or `--set` it does
//! not ask. Both use the same wizard ([`crate::bus::wizard`]), and the bus checks the same answers again before it
//! creates anything, so both lead to the same result.

mod answer_places;
mod checks;
mod confirmation;
mod field_prompt;
mod installation_client;
mod interactive;
mod leaving;
mod messages;
mod next_runs;
mod preset_answers;
mod questions;
mod register;
mod registration;
mod report;
mod sentences;
mod step_text;
mod terminal_prompt;
mod unattended;
mod wizard_args;

use std::sync::Arc;

use clap::Args;

use super::connection::{ConnectArgs, data_folder, with_bus, with_new_bus};
use super::failure::CommandFailure;
use super::language::choose_language;
use super::output;
use crate::bus::answers::{WizardAnswers, write_answers};
use crate::bus::template::WizardTemplate;
use crate::bus::wizard::{Wizard, WizardMode};
use crate::files::{create_private_folder, shell_word};
use crate::model::InstanceName;
use crate::model::Language;

pub(crate) use register::{CheckRegistrationArgs, RegisterArgs, check_registration, register};
pub(crate) use wizard_args::WizardArgs;

use installation_client::InstallationClient;
use interactive::InteractiveOptions;
use leaving::KeptAnswers;
use preset_answers::PresetAnswers;
use report::{InstallReport, InstallResult, report_results};

/// What is installed where nothing else is named.
const PRODUCT: &str = "intune-connector";

/// Install a product with its wizard, interactively or from an answers file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector install --data DIR
  intune-connector install --print-answers > answers.ini
  intune-connector install --answers answers.ini --data DIR --json
  intune-connector install --set tenant_id=ID --set client_id=ID --set secret_file=F --data DIR

An answers file has one line per field, NAME = VALUE. Each [section] is one installation; lines above
the first section apply to all. Put a secret in its own file: NAME_file = PATH, or - for standard input.")]
pub struct InstallArgs {
    /// Product of the catalogue
    #[arg(default_value = PRODUCT)]
    product: String,
    #[command(flatten)]
    with: WizardArgs,
    /// Write an answers file to standard output; without answers, an empty one
    #[arg(long)]
    print_answers: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(mut args: InstallArgs) -> Result<(), CommandFailure> {
    choose_language(args.with.lang);
    args.with.json = args.json;
    let with = &args.with;
    if args.print_answers {
        return print_answers(&args).await;
    }
    make_data_folder(&args.connect)?;
    with_new_bus(&args.connect, async |bus| {
        let template = installation_client::fetch_template(&bus.client, &args.product).await?;
        let target = InstallationClient::new(&bus.client, &args.product, with.lang);
        let product = Some(args.product.as_str()).filter(|product| *product != PRODUCT);
        let mut options = InteractiveOptions {
            kept_answers: KeptAnswers::new(&args.connect, product),
            resume: false,
        };
        let sections = unattended::read_valid_sections(&template, with)?;
        let resumed = preset_answers::resumable_wizard(&template, with, &sections);
        let done = if with.is_unattended() && resumed.is_none() {
            unattended::run_all_sections(&target, &template, sections, with).await?
        } else {
            options.resume = resumed.is_some();
            let wizard = resumed.unwrap_or_else(|| Wizard::new(template));
            vec![interactive::run_interactive(&target, wizard, with, &options).await?]
        };
        report_results(done, with)?;
        if bus.is_offline() && !with.json {
            print_next_command(&args.connect, with.lang);
        }
        Ok(())
    })
    .await
}

/// The first product, or its application, may come before the first start of the bus.
fn make_data_folder(connect: &ConnectArgs) -> Result<(), CommandFailure> {
    data_folder(connect).map_or(Ok(()), |folder| {
        create_private_folder(&folder).map_err(|error| CommandFailure::file_error("make", &folder, &error))
    })
}

/// What comes next where no bus runs on the folder.
fn print_next_command(connect: &ConnectArgs, language: Language) {
    output::eprint_line(messages::WizardMessage::Offline.in_language(language));
    let folder = data_folder(connect).unwrap_or_default();
    output::eprint_line(format!("  intune-connector run --data {}", shell_word(&folder)));
}

/// Needs no bus for the product inside the program.
async fn print_answers(args: &InstallArgs) -> Result<(), CommandFailure> {
    let template =
        if !(data_folder(&args.connect).is_some() || args.connect.url.is_some() || args.connect.connection.is_some()) {
            installation_client::built_in_template(&args.product)?
        } else {
            with_bus(&args.connect, async |bus| {
                installation_client::fetch_template(&bus.client, &args.product).await
            })
            .await?
        };
    let (mut sources, findings) = preset_answers::read_sections(&template, &args.with)?;
    if !findings.is_empty() {
        return Err(messages::findings_failure(&findings, args.with.lang, args.with.json));
    }
    if sources.is_empty() {
        sources.push(PresetAnswers::default());
    }
    for source in sources {
        output::print_verbatim(write_answers(&template, &source.name, &source.answers, args.with.lang).trim_end())?;
    }
    Ok(())
}

/// What an installation was given, as a file that makes others like it: a template that touches nothing until it is
/// applied (B-32).
pub(crate) async fn print_installed_answers(
    connect: &ConnectArgs,
    name: &InstanceName,
    language: Language,
    json: bool,
) -> Result<(), CommandFailure> {
    with_bus(connect, async |bus| {
        if json {
            return output::print_json(&bus.client.show_answers(name).await?);
        }
        let (template, present) = installation_client::fetch_installation(&bus.client, name).await?;
        output::print_verbatim(write_answers(&template, "", &present, language).trim_end())
    })
    .await
}

/// The wizard over an installation that exists: all of it, or its sign-in.
pub(crate) async fn change_installation(
    connect: &ConnectArgs,
    name: &InstanceName,
    mode: WizardMode,
    wizard_args: &WizardArgs,
    confirm: Option<u64>,
) -> Result<(), CommandFailure> {
    choose_language(wizard_args.lang);
    with_bus(connect, async |bus| {
        let (template, present) = installation_client::fetch_installation(&bus.client, name).await?;
        let target = InstallationClient::for_installation(&bus.client, name, mode, wizard_args.lang, confirm);
        let wizard = Wizard::from_answers(template.clone(), mode, present.clone());
        let done = if wizard_args.is_unattended() {
            unattended::run_single(&target, wizard, wizard_args).await?
        } else {
            interactive::run_interactive(&target, wizard, wizard_args, &InteractiveOptions::default()).await?
        };
        report_results(vec![done], wizard_args)
    })
    .await
}

/// Another installation like one that exists; secrets are given anew.
pub(crate) async fn clone(
    connect: &ConnectArgs,
    name: &InstanceName,
    wizard_args: &WizardArgs,
) -> Result<(), CommandFailure> {
    choose_language(wizard_args.lang);
    with_bus(connect, async |bus| {
        let (template, present) = installation_client::fetch_installation(&bus.client, name).await?;
        let product = installation_client::fetch_product(&bus.client, name).await?;
        let target = InstallationClient::new(&bus.client, &product, wizard_args.lang);
        let wizard = wizard_with_answers(template, present);
        let done = if wizard_args.is_unattended() {
            unattended::run_single(&target, wizard, wizard_args).await?
        } else {
            let options = InteractiveOptions {
                kept_answers: KeptAnswers::new(
                    connect,
                    Some(&product).filter(|product| *product != PRODUCT).map(String::as_str),
                ),
                resume: false,
            };
            interactive::run_interactive(&target, wizard, wizard_args, &options).await?
        };
        report_results(vec![done], wizard_args)
    })
    .await
}

/// A new wizard with answers to begin with.
fn wizard_with_answers(template: Arc<WizardTemplate>, answers: WizardAnswers) -> Wizard {
    Wizard::from_answers(template, WizardMode::Install, answers)
}
