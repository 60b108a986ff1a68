//! The daily files read from their end back, a line at a time: what a page of the log shows that memory keeps no more.
//! Reads in pieces, so that neither a large file nor a line without end fills the memory.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::NaiveDate;

use super::retention::LogFile;
use crate::files::{FileReadError, open_file};

/// Read at once, bytes.
const CHUNK: u64 = 64 << 10;
/// Longer lines are none of ours.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Where a line begins in the daily files; as text `FILE:OFFSET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    file: LogFile,
    offset: u64,
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.name(), self.offset)
    }
}

/// The text is no place in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no place in the log files")]
pub struct InvalidLogPlace;

impl FromStr for LogPlace {
    type Err = InvalidLogPlace;

    /// A name that is none of a log file's leads nowhere.
    fn from_str(text: &str) -> Result<Self, InvalidLogPlace> {
        let (name, offset) = text.rsplit_once(':').ok_or(InvalidLogPlace)?;
        let file = LogFile::parse(name, 0).ok_or(InvalidLogPlace)?;
        let offset = offset.parse().map_err(|_| InvalidLogPlace)?;
        Ok(LogPlace { file, offset })
    }
}

/// The files in the folder of the logs, the oldest first; none where there is no folder.
pub(super) fn list_log_files(folder: &Path) -> io::Result<Vec<LogFile>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files: Vec<LogFile> = Vec::new();
    for entry in entries {
        let entry = entry?;
        let facts = entry.metadata()?;
        let log_file = entry
            .file_name()
            .to_str()
            .and_then(|name| LogFile::parse(name, facts.len()));
        files.extend(log_file.filter(|_| facts.is_file()));
    }
    files.sort_by_key(|file| (file.date, file.part));
    Ok(files)
}

/// Reads lines, the newest first.
#[derive(Debug)]
pub struct LogReader {
    folder: PathBuf,
    /// Those that are still to be read, the oldest first.
    files: Vec<LogFile>,
    /// In the last of them nothing is read behind this.
    end: Option<u64>,
    current: Option<(LogFile, BackwardLines<File>)>,
    read_bytes: u64,
}

impl LogReader {
    /// From the newest line back, or from the one before a place. No folder: no lines.
    pub fn open(folder: &Path, before: Option<&LogPlace>) -> io::Result<LogReader> {
        let mut files = list_log_files(folder)?;
        let mut end = None;
        if let Some(place) = before {
            let key = |file: &LogFile| (file.date, file.part);
            files.retain(|file| key(file) <= key(&place.file));
            // A file that is gone had nothing but newer lines than those that are left.
            end = files
                .last()
                .filter(|last| key(last) == key(&place.file))
                .map(|_| place.offset);
        }
        Ok(LogReader {
            folder: folder.to_owned(),
            files,
            end,
            current: None,
            read_bytes: 0,
        })
    }

    /// Leaves out files of later days; before the first line is read.
    pub fn skip_days_after(&mut self, date: NaiveDate) {
        let had = self.files.len();
        self.files.retain(|file| file.date <= date);
        if self.files.len() < had {
            self.end = None;
        }
    }

    /// Bytes read so far.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes + self.current.as_ref().map_or(0, |(_, lines)| lines.read_bytes)
    }

    /// The line before; `None`: there is no older one.
    pub fn previous_line(&mut self) -> io::Result<Option<(LogPlace, String)>> {
        loop {
            if let Some((file, lines)) = &mut self.current {
                if let Some((offset, line)) = lines.previous_line()? {
                    let file = file.clone();
                    return Ok(Some((LogPlace { file, offset }, line)));
                }
                self.read_bytes += lines.read_bytes;
                self.current = None;
            }
            let Some(file) = self.files.pop() else { return Ok(None) };
            let end = self.end.take();
            match open_file(&self.folder.join(file.name()), u64::MAX) {
                Ok((opened, length)) => {
                    let end = end.unwrap_or(length).min(length);
                    self.current = Some((file, BackwardLines::new(opened, end)));
                }
                // Retention was faster.
                Err(error) if error.is_missing() || matches!(error, FileReadError::Irregular(_)) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Lines of one source that end before `start`, the last one first.
#[derive(Debug)]
struct BackwardLines<R> {
    source: R,
    /// Where `held` begins in the source.
    start: u64,
    /// What was read and not given out.
    held: Vec<u8>,
    /// In the middle of a line that is too long.
    is_skipping: bool,
    read_bytes: u64,
}

impl<R: Read + Seek> BackwardLines<R> {
    fn new(source: R, end: u64) -> Self {
        BackwardLines {
            source,
            start: end,
            held: Vec::new(),
            is_skipping: false,
            read_bytes: 0,
        }
    }

    fn previous_line(&mut self) -> io::Result<Option<(u64, String)>> {
        loop {
            if let Some(found) = self.take_line() {
                return Ok(Some(found));
            }
            if self.start == 0 {
                return Ok(None);
            }
            if self.held.len() > LINE_BYTES_MAX {
                self.held.clear();
                self.is_skipping = true;
            }
            self.read_chunk()?;
        }
    }

    /// The last whole line of what is held.
    fn take_line(&mut self) -> Option<(u64, String)> {
        if self.is_skipping {
            let Some(at) = memchr::memrchr(b'\n', &self.held) else {
                self.held.clear();
                return None;
            };
            self.held.truncate(at + 1);
            self.is_skipping = false;
        }
        let body = self.held.strip_suffix(b"\n").unwrap_or(&self.held);
        let at = match memchr::memrchr(b'\n', body) {
            Some(at) => at + 1,
            None if self.start == 0 && !self.held.is_empty() => 0,
            None => return None,
        };
        let line = String::from_utf8_lossy(&body[at..]).into_owned();
        self.held.truncate(at);
        Some((self.start + at as u64, line))
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let size = CHUNK.min(self.start);
        self.start -= size;
        self.read_bytes += size;
        let mut piece = vec![0; usize::try_from(size).unwrap_or_default()];
        self.source.seek(SeekFrom::Start(self.start))?;
        self.source.read_exact(&mut piece)?;
        piece.append(&mut self.held);
        self.held = piece;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn all(text: &str, end: usize) -> Vec<(u64, String)> {
        let mut lines = BackwardLines::new(Cursor::new(text.as_bytes().to_vec()), end as u64);
        let mut found = Vec::new();
        while let Some(line) = lines.previous_line().unwrap() {
            found.push(line);
        }
        found
    }

    #[test]
    fn lines_come_from_the_end_back_each_with_its_place() {
        let text = "one\ntwo\n\nthree\nhal";
        let found = all(text, text.len());
        let lines: Vec<(u64, &str)> = found.iter().map(|(at, line)| (*at, line.as_str())).collect();
        assert_eq!(lines, [(15, "hal"), (9, "three"), (8, ""), (4, "two"), (0, "one")]);
        // What begins at a place is not read again.
        assert_eq!(all(text, 9), found[2..]);
        assert_eq!(all("", 0), []);
        assert_eq!(all("one\n", 4), [(0, "one".to_owned())]);
    }

    #[test]
    fn lines_that_lie_across_pieces_are_whole() {
        let text: String = (0..20_000)
            .map(|n| format!("line {n} {}\n", "x".repeat(n % 50)))
            .collect();
        let found = all(&text, text.len());
        assert_eq!(found.len(), 20_000);
        let expected: Vec<&str> = text.lines().rev().collect();
        assert!(found.iter().map(|(_, line)| line.as_str()).eq(expected));
    }

    #[test]
    fn a_line_without_end_is_left_out_and_those_around_it_are_read() {
        let text = format!("first\n{}\nlast\n", "x".repeat(3 * LINE_BYTES_MAX));
        let found: Vec<String> = all(&text, text.len()).into_iter().map(|(_, line)| line).collect();
        assert_eq!(found, ["last", "first"]);
    }

    #[test]
    fn files_are_read_from_the_newest_back_and_a_place_leads_to_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("intune-connector.2026-11-20.log", "a\nb\n");
        write("intune-connector.2026-11-21.log", "c\n");
        write("intune-connector.2026-11-21.2.log", "d\ne\n");
        write("other.log", "f\n");
        let read = |before: Option<&LogPlace>| {
            let mut reader = LogReader::open(folder.path(), before).unwrap();
            let mut found = Vec::new();
            while let Some(line) = reader.previous_line().unwrap() {
                found.push(line);
            }
            found
        };
        let found = read(None);
        let lines: Vec<&str> = found.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(lines, ["e", "d", "c", "b", "a"]);
        for (at, (place, _)) in found.iter().enumerate() {
            let text = place.to_string();
            let rest = read(Some(&text.parse().unwrap()));
            assert_eq!(rest, found[at + 1..], "{text}");
        }
        let mut reader = LogReader::open(folder.path(), None).unwrap();
        reader.skip_days_after(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        assert_eq!(reader.previous_line().unwrap().unwrap().1, "b");
        for text in [
            "",
            "x",
            "other.log:0",
            "../intune-connector.2026-11-20.log:0",
            "intune-connector.2026-11-20.log:x",
        ] {
            assert_eq!(text.parse::<LogPlace>(), Err(InvalidLogPlace), "{text}");
        }
        let nowhere = LogReader::open(&folder.path().join("none"), None)
            .unwrap()
            .previous_line()
            .unwrap();
        assert_eq!(nowhere, None);
    }
}
