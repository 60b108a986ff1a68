//! The check of the other side, step by step: reach, version, sign-in, each right by a read, fields and labels.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{CheckStep, CheckStepState, TargetCheckView};

use super::head::{TargetHead, TargetTab};
use super::words::{fault_failure, other_side_failure};
use crate::failure::{PageFailure, PageResult, hyphenate};
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::microservices::describe_duration;
use crate::render::{Markup, show_page_as};

#[derive(Template)]
#[template(path = "pages/targets/verify.html")]
struct CheckPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    /// `None`: nobody has asked for it.
    checked: Option<CheckPart>,
    problem: Option<&'a PageFailure>,
}

struct CheckPart {
    steps: Vec<Markup>,
    failed: usize,
    complete: bool,
}

/// A step, as all checks show theirs.
#[derive(Template)]
#[template(path = "parts/check_step.html")]
struct StepPart<'a> {
    ctx: &'a PageContext,
    light: &'static str,
    state: String,
    step: String,
    subject: String,
    detail: Markup,
    cause: String,
    cure: Markup,
    took: String,
}

fn draw_step(ctx: &PageContext, step: &CheckStep) -> Markup {
    let (light, key) = step_words(step.state);
    let own = describe_cause(ctx, step);
    Markup::render(&StepPart {
        ctx,
        light,
        state: ctx.t(key),
        step: ctx.word("wizard-step-", &step.step),
        // It concerns no single thing.
        subject: if step.subject == "*" {
            String::new()
        } else {
            ctx.plain(&step.subject)
        },
        detail: ctx.said(&step.detail),
        cause: own.as_ref().map(|failure| failure.title(ctx)).unwrap_or_default(),
        cure: match own {
            Some(failure) => failure.shown_cure(ctx),
            None => ctx.said(step.cure.as_deref().unwrap_or_default()),
        },
        took: describe_duration(ctx, step.took_ms),
    })
}

/// In the language of the page, where it has no words for the sentences of the step.
fn describe_cause(ctx: &PageContext, step: &CheckStep) -> Option<PageFailure> {
    let code = step.cause.as_deref()?;
    let cure = step.cure.as_deref().unwrap_or_default();
    let failure = fault_failure(ctx, code, &step.detail, cure);
    let is_known = ctx.has_text(&format!("problem-{}", hyphenate(&failure.code)));
    (is_known && ctx.language() != failure.language).then_some(failure)
}

/// Class of the dot, key of the word.
fn step_words(state: CheckStepState) -> (&'static str, &'static str) {
    match state {
        CheckStepState::Ok => ("good", "microservices-check-ok"),
        CheckStepState::Failed => ("bad", "microservices-check-failed"),
        CheckStepState::Note => ("warning", "microservices-check-note"),
        CheckStepState::Skipped | CheckStepState::Running | CheckStepState::Waiting => {
            ("wait", "microservices-check-skipped")
        }
    }
}

impl CheckPart {
    fn new(ctx: &PageContext, view: &TargetCheckView) -> CheckPart {
        let failed = view.steps.iter().filter(|step| step.state == CheckStepState::Failed);
        CheckPart {
            steps: view.steps.iter().map(|step| draw_step(ctx, step)).collect(),
            failed: failed.count(),
            complete: view.complete,
        }
    }
}

pub(super) async fn show_check(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, None, None).await
}

async fn render(
    ctx: &PageContext,
    name: &str,
    checked: Option<&TargetCheckView>,
    problem: Option<&PageFailure>,
) -> PageResult {
    let target = ctx.client().show_target(name).await?;
    let page = CheckPage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Check),
        checked: checked.map(|view| CheckPart::new(ctx, view)),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn run_check(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    match ctx.client().verify_target(&name).await.map_err(other_side_failure) {
        Ok(view) => render(&ctx, &name, Some(&view), None).await,
        Err(failure) => render(&ctx, &name, None, Some(&failure)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failed_step_is_red() {
        assert_eq!(step_words(CheckStepState::Failed).0, "bad");
        for other in [CheckStepState::Ok, CheckStepState::Note, CheckStepState::Skipped] {
            assert_ne!(step_words(other).0, "bad");
        }
    }
}
