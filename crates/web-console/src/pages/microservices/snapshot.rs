//! Why snapshots of an instance are open, and confirming that the last list is whole.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ConfirmCompleteBody, OpenSnapshotReason};

use super::tick::{Confirmation, read_confirmation};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{Markup, go_to, show_page_as};
use crate::said::SaidSentence;

#[derive(Template)]
#[template(path = "pages/microservice_snapshot.html")]
struct SnapshotPage<'a> {
    ctx: &'a PageContext,
    name: String,
    title: String,
    proven: bool,
    reasons: Vec<Markup>,
    next_try: Option<TimeText>,
    count: u64,
    /// Empty: nothing can be confirmed.
    digest: String,
    problems: Vec<Markup>,
    can_confirm: bool,
    problem: Option<&'a PageFailure>,
}

pub(super) async fn show_snapshot(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, None).await
}

async fn render(ctx: &PageContext, name: &str, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_snapshot(name).await?;
    let reasons = view.fleet.open_because.iter();
    let page = SnapshotPage {
        ctx,
        name: name.to_owned(),
        title: ctx.plain(&view.title),
        proven: view.fleet.proven,
        reasons: reasons.map(|reason| describe_reason(ctx, reason)).collect(),
        next_try: view.fleet.next_try.as_ref().map(|at| ctx.time(at)),
        count: view.count,
        digest: view.digest.clone().unwrap_or_default(),
        problems: view.problems.iter().map(|problem| ctx.said(problem)).collect(),
        can_confirm: ctx.may("Scans_ConfirmGone"),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

/// The API's sentence has the numbers; where it stays English on another page, the reason stands before it.
pub(super) fn describe_reason(ctx: &PageContext, reason: &OpenSnapshotReason) -> Markup {
    let detail = SaidSentence::from_english(ctx, &reason.detail);
    if !detail.is_foreign {
        return detail.to_markup();
    }
    let word = ctx.word("microservices-unproven-", reason.code.name());
    SaidSentence::in_language(ctx, format!("{word} ({})", detail.text), ctx.language()).to_markup()
}

pub(super) async fn confirm_complete(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let confirmed = match read_confirmation(&form) {
        Ok(Confirmation { digest, count }) => {
            let body = ConfirmCompleteBody { digest, count };
            ctx.client()
                .confirm_complete(&name, &body)
                .await
                .map_err(PageFailure::from)
        }
        Err(failure) => Err(failure),
    };
    match confirmed {
        Ok(_) => go_to(&ctx, &format!("/microservices/{name}"), "snapshot-confirmed"),
        Err(failure) => render(&ctx, &name, Some(&failure)).await,
    }
}
