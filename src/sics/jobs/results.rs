//! What became of a management server's jobs: every step of every device, in the order in which it was taken, kept until
//! acknowledged and 30 days. Read page by page with a wait, or as server-sent events whose id is the position, so that a
//! reader that lost the connection comes back with `Last-Event-ID` and misses nothing. What positions are, and which ones
//! are taken back, stands in [`super::result_cursors`].

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::broken_glass::broken_glass_view;
use super::view::JobNames;
use super::{result_cursors, server_source};
use crate::contract::{BrokenGlassView, ResultView, ResultsQuery, ResultsView};
use crate::inventory::audience::is_in_audience;
use crate::model::{InstanceId, InstanceName, ResourceRef, ServerId};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::{PathServer, missing_right_problem, out_of_scope_problem, require_allowed_address};
use crate::sics::changes::{require_accepted, wants_events};
use crate::sics::extract::QueryParams;
use crate::sics::problem::ApiProblem;
use crate::sics::state::WaitPermit;
use crate::sics::view::instance_names;
use crate::store::{OperatorRow, ResultRow, ServerRow};

/// One management server's look at its results.
struct ResultReader {
    sics: Sics,
    caller: Caller,
    server: ServerId,
    /// Number of the result behind which to go on.
    after: Option<i64>,
    /// Broken glasses up to this one were sent.
    newest_broken_glass: i64,
}

impl ResultReader {
    /// Account and server are looked up anew each time: a stream lives long, and much may have changed meanwhile.
    async fn read_page(&mut self, limit: usize) -> Result<ResultsView, ApiProblem> {
        let owner = self.sics.auth().revalidate_account(&self.caller).await?;
        if !owner.has_right("Results_Read", ResourceRef::for_server(&self.server)) {
            return Err(missing_right_problem(&owner.name, "Results_Read"));
        }
        let server = self.sics.store().find_server(self.server.clone()).await?;
        let server = server.ok_or_else(|| ApiProblem::not_found("server", &self.server))?;
        require_accepted(&server)?;
        require_allowed_address(&server, self.caller.address)?;
        let page = read_owner_page(&self.sics, &owner, &server, self.after, limit).await?;
        self.after = page.last.or(self.after);
        Ok(page.view)
    }

    /// Whether there is one that was not told yet; from now on it was.
    fn mark_broken_glass_told(&mut self, rows: &[BrokenGlassView]) -> bool {
        let newest = rows.iter().map(|row| row.id).max().unwrap_or(0);
        let is_new = newest > self.newest_broken_glass;
        self.newest_broken_glass = self.newest_broken_glass.max(newest);
        is_new
    }
}

/// Results, and the number of the last of them.
pub(crate) struct ResultPage {
    pub view: ResultsView,
    /// `None`: there are none.
    pub last: Option<i64>,
}

/// What an account may read of the results of its server behind `after`; without it behind what was acknowledged. That it may
/// read them at all is known.
pub(crate) async fn read_owner_page(
    sics: &Sics,
    owner: &OperatorRow,
    server: &ServerRow,
    after: Option<i64>,
    limit: usize,
) -> Result<ResultPage, ApiProblem> {
    let instances = readable_instances(sics, owner, &server.id).await?;
    let mut rows = sics
        .store()
        .list_results(&server_source(server), server.owner, instances, after, limit + 1)
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let names = if rows.is_empty() {
        BTreeMap::new()
    } else {
        instance_names(&sics.store().list_instances().await?)
    };
    let last = rows.last().map(|row| row.number);
    let seal = |number| result_cursors::seal_result_cursor(sics, &server.id, number);
    let to_view = |row: ResultRow| {
        let position = seal(row.number);
        result_view(row, &names, position)
    };
    let results: Vec<ResultView> = rows.into_iter().map(to_view).collect();
    let view = ResultsView {
        broken_glass: open_broken_glass(sics, server, owner).await?,
        results,
        position: last.or(after).map(seal),
        more,
    };
    Ok(ResultPage { view, last })
}

/// The open ones of instances whose devices the server receives.
async fn open_broken_glass(
    sics: &Sics,
    server: &ServerRow,
    owner: &OperatorRow,
) -> Result<Vec<BrokenGlassView>, ApiProblem> {
    let open = sics.store().list_broken_glass(true).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let names = JobNames::read_names(sics).await?;
    let rows = sics.store().list_instances().await?;
    let received: Vec<InstanceId> = rows
        .iter()
        .filter(|row| is_in_audience(server, owner, row))
        .map(|row| row.id)
        .collect();
    let open = open
        .into_iter()
        .filter(|broken_glass| received.contains(&broken_glass.instance));
    Ok(open
        .map(|broken_glass| broken_glass_view(broken_glass, &names))
        .collect())
}

fn result_view(row: ResultRow, names: &BTreeMap<InstanceId, InstanceName>, position: String) -> ResultView {
    let state = row.state.published_state();
    ResultView {
        position,
        job: row.job,
        task: row.task.0,
        instance: names.get(&row.instance).map(ToString::to_string),
        device_id: row.device,
        action: row.verb,
        at: row.at,
        state,
        last: state.is_end(),
        cause: row.cause,
        detail: row.detail,
    }
}

pub(crate) async fn read_results(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    headers: HeaderMap,
    QueryParams(asked): QueryParams<ResultsQuery>,
) -> Result<Response, ApiProblem> {
    require_accepted(&server)?;
    let (limit, wait) = limit_and_wait(&sics, &asked)?;
    sics.record_server_seen(&server.id).await;
    let streams = wants_events(&headers);
    let last = headers.get("last-event-id").filter(|_| streams);
    let given = last.and_then(|id| id.to_str().ok()).or(asked.after.as_deref());
    let after = match given {
        Some(text) => Some(result_cursors::open_result_cursor(&sics, &server.id, text).await?),
        None => None,
    };
    let mut reader = ResultReader {
        sics,
        caller,
        server: server.id,
        after,
        newest_broken_glass: 0,
    };
    if streams {
        return open_stream(reader).await;
    }
    Ok(Json(wait_for_results(&mut reader, limit, wait).await?).into_response())
}

fn limit_and_wait(sics: &Sics, asked: &ResultsQuery) -> Result<(usize, Duration), ApiProblem> {
    let limits = sics.limits();
    let limit = asked.limit.unwrap_or(limits.changes_default);
    if limit == 0 || limit > limits.changes_max {
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {}.", limits.changes_max),
        ));
    }
    let wait = Duration::from_millis(asked.wait_ms.unwrap_or(0));
    if wait > limits.wait_max {
        let advice = format!("wait_ms must be at most {}.", limits.wait_max.as_millis());
        return Err(ApiProblem::bad_request("wrongWait", "wait_ms is out of bounds", advice));
    }
    Ok((limit, wait))
}

async fn wait_for_results(reader: &mut ResultReader, limit: usize, wait: Duration) -> Result<ResultsView, ApiProblem> {
    let deadline = Instant::now() + wait;
    let (mut task_watch, mut closing) = (reader.sics.store().watch_tasks(), reader.sics.watch_shutdown());
    let mut permit = None;
    loop {
        task_watch.mark_unchanged();
        let page = reader.read_page(limit).await?;
        // What was open when the wait began is in the answer, and ends no wait.
        let has_new_broken_glass = reader.mark_broken_glass_told(&page.broken_glass) && permit.is_some();
        let stopping = *closing.borrow_and_update();
        if !page.results.is_empty() || has_new_broken_glass || stopping || Instant::now() >= deadline {
            return Ok(page);
        }
        if permit.is_none() {
            permit = Some(reader.sics.acquire_wait_permit(&reader.server, &reader.caller)?);
        }
        tokio::select! {
            _ = task_watch.changed() => {}
            _ = closing.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

/// What a stream tells next.
enum ResultEvent {
    Glass(Box<BrokenGlassView>),
    Result(Box<ResultView>),
}

impl ResultEvent {
    fn from_page(reader: &mut ResultReader, page: ResultsView) -> VecDeque<ResultEvent> {
        let before = reader.newest_broken_glass;
        reader.mark_broken_glass_told(&page.broken_glass);
        let new = page.broken_glass.into_iter().rev().filter(|glass| glass.id > before);
        let broken_glass_events = new.map(|glass| ResultEvent::Glass(Box::new(glass)));
        let results = page
            .results
            .into_iter()
            .map(|result| ResultEvent::Result(Box::new(result)));
        broken_glass_events.chain(results).collect()
    }

    fn to_event(&self) -> Event {
        match self {
            ResultEvent::Glass(glass) => Event::default().event("brokenGlass").data(to_json(glass)),
            ResultEvent::Result(result) => Event::default().id(result.position.clone()).data(to_json(result)),
        }
    }
}

fn to_json<T: Serialize>(plain: &T) -> String {
    serde_json::to_string(plain).expect("views have only plain fields")
}

struct ResultStream {
    reader: ResultReader,
    ready: VecDeque<ResultEvent>,
    has_more: bool,
    task_watch: watch::Receiver<u64>,
    shutdown_watch: watch::Receiver<bool>,
    ends_at: Instant,
    _permit: WaitPermit,
}

async fn open_stream(mut reader: ResultReader) -> Result<Response, ApiProblem> {
    let permit = reader.sics.acquire_wait_permit(&reader.server, &reader.caller)?;
    let (mut news, closing) = (reader.sics.store().watch_tasks(), reader.sics.watch_shutdown());
    news.mark_unchanged();
    let limits = reader.sics.limits().clone();
    let page = reader.read_page(limits.changes_per_chunk).await?;
    let heartbeat = KeepAlive::new().interval(limits.heartbeat).text("");
    let more = page.more;
    let stream = ResultStream {
        ready: ResultEvent::from_page(&mut reader, page),
        has_more: more,
        task_watch: news,
        shutdown_watch: closing,
        ends_at: Instant::now() + limits.stream_duration,
        reader,
        _permit: permit,
    };
    Ok(Sse::new(stream::unfold(stream, next))
        .keep_alive(heartbeat)
        .into_response())
}

async fn next(mut stream: ResultStream) -> Option<(Result<Event, Infallible>, ResultStream)> {
    loop {
        if let Some(event) = stream.ready.pop_front() {
            return Some((Ok(event.to_event()), stream));
        }
        if *stream.shutdown_watch.borrow_and_update() || Instant::now() >= stream.ends_at {
            return None;
        }
        if !stream.has_more {
            tokio::select! {
                _ = stream.task_watch.changed() => {}
                _ = stream.shutdown_watch.changed() => continue,
                () = tokio::time::sleep_until(stream.ends_at) => return None,
            }
        }
        stream.task_watch.mark_unchanged();
        stream.reader.sics.record_server_seen(&stream.reader.server).await;
        let piece = stream.reader.sics.limits().changes_per_chunk;
        match stream.reader.read_page(piece).await {
            Ok(page) => {
                stream.has_more = page.more;
                stream.ready = ResultEvent::from_page(&mut stream.reader, page);
            }
            Err(problem) => {
                tracing::info!(server = %stream.reader.server, code = problem.code(), "a stream of results ended");
                return None;
            }
        }
    }
}

/// The instances whose results an account may read, or a token of it that holds for some; `None`: all.
pub(crate) async fn readable_instances(
    sics: &Sics,
    operator: &OperatorRow,
    server: &ServerId,
) -> Result<Option<Vec<InstanceId>>, ApiProblem> {
    const READS: &str = "Results_Read";
    if operator.has_right_for_all_instances(READS) {
        return Ok(None);
    }
    let may = |name: &InstanceName| {
        let at = ResourceRef {
            instance: Some(name),
            server: Some(server),
        };
        operator.has_right(READS, at)
    };
    let rows = sics.store().list_instances().await?;
    Ok(Some(
        rows.iter().filter(|row| may(&row.name)).map(|row| row.id).collect(),
    ))
}

/// One place stands for all instances, so whoever reads the results of some can't move it past those of others: nobody
/// would be told of them any more.
pub(super) async fn require_none_skipped(
    sics: &Sics,
    caller: &Caller,
    server: &ServerRow,
    number: i64,
) -> Result<(), ApiProblem> {
    if skips_results(sics, &caller.operator, server, number).await? {
        Err(out_of_scope_problem(caller))
    } else {
        Ok(())
    }
}

/// Whether results up to this number are of instances whose results the account may not read.
pub(super) async fn skips_results(
    sics: &Sics,
    operator: &OperatorRow,
    server: &ServerRow,
    number: i64,
) -> Result<bool, ApiProblem> {
    let Some(reached) = readable_instances(sics, operator, &server.id).await? else {
        return Ok(false);
    };
    let rows = sics.store().list_instances().await?;
    let others = rows
        .iter()
        .map(|row| row.id)
        .filter(|id| !reached.contains(id))
        .collect();
    let first = sics
        .store()
        .list_results(&server_source(server), server.owner, Some(others), None, 1)
        .await?;
    Ok(first.first().is_some_and(|row| row.number <= number))
}
