//! Answers: a page, a page with what is wrong in it, a way to another page.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;

/// HTML that a template of ours has made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Markup {
    /// Of a template, to stand within another.
    pub(crate) fn render(template: &impl Template) -> Markup {
        Markup(template.render().unwrap_or_default())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// The page.
pub(crate) fn show_page(template: &impl Template) -> PageResult {
    show_page_as(StatusCode::OK, template)
}

/// The page with another status: 422 where something in its form is wrong.
pub(crate) fn show_page_as(status: StatusCode, template: &impl Template) -> PageResult {
    let text = template.render().map_err(|error| {
        tracing::error!(error = %error, "failed to render a page of the console");
        PageFailure::plain(StatusCode::INTERNAL_SERVER_ERROR, "failure-page")
    })?;
    Ok((status, Html(text)).into_response())
}

/// To another page of the console, after something was done: `done` is the end of a key `done-…` that is shown there.
pub(crate) fn go_to(ctx: &PageContext, path: &str, done: &str) -> PageResult {
    let separator = if path.contains('?') { '&' } else { '?' };
    let target = if done.is_empty() {
        path.to_owned()
    } else {
        format!("{path}{separator}done={done}")
    };
    let target = HeaderValue::from_str(&ctx.link(&target)).map_err(|_| PageFailure::not_found())?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response())
}

/// A file of the API on its way to the browser, in its own media type and with its own name.
pub(crate) fn pass_file(response: reqwest::Response) -> PageResult {
    let mut passed = Response::builder().status(StatusCode::OK);
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_DISPOSITION,
        header::CONTENT_LENGTH,
    ] {
        if let Some(value) = response.headers().get(&name) {
            passed = passed.header(name, value);
        }
    }
    let body = axum::body::Body::from_stream(response.bytes_stream());
    passed
        .body(body)
        .map_err(|_| PageFailure::plain(StatusCode::INTERNAL_SERVER_ERROR, "failure-page"))
}

/// A path within the console, from what a form or an address says; nothing that leads elsewhere.
pub(crate) fn own_path(given: &str) -> String {
    let plain = given.starts_with('/')
        && !given.starts_with("//")
        && !given.contains('\\')
        && given.len() <= 2_000
        && given.chars().all(|c| !c.is_control());
    if plain { given.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_console() {
        for own in ["/", "/devices?q=a", "/jobs/7#x"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "javascript:x",
            "/a\nb",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }
}
