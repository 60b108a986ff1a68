//! The wizard as it is opened, and as it is shown again with what was typed.

use axum::extract::Path;
use http::StatusCode;

use super::answers::TypedAnswers;
use super::form_request::{list_passed, list_skipped};
use super::next_runs::list_next_runs;
use super::open::{OpenWizard, WizardMode};
use super::page::{WizardShown, render_wizard};
use super::registration::show_running;
use super::verdict::judge_answers;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;

pub(super) async fn show_install(ctx: PageContext, Path(product): Path<String>) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    show_opened(&ctx, &wizard).await
}

pub(super) async fn show_change(ctx: PageContext, Path(instance): Path<String>) -> PageResult {
    let wizard = OpenWizard::of_installation(&ctx, &instance, WizardMode::Change).await?;
    show_opened(&ctx, &wizard).await
}

pub(super) async fn show_renewal(ctx: PageContext, Path(instance): Path<String>) -> PageResult {
    let wizard = OpenWizard::of_installation(&ctx, &instance, WizardMode::SignIn).await?;
    show_opened(&ctx, &wizard).await
}

async fn show_opened(ctx: &PageContext, wizard: &OpenWizard) -> PageResult {
    let typed = TypedAnswers::of_standing(wizard);
    let mut shown = gather(ctx, wizard, typed, &FormFields::default()).await?;
    let list = ctx.list();
    let by_field = wizard.template.page_of_field(list.value("field"));
    shown.current = by_field.map_or_else(|| list.value("page").to_owned(), |page| page.name.clone());
    shown.is_judged = wizard.mode == WizardMode::Change;
    render_wizard(ctx, wizard, &shown, StatusCode::OK)
}

/// Everything that the page shows of these answers.
pub(super) async fn gather(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: TypedAnswers,
    form: &FormFields,
) -> Result<WizardShown, PageFailure> {
    let passed = list_passed(form);
    let (verdict, servers) = tokio::join!(judge_answers(ctx, wizard, &typed, &passed), list_servers(ctx, wizard));
    let verdict = verdict?;
    let (runs, registration) = tokio::join!(
        list_next_runs(ctx, wizard, &typed.texts, &verdict),
        show_running(ctx, wizard, &typed)
    );
    Ok(WizardShown {
        passed: verdict.passed.clone(),
        verdict,
        typed,
        anyway: list_skipped(form),
        current: form.text("page").to_owned(),
        is_judged: true,
        servers,
        runs,
        registration,
        ..WizardShown::default()
    })
}

/// A help for whoever may see servers, no more.
async fn list_servers(ctx: &PageContext, wizard: &OpenWizard) -> Vec<String> {
    let asks_for_servers = wizard.template.fields().any(|field| field.kind == "servers");
    if !asks_for_servers || !ctx.may("Servers_Read") {
        return Vec::new();
    }
    let servers = ctx.client().list_servers().await;
    servers.map_or_else(
        |_| Vec::new(),
        |view| view.servers.into_iter().map(|server| server.id).collect(),
    )
}
