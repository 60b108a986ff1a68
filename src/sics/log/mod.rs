//! The log of the bus: its newest lines are in memory, the older ones in the daily files ([`page`]); new ones as they are
//! written, as server-sent events ([`stream`]). It tells of all instances, so a right that holds for some of them opens
//! nothing here.

mod filter;
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
use crate::contract::LogQuery;
use crate::observe::recent_log;
use filter::LogFilter;
use page::PageStart;

const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;

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
