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
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::auth::Caller;
use super::extract::{Asked, Body};
use super::guard::Addressed;
use super::problem::Problem;
use super::state::WaitPlace;
use super::{Sics, stream as events};
use crate::inventory::feed::{self, Batch, FeedError, Outdated};
use crate::model::{self, At, Change, ServerId};
use crate::observe::metric;
use crate::store::ServerRow;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    pub cursor: Option<String>,
    pub limit: Option<usize>,
    pub wait_ms: Option<u64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckBody {
    /// Everything up to here is safe at the server.
    pub cursor: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AckView {
    /// False: that place, or one further on, was acknowledged already.
    pub moved: bool,
}

/// One management server's look at the feed.
#[derive(Clone)]
pub struct Reader {
    pub sics: Sics,
    pub server: ServerId,
    pub caller: Caller,
}

impl Reader {
    /// Account and server are looked up anew each time: a stream lives long, and rights, limits, acceptance and
    /// generation may have changed meanwhile.
    pub async fn read(&self, cursor: Option<&str>, limit: usize) -> Result<Batch, Problem> {
        let owner = self.sics.auth().still(&self.caller).await?;
        if !owner.may("Changes_Read", At::server(&self.server)) {
            return Err(super::guard::lacks(&owner.name, "Changes_Read"));
        }
        let row = self.row().await?;
        let sight = self.sics.visible(&row, &owner).await?;
        let (store, key) = (self.sics.store(), self.sics.cursor_key());
        let batch = feed::read(store, key, &row, &sight, cursor, limit).await?;
        let delivered = batch.changes.len() as u64;
        self.sics
            .metrics()
            .add(&metric::DELIVERED, &[row.id.as_str()], delivered);
        Ok(batch)
    }

    async fn row(&self) -> Result<ServerRow, Problem> {
        let row = self.sics.store().server(self.server.clone()).await?;
        let row = row.ok_or_else(|| Problem::unknown("server", &self.server))?;
        accepted(&row)?;
        super::guard::from_where(&row, self.caller.address)?;
        Ok(row)
    }
}

pub fn accepted(row: &ServerRow) -> Result<(), Problem> {
    if row.accepted {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "notAccepted",
        format!("server {} waits to be accepted", row.id),
        format!(
            "Somebody with Servers_Manage accepts it: intune-connector servers accept {}",
            row.id
        ),
    ))
}

pub async fn read(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(row): Addressed,
    headers: HeaderMap,
    Asked(asked): Asked<ChangesQuery>,
) -> Result<Response, Problem> {
    accepted(&row)?;
    let (limit, wait) = bounds(&sics, &asked)?;
    sics.seen(&row.id).await;
    let reader = Reader {
        sics,
        server: row.id,
        caller,
    };
    if wants_events(&headers) {
        let last = headers
            .get("last-event-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        return events::open(reader, last.or(asked.cursor)).await;
    }
    let piece = limit.min(reader.sics.limits().changes_piece);
    let first = wait_for_changes(&reader, asked.cursor, piece, wait).await?;
    answer(reader, first, limit)
}

fn bounds(sics: &Sics, asked: &ChangesQuery) -> Result<(usize, std::time::Duration), Problem> {
    let limits = sics.limits();
    let limit = asked.limit.unwrap_or(limits.changes_default);
    if limit == 0 || limit > limits.changes_max {
        let advice = format!("limit is 1 to {}.", limits.changes_max);
        return Err(Problem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            advice,
        ));
    }
    let wait = std::time::Duration::from_millis(asked.wait_ms.unwrap_or(0));
    if wait > limits.wait_max {
        let advice = format!("wait_ms is at most {}.", limits.wait_max.as_millis());
        return Err(Problem::bad_request("wrongWait", "wait_ms is out of bounds", advice));
    }
    Ok((limit, wait))
}

pub fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

async fn wait_for_changes(
    reader: &Reader,
    mut cursor: Option<String>,
    limit: usize,
    wait: std::time::Duration,
) -> Result<Batch, Problem> {
    let deadline = Instant::now() + wait;
    let (mut head, mut closing) = (reader.sics.store().head(), reader.sics.closing());
    let mut place = None;
    loop {
        head.mark_unchanged();
        let batch = reader.read(cursor.as_deref(), limit).await?;
        let stopping = *closing.borrow_and_update();
        if !batch.changes.is_empty() || batch.more || stopping || Instant::now() >= deadline {
            return Ok(batch);
        }
        if place.is_none() {
            place = Some(reader.sics.wait_place(&reader.server, &reader.caller)?);
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
fn answer(reader: Reader, first: Batch, limit: usize) -> Result<Response, Problem> {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut text = Vec::with_capacity(256 + first.changes.len() * 2_560);
    text.extend_from_slice(b"{\"changes\":[");
    let (told, left) = (!first.changes.is_empty(), limit.saturating_sub(first.changes.len()));
    write(&mut text, first.changes, true);
    if !first.more || left == 0 {
        close(&mut text, &first.cursor, first.more);
        return Ok((json, text).into_response());
    }
    let state = Pieces {
        _place: reader.sics.wait_place(&reader.server, &reader.caller)?,
        reader,
        cursor: first.cursor,
        left,
        started: told,
        text: Some(text),
        done: false,
    };
    Ok((json, HttpBody::from_stream(stream::unfold(state, next_piece))).into_response())
}

struct Pieces {
    reader: Reader,
    /// Whoever takes long to take his page counts as one who waits.
    _place: WaitPlace,
    cursor: String,
    left: usize,
    /// Whether a change was written, so that the next needs a comma.
    started: bool,
    /// What is to go out before the next piece is read.
    text: Option<Vec<u8>>,
    done: bool,
}

async fn next_piece(mut pieces: Pieces) -> Option<(Result<Bytes, std::io::Error>, Pieces)> {
    if let Some(text) = pieces.text.take() {
        return Some((Ok(text.into()), pieces));
    }
    if pieces.done {
        return None;
    }
    let piece = pieces.left.min(pieces.reader.sics.limits().changes_piece);
    let batch = match pieces.reader.read(Some(&pieces.cursor), piece).await {
        Ok(batch) => batch,
        Err(problem) => {
            pieces.done = true;
            tracing::warn!(server = %pieces.reader.server, code = problem.code(), "a page of changes broke off");
            return Some((Err(std::io::Error::other("a page of changes broke off")), pieces));
        }
    };
    let mut text = Vec::with_capacity(256 + batch.changes.len() * 2_560);
    let told = batch.changes.len();
    write(&mut text, batch.changes, !pieces.started);
    pieces.started |= told > 0;
    pieces.left = pieces.left.saturating_sub(told);
    if !batch.more || pieces.left == 0 {
        close(&mut text, &batch.cursor, batch.more);
        pieces.done = true;
    }
    pieces.cursor = batch.cursor;
    Some((Ok(text.into()), pieces))
}

fn write(text: &mut Vec<u8>, changes: Vec<Change<model::Body>>, mut first: bool) {
    for change in changes {
        if !first {
            text.push(b',');
        }
        first = false;
        change.write(text);
    }
}

fn close(text: &mut Vec<u8>, cursor: &str, more: bool) {
    text.extend_from_slice(b"],\"cursor\":");
    serde_json::to_writer(&mut *text, cursor).expect("text is plain");
    text.extend_from_slice(if more { b",\"more\":true}" } else { b",\"more\":false}" });
}

pub async fn acknowledge(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(row): Addressed,
    Body(body): Body<AckBody>,
) -> Result<Json<AckView>, Problem> {
    accepted(&row)?;
    let apart = sics.visible(&row, &caller.operator).await?.apart;
    let moved = feed::acknowledge(sics.store(), sics.cursor_key(), &row, &apart, &body.cursor).await?;
    sics.metrics().add(&metric::ACKNOWLEDGED, &[row.id.as_str()], 1);
    Ok(Json(AckView { moved }))
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        let detail = error.to_string();
        match error {
            FeedError::Outdated(outdated) => Problem::new(
                StatusCode::GONE,
                "cursorOutdated",
                detail,
                "Read without a cursor: it begins with a snapshot, or goes on from the place to which somebody rewound the \
                 server where you hold what lies before. What you hold and do not see between the marks of a snapshot \
                 has gone.",
            )
            .with(
                "reason",
                match outdated {
                    Outdated::Epoch => "restored",
                    Outdated::Generation => "newGeneration",
                    Outdated::Ahead => "ahead",
                },
            ),
            FeedError::Malformed(_) => Problem::bad_request(
                "cursorMalformed",
                detail,
                "Send the cursor exactly as it was handed out, or none: then it goes on from what was acknowledged.",
            ),
            FeedError::Lens(error) => Problem::conflict(
                "filterUnusable",
                error.to_string(),
                "Somebody with Servers_Manage changes or removes the filter of this server.",
            ),
            FeedError::Store(error) => error.into(),
        }
    }
}
