//! What is asked, wrong and missing, while somebody types: for the script of the page.

use axum::extract::Path;
use axum::response::IntoResponse;
use http::header;
use serde::Serialize;

use super::answers::TypedAnswers;
use super::form_request::{list_passed, list_skipped, open_for_form};
use super::next_runs::{NextRuns, list_next_runs};
use super::open::OpenWizard;
use super::page::action_label;
use super::summary::render_summary;
use super::verdict::{Verdict, judge_answers};
use crate::failure::PageResult;
use crate::form::FormFields;
use crate::page::PageContext;

/// What the script puts into the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValidationAnswer {
    #[serde(flatten)]
    verdict: Verdict,
    /// By page: why it is locked.
    locks: Vec<(String, String)>,
    /// The summary as HTML.
    summary: String,
    /// By field: when its schedule runs next.
    runs: Vec<(String, String)>,
}

pub(super) async fn validate_product(ctx: PageContext, Path(product): Path<String>, form: FormFields) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    answer_validation(&ctx, &wizard, &form).await
}

pub(super) async fn validate_installed(ctx: PageContext, Path(instance): Path<String>, form: FormFields) -> PageResult {
    let wizard = open_for_form(&ctx, &instance, &form).await?;
    answer_validation(&ctx, &wizard, &form).await
}

async fn answer_validation(ctx: &PageContext, wizard: &OpenWizard, form: &FormFields) -> PageResult {
    let typed = TypedAnswers::from_form(wizard, form);
    let verdict = judge_answers(ctx, wizard, &typed, &list_passed(form)).await?;
    let runs = list_next_runs(ctx, wizard, &typed.texts, &verdict).await;
    let locks = verdict.pages.iter().filter_map(|page| {
        let action = page.locked_by.as_deref()?;
        Some((
            page.name.clone(),
            ctx.t1("wizard-locked", "check", action_label(wizard, action)),
        ))
    });
    let answer = ValidationAnswer {
        locks: locks.collect(),
        summary: render_summary(ctx, wizard, &typed, &verdict, &list_skipped(form)).to_string(),
        runs: runs
            .iter()
            .map(|found| (found.place.clone(), describe_runs(ctx, found)))
            .collect(),
        verdict,
    };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// In one sentence.
pub(super) fn describe_runs(ctx: &PageContext, found: &NextRuns) -> String {
    let runs = found.runs.join(" · ");
    let named = [
        ("field", found.label.clone()),
        ("zone", found.zone.clone()),
        ("runs", runs),
    ];
    ctx.t_with("wizard-next-runs", named)
}
