//! Files (CSV or NDJSON) in a folder that `bus.ini` lists, read back by readers of our own, and changed by hand. What a server
//! has by its line, files have by their folder: it goes away and comes back, and a file that was replaced is told from one that
//! was not.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::super::csv_reader::read_csv;
use super::super::target_bodies::merge;
use super::{SeenRecord, SeenState};

/// The name of the folder in `bus.ini`.
const PLACE: &str = "share";
const FILE_NAME: &str = "fleet";
/// Those by which a record is told, and some of the usual ones.
const COLUMNS: &str = "record, deviceId, state, deviceName, serialNumber, manufacturer, model, operatingSystem, osVersion, \
                       primaryUser, lastSyncDateTime, isEncrypted";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    Csv,
    Ndjson,
}

/// By which a file that was replaced is told from one that was not: its inode, and when that was last changed.
type Stamp = (u64, i64, i64);

#[derive(Default)]
struct SeenFiles {
    stamps: HashMap<PathBuf, Stamp>,
    replaced: u64,
}

pub struct FileSide {
    form: FileForm,
    disk: TempDir,
    seen: Mutex<SeenFiles>,
}

/// Cells by the heads of their columns.
type Row = BTreeMap<String, String>;

impl FileSide {
    /// A folder of one's own, with nothing in it.
    pub fn open(form: FileForm) -> FileSide {
        let side = FileSide {
            form,
            disk: tempfile::tempdir().unwrap(),
            seen: Mutex::default(),
        };
        fs::create_dir(side.folder()).unwrap();
        side
    }

    fn folder(&self) -> PathBuf {
        self.disk.path().join(PLACE)
    }

    fn away(&self) -> PathBuf {
        self.disk.path().join("away")
    }

    /// `end`: nothing, or what a list of what has gone has behind its name.
    fn file(&self, end: &str) -> PathBuf {
        let ending = match self.form {
            FileForm::Csv => "csv",
            FileForm::Ndjson => "ndjson",
        };
        self.folder().join(format!("{FILE_NAME}{end}.{ending}"))
    }

    /// Has the `bus.ini` of this data folder list the folder, once. It is read when a target is installed or starts.
    pub fn list_in(&self, data: &Path) {
        let path = data.join("bus.ini");
        let text = fs::read_to_string(&path).unwrap_or_else(|_| "[file]\nversion = 1\n".to_owned());
        let listed = format!("[targets]\ntarget_folders = {PLACE}={}\n", self.folder().display());
        if text.contains(&listed) {
            return;
        }
        // A section may be there once.
        let text = if text.contains("\n[targets]\n") {
            text.replacen("[targets]\n", &listed, 1)
        } else {
            format!("{text}\n{listed}")
        };
        fs::write(&path, text).unwrap();
    }

    pub fn answers(&self) -> Value {
        let usual = json!({"profile": "File", "place": PLACE, "file_name": FILE_NAME, "columns": COLUMNS});
        let of_form = match self.form {
            // Texts as they are: what is done for spreadsheets has tests of its own.
            FileForm::Csv => json!({"format": "csv", "spreadsheet_safe": false}),
            FileForm::Ndjson => json!({"format": "ndjson"}),
        };
        merge(usual, of_form)
    }

    /// The disk goes away: nothing is where it was.
    pub fn cut(&self) {
        fs::rename(self.folder(), self.away()).unwrap();
    }

    pub fn mend(&self) {
        fs::rename(self.away(), self.folder()).unwrap();
    }

    /// How often somebody looked and a file was another one than before: not at all, where none was replaced.
    pub fn replaced(&self) -> u64 {
        let mut seen = self.seen.lock().unwrap();
        for path in ["", "-gone"].map(|end| self.file(end)) {
            let Ok(facts) = fs::metadata(&path) else { continue };
            let stamp = (facts.ino(), facts.ctime(), facts.ctime_nsec());
            if seen.stamps.insert(path, stamp) != Some(stamp) {
                seen.replaced += 1;
            }
        }
        seen.replaced
    }

    pub fn records(&self) -> Vec<SeenRecord> {
        let gone = self.read_rows("-gone").into_iter().map(|row| see_row(row, true));
        let gone: Vec<SeenRecord> = gone.collect();
        let there = self.read_rows("").into_iter().map(|row| see_row(row, false));
        there.chain(gone).collect()
    }

    fn read_rows(&self, end: &str) -> Vec<Row> {
        let Ok(text) = fs::read_to_string(self.file(end)) else {
            return Vec::new();
        };
        match self.form {
            FileForm::Csv => {
                let rows = read_csv(&text, ',');
                let cells = rows[1..].iter();
                cells
                    .map(|cells| rows[0].iter().cloned().zip(cells.iter().cloned()).collect())
                    .collect()
            }
            FileForm::Ndjson => read_lines(&text).into_iter().map(text_row).collect(),
        }
    }

    /// Somebody writes into the file by hand.
    pub fn edit(&self, record: &str, field: &str, value: &str) {
        let path = self.file("");
        let text = fs::read_to_string(&path).unwrap();
        let edited = match self.form {
            FileForm::Csv => edit_table(&text, record, field, value),
            FileForm::Ndjson => edit_lines(&text, record, field, value),
        };
        fs::write(&path, edited).unwrap();
    }
}

/// Strict: every line has an end, and is an object.
fn read_lines(text: &str) -> Vec<Map<String, Value>> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn text_row(line: Map<String, Value>) -> Row {
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    line.into_iter().map(|(column, value)| (column, text(value))).collect()
}

fn edit_table(text: &str, record: &str, field: &str, value: &str) -> String {
    let mut rows = read_csv(text, ',');
    let place = |name: &str| rows[0].iter().position(|head| head == name).unwrap();
    let (id, cell) = (place("record"), place(field));
    for row in rows.iter_mut().filter(|row| row[id] == record) {
        row[cell] = value.to_owned();
    }
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let lines = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(quoted).collect();
        cells.join(",") + "\n"
    });
    lines.collect()
}

fn edit_lines(text: &str, record: &str, field: &str, value: &str) -> String {
    let lines = read_lines(text).into_iter().map(|mut line| {
        if line["record"] == record {
            line.insert(field.to_owned(), json!(value));
        }
        format!("{}\n", Value::Object(line))
    });
    lines.collect()
}

/// `has_gone`: it stands in the list of what has gone, and has to say so.
fn see_row(mut row: Row, has_gone: bool) -> SeenRecord {
    let mut take = |column: &str| {
        row.remove(column)
            .unwrap_or_else(|| panic!("there is no column {column}"))
    };
    let (id, device, state) = (take("record"), take("deviceId"), take("state"));
    assert_eq!(state != "active", has_gone, "{id} of {device} stands in the wrong list");
    let text = |column: &str| row[column].clone();
    SeenRecord {
        id,
        device: Some(device),
        name: text("deviceName"),
        serial: text("serialNumber"),
        user: Some(text("primaryUser")).filter(|user| !user.is_empty()),
        state: if has_gone {
            SeenState::Retired
        } else {
            SeenState::Active
        },
        values: row,
    }
}
