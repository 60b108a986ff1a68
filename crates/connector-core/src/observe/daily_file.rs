//! The daily log file: a writer that rolls over by date and by size, deletes what retention says, and never fails.
//! On a full disk lines are lost and counted; the bus goes on, and the file goes on once there is room (E3).
//!
//! tracing-appender's own rolling writer knows neither a total size nor our clock, so only its background thread is
//! used (`log.rs`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;

use super::Clock;
use super::retention::{LogFile, files_to_delete, log_file_name};
use crate::files::open_data_file;

/// A day's file is cut at this share of the total, so that the newest part is never what makes the total too large.
const PARTS_OF_TOTAL: u64 = 8;
/// More parts than this in a day, and the last one grows.
const MAX_PARTS: u32 = 10_000;

#[derive(Debug, Clone)]
pub(super) struct LogRetention {
    pub keep_days: u32,
    pub max_total_bytes: u64,
}

#[derive(Debug)]
pub(super) struct DailyFile {
    folder: PathBuf,
    retention: LogRetention,
    clock: Clock,
    current: Option<OpenLogFile>,
    /// A line was cut by an error: the next one begins on a line of its own.
    has_partial_line: bool,
    lost_lines: Arc<AtomicU64>,
}

#[derive(Debug)]
struct OpenLogFile {
    date: NaiveDate,
    part: u32,
    bytes: u64,
    file: File,
}

impl DailyFile {
    /// Opens nothing yet. The counter tells how many lines could not be written.
    pub(super) fn new(folder: &Path, retention: LogRetention, clock: Clock) -> (Self, Arc<AtomicU64>) {
        let lost = Arc::new(AtomicU64::new(0));
        let daily = DailyFile {
            folder: folder.to_owned(),
            retention,
            clock,
            current: None,
            has_partial_line: false,
            lost_lines: Arc::clone(&lost),
        };
        (daily, lost)
    }

    fn max_part_bytes(&self) -> u64 {
        (self.retention.max_total_bytes / PARTS_OF_TOTAL).max(1)
    }

    /// The file for now; a new one, with retention, where date or size ask for it.
    fn writable_file(&mut self, more: u64) -> io::Result<&mut OpenLogFile> {
        let today = self.clock.now().date_naive();
        let limit = self.max_part_bytes();
        let fits = |current: &OpenLogFile| {
            current.date == today && (current.bytes == 0 || current.bytes + more <= limit || current.part >= MAX_PARTS)
        };
        let current = match self.current.take() {
            Some(current) if fits(&current) => current,
            _ => {
                self.delete_expired(today);
                self.open_part(today, more)?
            }
        };
        Ok(self.current.insert(current))
    }

    /// Goes on with the day's last part while it has room.
    fn open_part(&self, date: NaiveDate, more: u64) -> io::Result<OpenLogFile> {
        let todays_files = self.list_files().into_iter().filter(|file| file.date == date);
        let last = todays_files.max_by_key(|file| file.part);
        let (part, bytes) = match last {
            None => (1, 0),
            Some(file) if file.bytes + more <= self.max_part_bytes() || file.part >= MAX_PARTS => {
                (file.part, file.bytes)
            }
            Some(file) => (file.part + 1, 0),
        };
        let mut options = OpenOptions::new();
        options.append(true);
        let file = open_data_file(&self.folder.join(log_file_name(date, part)), &options)?;
        Ok(OpenLogFile {
            date,
            part,
            bytes,
            file,
        })
    }

    fn list_files(&self) -> Vec<LogFile> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let files = entries.flatten().filter_map(|entry| {
            let bytes = entry.metadata().ok()?.len();
            LogFile::parse(entry.file_name().to_str()?, bytes)
        });
        files.collect()
    }

    /// What can't be deleted now is tried again at the next roll-over.
    fn delete_expired(&self, today: NaiveDate) {
        let max_bytes = self.retention.max_total_bytes.saturating_sub(self.max_part_bytes());
        for file in files_to_delete(self.list_files(), today, self.retention.keep_days, max_bytes) {
            let _ = fs::remove_file(self.folder.join(file.name()));
        }
    }

    fn try_write(&mut self, line: &[u8]) -> io::Result<()> {
        let had_partial_line = self.has_partial_line;
        let current = self.writable_file(line.len() as u64)?;
        if had_partial_line {
            current.file.write_all(b"\n")?;
            current.bytes += 1;
        }
        current.file.write_all(line)?;
        current.bytes += line.len() as u64;
        self.has_partial_line = false;
        Ok(())
    }
}

impl Write for DailyFile {
    /// One whole line a call, as the background thread gives it; always succeeds.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.try_write(line).is_err() {
            self.has_partial_line = self.current.is_some();
            self.current = None;
            self.lost_lines.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};

    use super::*;

    struct Bench {
        folder: tempfile::TempDir,
        clock: Clock,
    }

    impl Bench {
        fn new() -> Self {
            Bench {
                folder: tempfile::tempdir().unwrap(),
                clock: Clock::manual(Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap()),
            }
        }

        fn writer(&self, keep_days: u32, max_total_bytes: u64) -> (DailyFile, Arc<AtomicU64>) {
            let retention = LogRetention {
                keep_days,
                max_total_bytes,
            };
            DailyFile::new(self.folder.path(), retention, self.clock.clone())
        }

        fn files(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }

        fn total_bytes(&self) -> u64 {
            fs::read_dir(self.folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().metadata().unwrap().len())
                .sum()
        }
    }

    #[test]
    fn each_day_has_a_file_and_the_oldest_goes() {
        let bench = Bench::new();
        let (mut writer, _) = bench.writer(1, 1_000_000);
        for _ in 0..3 {
            writer.write_all(b"a line\n").unwrap();
            bench.clock.advance(TimeDelta::days(1));
        }
        assert_eq!(
            bench.files(),
            ["intune-connector.2026-11-22.log", "intune-connector.2026-11-23.log"]
        );
    }

    #[test]
    fn a_restart_goes_on_with_the_file_of_the_day() {
        let bench = Bench::new();
        bench.writer(1, 1_000_000).0.write_all(b"one\n").unwrap();
        bench.writer(1, 1_000_000).0.write_all(b"two\n").unwrap();
        let text = fs::read_to_string(bench.folder.path().join("intune-connector.2026-11-21.log")).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }

    #[test]
    fn a_day_that_writes_much_stays_within_the_total_and_keeps_the_newest() {
        let bench = Bench::new();
        let (mut writer, lost) = bench.writer(30, 4_000);
        for i in 0..1_000 {
            writer.write_all(format!("line {i:04} of many\n").as_bytes()).unwrap();
            assert!(bench.total_bytes() <= 4_000);
        }
        let newest = bench
            .files()
            .iter()
            .filter_map(|name| LogFile::parse(name, 0))
            .max_by_key(|file| file.part)
            .unwrap();
        let text = fs::read_to_string(bench.folder.path().join(newest.name())).unwrap();
        assert!(text.ends_with("line 0999 of many\n"));
        assert_eq!(lost.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn e3_a_folder_that_takes_no_file_stops_nothing_and_counts_what_is_lost() {
        let bench = Bench::new();
        let folder = bench.folder.path().join("logs");
        let retention = LogRetention {
            keep_days: 1,
            max_total_bytes: 1_000,
        };
        let (mut writer, lost) = DailyFile::new(&folder, retention, bench.clock.clone());
        writer.write_all(b"lost\n").unwrap();
        assert_eq!(lost.load(Ordering::Relaxed), 1);
        fs::create_dir(&folder).unwrap();
        writer.write_all(b"kept\n").unwrap();
        let text = fs::read_to_string(folder.join("intune-connector.2026-11-21.log")).unwrap();
        assert_eq!(text, "kept\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn e3_a_full_disk_loses_lines_and_nothing_else_until_there_is_room() {
        let bench = Bench::new();
        let (mut writer, lost) = bench.writer(30, 1_000_000);
        for _ in 0..3 {
            writer.write_all(b"before\n").unwrap();
            let full_disk = OpenOptions::new().write(true).open("/dev/full").unwrap();
            writer.current.as_mut().unwrap().file = full_disk;
            writer.write_all(b"no room\n").unwrap();
        }
        assert_eq!(lost.load(Ordering::Relaxed), 3);
        writer.write_all(b"room again\n").unwrap();
        let file = bench.folder.path().join("intune-connector.2026-11-21.log");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "before\n\nbefore\n\nbefore\n\nroom again\n",
            "each on a line of its own"
        );
    }

    #[cfg(unix)]
    #[test]
    fn log_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let bench = Bench::new();
        bench.writer(1, 1_000).0.write_all(b"line\n").unwrap();
        let file = bench.folder.path().join("intune-connector.2026-11-21.log");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
