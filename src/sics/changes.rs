//! What a management server reads: its changes, from its place on, in the order in which to apply them; and how it says
//! how far it has come. Reading moves nothing (the cursor carries the place), only the acknowledgement does, so whoever
//! dies between the two is told again.
//!
//! A large page goes out in pieces, each read and written before the next: five readers that ask for 5,000 devices at
//! once hold five pieces in memory, not five pages. A piece that can't be read breaks the answer off, which is no valid
//! JSON then; the reader asks again with the cursor it had.

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::Instant;

use super::auth::Caller;
use super::authorization::PathServer;
use super::extract::{JsonBody, QueryParams};
use super::problem::ApiProblem;
use super::state::WaitPermit;
use super::{Sics, change_stream as events};
use crate::contract::{AckBody, AckView, ChangesQuery};
use crate::inventory::feed::{self, FeedBatch};
use crate::model::{self, FeedChange, ResourceRef, ServerId};
use crate::observe::metric;
use crate::store::ServerRow;

/// One management server's look at the feed.
#[derive(Clone)]
pub(crate) struct ChangeReader {
    pub sics: Sics,
    pub server: ServerId,
    pub caller: Caller,
}

impl ChangeReader {
    /// Account and server are looked up anew each time: a stream lives long, and rights, limits, acceptance and
    /// generation may have changed meanwhile.
    pub(crate) async fn read_batch(&self, cursor: Option<&str>, limit: usize) -> Result<FeedBatch, ApiProblem> {
        let owner = self.sics.auth().revalidate_account(&self.caller).await?;
        if !owner.has_right("Changes_Read", ResourceRef::for_server(&self.server)) {
            return Err(super::authorization::missing_right_problem(&owner.name, "Changes_Read"));
        }
        let row = self.read_server().await?;
        let visibility = self.sics.feed_visibility(&row, &owner).await?;
        let (store, key) = (self.sics.store(), self.sics.cursor_key());
        let batch = feed::read_feed(store, key, &row, &visibility, cursor, limit).await?;
        let delivered = batch.changes.len() as u64;
        self.sics
            .metrics()
            .increment_counter(&metric::DELIVERED, &[row.id.as_str()], delivered);
        Ok(batch)
    }

    async fn read_server(&self) -> Result<ServerRow, ApiProblem> {
        let row = self.sics.store().find_server(self.server.clone()).await?;
        let row = row.ok_or_else(|| ApiProblem::not_found("server", &self.server))?;
        require_accepted(&row)?;
        super::authorization::require_allowed_address(&row, self.caller.address)?;
        Ok(row)
    }
}

pub(crate) fn require_accepted(row: &ServerRow) -> Result<(), ApiProblem> {
    if row.accepted {
        return Ok(());
    }
    Err(ApiProblem::new(
        StatusCode::FORBIDDEN,
        "notAccepted",
        format!("server {} has not been accepted yet", row.id),
        format!(
            "An operator with Servers_Manage can accept it: intune-connector servers accept {}",
            row.id
        ),
    ))
}

pub(crate) async fn read_changes(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
    headers: HeaderMap,
    QueryParams(asked): QueryParams<ChangesQuery>,
) -> Result<Response, ApiProblem> {
    require_accepted(&row)?;
    let (limit, wait) = limit_and_wait(&sics, &asked)?;
    sics.record_server_seen(&row.id).await;
    let reader = ChangeReader {
        sics,
        server: row.id,
        caller,
    };
    if wants_events(&headers) {
        let last = headers
            .get("last-event-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        return events::open_stream(reader, last.or(asked.cursor)).await;
    }
    let piece = limit.min(reader.sics.limits().changes_per_chunk);
    let first = wait_for_changes(&reader, asked.cursor, piece, wait).await?;
    respond_in_pieces(reader, first, limit)
}

fn limit_and_wait(sics: &Sics, asked: &ChangesQuery) -> Result<(usize, std::time::Duration), ApiProblem> {
    let limits = sics.limits();
    let limit = asked.limit.unwrap_or(limits.changes_default);
    if limit == 0 || limit > limits.changes_max {
        let advice = format!("limit must be 1 to {}.", limits.changes_max);
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            advice,
        ));
    }
    let wait = std::time::Duration::from_millis(asked.wait_ms.unwrap_or(0));
    if wait > limits.wait_max {
        let advice = format!("wait_ms must be at most {}.", limits.wait_max.as_millis());
        return Err(ApiProblem::bad_request("wrongWait", "wait_ms is out of bounds", advice));
    }
    Ok((limit, wait))
}

pub(crate) fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

async fn wait_for_changes(
    reader: &ChangeReader,
    mut cursor: Option<String>,
    limit: usize,
    wait: std::time::Duration,
) -> Result<FeedBatch, ApiProblem> {
    let deadline = Instant::now() + wait;
    let (mut head, mut closing) = (reader.sics.store().watch_head(), reader.sics.watch_shutdown());
    let mut permit = None;
    loop {
        head.mark_unchanged();
        let batch = reader.read_batch(cursor.as_deref(), limit).await?;
        let stopping = *closing.borrow_and_update();
        if !batch.changes.is_empty() || batch.has_more || stopping || Instant::now() >= deadline {
            return Ok(batch);
        }
        if permit.is_none() {
            permit = Some(reader.sics.acquire_wait_permit(&reader.server, &reader.caller)?);
        }
        cursor = Some(batch.cursor);
        tokio::select! {
            _ = head.changed() => {}
            _ = closing.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

/// Small pages in one go, with their length; larger ones piece by piece.
fn respond_in_pieces(reader: ChangeReader, first: FeedBatch, limit: usize) -> Result<Response, ApiProblem> {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut text = Vec::with_capacity(256 + first.changes.len() * 2_560);
    text.extend_from_slice(b"{\"changes\":[");
    let (has_changes, left) = (!first.changes.is_empty(), limit.saturating_sub(first.changes.len()));
    write_changes(&mut text, first.changes, true);
    if !first.has_more || left == 0 {
        write_end(&mut text, &first.cursor, first.has_more);
        return Ok((json, text).into_response());
    }
    let state = ChangePieces {
        _permit: reader.sics.acquire_wait_permit(&reader.server, &reader.caller)?,
        reader,
        cursor: first.cursor,
        remaining: left,
        wrote_change: has_changes,
        pending_chunk: Some(text),
        done: false,
    };
    Ok((json, HttpBody::from_stream(stream::unfold(state, next_piece))).into_response())
}

struct ChangePieces {
    reader: ChangeReader,
    /// Whoever takes long to take their page counts as one who waits.
    _permit: WaitPermit,
    cursor: String,
    remaining: usize,
    /// Whether a change was written, so that the next needs a comma.
    wrote_change: bool,
    /// What is to go out before the next piece is read.
    pending_chunk: Option<Vec<u8>>,
    done: bool,
}

async fn next_piece(mut pieces: ChangePieces) -> Option<(Result<Bytes, std::io::Error>, ChangePieces)> {
    if let Some(text) = pieces.pending_chunk.take() {
        return Some((Ok(text.into()), pieces));
    }
    if pieces.done {
        return None;
    }
    let piece = pieces.remaining.min(pieces.reader.sics.limits().changes_per_chunk);
    let batch = match pieces.reader.read_batch(Some(&pieces.cursor), piece).await {
        Ok(batch) => batch,
        Err(problem) => {
            pieces.done = true;
            tracing::warn!(server = %pieces.reader.server, code = problem.code(), "a page of changes was interrupted");
            return Some((Err(std::io::Error::other("a page of changes was interrupted")), pieces));
        }
    };
    let mut text = Vec::with_capacity(256 + batch.changes.len() * 2_560);
    let count = batch.changes.len();
    write_changes(&mut text, batch.changes, !pieces.wrote_change);
    pieces.wrote_change |= count > 0;
    pieces.remaining = pieces.remaining.saturating_sub(count);
    if !batch.has_more || pieces.remaining == 0 {
        write_end(&mut text, &batch.cursor, batch.has_more);
        pieces.done = true;
    }
    pieces.cursor = batch.cursor;
    Some((Ok(text.into()), pieces))
}

pub(super) fn write_changes(text: &mut Vec<u8>, changes: Vec<FeedChange<model::DeviceBody>>, mut first: bool) {
    for change in changes {
        if !first {
            text.push(b',');
        }
        first = false;
        change.write_json(text);
    }
}

pub(super) fn write_end(text: &mut Vec<u8>, cursor: &str, more: bool) {
    text.extend_from_slice(b"],\"cursor\":");
    serde_json::to_writer(&mut *text, cursor).expect("text is plain");
    text.extend_from_slice(if more { b",\"more\":true}" } else { b",\"more\":false}" });
}

pub(crate) async fn acknowledge_changes(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
    JsonBody(body): JsonBody<AckBody>,
) -> Result<Json<AckView>, ApiProblem> {
    require_accepted(&row)?;
    let apart = sics.feed_visibility(&row, &caller.operator).await?.hidden;
    let moved = feed::acknowledge_cursor(sics.store(), sics.cursor_key(), &row, &apart, &body.cursor).await?;
    sics.metrics()
        .increment_counter(&metric::ACKNOWLEDGED, &[row.id.as_str()], 1);
    Ok(Json(AckView { moved }))
}
