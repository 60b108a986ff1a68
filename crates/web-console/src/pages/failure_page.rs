//! The page of a request that failed.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::render::show_page_as;

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct FailurePage<'a> {
    ctx: &'a PageContext,
    failure: &'a PageFailure,
}

#[derive(Template)]
#[template(path = "parts/problem.html")]
struct ProblemPart<'a> {
    ctx: &'a PageContext,
    problem: Option<&'a PageFailure>,
}

/// `for_script`: a script of a page asked, and puts it into the page that is there.
pub(crate) fn render(ctx: &PageContext, failure: &PageFailure, for_script: bool) -> Response {
    let shown = if for_script {
        let problem = Some(failure);
        show_page_as(failure.status, &ProblemPart { ctx, problem })
    } else {
        show_page_as(failure.status, &FailurePage { ctx, failure })
    };
    shown.unwrap_or_else(|_| failure.status.into_response())
}
