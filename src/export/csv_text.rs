//! Rows as CSV.

use super::csv_cell::CsvStyle;
use super::table::{ExportCell, ExportColumn};
use crate::model::format_time;

/// What stands before the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    Point,
    Comma,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvForm {
    pub style: CsvStyle,
    pub decimal: DecimalMark,
}

/// The first row.
pub fn write_csv_heads(out: &mut Vec<u8>, columns: &[ExportColumn], form: CsvForm) -> Result<(), csv::Error> {
    let heads = columns.iter().map(|column| form.style.escape_cell(&column.title));
    write_records(out, [heads.collect()].into_iter(), form)
}

/// More rows, all as long as the first.
pub fn write_csv_cells(
    out: &mut Vec<u8>,
    rows: impl Iterator<Item = Vec<ExportCell>>,
    form: CsvForm,
) -> Result<(), csv::Error> {
    let records = rows.map(|row| row.iter().map(|cell| format_cell(cell, form)).collect());
    write_records(out, records, form)
}

fn write_records(
    out: &mut Vec<u8>,
    records: impl Iterator<Item = Vec<String>>,
    form: CsvForm,
) -> Result<(), csv::Error> {
    let mut writer = csv::WriterBuilder::new();
    let mut writer = writer.delimiter(form.style.separator.to_byte()).from_writer(out);
    for record in records {
        writer.write_record(record)?;
    }
    Ok(writer.flush()?)
}

fn format_cell(cell: &ExportCell, form: CsvForm) -> String {
    match cell {
        ExportCell::Nothing => String::new(),
        ExportCell::Text(text) => form.style.escape_cell(text),
        ExportCell::Number(number) => number.to_string(),
        ExportCell::Decimal(number) => match form.decimal {
            DecimalMark::Point => number.to_string(),
            DecimalMark::Comma => number.to_string().replace('.', ","),
        },
        ExportCell::Time(time) => format_time(*time),
        ExportCell::Flag(is_set) => is_set.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{CsvSeparator, ExportKind};

    fn form(separator: CsvSeparator, decimal: DecimalMark) -> CsvForm {
        CsvForm {
            style: CsvStyle { separator, raw: false },
            decimal,
        }
    }

    #[test]
    fn cells_of_all_kinds_are_written_for_people_and_programs() {
        let column = |title: &str| ExportColumn {
            title: title.to_owned(),
            kind: ExportKind::Text,
        };
        let time = crate::model::parse_time("2026-11-28T12:00:00.5Z").expect("a time");
        let row = || {
            vec![
                ExportCell::Text("=1+1".to_owned()),
                ExportCell::Number(-7),
                ExportCell::Decimal(1.5),
                ExportCell::Time(time),
                ExportCell::Flag(true),
                ExportCell::Nothing,
            ]
        };
        let write = |form| {
            let mut out = Vec::new();
            let columns = ["a", "b", "c", "d", "e", "f"].map(column);
            write_csv_heads(&mut out, &columns, form).expect("written");
            write_csv_cells(&mut out, [row()].into_iter(), form).expect("written");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(
            write(form(CsvSeparator::Comma, DecimalMark::Comma)),
            "a,b,c,d,e,f\n'=1+1,-7,\"1,5\",2026-11-28T12:00:00Z,true,\n"
        );
        assert_eq!(
            write(form(CsvSeparator::Semicolon, DecimalMark::Point)),
            "a;b;c;d;e;f\n'=1+1;-7;1.5;2026-11-28T12:00:00Z;true;\n"
        );
    }
}
