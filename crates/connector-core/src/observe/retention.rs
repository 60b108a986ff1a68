//! Which log files go. Pure: a list of files in, names to delete out. Only files whose name is one of ours are listed.

use chrono::NaiveDate;

const STEM: &str = "intune-connector";

/// One of our files in `logs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogFile {
    pub date: NaiveDate,
    /// A day has several files when it wrote much; from 1.
    pub part: u32,
    pub bytes: u64,
}

impl LogFile {
    /// `intune-connector.2026-11-21.log`, `intune-connector.2026-11-21.2.log`.
    pub(super) fn name(&self) -> String {
        log_file_name(self.date, self.part)
    }

    pub(super) fn parse(name: &str, bytes: u64) -> Option<Self> {
        let rest = name.strip_prefix(STEM)?.strip_prefix('.')?.strip_suffix(".log")?;
        let (date, part) = match rest.split_once('.') {
            None => (rest, 1),
            Some((date, part)) => (date, part.parse().ok()?),
        };
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let file = LogFile { date, part, bytes };
        (file.name() == name).then_some(file)
    }
}

pub(super) fn log_file_name(date: NaiveDate, part: u32) -> String {
    match part {
        0 | 1 => format!("{STEM}.{date}.log"),
        part => format!("{STEM}.{date}.{part}.log"),
    }
}

/// Files older than `keep_days`, and then the oldest until the rest is within `max_total_bytes`.
pub(super) fn files_to_delete(
    mut files: Vec<LogFile>,
    today: NaiveDate,
    keep_days: u32,
    max_total_bytes: u64,
) -> Vec<LogFile> {
    files.sort_by_key(|file| (file.date, file.part));
    let mut total: u64 = files.iter().map(|file| file.bytes).sum();
    let mut gone = Vec::new();
    for file in files {
        let age_days = today.signed_duration_since(file.date).num_days();
        if age_days > i64::from(keep_days) || total > max_total_bytes {
            total -= file.bytes;
            gone.push(file);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(day: u32, part: u32, bytes: u64) -> LogFile {
        let date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        LogFile { date, part, bytes }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn names_are_read_as_they_are_written_and_foreign_files_are_not_ours() {
        for known in [file(1, 1, 7), file(9, 2, 7), file(30, 11, 7)] {
            assert_eq!(LogFile::parse(&known.name(), 7), Some(known));
        }
        for foreign in [
            "intune-connector.2026-11-01.log.gz",
            "intune-connector.2026-11-01.1.log",
            "intune-connector.2026-11-01.02.log",
            "intune-connector.2026-11-01.x.log",
            "intune-connector.2026-13-01.log",
            "other.2026-11-01.log",
            "notes.txt",
        ] {
            assert_eq!(LogFile::parse(foreign, 7), None, "{foreign}");
        }
    }

    #[test]
    fn files_older_than_the_days_kept_go() {
        let files = vec![file(21, 1, 1), file(11, 1, 1), file(10, 1, 1), file(1, 1, 1)];
        assert_eq!(
            files_to_delete(files, day(21), 10, 100),
            [file(1, 1, 1), file(10, 1, 1)]
        );
    }

    #[test]
    fn the_oldest_go_first_until_the_rest_is_within_the_size() {
        let files = vec![file(21, 10, 40), file(21, 2, 40), file(20, 1, 40), file(21, 1, 40)];
        assert_eq!(
            files_to_delete(files.clone(), day(21), 30, 90),
            [file(20, 1, 40), file(21, 1, 40)]
        );
        assert_eq!(files_to_delete(files, day(21), 30, 160), []);
    }

    #[test]
    fn a_clock_that_stepped_back_deletes_nothing() {
        assert_eq!(files_to_delete(vec![file(25, 1, 1)], day(1), 3, 100), []);
    }
}
