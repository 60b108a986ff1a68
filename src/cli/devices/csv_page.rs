//! `devices --csv`: the devices of the list in the form of `follow --csv`, on standard output.

use serde_json::Value;

use super::device_row::DeviceRow;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::export::{CsvSeparator, CsvStyle};
use crate::inventory::field_reference::USUAL_COLUMNS;

/// As `follow` writes it by default.
const STYLE: CsvStyle = CsvStyle {
    separator: CsvSeparator::Comma,
    raw: false,
};
/// Columns that say which device it is, where none are chosen.
const KEYS: [&str; 2] = ["instance", "deviceId"];

pub(super) struct CsvPage {
    /// With the keys.
    has_keys: bool,
    columns: Vec<String>,
}

impl CsvPage {
    pub(super) fn new(chosen: &[String]) -> CsvPage {
        let columns = if chosen.is_empty() {
            USUAL_COLUMNS.split(',').map(str::to_owned).collect()
        } else {
            chosen.to_vec()
        };
        CsvPage {
            has_keys: chosen.is_empty(),
            columns,
        }
    }

    pub(super) fn print_header(&self) -> Result<(), CommandFailure> {
        let keys = KEYS.into_iter().filter(|_| self.has_keys);
        let heads = keys.chain(self.columns.iter().map(String::as_str));
        print_records(&[heads.map(str::to_owned).collect()])
    }

    pub(super) fn print_rows(&self, rows: &[DeviceRow]) -> Result<(), CommandFailure> {
        let cells = |row: &DeviceRow| {
            let keys = [row.instance.clone(), row.device_id.to_string()];
            let keys = keys.into_iter().filter(|_| self.has_keys);
            keys.chain(self.columns.iter().map(|name| format_field(row, name)))
                .collect()
        };
        print_records(&rows.iter().map(cells).collect::<Vec<Vec<String>>>())
    }
}

fn format_field(row: &DeviceRow, name: &str) -> String {
    match row.fields.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => STYLE.escape_cell(text),
        Some(other) => STYLE.escape_cell(&other.to_string()),
    }
}

fn print_records(records: &[Vec<String>]) -> Result<(), CommandFailure> {
    if records.is_empty() {
        return Ok(());
    }
    let failed = |problem: String| CommandFailure::general_error(format!("failed to create the table: {problem}"), "");
    let mut writer = csv::WriterBuilder::new();
    let mut writer = writer.delimiter(STYLE.separator.to_byte()).from_writer(Vec::new());
    for record in records {
        writer.write_record(record).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    output::print_verbatim(String::from_utf8_lossy(&bytes).trim_end_matches('\n'))
}
