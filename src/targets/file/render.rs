//! Records as rows of a file: CSV or NDJSON. Row by row, so that what is held in memory does not grow with the file.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::record_table::FileRecord;
use crate::config::{CsvRules, FileFormat};
use crate::export::{CsvSeparator, CsvStyle};

/// By which spreadsheets tell UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes the rows of one file. The same records make the same bytes.
pub(super) fn write_rows<'a>(
    out: &mut dyn Write,
    format: FileFormat,
    columns: &[String],
    records: impl Iterator<Item = &'a FileRecord>,
) -> io::Result<()> {
    match format {
        FileFormat::Csv(rules) => write_csv(out, rules, columns, records),
        FileFormat::Ndjson => write_lines(out, columns, records),
    }
}

fn write_csv<'a>(
    out: &mut dyn Write,
    rules: CsvRules,
    columns: &[String],
    records: impl Iterator<Item = &'a FileRecord>,
) -> io::Result<()> {
    if rules.byte_order_mark {
        out.write_all(BYTE_ORDER_MARK)?;
    }
    let style = csv_style(rules);
    let quotes = if rules.quotes_all {
        csv::QuoteStyle::Always
    } else {
        csv::QuoteStyle::Necessary
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(rules.separator)
        .quote_style(quotes)
        .from_writer(out);
    let heads = columns.iter().map(|column| style.escape_cell(column));
    writer.write_record(heads).map_err(into_io)?;
    for record in records {
        let cells = columns
            .iter()
            .map(|column| cell_text(&column_value(record, column), style));
        writer.write_record(cells).map_err(into_io)?;
    }
    writer.flush()
}

fn csv_style(rules: CsvRules) -> CsvStyle {
    let separator = match rules.separator {
        b';' => CsvSeparator::Semicolon,
        b'\t' => CsvSeparator::Tab,
        _ => CsvSeparator::Comma,
    };
    CsvStyle {
        separator,
        raw: !rules.spreadsheet_safe,
    }
}

/// Why the disk refused it, which decides what is told.
fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("a row cannot be written: {other:?}")),
    }
}

fn cell_text(value: &Value, style: CsvStyle) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => style.escape_cell(text),
        other => style.escape_cell(&other.to_string()),
    }
}

fn write_lines<'a>(
    out: &mut dyn Write,
    columns: &[String],
    records: impl Iterator<Item = &'a FileRecord>,
) -> io::Result<()> {
    let mut writer = io::BufWriter::new(out);
    for record in records {
        let members = columns
            .iter()
            .map(|column| (column.clone(), column_value(record, column)));
        let line = Value::Object(members.collect::<Map<String, Value>>());
        writeln!(writer, "{line}")?;
    }
    writer.flush()
}

/// What stands in a column; null: nothing.
fn column_value(record: &FileRecord, column: &str) -> Value {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
    match column {
        "record" => Value::String(record.id.clone()),
        "instance" => Value::String(record.instance.clone()),
        "deviceId" => Value::String(record.device.to_string()),
        "state" => Value::String(record.state.name().to_owned()),
        "goneAt" => text(&record.gone_at),
        "goneReason" => text(&record.gone_reason),
        field => record.values.get(field).cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::columns::OWN_COLUMNS;
    use super::super::record_table::FileState;
    use super::*;
    use crate::targets::samples_for_tests::{device_id, field_values};

    const USUAL: CsvRules = CsvRules {
        separator: b',',
        quotes_all: false,
        byte_order_mark: false,
        spreadsheet_safe: true,
    };

    fn record(values: Value) -> FileRecord {
        FileRecord {
            id: "r1".to_owned(),
            device: device_id(1),
            instance: "IntuneConnector_1".to_owned(),
            state: FileState::Stock,
            gone_at: Some("2026-11-22T08:00:00Z".to_owned()),
            gone_reason: Some("deleted".to_owned()),
            values: field_values(values),
        }
    }

    fn rendered(format: FileFormat, columns: &[&str], values: Value) -> String {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let mut out = Vec::new();
        write_rows(&mut out, format, &columns, [&record(values)].into_iter()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_is_written_as_the_settings_say() {
        let columns = ["deviceName", "memory", "encrypted", "none"];
        let values = || json!({"deviceName": "=PC;\"1\"", "memory": 16, "encrypted": true});
        let table = |rules| rendered(FileFormat::Csv(rules), &columns, values());
        let heads = "deviceName,memory,encrypted,none";
        assert_eq!(table(USUAL), format!("{heads}\n\"'=PC;\"\"1\"\"\",16,true,\n"));
        let raw = CsvRules {
            spreadsheet_safe: false,
            ..USUAL
        };
        assert_eq!(table(raw), format!("{heads}\n\"=PC;\"\"1\"\"\",16,true,\n"));
        let german = CsvRules {
            separator: b';',
            quotes_all: true,
            byte_order_mark: true,
            ..USUAL
        };
        let marked = "\u{feff}\"deviceName\";\"memory\";\"encrypted\";\"none\"\n";
        assert_eq!(
            table(german),
            format!("{marked}\"'=PC;\"\"1\"\"\";\"16\";\"true\";\"\"\n")
        );
    }

    #[test]
    fn lines_keep_the_types_of_values_and_the_order_of_columns() {
        let values = json!({"b": "=1\n", "a": 1.5, "c": false});
        let line = rendered(FileFormat::Ndjson, &["b", "none", "a", "c"], values);
        assert_eq!(line, "{\"b\":\"=1\\n\",\"none\":null,\"a\":1.5,\"c\":false}\n");
    }

    #[test]
    fn the_target_fills_each_of_its_own_columns() {
        let line = rendered(FileFormat::Ndjson, &OWN_COLUMNS, json!({}));
        let told: Value = serde_json::from_str(&line).unwrap();
        assert!(
            told.as_object().unwrap().values().all(|value| !value.is_null()),
            "{told}"
        );
        assert_eq!((&told["state"], &told["record"]), (&json!("stock"), &json!("r1")));
    }
}
