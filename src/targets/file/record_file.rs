//! The record file of a target: what it has written, in a form that loses nothing. The first line says which version it is and
//! which files the target has made; each other line is a record, or the id of one that is there no more. A later line goes before
//! an earlier one: in a series of single writes, lines are added at the end instead of writing all of them anew. A last line
//! without its end was cut by a crash: what it says was never confirmed.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::io_fault::allow_advice;
use super::record_table::{FileRecord, RecordTable};
use crate::config::OutputPlace;
use crate::files::{FileReadError, open_data_file, open_file, shell_word};
use crate::targets::{RecordId, TargetFault};

pub(super) const NAME: &str = "records.ndjson";
const VERSION: u32 = 1;
/// Largest record file that is read, bytes: a million devices have less.
const RECORDS_MAX: u64 = 4 << 30;

/// What a target knows of its files.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct KeptRecords {
    pub table: RecordTable,
    /// Names of files that it has made, or was about to make: these it may replace.
    pub made: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct RecordHead {
    version: u32,
    made: BTreeSet<String>,
}

pub(super) fn record_path(place: &OutputPlace) -> PathBuf {
    place.own_folder.join(NAME)
}

/// `None`: there is none.
pub(super) fn read_record_file(path: &Path) -> Result<Option<KeptRecords>, TargetFault> {
    let (file, _) = match open_file(path, RECORDS_MAX) {
        Ok(opened) => opened,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    parse_records(BufReader::new(file.take(RECORDS_MAX)))
        .map(Some)
        .map_err(|error| damaged(path, &error))
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RecordLine {
    Removed { removed: String },
    Stands(FileRecord),
}

/// `None`: there is no other whole line. One that was cut may end within a character.
fn read_line(text: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    text.read_until(b'\n', &mut line)?;
    let is_whole = line.pop() == Some(b'\n');
    Ok(is_whole.then_some(line))
}

fn parse_records(mut text: impl BufRead) -> io::Result<KeptRecords> {
    let head = read_line(&mut text)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let head: RecordHead = serde_json::from_slice(&head)?;
    if head.version != VERSION {
        return Err(io::Error::other(format!("it has the version {}", head.version)));
    }
    let mut kept = KeptRecords {
        table: RecordTable::default(),
        made: head.made,
    };
    while let Some(line) = read_line(&mut text)? {
        match serde_json::from_slice(&line)? {
            RecordLine::Removed { removed } => kept.table.remove(&removed),
            RecordLine::Stands(record) => kept.table.push(record),
        }
    }
    Ok(kept)
}

pub(super) fn write_records(out: &mut dyn Write, kept: &KeptRecords) -> io::Result<()> {
    let mut writer = io::BufWriter::new(out);
    let head = RecordHead {
        version: VERSION,
        made: kept.made.clone(),
    };
    serde_json::to_writer(&mut writer, &head)?;
    writer.write_all(b"\n")?;
    for record in kept.table.records() {
        serde_json::to_writer(&mut writer, record)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()
}

/// Adds how these records stand now at the end of a record file that is whole. Where it fails, the file may have to be written
/// anew before anything else is added.
pub(super) fn append_records(path: &Path, table: &RecordTable, ids: &[RecordId]) -> io::Result<()> {
    let mut lines = Vec::new();
    for id in ids {
        let line = match table.find_by_id(id) {
            Some(record) => RecordLine::Stands(record.clone()),
            None => RecordLine::Removed { removed: id.0.clone() },
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    let mut options = OpenOptions::new();
    options.append(true);
    let mut file = open_data_file(path, &options)?;
    file.write_all(&lines)?;
    file.sync_all()
}

fn unreadable(path: &Path, error: &FileReadError) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the record file {} {error}", path.display()),
        advice: allow_advice(path.parent().unwrap_or(path)),
    }
}

fn damaged(path: &Path, error: &io::Error) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the record file {} is damaged: {error}", path.display()),
        advice: format!(
            "put it back from a backup; or write everything anew: move the files of the target away, rm {}, then \
             intune-connector servers resync TARGET, then intune-connector targets forget TARGET --all",
            shell_word(path)
        ),
    }
}

/// The links of the target lead to records that are not there any more.
pub(super) fn lost_records(path: &Path, records: u64) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the record file {} with {records} records is missing", path.display()),
        advice: "put it back from a backup; or write everything anew: move the files of the target away, then \
                 intune-connector servers resync TARGET, then intune-connector targets forget TARGET --all"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::record_table::FileState;
    use super::*;
    use crate::targets::samples_for_tests::{device_id, field_values};

    fn kept() -> KeptRecords {
        let mut kept = KeptRecords {
            table: RecordTable::default(),
            made: BTreeSet::from(["devices.csv".to_owned()]),
        };
        for number in 1..=3 {
            kept.table.push(FileRecord {
                id: format!("r{number}"),
                device: device_id(number),
                instance: "IntuneConnector_1".to_owned(),
                state: FileState::Active,
                gone_at: None,
                gone_reason: None,
                values: field_values(json!({"deviceName": "=a\n\"b\"", "memory": 16, "share": 0.5, "on": true})),
            });
        }
        kept
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let mut bytes = Vec::new();
        write_records(&mut bytes, &kept()).unwrap();
        assert_eq!(parse_records(bytes.as_slice()).unwrap(), kept());
    }

    #[test]
    fn what_is_added_goes_before_what_stands_and_a_line_that_was_cut_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let mut bytes = Vec::new();
        write_records(&mut bytes, &kept()).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let mut table = kept().table;
        let mut changed = table.find_by_device(device_id(2)).unwrap().clone();
        changed.device = device_id(7);
        table.push(changed);
        table.remove("r3");
        append_records(&path, &table, &[RecordId("r2".into()), RecordId("r3".into())]).unwrap();
        assert_eq!(read_record_file(&path).unwrap().unwrap().table, table);
        assert!(table.find_by_device(device_id(2)).is_none() && table.records().count() == 2);
        let whole = std::fs::read(&path).unwrap();
        for cut in [&b"{\"removed\":\"r1\"}"[..], b"{\"removed\":\"\xc3"] {
            std::fs::write(&path, [whole.as_slice(), cut].concat()).unwrap();
            assert_eq!(read_record_file(&path).unwrap().unwrap().table, table);
        }
    }

    #[test]
    fn a_file_that_is_empty_or_broken_or_of_another_version_is_damaged_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert_eq!(read_record_file(&path), Ok(None));
        for text in [
            "",
            "{\"version\":2,\"made\":[]}\n",
            "{\"version\":1,\"made\":[]}\n{\"id\":\"r\n{\"removed\":\"r1\"}\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let fault = read_record_file(&path).unwrap_err();
            assert!(
                fault.code() == "misconfigured" && fault.advice().contains("forget TARGET --all"),
                "{fault}"
            );
        }
    }
}
