//! The log of the bus: its newest lines are in memory, the older ones in the daily files ([`page`]); new ones as they are
//! written, as server-sent events ([`stream`]). It tells of all instances, so a right that holds for some of them opens
//! nothing here.

mod page;
mod stream;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::Sics;
use super::auth::Caller;
use super::changes::wants_events;
use super::extract::QueryParams;
use super::problem::ApiProblem;
use crate::contract::{LogLevel, LogLineView, LogQuery};
use crate::observe::{LogLine, recent_log};
use page::PageStart;

/// The right that opens this route.
const READS: &str = "Log_Read";
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;

/// Which lines are shown.
#[derive(Debug, Clone)]
struct LogFilter {
    level: LogLevel,
    /// In lower case; `None`: any text.
    needle: Option<String>,
}

impl LogFilter {
    fn from_query(asked: &LogQuery, chars_max: usize) -> Result<LogFilter, ApiProblem> {
        let text = asked.text.as_deref().filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.chars().count() > chars_max) {
            return Err(ApiProblem::bad_request(
                "tooLong",
                format!("the text to find is longer than {chars_max} characters"),
                format!("Shorten it to {chars_max} characters."),
            ));
        }
        Ok(LogFilter {
            level: asked.level.unwrap_or(LogLevel::Trace),
            needle: text.map(str::to_lowercase),
        })
    }

    fn shows(&self, line: &LogLine) -> bool {
        let needle = self.needle.as_deref();
        level_of(line) <= self.level && needle.is_none_or(|needle| line.contains_text(needle))
    }

    /// The line as it is shown, where it is.
    fn select_line(&self, line: LogLine) -> Option<LogLineView> {
        self.shows(&line).then(|| line_view(line))
    }
}

fn level_of(line: &LogLine) -> LogLevel {
    let word = line.level.as_str();
    let found = LogLevel::ALL
        .into_iter()
        .find(|level| level.name().eq_ignore_ascii_case(word));
    found.unwrap_or(LogLevel::Trace)
}

fn line_view(line: LogLine) -> LogLineView {
    LogLineView {
        at: line.at,
        level: level_of(&line),
        target: line.target,
        message: line.message,
        fields: line.fields,
    }
}

pub(crate) async fn read_log(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    QueryParams(asked): QueryParams<LogQuery>,
) -> Result<Response, ApiProblem> {
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT);
    if limit == 0 || limit > LIMIT_MAX {
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {LIMIT_MAX}."),
        ));
    }
    let filter = LogFilter::from_query(&asked, sics.limits().text_chars)?;
    if wants_events(&headers) {
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let after = last.and_then(|id| id.parse().ok()).or(asked.after);
        return stream::open_stream(&sics, caller, filter, after, limit as usize);
    }
    let start = PageStart::from_query(asked.before.as_deref())?;
    let _permit = sics.acquire_search_permit().await?;
    let logs = sics.log_folder();
    let read = move || page::read_page(recent_log(), &logs, &filter, start, limit as usize);
    let read = tokio::task::spawn_blocking(read).await;
    let page = read.map_err(|error| ApiProblem::internal("logBroke", &error))?;
    let view = page.map_err(|error| ApiProblem::internal("logsUnreadable", &error))?;
    Ok(Json(view).into_response())
}
