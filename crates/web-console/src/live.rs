//! Facts as they happen, for the pages that are open: one stream a browser, shared by its tabs (`assets/live.js`). The API
//! decides what this account may see; here it only passes through.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use sics_client::operation;

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;

/// `/live`: server-sent events as [`sics_client::operation::watch_events`] sends them.
pub(crate) async fn stream_live(ctx: PageContext, _request: Request) -> PageResult {
    let accept = "text/event-stream";
    let answer = ctx
        .client()
        .download(&operation::watch_events(), &[], accept, &())
        .await?;
    let headers = [
        (header::CONTENT_TYPE, accept),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = axum::body::Body::from_stream(answer.bytes_stream());
    let response: Response = (StatusCode::OK, headers, body).into_response();
    Ok(response)
}

/// Where a page asks for something that the bus of this version does not have.
pub(crate) async fn page_not_found() -> PageFailure {
    PageFailure::not_found()
}
