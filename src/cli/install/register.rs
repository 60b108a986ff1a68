//! `products register` and `products check-registration`: the registration of an application without the wizard, for
//! whoever does it elsewhere, or for many tenants at once.

use std::path::PathBuf;

use clap::Args;

use super::installation_client::{self, InstallationClient};
use super::registration::{RegistrationFiles, describe_registration};
use super::{PRODUCT, WizardArgs, make_data_folder, messages, sentences, unattended};
use crate::bus::wizard::{Wizard, WizardMode};
use crate::cli::connection::{BusConnection, ConnectArgs, repeat_options, with_bus, with_new_bus};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::language::{choose_language, session_language};
use crate::cli::output;
use crate::contract::{CheckStepState, ChecksView, RegistrationCheckBody, RegistrationView};
use crate::model::{InstanceName, Language};

/// What a registration is for, and the answers of the wizard that decide what it needs.
#[derive(Debug, Clone, Args)]
pub(crate) struct RegistrationArgs {
    /// Instance whose application gets another certificate; without it, an application for a new instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Answers file of the wizard (INI): its actions decide which permissions are needed
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// One answer of the wizard by the name of its field, such as verbs=sync,wipe; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pairs: Vec<String>,
    /// Language of the steps: en or de; default: that of the session
    #[arg(long, visible_alias = "language", value_name = "LANG", default_value_t = session_language(), hide_default_value = true)]
    lang: Language,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RegisterArgs {
    /// Product of the catalogue
    #[arg(default_value = PRODUCT)]
    product: String,
    /// Folder for the certificate and the scripts; nothing in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    with: RegistrationArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CheckRegistrationArgs {
    /// Id of the registration, as `register` prints it
    id: String,
    /// Product of the catalogue
    #[arg(long, value_name = "ID", default_value = PRODUCT)]
    product: String,
    /// Directory (tenant) id
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Application (client) id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    with: RegistrationArgs,
}

impl RegistrationArgs {
    fn wizard_args(&self) -> WizardArgs {
        WizardArgs {
            answers: self.answers.clone(),
            pairs: self.pairs.clone(),
            lang: self.lang,
            ..WizardArgs::default()
        }
    }

    /// The calls to the bus, and the answers that are given so far.
    async fn open<'a>(
        &'a self,
        bus: &'a BusConnection,
        product: &str,
    ) -> Result<(InstallationClient<'a>, Wizard), CommandFailure> {
        let (client, wizard) = match &self.instance {
            None => (
                InstallationClient::new(&bus.client, product, self.lang),
                Wizard::new(installation_client::fetch_template(&bus.client, product).await?),
            ),
            Some(name) => {
                let (template, present) = installation_client::fetch_installation(&bus.client, name).await?;
                let mode = WizardMode::SignIn;
                (
                    InstallationClient::for_installation(&bus.client, name, mode, self.lang, None),
                    Wizard::from_answers(template, mode, present),
                )
            }
        };
        let mut sections = unattended::read_valid_sections(wizard.template(), &self.wizard_args())?;
        if sections.len() > 1 {
            return Err(CommandFailure::usage_error(
                "the answers file has several installations",
                "use a file with a single section",
            ));
        }
        let given = sections.pop().unwrap_or_default();
        Ok((client, unattended::overlay_answers(wizard, given.answers)))
    }
}

pub(crate) async fn register(args: &RegisterArgs, connect: &ConnectArgs, json: bool) -> Result<(), CommandFailure> {
    choose_language(args.with.lang);
    match args.with.instance {
        None => {
            make_data_folder(connect)?;
            with_new_bus(connect, async |bus| begin(args, connect, bus, json).await).await
        }
        Some(_) => with_bus(connect, async |bus| begin(args, connect, bus, json).await).await,
    }
}

async fn begin(
    args: &RegisterArgs,
    connect: &ConnectArgs,
    bus: &BusConnection,
    json: bool,
) -> Result<(), CommandFailure> {
    let (client, wizard) = args.with.open(bus, &args.product).await?;
    RegistrationFiles::prepare_folder(&args.out, args.with.instance.is_some())?;
    let registration = client.begin_registration(&wizard).await?;
    let files = RegistrationFiles::write(&args.out, &registration)?;
    output::print_answer(&registration, json, || {
        print_registration(args, connect, &registration, &files)
    })
}

fn print_registration(
    args: &RegisterArgs,
    connect: &ConnectArgs,
    registration: &RegistrationView,
    files: &RegistrationFiles,
) -> Result<(), CommandFailure> {
    for line in describe_registration(registration, files, args.with.lang) {
        output::print_line(line)?;
    }
    let id = &registration.id;
    let options = repeat_options(connect);
    let (ids, change) = match &args.with.instance {
        None => (
            " --tenant TENANT --client CLIENT".to_owned(),
            format!(
                "intune-connector install --set sign_in=registration --set registration={id} --set tenant_id=TENANT \
                 --set client_id=CLIENT{options}"
            ),
        ),
        Some(name) => (
            format!(" --instance {name}"),
            format!(
                "intune-connector instances reauthenticate {name} --set sign_in=registration --set \
                 registration={id}{options}"
            ),
        ),
    };
    output::print_line(sentences::registration_id(id, args.with.lang))?;
    output::print_verbatim(format!(
        "  intune-connector products check-registration {id}{ids}{options}\n  {change}"
    ))
}

pub(crate) async fn check_registration(
    args: &CheckRegistrationArgs,
    connect: &ConnectArgs,
    json: bool,
) -> Result<(), CommandFailure> {
    choose_language(args.with.lang);
    with_bus(connect, async |bus| {
        let (client, wizard) = args.with.open(bus, &args.product).await?;
        let body = RegistrationCheckBody {
            tenant_id: args.tenant.clone(),
            client_id: args.client.clone(),
            answers: client.given_answers(&wizard),
        };
        let mut steps = Vec::new();
        let ok = client
            .check_registration(&args.id, &body, |step| {
                steps.push(step.clone());
                if !json {
                    messages::print_step(step);
                }
                Ok(())
            })
            .await?;
        let is_waiting = steps.iter().any(|step| step.state == CheckStepState::Waiting);
        if json {
            output::print_json(&ChecksView { ok, steps })?;
        }
        if ok {
            Ok(())
        } else {
            Err(incomplete_failure(is_waiting))
        }
    })
    .await
}

fn incomplete_failure(is_waiting: bool) -> CommandFailure {
    let (what, advice) = if is_waiting {
        (
            "the registration is not complete",
            "do what the waiting steps say, and run the command again; consent takes a minute to take effect",
        )
    } else {
        ("the registration cannot be used", "see the errors above")
    };
    CommandFailure::new(ExitReason::Failed, what, advice)
}
