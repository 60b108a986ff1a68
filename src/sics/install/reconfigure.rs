//! Installations that exist, changed by the same wizard: all of it, or the sign-in alone. Never to another tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::form::with_passed_checks;
use super::installations::{complete_wizard, installation_number};
use super::view::{invalid_answers_problem, read_installation};
use super::{find_installable_product, resolve_registration};
use crate::bus::answers::WizardAnswers;
use crate::bus::install::InstallableProduct;
use crate::bus::wizard::{Wizard, WizardMode, answers_from_settings};
use crate::contract::{AnswersView, ChangeBody, Diagnosis, GivenAnswers, InstallationView, LanguageConfirmQuery};
use crate::model::{EffectConfirmation, InstallationState, InstanceName, Language};
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;

/// An installation as a wizard finds it.
pub(crate) struct InstalledProduct {
    pub number: i64,
    product: Arc<InstallableProduct>,
    current_answers: WizardAnswers,
}

pub(crate) async fn load_installed_product(sics: &Sics, name: &InstanceName) -> Result<InstalledProduct, ApiProblem> {
    let number = installation_number(sics, name).await?;
    let row = sics.store().load_installation(number).await?;
    if row.state != InstallationState::Installed {
        let detail = format!("{name} is {:?}", row.state).to_lowercase();
        return Err(ApiProblem::conflict(
            "notInstalled",
            detail,
            "Check the list of installations.",
        ));
    }
    let install_context = sics.install_context();
    // The version that is installed, where the catalogue still has it.
    let own = install_context
        .product_source
        .product_version(&row.product, &row.version)?;
    let offer = match own {
        Some(own) => own,
        None => find_installable_product(sics, &row.product)?,
    };
    let mut settings: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for member in sics.store().list_members(Some(number)).await? {
        settings.insert(member.part, member.settings);
    }
    if let Some(first) = offer.members.first()
        && let Ok(own) = install_context.installer.host().current_settings(number).await
    {
        settings.entry(first.name.clone()).or_default().extend(own);
    }
    let present = answers_from_settings(&offer.template, &row.profile, &settings);
    Ok(InstalledProduct {
        number,
        product: offer,
        current_answers: present,
    })
}

/// What an installation that exists is answered anew for.
pub(crate) fn change_mode(sign_in: bool) -> WizardMode {
    if sign_in {
        WizardMode::SignIn
    } else {
        WizardMode::Change
    }
}

impl InstalledProduct {
    pub(crate) fn product_id(&self) -> String {
        self.product.id()
    }

    /// The answers that stand with those given over them; `null` takes one away.
    pub(crate) fn build_wizard(
        &self,
        given: &GivenAnswers,
        mode: WizardMode,
        language: Language,
    ) -> Result<Wizard, ApiProblem> {
        let (new, findings) = WizardAnswers::from_json(&self.product.template, &given.0);
        if !findings.is_empty() {
            return Err(invalid_answers_problem(&findings, language));
        }
        let wizard = Wizard::from_answers(self.product.template.clone(), mode, self.current_answers.clone());
        // With the questions that what stands has opened.
        let mut answers = wizard.answers().clone();
        for (name, value) in &given.0 {
            match new.get(name) {
                Some(answer) => answers.set_answer(name, answer.clone()),
                None if value.is_null() || value == "" => drop(answers.remove_answer(name)),
                None => (),
            }
        }
        Ok(wizard.with_answers(answers))
    }
}

/// What was answered, without secrets: for changing it, or for another one like it.
pub(crate) async fn show_answers(
    State(sics): State<Sics>,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<AnswersView>, ApiProblem> {
    let installed_product = load_installed_product(&sics, &name).await?;
    let texts = installed_product
        .current_answers
        .field_names()
        .filter_map(|name| Some((name, installed_product.current_answers.text_of(name)?)));
    Ok(Json(AnswersView {
        product: installed_product.product.id(),
        answers: texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
    }))
}

pub(crate) async fn change_installation(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    QueryParams(asked): QueryParams<LanguageConfirmQuery>,
    JsonBody(body): JsonBody<ChangeBody>,
) -> Result<Json<InstallationView>, ApiProblem> {
    let installed_product = load_installed_product(&sics, &name).await?;
    let wizard = installed_product.build_wizard(&body.answers, change_mode(body.sign_in), asked.lang)?;
    let wizard = with_passed_checks(sics.install_context(), wizard, caller.operator.id, sics.now());
    let wizard = complete_wizard(wizard, &body.anyway, asked.lang)?;
    let mut wanted = wizard.desired_settings();
    wanted.product = installed_product.product.id();
    wanted.by = Some(caller.relaxation_requester()?.id());
    let number = installed_product.number;
    let wanted = resolve_registration(&sics, wanted, Some(number), asked.lang).await?;
    let host = sics.install_context().installer.host().clone();
    let checked = host.check_settings(&wanted, Some(number)).await;
    if !checked.findings.is_empty() {
        return Err(invalid_answers_problem(&checked.findings, asked.lang));
    }
    let wizard_state = wizard.current_state();
    let warnings = wizard_state.all_warnings().chain(&checked.warnings);
    let warnings: Vec<Diagnosis> = warnings.map(|warning| warning.in_language(asked.lang)).collect();
    let confirmed = asked.confirm.as_ref().map(EffectConfirmation::device_count);
    let given: Vec<&String> = body.answers.0.keys().collect();
    let detail = json!({
        "answered": given, "anyway": wizard.skipped_actions(), "confirmed": confirmed, "signIn": body.sign_in,
        "registration": wanted.registration,
    });
    let subject = name.to_string();
    let store = sics.store_for_caller(&caller);
    let act = move |sics: Sics| async move {
        let installer = &sics.install_context().installer;
        let product = &installed_product.product;
        installer
            .change_settings(product, number, &wanted, asked.confirm)
            .await?;
        if let Some(registration) = &wanted.registration {
            store.remove_registration(registration).await?;
        }
        Ok(PerformedAct {
            answer: (),
            subject: name.to_string(),
            detail,
        })
    };
    sics.perform_act(&caller, "installation.changed", subject, act).await?;
    Ok(Json(InstallationView {
        warnings,
        ..read_installation(&sics, number).await?
    }))
}
