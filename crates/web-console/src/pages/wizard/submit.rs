//! The form of the wizard as it is sent: the last step, which installs or changes; and what its other buttons do where no
//! script does it.

use axum::extract::Path;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{ChangeBody, InstallBody, InstallationView, LanguageConfirmQuery};

use super::answers::TypedAnswers;
use super::checks::start_check;
use super::form_request::{list_passed, list_skipped};
use super::open::{OpenWizard, WizardMode, api_language, language_query};
use super::page::render_wizard;
use super::refusal::{find_missing_check, list_field_problems};
use super::registration::{begin_in_form, check_in_form};
use super::show::gather;
use super::verdict::{judge_answers, list_open_pages};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::products::ShownEffect;
use crate::render::go_to;

pub(super) async fn send_install(ctx: PageContext, Path(product): Path<String>, form: FormFields) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    answer_form(&ctx, &wizard, &form).await
}

pub(super) async fn send_change(ctx: PageContext, Path(instance): Path<String>, form: FormFields) -> PageResult {
    let wizard = OpenWizard::of_installation(&ctx, &instance, WizardMode::Change).await?;
    answer_form(&ctx, &wizard, &form).await
}

pub(super) async fn send_renewal(ctx: PageContext, Path(instance): Path<String>, form: FormFields) -> PageResult {
    let wizard = OpenWizard::of_installation(&ctx, &instance, WizardMode::SignIn).await?;
    answer_form(&ctx, &wizard, &form).await
}

/// By the button that was pressed.
async fn answer_form(ctx: &PageContext, wizard: &OpenWizard, form: &FormFields) -> PageResult {
    let typed = TypedAnswers::from_form(wizard, form);
    let pressed = form.text("do");
    match pressed.split_once(':').unwrap_or((pressed, "")) {
        ("submit", _) => submit_answers(ctx, wizard, typed, form).await,
        ("check", action) => show_checked(ctx, wizard, typed, form, action).await,
        ("register", _) => begin_in_form(ctx, wizard, typed, form).await,
        ("check-registration", _) => check_in_form(ctx, wizard, typed, form).await,
        _ => {
            let shown = gather(ctx, wizard, typed, form).await?;
            render_wizard(ctx, wizard, &shown, StatusCode::OK)
        }
    }
}

/// The page with the steps of a check in it.
async fn show_checked(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: TypedAnswers,
    form: &FormFields,
    action: &str,
) -> PageResult {
    let result = start_check(ctx, wizard, &typed, action).await.gather(action).await;
    let mut passed = list_passed(form);
    passed.retain(|known| known != action);
    if result.passed {
        passed.push(action.to_owned());
    }
    let verdict = judge_answers(ctx, wizard, &typed, &passed).await?;
    let mut shown = gather(ctx, wizard, typed, form).await?;
    shown.passed = verdict.passed.clone();
    shown.verdict = verdict;
    shown.verdict.add_problems(wizard, &result.problems);
    if let Some(page) = wizard.template.page_of_action(action) {
        shown.current.clone_from(&page.name);
    }
    shown.check = Some(result);
    render_wizard(ctx, wizard, &shown, StatusCode::OK)
}

async fn submit_answers(ctx: &PageContext, wizard: &OpenWizard, typed: TypedAnswers, form: &FormFields) -> PageResult {
    let effect = ShownEffect::from_form(form);
    let confirm = match &effect {
        Some(effect) => match effect.confirm(form) {
            Ok(confirm) => Some(confirm),
            Err(failure) => return show_refused(ctx, wizard, typed, form, (effect.clone(), failure)).await,
        },
        None => None,
    };
    let verdict = judge_answers(ctx, wizard, &typed, &list_passed(form)).await?;
    let answers = typed.to_given(wizard, &list_open_pages(&typed.evaluate(wizard), &verdict));
    let anyway = list_skipped(form);
    let sent: Result<InstallationView, ClientError> = if wizard.is_new() {
        let body = InstallBody { answers, anyway };
        ctx.client().install(&wizard.product, &language_query(ctx), &body).await
    } else {
        let body = ChangeBody {
            answers,
            sign_in: wizard.mode == WizardMode::SignIn,
            anyway,
        };
        let query = LanguageConfirmQuery {
            lang: api_language(ctx),
            confirm,
        };
        ctx.client().change_installation(&wizard.instance, &query, &body).await
    };
    let done = match wizard.mode {
        WizardMode::Install => "",
        WizardMode::Change => "installation-changed",
        WizardMode::SignIn => "sign-in-renewed",
    };
    match sent {
        Ok(view) => go_to(ctx, &format!("/installations/{}", view.name), done),
        Err(error) => show_refusal(ctx, wizard, typed, form, error).await,
    }
}

/// What was not confirmed: it is shown again, and asked again.
async fn show_refused(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: TypedAnswers,
    form: &FormFields,
    (effect, failure): (ShownEffect, PageFailure),
) -> PageResult {
    let mut shown = gather(ctx, wizard, typed, form).await?;
    let status = failure.status;
    shown.effect = Some(effect);
    shown.problem = Some(failure);
    render_wizard(ctx, wizard, &shown, status)
}

/// The page again, open where the refusal leads: at the field, at the check, or where devices have to be confirmed.
async fn show_refusal(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: TypedAnswers,
    form: &FormFields,
    error: ClientError,
) -> PageResult {
    let mut shown = gather(ctx, wizard, typed, form).await?;
    let found = list_field_problems(&wizard.template, &error);
    shown.verdict.add_problems(wizard, &found);
    shown.effect = ShownEffect::from_error(&error);
    let check = find_missing_check(&error);
    let check_page = check
        .as_deref()
        .and_then(|action| wizard.template.page_of_action(action));
    let found_page = found
        .first()
        .and_then(|found| wizard.template.page_of_field(&found.field));
    if let Some(page) = check_page.or(found_page) {
        shown.current.clone_from(&page.name);
    }
    let failure = PageFailure::from(error);
    let status = form_status(&failure);
    shown.problem = Some(failure).filter(|_| shown.effect.is_none());
    render_wizard(ctx, wizard, &shown, status)
}

/// A form never answers 401: a browser would ask for a password of its own.
pub(super) fn form_status(failure: &PageFailure) -> StatusCode {
    if failure.is_sign_in() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        failure.status
    }
}
