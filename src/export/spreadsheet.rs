//! Rows as a spreadsheet (XLSX). Each row goes to a temporary file as soon as the next one begins, so that a table of any
//! length takes the memory of one row; the finished file is packed from there.

use std::error::Error;
use std::io::{Seek, Write};
use std::iter::Peekable;
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::table::{ExportCell, ExportColumn, ExportKind};
use crate::model::{Timestamp, replace_unprintable};

/// Rows of a sheet, its head among them: more than that begin another sheet.
const SHEET_ROWS: u32 = 1_048_576;
/// Longest text of a cell, in the units in which spreadsheets count (UTF-16).
const CELL_UNITS: usize = 32_767;
/// Seconds of a day, and the days of spreadsheets before 1970.
const DAY_S: f64 = 86_400.0;
const DAYS_BEFORE_1970: f64 = 25_569.0;
const TIME_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";

/// Reads after "failed to write the spreadsheet: ".
#[derive(Debug, thiserror::Error)]
pub enum SpreadsheetError {
    #[error("{0}")]
    Write(#[from] XlsxError),
    #[error("{0}")]
    Flush(#[source] std::io::Error),
    #[error("a row could not be read: {0}")]
    Row(#[source] Box<dyn Error + Send + Sync>),
}

struct SheetFormats {
    head: Format,
    time: Format,
}

/// Writes one table into `out`; parts of it lie in `temporary_folder` meanwhile, in files without a name. Times are dates in
/// UTC. Answers the number of rows.
pub fn write_spreadsheet<W, E>(
    mut out: W,
    temporary_folder: &Path,
    columns: &[ExportColumn],
    rows: impl Iterator<Item = Result<Vec<ExportCell>, E>>,
) -> Result<u64, SpreadsheetError>
where
    W: Write + Seek + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let formats = SheetFormats {
        head: Format::new().set_bold(),
        time: Format::new().set_num_format(TIME_FORMAT),
    };
    let mut workbook = Workbook::new();
    workbook.set_tempdir(temporary_folder)?;
    let mut rows = rows.peekable();
    let mut written = 0;
    loop {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        write_heads(sheet, columns, &formats)?;
        written += write_rows(sheet, &mut rows, &formats)?;
        if rows.peek().is_none() {
            break;
        }
    }
    workbook.save_to_writer(&mut out)?;
    out.flush().map_err(SpreadsheetError::Flush)?;
    Ok(written)
}

fn write_heads(sheet: &mut Worksheet, columns: &[ExportColumn], formats: &SheetFormats) -> Result<(), XlsxError> {
    for (column, at) in columns.iter().zip(0..) {
        sheet.set_column_width(at, column_width(column.kind))?;
        sheet.write_string_with_format(0, at, column.title.as_str(), &formats.head)?;
    }
    // The heads stay in sight.
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// As many rows as the sheet takes; answers how many.
fn write_rows<E>(
    sheet: &mut Worksheet,
    rows: &mut Peekable<impl Iterator<Item = Result<Vec<ExportCell>, E>>>,
    formats: &SheetFormats,
) -> Result<u64, SpreadsheetError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut written = 0;
    for at in 1..SHEET_ROWS {
        let Some(cells) = rows.next() else { break };
        let cells = cells.map_err(|error| SpreadsheetError::Row(error.into()))?;
        for (cell, column) in cells.iter().zip(0..) {
            write_cell(sheet, (at, column), cell, formats)?;
        }
        written += 1;
    }
    Ok(written)
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &ExportCell,
    formats: &SheetFormats,
) -> Result<(), XlsxError> {
    match cell {
        ExportCell::Nothing => {}
        ExportCell::Text(text) => {
            sheet.write_string(row, column, fit_text(text))?;
        }
        // Beyond 2^53 the last digits are not exact, as in any spreadsheet.
        ExportCell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        ExportCell::Decimal(number) => {
            sheet.write_number(row, column, *number)?;
        }
        ExportCell::Time(time) => {
            sheet.write_number_with_format(row, column, serial_date(*time), &formats.time)?;
        }
        ExportCell::Flag(is_set) => {
            sheet.write_boolean(row, column, *is_set)?;
        }
    }
    Ok(())
}

fn column_width(kind: ExportKind) -> f64 {
    match kind {
        ExportKind::Text => 24.0,
        ExportKind::Number => 14.0,
        ExportKind::Time => 20.0,
        ExportKind::Flag => 10.0,
    }
}

/// On one line, and no longer than a cell may be: then an ellipsis says that it was cut.
fn fit_text(text: &str) -> String {
    let clean = replace_unprintable(text);
    if clean.len() <= CELL_UNITS || clean.encode_utf16().count() <= CELL_UNITS {
        return clean;
    }
    let mut units = 1;
    let is_inside = |letter: &char| {
        units += letter.len_utf16();
        units <= CELL_UNITS
    };
    let mut cut: String = clean.chars().take_while(is_inside).collect();
    cut.push('…');
    cut
}

/// Days since the beginning of 1900, as spreadsheets count them.
fn serial_date(time: Timestamp) -> f64 {
    time.timestamp() as f64 / DAY_S + DAYS_BEFORE_1970
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::{Cursor, Read};

    use super::*;

    fn sheet_of(rows: Vec<Vec<ExportCell>>) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let columns = [
            ExportColumn {
                title: "name".to_owned(),
                kind: ExportKind::Text,
            },
            ExportColumn {
                title: "seen".to_owned(),
                kind: ExportKind::Time,
            },
        ];
        let mut file = Cursor::new(Vec::new());
        let count = rows.len() as u64;
        let rows = rows.into_iter().map(Ok::<_, Infallible>);
        let written = write_spreadsheet(&mut file, folder.path(), &columns, rows).expect("written");
        assert_eq!(written, count);
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0, "no temporary file is left");
        let mut archive = zip::ZipArchive::new(file).expect("a zip");
        let mut sheet = archive.by_name("xl/worksheets/sheet1.xml").expect("a sheet");
        let mut text = String::new();
        sheet.read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn each_cell_says_what_it_is() {
        let time = crate::model::parse_time("2026-11-28T12:00:00Z").expect("a time");
        let sheet = sheet_of(vec![
            vec![ExportCell::Text("=1+1 <b>".to_owned()), ExportCell::Time(time)],
            vec![ExportCell::Number(5), ExportCell::Flag(true)],
            vec![ExportCell::Nothing, ExportCell::Decimal(1.5)],
        ]);
        assert!(sheet.contains("=1+1 &lt;b&gt;") && !sheet.contains("<f>"), "{sheet}");
        assert!(sheet.contains("<v>46354.5</v>"), "noon of that day: {sheet}");
        assert!(sheet.contains("<v>5</v>") && sheet.contains("<v>1.5</v>"), "{sheet}");
        assert!(sheet.contains("t=\"b\""), "{sheet}");
    }

    #[test]
    fn a_row_that_can_not_be_read_is_no_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = [Err::<Vec<ExportCell>, _>("gone")].into_iter();
        let failed = write_spreadsheet(Cursor::new(Vec::new()), folder.path(), &[], rows);
        assert!(matches!(failed, Err(SpreadsheetError::Row(_))), "{failed:?}");
    }

    #[test]
    fn a_text_that_is_too_long_says_that_it_was_cut() {
        assert_eq!(fit_text("a\nb"), "a b");
        let exact = "ä".repeat(CELL_UNITS);
        assert_eq!(fit_text(&exact), exact);
        let cut = fit_text(&"😀".repeat(CELL_UNITS));
        assert!(cut.ends_with('…') && cut.encode_utf16().count() <= CELL_UNITS);
    }

    #[test]
    fn days_are_counted_as_spreadsheets_count_them() {
        let at = |text| serial_date(crate::model::parse_time(text).expect("a time"));
        assert_eq!(at("1970-01-01T00:00:00Z"), 25_569.0);
        assert_eq!(at("2000-01-01T06:00:00Z"), 36_526.25);
    }
}
