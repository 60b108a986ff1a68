//! The log: its newest lines, older ones page by page, and new ones as they are written (`assets/messages.js`).

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use sics_client::contract::{LogLevel, LogLineView, LogQuery};
use sics_client::operation;

use crate::failure::PageResult;
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::show_page;

/// Lines of a page, and with which a stream begins.
const LINES: u32 = 100;
/// Lines with which a stream begins that was lost before: the script leaves out those that it has.
const LINES_AGAIN: u32 = 1_000;

struct LevelChoice {
    name: &'static str,
    word: String,
    light: &'static str,
    is_chosen: bool,
}

struct LogRow {
    /// For machines, in microseconds: the script knows a line by it.
    at: String,
    exact: String,
    level: String,
    light: &'static str,
    target: String,
    message: String,
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/messages/log.html")]
struct LogPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    levels: Vec<LevelChoice>,
    lines: Vec<LogRow>,
    /// Address of the older page.
    older: Option<String>,
    /// Address of the newest page, where this is an older one.
    newest: Option<String>,
    /// Address of the stream; `None`: this is an older page.
    stream: Option<String>,
}

pub(super) async fn show_log(ctx: &PageContext, list: ListState) -> PageResult {
    let query = LogQuery {
        level: read_level(list.value("level")),
        text: list.filter("text"),
        before: list.filter("before"),
        after: None,
        limit: Some(LINES),
    };
    let view = ctx.client().read_log(&query).await?;
    let is_older = query.before.is_some();
    show_page(&LogPage {
        ctx,
        levels: list_levels(ctx, query.level),
        lines: view.lines.iter().map(|line| show_line(ctx, line)).collect(),
        older: view.before.map(|before| list.link_with("before", &before)),
        newest: is_older.then(|| list.link_with("before", "")),
        stream: (!is_older).then(|| ctx.link(&stream_path(&list))),
        list,
    })
}

/// The stream has the filters of the page.
fn stream_path(list: &ListState) -> String {
    let query = LinkQuery::default()
        .with_value("level", list.value("level"))
        .with_value("text", list.value("text"));
    format!("/messages/stream{}", query.to_text())
}

fn read_level(name: &str) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|level| level.name() == name)
}

fn list_levels(ctx: &PageContext, chosen: Option<LogLevel>) -> Vec<LevelChoice> {
    let choice = |level: LogLevel| LevelChoice {
        name: level.name(),
        word: level_word(ctx, level),
        light: level_light(level),
        is_chosen: chosen == Some(level),
    };
    LogLevel::ALL.into_iter().map(choice).collect()
}

fn level_word(ctx: &PageContext, level: LogLevel) -> String {
    ctx.word("messages-level-", level.name())
}

fn level_light(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "bad",
        LogLevel::Warn => "warning",
        LogLevel::Info | LogLevel::Debug | LogLevel::Trace => "",
    }
}

fn show_line(ctx: &PageContext, line: &LogLineView) -> LogRow {
    LogRow {
        at: line.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        exact: exact_time(line.at),
        level: level_word(ctx, line.level),
        light: level_light(line.level),
        target: ctx.plain(&line.target),
        message: ctx.plain(&line.message),
        fields: list_fields(&line.fields)
            .map(|(name, value)| (ctx.plain(name), ctx.plain(value)))
            .collect(),
    }
}

/// Lines of one second follow each other: no part of a time is left out.
fn exact_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string()
}

/// Text as it is, everything else as JSON.
fn list_fields(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, String)> {
    fields.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (name.as_str(), text)
    })
}

/// New lines as server-sent events, as the API sends them. A browser that comes back says which it had last, but numbers
/// begin anew with each start of the bus: it gets the newest ones.
pub(super) async fn stream_log(ctx: PageContext, headers: HeaderMap) -> PageResult {
    let list = ctx.list();
    let query = LogQuery {
        level: read_level(list.value("level")),
        text: list.filter("text"),
        before: None,
        after: None,
        limit: Some(first_lines(&headers)),
    };
    let accept = "text/event-stream";
    let answer = ctx
        .client()
        .download(&operation::read_log(), &[], accept, &query)
        .await?;
    let head = [
        (header::CONTENT_TYPE, accept),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = axum::body::Body::from_stream(answer.bytes_stream());
    let response: Response = (StatusCode::OK, head, body).into_response();
    Ok(response)
}

fn first_lines(headers: &HeaderMap) -> u32 {
    if headers.contains_key("last-event-id") {
        LINES_AGAIN
    } else {
        LINES
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_stream_has_the_filters_of_the_page_and_nothing_else() {
        let list = ListState::new("/messages", "tab=log&level=warn&text=a%26b&before=x");
        assert_eq!(stream_path(&list), "/messages/stream?level=warn&text=a%26b");
    }

    #[test]
    fn times_and_fields_are_whole() {
        let at = "2026-11-28T10:00:01.000042Z".parse().unwrap();
        assert_eq!(exact_time(at), "2026-11-28 10:00:01.000042 UTC");
        let fields = json!({"count": 3, "instance": "A_1", "of": ["x"]});
        let fields = fields.as_object().unwrap();
        let expected = [("count", "3"), ("instance", "A_1"), ("of", "[\"x\"]")];
        let listed: Vec<(&str, String)> = list_fields(fields).collect();
        assert_eq!(listed, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_browser_that_comes_back_gets_more_lines() {
        let mut headers = HeaderMap::new();
        assert_eq!(first_lines(&headers), 100);
        headers.insert("last-event-id", HeaderValue::from_static("41"));
        assert_eq!(first_lines(&headers), 1_000);
    }
}
