//! Tables as files for spreadsheets: CSV, and workbooks (XLSX). Row by row; nothing of a table is held.
//!
//! A spreadsheet may take a cell of CSV that begins with a sign for a formula, and where its language separates lists by
//! another mark than the file does, it begins cells anew within ours. So a mark is put before each place where a
//! formula could begin. What is a plain number, with a sign or not, stays as it is: it calculates nothing. In a workbook
//! each cell has its type, and text is never taken for a formula.

use std::io::{self, Seek, Write};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::model::{Timestamp, parse_time, replace_unprintable};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetColumn {
    pub title: String,
    pub kind: CellKind,
}

/// What the cells of a column hold; a cell may always be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellKind {
    Text,
    Number,
    /// RFC 3339.
    Time,
    Flag,
}

/// How CSV is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SheetStyle {
    /// Between two cells; ASCII.
    pub separator: char,
    /// Between the whole and the rest of a number.
    pub decimal: char,
}

/// Marks between cells in one language or another.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// What a formula begins with, in the wide forms of East Asia too.
const SIGNS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// Text of strangers, made harmless for spreadsheets of any language: what can't be seen becomes a blank; a `'` goes before
/// whatever could be taken for a formula. `separator`: of the file, whose writer quotes cells that have it.
pub(crate) fn escape_cell(text: &str, separator: char) -> String {
    let clean = replace_unprintable(text);
    let mut cell = String::with_capacity(clean.len() + 1);
    let (mut from, bytes) = (0, clean.len());
    while from <= bytes {
        let rest = &clean[from..];
        // Our own separator is quoted, and so begins no cell.
        let end = rest.find(|letter| SEPARATORS.contains(&letter) && letter != separator);
        let piece = &rest[..end.unwrap_or(rest.len())];
        if is_formula(piece) {
            cell.push('\'');
        }
        cell.push_str(piece);
        let Some(end) = end else { break };
        cell.push_str(&rest[end..=end]);
        from += end + 1;
    }
    cell
}

/// Whether a spreadsheet may take this for a formula.
fn is_formula(piece: &str) -> bool {
    let begins =
        piece.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '"' || is_zero_width(letter));
    begins.starts_with(SIGNS) && !is_number(piece)
}

/// A number as people write it: with a sign, in groups, a telephone number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" ()./-".contains(&byte))
}

fn is_zero_width(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

impl SheetStyle {
    fn format_cell(self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => escape_cell(text, self.separator),
            Value::Number(number) => number.to_string().replace('.', &self.decimal.to_string()),
            other => escape_cell(&other.to_string(), self.separator),
        }
    }
}

/// Writes a table as CSV, with the titles in the first line. Each row has a cell for each column.
pub(crate) fn write_csv(
    target: impl Write,
    style: SheetStyle,
    columns: &[SheetColumn],
    rows: impl Iterator<Item = Vec<Value>>,
) -> io::Result<()> {
    let separator = u8::try_from(style.separator).unwrap_or(b',');
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(target);
    writer.write_record(columns.iter().map(|column| escape_cell(&column.title, style.separator)))?;
    for row in rows {
        writer.write_record(row.iter().map(|value| style.format_cell(value)))?;
    }
    writer.flush()
}

/// Rows of a sheet below its titles: Excel knows no more.
const SHEET_ROWS: usize = 1_048_575;
/// Longest text of a cell, in units of UTF-16.
const TEXT_UNITS: usize = 32_767;
/// Days from Excel's beginning to 1970.
const DAYS_TO_1970: f64 = 25_569.0;
const DAY_MS: f64 = 86_400_000.0;
/// Excel counts days right from 1 March 1900 on.
const FIRST_DAY: f64 = 61.0;

/// How cells of a workbook look.
struct SheetFormats {
    title: Format,
    time: Format,
}

/// Writes a table as a workbook: one sheet, or as many as its rows need, each with the titles. What does not fit in memory
/// lies in files without a name in `temporary_folder`. `name`: of the sheet; letters and digits.
pub(crate) fn write_xlsx(
    target: impl Write + Seek + Send,
    temporary_folder: &Path,
    name: &str,
    columns: &[SheetColumn],
    rows: impl Iterator<Item = Vec<Value>>,
) -> io::Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(temporary_folder).map_err(sheet_error)?;
    fill_workbook(&mut workbook, name, columns, rows, SHEET_ROWS).map_err(sheet_error)?;
    workbook.save_to_writer(target).map_err(sheet_error)
}

fn sheet_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

fn fill_workbook(
    workbook: &mut Workbook,
    name: &str,
    columns: &[SheetColumn],
    rows: impl Iterator<Item = Vec<Value>>,
    rows_per_sheet: usize,
) -> Result<(), XlsxError> {
    let formats = SheetFormats {
        title: Format::new().set_bold(),
        time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
    };
    let mut rows = rows.peekable();
    let mut part = 1;
    loop {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        let sheet_name = if part == 1 {
            name.to_owned()
        } else {
            format!("{name} {part}")
        };
        sheet.set_name(sheet_name)?;
        sheet.set_freeze_panes(1, 0)?;
        write_titles(sheet, columns, &formats)?;
        for (place, row) in (1_u32..).zip(rows.by_ref().take(rows_per_sheet)) {
            write_row(sheet, place, columns, &row, &formats)?;
        }
        if rows.peek().is_none() {
            return Ok(());
        }
        part += 1;
    }
}

fn write_titles(sheet: &mut Worksheet, columns: &[SheetColumn], formats: &SheetFormats) -> Result<(), XlsxError> {
    for (place, column) in (0_u16..).zip(columns) {
        let width = match column.kind {
            CellKind::Text => 28.0,
            CellKind::Time => 20.0,
            CellKind::Number | CellKind::Flag => 16.0,
        };
        sheet.set_column_width(place, width)?;
        sheet.write_string_with_format(0, place, fit_text(&column.title), &formats.title)?;
    }
    Ok(())
}

fn write_row(
    sheet: &mut Worksheet,
    place: u32,
    columns: &[SheetColumn],
    row: &[Value],
    formats: &SheetFormats,
) -> Result<(), XlsxError> {
    for ((at, column), value) in (0_u16..).zip(columns).zip(row) {
        match value {
            Value::Null => (),
            Value::Bool(flag) => {
                sheet.write_boolean(place, at, *flag)?;
            }
            Value::Number(number) => {
                sheet.write_number(place, at, number.as_f64().unwrap_or_default())?;
            }
            Value::String(text) => write_text(sheet, (place, at), column.kind, text, formats)?,
            other => {
                sheet.write_string(place, at, fit_text(&other.to_string()))?;
            }
        }
    }
    Ok(())
}

/// A time as one where Excel can say it, all else as text.
fn write_text(
    sheet: &mut Worksheet,
    (place, at): (u32, u16),
    kind: CellKind,
    text: &str,
    formats: &SheetFormats,
) -> Result<(), XlsxError> {
    let days = (kind == CellKind::Time)
        .then(|| parse_time(text).and_then(excel_days))
        .flatten();
    match days {
        Some(days) => sheet.write_number_with_format(place, at, days, &formats.time)?,
        None => sheet.write_string(place, at, fit_text(text))?,
    };
    Ok(())
}

/// A moment in UTC as Excel counts: in days.
fn excel_days(time: Timestamp) -> Option<f64> {
    let days = time.timestamp_millis() as f64 / DAY_MS + DAYS_TO_1970;
    Some(days).filter(|days| *days >= FIRST_DAY)
}

/// What can't be seen becomes a blank; what is longer than a cell may be ends with `…`.
fn fit_text(text: &str) -> String {
    let clean = replace_unprintable(text);
    if clean.len() <= TEXT_UNITS {
        return clean;
    }
    let mut units = 0;
    let fits = |letter: &char| {
        units += letter.len_utf16();
        units < TEXT_UNITS
    };
    let cut: String = clean.chars().take_while(fits).collect();
    if cut.len() == clean.len() { clean } else { cut + "…" }
}

#[cfg(test)]
#[path = "spreadsheet_tests.rs"]
mod tests;
