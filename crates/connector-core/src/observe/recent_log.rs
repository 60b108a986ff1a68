//! The newest log lines of this process, kept in memory for whoever looks at the log of a running bus. A layer beside
//! those of console and files writes them, as JSON, through the same filter and the same writer of whole lines: what may
//! not stand in the files does not stand here. Bounded by lines and by bytes; the oldest go first.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tokio::sync::watch;
use tracing_subscriber::fmt::MakeWriter;

use super::log_line::LogLine;

/// Lines that are kept.
const LINES_MAX: usize = 2_000;
/// Bytes of all of them.
const BYTES_MAX: usize = 1 << 20;
/// A longer line is in the daily file alone.
const LINE_BYTES_MAX: usize = 64 << 10;

/// One line that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentLine {
    /// From 1 with the first line of the process; the next one has the next number.
    pub number: u64,
    /// As [`LogLine::parse`] reads it.
    pub text: Arc<str>,
}

/// The newest lines; whoever waits for more is told.
#[derive(Debug)]
pub struct RecentLog {
    lines: Mutex<KeptLines>,
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct KeptLines {
    texts: VecDeque<Arc<str>>,
    bytes: usize,
    /// Number of the last one.
    newest: u64,
}

impl KeptLines {
    fn push(&mut self, text: &str) -> u64 {
        self.bytes += text.len();
        self.texts.push_back(text.into());
        while self.texts.len() > LINES_MAX || self.bytes > BYTES_MAX {
            let gone = self.texts.pop_front().map_or(0, |gone| gone.len());
            self.bytes -= gone;
        }
        self.newest += 1;
        self.newest
    }

    fn oldest(&self) -> u64 {
        self.newest + 1 - self.texts.len() as u64
    }

    fn numbered(&self) -> impl DoubleEndedIterator<Item = RecentLine> {
        let numbers = self.oldest()..=self.newest;
        let texts = self.texts.iter().cloned();
        numbers
            .zip(texts)
            .map(|(number, text)| RecentLine { number, text })
            .collect::<Vec<_>>()
            .into_iter()
    }
}

impl Default for RecentLog {
    fn default() -> Self {
        RecentLog {
            lines: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

impl RecentLog {
    /// All that are kept, the newest first.
    pub fn list_lines(&self) -> Vec<RecentLine> {
        self.lock_lines().numbered().rev().collect()
    }

    /// Those behind a number, the oldest first, and how many of them are kept no more. A number that no line has yet is
    /// one of another process: then all that are kept.
    pub fn lines_after(&self, number: u64) -> (u64, Vec<RecentLine>) {
        let lines = self.lock_lines();
        let gone = lines.oldest() - 1;
        let from = if number > lines.newest { gone } else { number };
        let later = lines.numbered().filter(|line| line.number > from);
        (gone.saturating_sub(from), later.collect())
    }

    /// Told with each line.
    pub fn watch_lines(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Keeps a line of JSON.
    pub fn keep_line(&self, line: &str) {
        let line = line.trim_end_matches('\n');
        let number = if line.len() <= LINE_BYTES_MAX {
            self.lock_lines().push(line)
        } else {
            let Some(note) = describe_long_line(line) else { return };
            self.lock_lines().push(&note)
        };
        self.newest.send_replace(number);
    }

    fn lock_lines(&self) -> MutexGuard<'_, KeptLines> {
        // A line is there or not, whatever panicked.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept in place of a line that is too long.
fn describe_long_line(line: &str) -> Option<String> {
    let found = LogLine::parse(line)?;
    let note = json!({
        "timestamp": found.at,
        "level": found.level.as_str(),
        "message": "a long line is in the daily log alone",
        "bytes": line.len(),
        "target": found.target,
    });
    Some(note.to_string())
}

/// The lines of this process; a process has one log.
pub fn recent_log() -> &'static RecentLog {
    static RECENT: LazyLock<RecentLog> = LazyLock::new(RecentLog::default);
    &RECENT
}

/// Hands lines to those that are kept.
pub(super) struct MakeRecentWriter(pub &'static RecentLog);

impl<'w> MakeWriter<'w> for MakeRecentWriter {
    type Writer = RecentWriter;

    fn make_writer(&'w self) -> RecentWriter {
        RecentWriter(self.0)
    }
}

pub(super) struct RecentWriter(&'static RecentLog);

impl Write for RecentWriter {
    /// One whole line a call, as the layer gives it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.keep_line(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: usize, filler: usize) -> String {
        let message = format!("line {n} {}", "x".repeat(filler));
        json!({"timestamp": "2026-11-28T10:00:00.000001Z", "level": "INFO", "message": message, "target": "t"})
            .to_string()
    }

    #[test]
    fn the_newest_lines_are_kept_within_both_bounds_and_keep_their_numbers() {
        let log = RecentLog::default();
        for n in 1..=LINES_MAX + 5 {
            log.keep_line(&line(n, 1));
        }
        let kept = log.list_lines();
        assert_eq!(kept.len(), LINES_MAX);
        let newest = (LINES_MAX + 5) as u64;
        assert_eq!((kept[0].number, kept[LINES_MAX - 1].number), (newest, 6));
        assert!(kept[0].text.contains(&format!("line {newest} ")));
        for n in 0..100 {
            log.keep_line(&line(n, 60_000));
        }
        let bytes: usize = log.list_lines().iter().map(|line| line.text.len()).sum();
        assert!((BYTES_MAX - 70_000..=BYTES_MAX).contains(&bytes), "{bytes}");
    }

    #[test]
    fn who_reads_on_is_told_how_many_lines_they_missed() {
        let log = RecentLog::default();
        assert_eq!(log.lines_after(0), (0, Vec::new()));
        for n in 1..=LINES_MAX + 5 {
            log.keep_line(&line(n, 1));
        }
        let newest = log.list_lines()[0].number;
        let (skipped, lines) = log.lines_after(newest - 2);
        assert_eq!((skipped, lines.len(), lines[0].number), (0, 2, newest - 1));
        let (skipped, lines) = log.lines_after(2);
        assert_eq!((skipped, lines.len()), (3, LINES_MAX));
        let (skipped, lines) = log.lines_after(newest + 100);
        assert_eq!((skipped, lines.len()), (0, LINES_MAX), "of another process");
        assert_eq!(log.lines_after(newest), (0, Vec::new()));
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_not_kept() {
        let log = RecentLog::default();
        log.keep_line(&line(1, LINE_BYTES_MAX));
        let kept = log.list_lines();
        let found = LogLine::parse(&kept[0].text).unwrap();
        assert_eq!(found.message, "a long line is in the daily log alone");
        assert!(kept[0].text.len() < 300 && found.fields["bytes"].as_u64().unwrap() > LINE_BYTES_MAX as u64);
    }
}
