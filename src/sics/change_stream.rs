//! The same changes as server-sent events: one change an event, its id the cursor behind it, so that a reader that lost
//! the connection comes back with `Last-Event-ID` and misses nothing. Silence is broken by heartbeats. The stream ends
//! by itself after an hour, when the bus stops, and when the server may not read any more: coming back then tells why.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::Instant;

use super::changes::ChangeReader;
use super::problem::ApiProblem;
use super::state::WaitPermit;
use crate::model::{DeviceBody, FeedChange, Seq};

struct ChangeStream {
    reader: ChangeReader,
    ready: VecDeque<(FeedChange<DeviceBody>, String)>,
    cursor: String,
    has_more: bool,
    head_watch: tokio::sync::watch::Receiver<Seq>,
    shutdown_watch: tokio::sync::watch::Receiver<bool>,
    ends_at: Instant,
    _permit: WaitPermit,
}

/// The first piece is read before the answer begins, so that a cursor that does not fit gets its 410.
pub(crate) async fn open_stream(reader: ChangeReader, cursor: Option<String>) -> Result<Response, ApiProblem> {
    let permit = reader.sics.acquire_wait_permit(&reader.server, &reader.caller)?;
    let (mut head, closing) = (reader.sics.store().watch_head(), reader.sics.watch_shutdown());
    head.mark_unchanged();
    let limits = reader.sics.limits();
    let batch = reader.read_batch(cursor.as_deref(), limits.changes_per_chunk).await?;
    let heartbeat = KeepAlive::new().interval(limits.heartbeat).text("");
    let stream = ChangeStream {
        ends_at: Instant::now() + limits.stream_duration,
        cursor: batch.cursor.clone(),
        has_more: batch.has_more,
        ready: batch.with_cursors(reader.sics.cursor_key()).into(),
        head_watch: head,
        shutdown_watch: closing,
        reader,
        _permit: permit,
    };
    Ok(Sse::new(stream::unfold(stream, next))
        .keep_alive(heartbeat)
        .into_response())
}

async fn next(mut stream: ChangeStream) -> Option<(Result<Event, Infallible>, ChangeStream)> {
    loop {
        if let Some((change, cursor)) = stream.ready.pop_front() {
            let mut text = Vec::new();
            change.write_json(&mut text);
            return Some((
                Ok(Event::default().id(cursor).data(String::from_utf8_lossy(&text))),
                stream,
            ));
        }
        if *stream.shutdown_watch.borrow_and_update() || Instant::now() >= stream.ends_at {
            return None;
        }
        if !stream.has_more {
            tokio::select! {
                _ = stream.head_watch.changed() => {}
                _ = stream.shutdown_watch.changed() => continue,
                () = tokio::time::sleep_until(stream.ends_at) => return None,
            }
        }
        stream.head_watch.mark_unchanged();
        stream.reader.sics.record_server_seen(&stream.reader.server).await;
        let piece = stream.reader.sics.limits().changes_per_chunk;
        match stream.reader.read_batch(Some(&stream.cursor), piece).await {
            Ok(batch) => {
                stream.cursor = batch.cursor.clone();
                stream.has_more = batch.has_more;
                stream.ready = batch.with_cursors(stream.reader.sics.cursor_key()).into();
            }
            Err(problem) => {
                tracing::info!(server = %stream.reader.server, code = problem.code(), "a stream of changes ended");
                return None;
            }
        }
    }
}
