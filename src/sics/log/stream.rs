//! The log as it is written, as server-sent events: first the newest lines that are in memory, then each new one; the id of
//! an event is the number of its line. Silence is broken by heartbeats. The stream ends by itself after an hour, when the
//! bus stops, and when the caller may not read any more: coming back then tells why.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Map;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::filter::LogFilter;
use crate::contract::{LogLevel, LogLineView};
use crate::model::Timestamp;
use crate::observe::{LogLine, RecentLine, RecentLog, recent_log};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

/// The right that opens this route.
const READS: &str = "Log_Read";
/// Lines that come within this time are sent together: sending them may itself write lines.
const PAUSE: Duration = Duration::from_millis(100);
/// How often is asked whether the caller still may read.
const RECHECK: Duration = Duration::from_secs(10);

struct LogStream {
    sics: Sics,
    caller: Caller,
    filter: LogFilter,
    /// Number of the last line that was looked at.
    position: u64,
    ready: VecDeque<(u64, LogLineView)>,
    line_watch: watch::Receiver<u64>,
    shutdown_watch: watch::Receiver<bool>,
    checked_at: Instant,
    ends_at: Instant,
    _permit: OwnedSemaphorePermit,
}

pub(super) fn open_stream(
    sics: &Sics,
    caller: Caller,
    filter: LogFilter,
    after: Option<u64>,
    limit: usize,
) -> Result<Response, ApiProblem> {
    let permit = sics.acquire_log_permit()?;
    let limits = sics.limits();
    let heartbeat = KeepAlive::new().interval(limits.heartbeat).text("");
    let position = after.unwrap_or_else(|| find_begin(recent_log(), &filter, limit));
    let stream = LogStream {
        sics: sics.clone(),
        caller,
        filter,
        position,
        ready: VecDeque::new(),
        line_watch: recent_log().watch_lines(),
        shutdown_watch: sics.watch_shutdown(),
        checked_at: Instant::now(),
        ends_at: Instant::now() + limits.stream_duration,
        _permit: permit,
    };
    Ok(Sse::new(stream::unfold(stream, next))
        .keep_alive(heartbeat)
        .into_response())
}

/// The number behind which the newest `limit` lines that are shown stand.
fn find_begin(recent: &RecentLog, filter: &LogFilter, limit: usize) -> u64 {
    let lines = recent.list_lines();
    let newest = lines.first().map_or(0, |line| line.number);
    let is_shown = |line: &&RecentLine| LogLine::parse(&line.text).is_some_and(|line| filter.shows(&line));
    let shown = lines.iter().filter(is_shown);
    shown.take(limit).last().map_or(newest, |line| line.number - 1)
}

async fn next(mut stream: LogStream) -> Option<(Result<Event, Infallible>, LogStream)> {
    loop {
        if let Some((number, line)) = stream.ready.pop_front() {
            let data = serde_json::to_string(&line).expect("a line has only plain fields");
            return Some((Ok(Event::default().id(number.to_string()).data(data)), stream));
        }
        if *stream.shutdown_watch.borrow_and_update() || Instant::now() >= stream.ends_at {
            return None;
        }
        stream.line_watch.mark_unchanged();
        stream.take_new_lines(recent_log());
        if !stream.ready.is_empty() {
            continue;
        }
        tokio::select! {
            _ = stream.line_watch.changed() => tokio::time::sleep(PAUSE).await,
            _ = stream.shutdown_watch.changed() => continue,
            () = tokio::time::sleep_until(stream.ends_at) => return None,
        }
        if !stream.may_read_on().await {
            return None;
        }
    }
}

impl LogStream {
    fn take_new_lines(&mut self, recent: &RecentLog) {
        let (skipped, lines) = recent.lines_after(self.position);
        let Some(last) = lines.last() else { return };
        self.position = last.number;
        if skipped > 0 {
            self.ready
                .push_back((lines[0].number, describe_skipped(self.sics.now(), skipped)));
        }
        let shown = |line: &RecentLine| {
            let parsed = LogLine::parse(&line.text)?;
            Some((line.number, self.filter.select_line(parsed)?))
        };
        let found: Vec<_> = lines.iter().filter_map(shown).collect();
        self.ready.extend(found);
    }

    async fn may_read_on(&mut self) -> bool {
        if self.checked_at.elapsed() < RECHECK {
            return true;
        }
        self.checked_at = Instant::now();
        let account = self.sics.auth().revalidate_account(&self.caller).await;
        account.is_ok_and(|row| row.has_right_everywhere(READS))
    }
}

/// Lines came faster than they were read; whatever their level, it is told.
fn describe_skipped(at: Timestamp, count: u64) -> LogLineView {
    LogLineView {
        at,
        level: LogLevel::Warn,
        target: module_path!().to_owned(),
        message: "lines were left out here: they came faster than they were read".to_owned(),
        fields: Map::from_iter([("lines".to_owned(), count.into())]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stream_begins_with_the_newest_lines_that_are_shown() {
        let recent = RecentLog::default();
        let filter = LogFilter {
            level: LogLevel::Warn,
            needle: None,
        };
        assert_eq!(find_begin(&recent, &filter, 5), 0);
        for level in ["WARN", "INFO", "WARN", "INFO", "WARN", "INFO"] {
            let line = json!({"timestamp": "2026-11-28T10:00:00.000001Z", "level": level, "message": "x"});
            recent.keep_line(&line.to_string());
        }
        for (limit, begin) in [(1, 4), (2, 2), (3, 0), (9, 0)] {
            assert_eq!(find_begin(&recent, &filter, limit), begin, "{limit}");
        }
        let silent = LogFilter {
            level: LogLevel::Error,
            needle: None,
        };
        assert_eq!(find_begin(&recent, &silent, 5), 6, "only what comes");
    }
}
