//! The fleet as a CSV file, one device a row: the newest state, not a log. The file is replaced as a whole, so it is
//! never half written, and it is read back at the next start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::cures::{repeat_command, replace_advice};
use super::sink::{AppliedChange, vanished_devices};
use super::view::ChangeEffect;
use crate::cli::failure::CommandFailure;
use crate::export::CsvStyle;
use crate::model::{ChangeKind, DeviceId, FeedChange, Seq};

/// Columns that identify a row; the device's own follow.
const KEYS: [&str; 2] = ["instance", "deviceId"];

pub(crate) struct CsvTable {
    path: PathBuf,
    columns: Vec<String>,
    style: CsvStyle,
    rows: BTreeMap<(String, String), Vec<String>>,
}

impl CsvTable {
    /// Opens the table with what stands in it. `expected`: devices are known from before, so the file must be there.
    pub(crate) fn open(
        path: &Path,
        columns: &[String],
        style: CsvStyle,
        expected: bool,
    ) -> Result<CsvTable, CommandFailure> {
        let mut table = CsvTable {
            path: path.to_owned(),
            columns: columns.to_vec(),
            style,
            rows: BTreeMap::new(),
        };
        if !path.exists() {
            return if expected {
                Err(CommandFailure::usage_error(
                    format!("{} is missing, but its .view file exists", path.display()),
                    format!("have all devices sent again: {}", repeat_command("--resync")),
                ))
            } else {
                Ok(table)
            };
        }
        check_replaceable(path)?;
        let unusable = |why: String| {
            CommandFailure::usage_error(
                format!("cannot continue {}: {why}", path.display()),
                replace_advice(path),
            )
        };
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(style.separator.to_byte()).from_path(path);
        let mut reader = reader.map_err(|error| unusable(error.to_string()))?;
        let headers = reader.headers().map_err(|error| unusable(error.to_string()))?;
        if !headers.iter().eq(table.header_names()) {
            return Err(unusable(
                "its columns differ, or it was written with another --csv-separator".into(),
            ));
        }
        for record in reader.records() {
            let record = record.map_err(|error| unusable(error.to_string()))?;
            let mut cells = record.iter().map(str::to_owned);
            if let (Some(instance), Some(id)) = (cells.next(), cells.next()) {
                table.rows.insert((instance, id), cells.collect());
            }
        }
        Ok(table)
    }

    /// Number of devices.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The devices of the rows, as changes that a view can be told: what of them is in no snapshot has gone.
    pub(crate) fn to_changes(&self) -> impl Iterator<Item = FeedChange> {
        self.rows.keys().filter_map(|(instance, id)| {
            Some(FeedChange {
                seq: Some(Seq::default()),
                device_id: Some(id.parse().ok()?),
                ..FeedChange::with_kind(&instance.parse().ok()?, ChangeKind::Upsert)
            })
        })
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        KEYS.into_iter().chain(self.columns.iter().map(String::as_str))
    }

    pub(crate) fn apply_change(&mut self, applied: &AppliedChange) {
        let change = &applied.change;
        let key = |id: DeviceId| (change.instance.to_string(), id.to_string());
        for id in vanished_devices(applied) {
            self.rows.remove(&key(id));
        }
        for effect in &applied.effects {
            match effect {
                ChangeEffect::Added(id) | ChangeEffect::Changed(id) | ChangeEffect::Known(id) => {
                    let cells = self.device_cells(change);
                    self.rows.insert(key(*id), cells);
                }
                ChangeEffect::Gone(id, _) => {
                    self.rows.remove(&key(*id));
                }
                ChangeEffect::SnapshotBegan
                | ChangeEffect::SnapshotEnded
                | ChangeEffect::OutOfOrder(_)
                | ChangeEffect::Incomplete => (),
            }
        }
    }

    fn device_cells(&self, change: &FeedChange) -> Vec<String> {
        let body = change
            .device
            .as_deref()
            .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let cell = |name: &String| match body.as_ref().and_then(|body| body.get(name)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => self.style.escape_cell(text),
            Some(other) => self.style.escape_cell(&other.to_string()),
        };
        self.columns.iter().map(cell).collect()
    }

    /// Replaces the file.
    pub(crate) fn write_file(&self) -> Result<(), CommandFailure> {
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.delimiter(self.style.separator.to_byte()).from_writer(Vec::new());
        let failed =
            |error: csv::Error| CommandFailure::general_error(format!("failed to create the table: {error}"), "");
        writer.write_record(self.header_names()).map_err(failed)?;
        for ((instance, id), cells) in &self.rows {
            let keys = [instance.as_str(), id.as_str()];
            writer
                .write_record(keys.into_iter().chain(cells.iter().map(String::as_str)))
                .map_err(failed)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| CommandFailure::general_error(error.to_string(), ""))?;
        crate::files::replace_private_file(&self.path, &bytes)
            .map_err(|error| CommandFailure::file_error("write", &self.path, &error))
    }
}

/// A table is read back and replaced as a whole: what is no regular file can be neither, and reading a pipe has no end.
fn check_replaceable(path: &Path) -> Result<(), CommandFailure> {
    if path.is_file() {
        return Ok(());
    }
    let kind = if path.is_dir() {
        "a folder"
    } else {
        "a device, a pipe or a socket"
    };
    Err(CommandFailure::usage_error(
        format!("{} is {kind}, and a table is a regular file", path.display()),
        "name a file; to pass changes on, use --ndjson or --exec",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::cli::follow::view::FleetReplica;
    use crate::export::CsvSeparator;

    const USUAL: CsvStyle = CsvStyle {
        separator: CsvSeparator::Comma,
        raw: false,
    };

    fn told(server: &mut FleetReplica, change: FeedChange) -> AppliedChange {
        AppliedChange {
            effects: server.apply_change(&change),
            change,
        }
    }

    fn upsert(n: u128, name: &str) -> FeedChange {
        let body = RawValue::from_string(serde_json::json!({ "deviceName": name }).to_string()).ok();
        let instance = "IntuneConnector_1".parse().expect("a name");
        FeedChange {
            seq: Some(Seq(n as i64)),
            device_id: Some(DeviceId(uuid::Uuid::from_u128(n))),
            device: body,
            ..FeedChange::with_kind(&instance, ChangeKind::Upsert)
        }
    }

    #[test]
    fn the_table_is_the_fleet_and_goes_on_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fleet.csv");
        let columns = vec!["deviceName".to_owned()];
        let mut server = FleetReplica::default();
        let mut table = CsvTable::open(&path, &columns, USUAL, false).expect("new");
        for change in [upsert(1, "=HYPERLINK(1)"), upsert(2, "two, \"quoted\"")] {
            table.apply_change(&told(&mut server, change));
        }
        table.write_file().expect("written");
        let mut table = CsvTable::open(&path, &columns, USUAL, true).expect("again");
        let one = upsert(1, "");
        let gone = FeedChange {
            kind: ChangeKind::Gone,
            seq: Some(Seq(9)),
            device: None,
            ..one
        };
        table.apply_change(&told(&mut server, gone));
        table.write_file().expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(
            text,
            "instance,deviceId,deviceName\nIntuneConnector_1,00000000-0000-0000-0000-000000000002,\"two, \"\"quoted\"\"\"\n"
        );
    }

    #[test]
    fn st_10_a_table_reads_back_by_each_separator() {
        let folder = tempfile::tempdir().expect("a folder");
        let columns = vec!["deviceName".to_owned()];
        for separator in [CsvSeparator::Comma, CsvSeparator::Semicolon, CsvSeparator::Tab] {
            let style = CsvStyle { separator, raw: false };
            let path = folder.path().join(format!("{separator:?}.csv"));
            let mut server = FleetReplica::default();
            let mut table = CsvTable::open(&path, &columns, style, false).expect("new");
            for (n, name) in ["+4915112345678", "Anna;=1+1;x", "a, \"b\""].into_iter().enumerate() {
                table.apply_change(&told(&mut server, upsert(n as u128 + 1, name)));
            }
            table.write_file().expect("written");
            let again = CsvTable::open(&path, &columns, style, true).expect("again");
            assert_eq!(again.rows, table.rows);
            let names: Vec<&str> = again.rows.values().map(|cells| cells[0].as_str()).collect();
            assert_eq!(names[0], "+4915112345678");
        }
    }

    #[test]
    fn wi_5_a_table_is_a_regular_file_and_a_pipe_or_device_holds_nobody_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe.csv");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo");
        assert!(made.success());
        for (path, kind) in [
            (pipe.as_path(), "a pipe"),
            (Path::new("/dev/full"), "a device"),
            (folder.path(), "a folder"),
        ] {
            let refused = CsvTable::open(path, &[], USUAL, false).err().expect("no regular file");
            assert!(refused.message.contains(kind), "{refused}");
            assert!(refused.advice.contains("--ndjson"), "{refused}");
        }
    }

    #[test]
    fn a_table_that_vanished_or_has_other_columns_is_not_gone_on_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fleet.csv");
        assert!(CsvTable::open(&path, &[], USUAL, true).is_err());
        std::fs::write(&path, "a,b\n1,2\n").expect("written");
        assert!(CsvTable::open(&path, &[], USUAL, false).is_err());
    }
}
