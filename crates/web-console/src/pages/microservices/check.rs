//! The connection check: its steps appear one by one as they are taken. The page itself is sent piece by piece, so this
//! needs no script.

use std::convert::Infallible;

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use connector_core::model::InstanceName;
use futures_util::stream::{self, Stream, StreamExt};
use http::{HeaderValue, StatusCode, header};
use sics_client::contract::{VerifyBody, VerifyStep, VerifyStepState};
use sics_client::{EventStream, operation};

use super::detail::KnownMember;
use super::scans::describe_duration;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::dashboard::find_cause;
use crate::render::{Markup, show_page};
use crate::said::SaidSentence;

/// Stands in the page where the steps go; no text of the page has it in it.
const STEPS_PLACE: &str = "<!--steps-->";

#[derive(Template)]
#[template(path = "pages/microservice_verify.html")]
struct CheckPage<'a> {
    ctx: &'a PageContext,
    name: String,
    tab: &'static str,
    is_instance: bool,
    brake: u64,
    profile: String,
    is_running: bool,
    can_run: bool,
}

pub(super) async fn show_check(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    show_page(&make_page(&ctx, &name, false).await?)
}

async fn make_page<'a>(ctx: &'a PageContext, name: &str, is_running: bool) -> Result<CheckPage<'a>, PageFailure> {
    let known = KnownMember::read(ctx, name).await?;
    let brake = known.braked();
    let instance = known.instance.ok_or_else(PageFailure::not_found)?;
    Ok(CheckPage {
        ctx,
        name: name.to_owned(),
        tab: "verify",
        is_instance: true,
        brake,
        profile: ctx.plain(instance.status.profile.as_deref().unwrap_or_default()),
        is_running,
        can_run: ctx.may("Verify_Run"),
    })
}

pub(super) async fn run_check(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let Ok(instance) = name.parse::<InstanceName>() else {
        return Err(PageFailure::not_found());
    };
    let page = make_page(&ctx, &name, true).await?.render();
    let page = page.map_err(|_| PageFailure::plain(StatusCode::INTERNAL_SERVER_ERROR, "failure-page"))?;
    let (head, tail) = page.split_once(STEPS_PLACE).unwrap_or((&page, ""));
    let body = VerifyBody {
        instance: Some(instance),
        draft: None,
    };
    let steps = ctx
        .client()
        .stream_events::<VerifyStep>(&operation::verify(), &[], &(), Some(&body))
        .await?;
    let begun = stream::iter([head.to_owned()]);
    let ended = stream::iter([tail.to_owned()]);
    let pieces = begun.chain(draw_steps(ctx.clone(), steps)).chain(ended);
    let pieces = pieces.map(|text| Ok::<Bytes, Infallible>(Bytes::from(text)));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    let response: Response = (headers, Body::from_stream(pieces)).into_response();
    Ok(response)
}

/// How far the check is.
struct CheckProgress {
    ctx: PageContext,
    /// `None`: the last piece was written.
    steps: Option<EventStream<VerifyStep>>,
    failed: u64,
}

/// A piece of the page for each step, and one that sums up.
fn draw_steps(ctx: PageContext, steps: EventStream<VerifyStep>) -> impl Stream<Item = String> + Send {
    let begun = CheckProgress {
        ctx,
        steps: Some(steps),
        failed: 0,
    };
    stream::unfold(begun, async |mut progress| {
        let mut steps = progress.steps.take()?;
        match steps.next().await {
            Ok(Some(step)) => {
                progress.failed += u64::from(step.state == VerifyStepState::Failed);
                let piece = draw_step(&progress.ctx, &step);
                progress.steps = Some(steps);
                Some((piece, progress))
            }
            Ok(None) => Some((draw_end(&progress.ctx, progress.failed, None), progress)),
            Err(error) => {
                let failure = PageFailure::from(error);
                Some((draw_end(&progress.ctx, progress.failed, Some(&failure)), progress))
            }
        }
    })
}

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

fn draw_step(ctx: &PageContext, step: &VerifyStep) -> String {
    let (light, key) = step_words(step.state);
    let code = step.cause.as_deref().unwrap_or_default();
    let detail = SaidSentence::from_english(ctx, &step.detail);
    let own = find_cause(ctx, code).filter(|_| detail.is_foreign);
    let (own_cause, own_cure) = own.map_or_else(Default::default, |cause| (cause.what, cause.cure));
    let part = StepPart {
        ctx,
        light,
        state: ctx.t(key),
        step: ctx.word("microservices-step-", &step.step),
        subject: ctx.plain(&step.subject),
        detail: detail.to_markup(),
        cause: own_cause,
        cure: if own_cure.is_empty() {
            ctx.said(step.cure.as_deref().unwrap_or_default())
        } else {
            SaidSentence::in_language(ctx, own_cure, ctx.language()).to_markup()
        },
        took: describe_duration(ctx, step.took_ms),
    };
    part.render().unwrap_or_default()
}

/// Class of the dot, key of the word.
fn step_words(state: VerifyStepState) -> (&'static str, &'static str) {
    match state {
        VerifyStepState::Ok => ("good", "microservices-check-ok"),
        VerifyStepState::Failed => ("bad", "microservices-check-failed"),
        VerifyStepState::Skipped => ("wait", "microservices-check-skipped"),
        VerifyStepState::Note => ("warning", "microservices-check-note"),
    }
}

#[derive(Template)]
#[template(path = "parts/check_end.html")]
struct EndPart<'a> {
    ctx: &'a PageContext,
    failed: u64,
    problem: Option<&'a PageFailure>,
}

fn draw_end(ctx: &PageContext, failed: u64, problem: Option<&PageFailure>) -> String {
    EndPart { ctx, failed, problem }.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failed_step_is_red() {
        assert_eq!(step_words(VerifyStepState::Failed).0, "bad");
        assert_eq!(step_words(VerifyStepState::Skipped).0, "wait");
        assert_eq!(step_words(VerifyStepState::Note).0, "warning");
    }

    #[test]
    fn the_page_has_one_place_for_the_steps() {
        let page = include_str!("../../../templates/pages/microservice_verify.html");
        assert_eq!(page.matches(STEPS_PLACE).count(), 1);
    }
}
