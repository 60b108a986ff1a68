//! A wizard that is open: for a product that is to be installed, for an installation that is changed, or for its sign-in
//! alone. They differ in where they stand, in what stands already, and in which operations they end.

use connector_core::model::Language as ApiLanguage;
use sics_client::contract::{ActBody, CheckStep, GivenAnswers, LanguageQuery};
use sics_client::{ClientError, EventStream, operation};

use super::implied::open_gates;
use super::state::AnswerTexts;
use super::template::{TemplateField, TemplatePage, WizardTemplate};
use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::texts::Language;

/// What it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WizardMode {
    Install,
    /// Of an installation that exists: secrets that are not given stay.
    Change,
    /// The same; only what belongs to the sign-in is asked.
    SignIn,
}

/// With all that is needed to draw it.
#[derive(Debug, Clone)]
pub(super) struct OpenWizard {
    pub(super) mode: WizardMode,
    pub(super) product: String,
    /// The installation that is changed; empty for a new one.
    pub(super) instance: String,
    pub(super) template: WizardTemplate,
    /// What the installation stands on, without secrets.
    pub(super) standing: AnswerTexts,
}

/// The language of the page, for the API.
pub(super) fn api_language(ctx: &PageContext) -> ApiLanguage {
    match ctx.language() {
        Language::English => ApiLanguage::En,
        Language::German => ApiLanguage::De,
    }
}

pub(super) fn language_query(ctx: &PageContext) -> LanguageQuery {
    LanguageQuery {
        lang: api_language(ctx),
    }
}

async fn fetch_template(ctx: &PageContext, product: &str) -> Result<WizardTemplate, PageFailure> {
    let told = ctx.client().show_template(product, &language_query(ctx)).await?;
    serde_json::from_value(told).map_err(|error| {
        tracing::error!(product, error = %error, "the template of a product cannot be shown");
        PageFailure::plain(http::StatusCode::BAD_GATEWAY, "wizard-no-template")
    })
}

impl OpenWizard {
    pub(super) async fn of_product(ctx: &PageContext, product: &str) -> Result<OpenWizard, PageFailure> {
        Ok(OpenWizard {
            mode: WizardMode::Install,
            product: product.to_owned(),
            instance: String::new(),
            template: fetch_template(ctx, product).await?,
            standing: AnswerTexts::new(),
        })
    }

    /// `mode`: not [`WizardMode::Install`].
    pub(super) async fn of_installation(
        ctx: &PageContext,
        instance: &str,
        mode: WizardMode,
    ) -> Result<OpenWizard, PageFailure> {
        let view = ctx.client().show_answers(instance).await?;
        let template = fetch_template(ctx, &view.product).await?;
        Ok(OpenWizard {
            mode,
            product: view.product,
            instance: instance.to_owned(),
            standing: open_gates(&template, view.answers),
            template,
        })
    }

    pub(super) fn is_new(&self) -> bool {
        self.mode == WizardMode::Install
    }

    /// Where its checks and registrations stand.
    pub(super) fn root(&self) -> String {
        if self.is_new() {
            format!("/products/{}", self.product)
        } else {
            format!("/installations/{}", self.instance)
        }
    }

    /// Its own page.
    pub(super) fn path(&self) -> String {
        let end = match self.mode {
            WizardMode::Install => "install",
            WizardMode::Change => "change",
            WizardMode::SignIn => "renew",
        };
        format!("{}/{end}", self.root())
    }

    /// What tells its answers in the browser from those of another wizard.
    pub(super) fn key(&self) -> String {
        self.path().trim_start_matches('/').replace('/', ":")
    }

    /// Whether it may be answered here at all: the sign-in alone leaves the rest as it stands.
    pub(super) fn may_ask(&self, field: &TemplateField) -> bool {
        self.mode != WizardMode::SignIn || field.sign_in
    }

    /// Whether it is shown, but stays as it is.
    pub(super) fn is_fixed(&self, field: &TemplateField) -> bool {
        !self.is_new() && field.fixed
    }

    /// Pages on which there is nothing to do here are left out.
    pub(super) fn has_page(&self, page: &TemplatePage) -> bool {
        match self.mode {
            WizardMode::Install | WizardMode::Change => page.kind != "preview" || self.is_new(),
            WizardMode::SignIn => match page.kind.as_str() {
                "questions" => {
                    page.fields.iter().any(|field| field.sign_in) || page.actions.iter().any(|action| action.required)
                }
                kind => kind != "preview",
            },
        }
    }

    /// Begins a check over these answers; its steps come as they are taken.
    pub(super) async fn start_check(
        &self,
        ctx: &PageContext,
        action: &str,
        answers: GivenAnswers,
    ) -> Result<EventStream<CheckStep>, ClientError> {
        let body = ActBody {
            answers,
            sign_in: self.mode == WizardMode::SignIn,
        };
        let (operation, place) = if self.is_new() {
            (operation::run_wizard_action(), &self.product)
        } else {
            (operation::run_installed_action(), &self.instance)
        };
        let path = [place.clone(), action.to_owned()];
        let client = ctx.client();
        client
            .stream_events(&operation, &path, &language_query(ctx), Some(&body))
            .await
    }
}
