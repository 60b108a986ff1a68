//! What a wizard is for, as calls to the bus: a new installation, or a change of one that exists.

use std::sync::Arc;

use serde_json::Value;
use sics_client::{EventStream, SicsClient, operation};

use crate::app::built_in_product;
use crate::bus::answers::WizardAnswers;
use crate::bus::template::WizardTemplate;
use crate::bus::wizard::{Wizard, WizardMode};
use crate::cli::failure::CommandFailure;
use crate::contract::{
    ActBody, AnswersBody, AnswersView, ChangeBody, CheckStep, CheckStepState, Diagnosis, GivenAnswers, InstallBody,
    InstallationView, LanguageConfirmQuery, LanguageQuery, RegistrationBody, RegistrationCheckBody, RegistrationView,
    RunsBody,
};
use crate::model::{EffectConfirmation, InstanceName, Language};

pub(crate) struct InstallationClient<'a> {
    client: &'a SicsClient,
    language: Language,
    kind: InstallationKind,
}

enum InstallationKind {
    New {
        product: String,
    },
    Installed {
        name: InstanceName,
        mode: WizardMode,
        confirm: Option<u64>,
    },
}

/// The product's template, in both languages.
pub(crate) async fn fetch_template(client: &SicsClient, product: &str) -> Result<Arc<WizardTemplate>, CommandFailure> {
    let path = [product.to_owned()];
    let query = LanguageQuery::default();
    let answer = client
        .download(&operation::show_template(), &path, "application/xml", &query)
        .await?;
    let read_failure = |error: reqwest::Error| {
        CommandFailure::general_error(format!("failed to receive the template: {error}"), "try again")
    };
    let bytes = answer.bytes().await.map_err(read_failure)?;
    parse_template(&bytes)
}

fn parse_template(bytes: &[u8]) -> Result<Arc<WizardTemplate>, CommandFailure> {
    WizardTemplate::read(bytes).map(Arc::new).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        let advice = "use the same version of command and bus";
        CommandFailure::general_error(format!("cannot read the template: {first}"), advice)
    })
}

/// Of a product inside the program, where no bus is asked.
pub(crate) fn built_in_template(id: &str) -> Result<Arc<WizardTemplate>, CommandFailure> {
    let catalogue_failure = |error: crate::bus::CatalogueError| CommandFailure::general_error(error.to_string(), "");
    let packages = built_in_product::built_in_packages().map_err(catalogue_failure)?;
    let package = packages.iter().find(|package| package.manifest.id.as_str() == id);
    let file = package.and_then(|package| package.file_content(package.manifest.template.name.as_str()));
    match file {
        Some(bytes) => parse_template(bytes),
        None => Err(CommandFailure::usage_error(
            format!("product {id} is not built into this program"),
            "use --data DIR of a bus whose catalogue has it",
        )),
    }
}

pub(crate) async fn fetch_product(client: &SicsClient, name: &InstanceName) -> Result<String, CommandFailure> {
    Ok(client.show_answers(name).await?.product)
}

/// What an installation stands on.
pub(crate) async fn fetch_installation(
    client: &SicsClient,
    name: &InstanceName,
) -> Result<(Arc<WizardTemplate>, WizardAnswers), CommandFailure> {
    let AnswersView { product, answers } = client.show_answers(name).await?;
    let template = fetch_template(client, &product).await?;
    let answers = answers.into_iter().map(|(field, text)| (field, Value::String(text)));
    // What today's template does not know is asked anew.
    let (answers, _) = WizardAnswers::from_json(&template, &answers.collect());
    Ok((template, answers))
}

impl<'a> InstallationClient<'a> {
    pub(crate) fn new(client: &'a SicsClient, product: &str, language: Language) -> InstallationClient<'a> {
        let kind = InstallationKind::New {
            product: product.to_owned(),
        };
        InstallationClient { client, language, kind }
    }

    pub(crate) fn for_installation(
        client: &'a SicsClient,
        name: &InstanceName,
        mode: WizardMode,
        language: Language,
        confirm: Option<u64>,
    ) -> InstallationClient<'a> {
        let name = name.clone();
        let kind = InstallationKind::Installed { name, mode, confirm };
        InstallationClient { client, language, kind }
    }

    pub(crate) fn is_new(&self) -> bool {
        matches!(self.kind, InstallationKind::New { .. })
    }

    fn language_query(&self) -> LanguageQuery {
        LanguageQuery { lang: self.language }
    }

    /// The answers as a request takes them. What an installation had and lacks now is taken away by `null`.
    pub(crate) fn given_answers(&self, wizard: &Wizard) -> GivenAnswers {
        let mut answers = wizard.answers().to_json();
        if !self.is_new() {
            for field in wizard.template().fields().filter(|field| !field.kind.is_secret()) {
                answers.entry(field.name.clone()).or_insert(Value::Null);
            }
        }
        GivenAnswers(answers)
    }

    /// What the bus finds wrong; nothing for an installation that exists, which is judged when it is changed.
    pub(crate) async fn validate_answers(&self, wizard: &Wizard) -> Result<Vec<Diagnosis>, CommandFailure> {
        let InstallationKind::New { product } = &self.kind else {
            return Ok(Vec::new());
        };
        let body = AnswersBody {
            answers: self.given_answers(wizard),
            installation: None,
        };
        let judged = self
            .client
            .validate_answers(product, &self.language_query(), &body)
            .await?;
        Ok(judged.pages.into_iter().flat_map(|page| page.findings).collect())
    }

    /// Runs an action; answers whether it passed: a step went well and none failed.
    pub(crate) async fn run_action(
        &self,
        wizard: &Wizard,
        action: &str,
        on_step: impl FnMut(&CheckStep) -> Result<(), CommandFailure>,
    ) -> Result<bool, CommandFailure> {
        let mut body = ActBody {
            answers: self.given_answers(wizard),
            sign_in: false,
        };
        let (operation, place) = match &self.kind {
            InstallationKind::New { product } => (operation::run_wizard_action(), product.clone()),
            InstallationKind::Installed { name, mode, .. } => {
                body.sign_in = *mode == WizardMode::SignIn;
                (operation::run_installed_action(), name.to_string())
            }
        };
        let path = [place, action.to_owned()];
        let query = self.language_query();
        let steps = self
            .client
            .stream_events(&operation, &path, &query, Some(&body))
            .await?;
        follow_steps(steps, on_step).await
    }

    /// A certificate whose key the bus keeps, and what is to be done with it in Entra.
    pub(crate) async fn begin_registration(&self, wizard: &Wizard) -> Result<RegistrationView, CommandFailure> {
        let body = RegistrationBody {
            answers: self.given_answers(wizard),
            language: self.language,
        };
        Ok(match &self.kind {
            InstallationKind::New { product } => self.client.begin_registration(product, &body).await?,
            InstallationKind::Installed { name, .. } => self.client.begin_renewal(name, &body).await?,
        })
    }

    /// One that was begun before.
    pub(crate) async fn fetch_registration(&self, id: &str) -> Result<RegistrationView, CommandFailure> {
        Ok(match &self.kind {
            InstallationKind::New { product } => self.client.show_registration(product, id).await?,
            InstallationKind::Installed { name, .. } => self.client.show_renewal(name, id).await?,
        })
    }

    /// Whether everything is done in Entra that there is to do; each step as it is taken.
    pub(crate) async fn check_registration(
        &self,
        id: &str,
        body: &RegistrationCheckBody,
        on_step: impl FnMut(&CheckStep) -> Result<(), CommandFailure>,
    ) -> Result<bool, CommandFailure> {
        let (operation, place) = match &self.kind {
            InstallationKind::New { product } => (operation::check_registration(), product.clone()),
            InstallationKind::Installed { name, .. } => (operation::check_renewal(), name.to_string()),
        };
        let path = [place, id.to_owned()];
        let steps = self.client.stream_events(&operation, &path, &(), Some(body)).await?;
        follow_steps(steps, on_step).await
    }

    /// Installs or changes; answers the installation as it stands then. `on_progress`: each time it has moved.
    pub(crate) async fn submit_answers(
        &self,
        wizard: &Wizard,
        skipped_actions: &[String],
        on_progress: impl FnMut(&InstallationView) -> Result<(), CommandFailure>,
    ) -> Result<InstallationView, CommandFailure> {
        let (answers, anyway) = (self.given_answers(wizard), skipped_actions.to_vec());
        match &self.kind {
            InstallationKind::New { product } => {
                let body = InstallBody { answers, anyway };
                let planned = self.client.install(product, &self.language_query(), &body).await?;
                self.follow_installation(planned, on_progress).await
            }
            InstallationKind::Installed { name, mode, confirm } => {
                let body = ChangeBody {
                    answers,
                    sign_in: *mode == WizardMode::SignIn,
                    anyway,
                };
                let query = LanguageConfirmQuery {
                    lang: self.language,
                    confirm: confirm.map(EffectConfirmation::from_count),
                };
                Ok(self.client.change_installation(name, &query, &body).await?)
            }
        }
    }

    /// To its end, or as far as the bus tells.
    async fn follow_installation(
        &self,
        planned: InstallationView,
        mut on_progress: impl FnMut(&InstallationView) -> Result<(), CommandFailure>,
    ) -> Result<InstallationView, CommandFailure> {
        let path = [planned.name.clone()];
        let no_body: Option<&()> = None;
        let mut events = self
            .client
            .stream_events(&operation::show_installation(), &path, &(), no_body)
            .await?;
        let mut last = planned;
        while let Some(view) = events.next().await? {
            on_progress(&view)?;
            last = view;
        }
        Ok(last)
    }

    /// The next runs of a trigger, in local time.
    pub(crate) async fn fetch_next_runs(&self, trigger: &str, zone: &str) -> Result<Vec<String>, CommandFailure> {
        // Which product it is about changes nothing in the answer.
        let product = match &self.kind {
            InstallationKind::New { product } => product,
            InstallationKind::Installed { .. } => "any",
        };
        let body = RunsBody {
            trigger: trigger.to_owned(),
            zone: Some(zone.to_owned()),
        };
        Ok(self.client.next_runs(product, &body).await?.runs)
    }

    /// Ids of the management servers that are known.
    pub(crate) async fn fetch_server_ids(&self) -> Vec<String> {
        // Whoever may install need not see servers: it is a help, no more.
        let all = self.client.list_servers().await;
        all.map_or_else(
            |_| Vec::new(),
            |all| all.servers.into_iter().map(|server| server.id).collect(),
        )
    }
}

async fn follow_steps(
    mut steps: EventStream<CheckStep>,
    mut on_step: impl FnMut(&CheckStep) -> Result<(), CommandFailure>,
) -> Result<bool, CommandFailure> {
    let (mut succeeded, mut failed) = (0, 0);
    while let Some(step) = steps.next().await? {
        succeeded += usize::from(step.state == CheckStepState::Ok);
        failed += usize::from(matches!(step.state, CheckStepState::Failed | CheckStepState::Waiting));
        on_step(&step)?;
    }
    Ok(succeeded > 0 && failed == 0)
}
