//! A page of the log, newest first: from memory as far as it reaches, then from the daily files. What a page reads of them
//! is bounded; where it ends, the next page goes on.

use std::cmp::Reverse;
use std::io;
use std::path::Path;

use chrono::SecondsFormat;

use super::filter::LogFilter;
use crate::contract::{LogLineView, LogView};
use crate::model::{Timestamp, parse_time};
use crate::observe::{LogLine, LogPlace, LogReader, RecentLog};
use crate::sics::problem::ApiProblem;

/// Read of the daily files for one page, bytes.
const READ_BYTES_MAX: u64 = 8 << 20;

/// From where on a page goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PageStart {
    Newest,
    /// Lines before this time.
    Time(Timestamp),
    /// Lines of the files before this one.
    Place(LogPlace),
}

impl PageStart {
    pub(super) fn from_query(before: Option<&str>) -> Result<PageStart, ApiProblem> {
        let Some(text) = before else {
            return Ok(PageStart::Newest);
        };
        if let Some(at) = parse_time(text) {
            return Ok(PageStart::Time(at));
        }
        text.parse().map(PageStart::Place).map_err(|_| {
            ApiProblem::bad_request(
                "wrongBefore",
                "before is neither a time nor the end of a page",
                "Send before as the page before it returned it, or a time (RFC 3339).",
            )
        })
    }
}

/// More lines than `limit` are on it only where they are of one moment: these are not torn apart.
pub(super) fn read_page(
    recent: &RecentLog,
    logs: &Path,
    filter: &LogFilter,
    start: PageStart,
    limit: usize,
) -> io::Result<LogView> {
    let mut lines = Vec::new();
    let before = match start {
        PageStart::Place(place) => {
            let rest = select_from_files(logs, filter, FilesEnd::Place(place), limit, &mut lines)?;
            return Ok(page_view(lines, rest));
        }
        PageStart::Newest => None,
        PageStart::Time(at) => Some(at),
    };
    match select_recent(list_recent_lines(recent), filter, before, limit, &mut lines) {
        RecentEnd::Full(at) => Ok(page_view(lines, Some(at.to_rfc3339_opts(SecondsFormat::Micros, true)))),
        RecentEnd::Older(at) => {
            let rest = select_from_files(logs, filter, FilesEnd::Time(at), limit, &mut lines)?;
            Ok(page_view(lines, rest))
        }
    }
}

fn page_view(lines: Vec<LogLineView>, before: Option<impl ToString>) -> LogView {
    LogView {
        lines,
        before: before.map(|before| before.to_string()),
    }
}

/// What is left after the lines in memory.
#[derive(Debug, PartialEq, Eq)]
enum RecentEnd {
    /// The page is full; older lines are before this time.
    Full(Timestamp),
    /// It goes on in the files, before this time; `None`: at their end.
    Older(Option<Timestamp>),
}

/// By their times, the newest first: of two threads that write at once, the later line may have been kept first.
fn list_recent_lines(recent: &RecentLog) -> Vec<LogLine> {
    let kept = recent.list_lines();
    let mut lines: Vec<LogLine> = kept.iter().filter_map(|line| LogLine::parse(&line.text)).collect();
    lines.sort_by_key(|line| Reverse(line.at));
    lines
}

fn select_recent(
    recent: Vec<LogLine>,
    filter: &LogFilter,
    before: Option<Timestamp>,
    limit: usize,
    lines: &mut Vec<LogLineView>,
) -> RecentEnd {
    let mut oldest = before;
    for line in recent {
        let at = line.at;
        if before.is_some_and(|before| at >= before) {
            continue;
        }
        if let Some(last) = lines.last()
            && lines.len() >= limit
            && at != last.at
        {
            return RecentEnd::Full(last.at);
        }
        oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
        lines.extend(filter.select_line(line));
    }
    match lines.last() {
        Some(last) if lines.len() >= limit => RecentEnd::Full(last.at),
        _ => RecentEnd::Older(oldest),
    }
}

/// Where reading the files begins.
enum FilesEnd {
    Time(Option<Timestamp>),
    Place(LogPlace),
}

/// The place before which the next page goes on; `None`: there is nothing older.
fn select_from_files(
    logs: &Path,
    filter: &LogFilter,
    end: FilesEnd,
    limit: usize,
    lines: &mut Vec<LogLineView>,
) -> io::Result<Option<LogPlace>> {
    let (mut reader, before) = match end {
        FilesEnd::Place(place) => (LogReader::open(logs, Some(&place))?, None),
        FilesEnd::Time(at) => (LogReader::open(logs, None)?, at),
    };
    if let Some(at) = before {
        reader.skip_days_after(at.date_naive());
    }
    while let Some((place, text)) = reader.previous_line()? {
        let line = LogLine::parse(&text).filter(|line| before.is_none_or(|before| line.at < before));
        lines.extend(line.and_then(|line| filter.select_line(line)));
        if lines.len() >= limit || reader.read_bytes() >= READ_BYTES_MAX {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::LogLevel;

    const ALL: LogFilter = LogFilter {
        level: LogLevel::Trace,
        needle: None,
    };

    fn time_of(n: u32) -> String {
        format!("2026-11-28T10:00:{n:02}.000001Z")
    }

    fn json_line(n: u32) -> String {
        let level = if n.is_multiple_of(2) { "INFO" } else { "WARN" };
        json!({"timestamp": time_of(n), "level": level, "message": format!("line {n}"), "instance": "IntuneConnector_1",
            "target": "t"})
        .to_string()
    }

    fn text_line(n: u32) -> String {
        format!("{}  INFO line {n} instance=\"IntuneConnector_1\"\n", time_of(n))
    }

    /// Lines 1 to 6 in the files, the last two of them in memory too, with those up to 9.
    fn log() -> (tempfile::TempDir, RecentLog) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, from: u32, to: u32| {
            let text: String = (from..=to).map(text_line).collect();
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("intune-connector.2026-11-28.log", 1, 4);
        write("intune-connector.2026-11-28.2.log", 5, 6);
        let recent = RecentLog::default();
        (5..=9).for_each(|n| recent.keep_line(&json_line(n)));
        (folder, recent)
    }

    fn messages(view: &LogView) -> Vec<String> {
        let words = view.lines.iter().map(|line| line.message.split(' ').take(2));
        words.map(|words| words.collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn pages_go_from_memory_into_the_files_without_a_gap_and_without_a_line_twice() {
        let (folder, recent) = log();
        for limit in 1..=10 {
            let (mut start, mut found) = (PageStart::Newest, Vec::new());
            loop {
                let page = read_page(&recent, folder.path(), &ALL, start, limit).unwrap();
                assert!(page.lines.len() <= limit, "{limit}");
                found.extend(messages(&page));
                let Some(before) = page.before else { break };
                start = PageStart::from_query(Some(&before)).unwrap();
            }
            let expected: Vec<String> = (1..=9).rev().map(|n| format!("line {n}")).collect();
            assert_eq!(found, expected, "{limit} a page");
        }
    }

    #[test]
    fn level_and_text_leave_lines_out() {
        let (folder, recent) = log();
        let shown = |level, needle: Option<&str>| {
            let filter = LogFilter {
                level,
                needle: needle.map(str::to_owned),
            };
            messages(&read_page(&recent, folder.path(), &filter, PageStart::Newest, 100).unwrap())
        };
        assert_eq!(shown(LogLevel::Warn, None), ["line 9", "line 7", "line 5"]);
        assert_eq!(shown(LogLevel::Trace, Some("line 3")), ["line 3"]);
        assert_eq!(shown(LogLevel::Trace, Some("intuneconnector_1")).len(), 9);
        assert_eq!(shown(LogLevel::Error, None), [""; 0]);
    }

    #[test]
    fn lines_of_one_moment_are_on_one_page() {
        let recent = RecentLog::default();
        for n in [1, 2, 2, 2, 3] {
            recent.keep_line(&json_line(n));
        }
        let nowhere = Path::new("/nonexistent");
        let page = read_page(&recent, nowhere, &ALL, PageStart::Newest, 2).unwrap();
        assert_eq!(messages(&page), ["line 3", "line 2", "line 2", "line 2"]);
        let start = PageStart::from_query(page.before.as_deref()).unwrap();
        let page = read_page(&recent, nowhere, &ALL, start, 2).unwrap();
        assert_eq!((messages(&page), page.before), (vec!["line 1".to_owned()], None));
    }

    #[test]
    fn a_page_begins_where_the_caller_says() {
        let (folder, recent) = log();
        let at = PageStart::from_query(Some("2026-11-28T10:00:04Z")).unwrap();
        let page = read_page(&recent, folder.path(), &ALL, at, 100).unwrap();
        assert_eq!(messages(&page), ["line 3", "line 2", "line 1"]);
        for wrong in ["", "yesterday", "../bus.ini:0"] {
            let refused = PageStart::from_query(Some(wrong)).unwrap_err();
            assert_eq!(refused.code(), "wrongBefore", "{wrong}");
        }
    }
}
