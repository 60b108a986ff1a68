//! A report as a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::contract::{DecimalMark, ListSeparator, ReportColumnKind, ReportFormat};
use crate::export::{
    self, CsvForm, CsvSeparator, CsvStyle, ExportCell, ExportColumn, ExportKind, SpreadsheetError, write_csv_cells,
    write_csv_heads, write_spreadsheet,
};
use crate::inventory::reports::{ReportCell, ReportDefinition, ReportTable};

/// Rows of CSV that are written at once.
const ROWS_AT_ONCE: usize = 1_000;

/// How a report is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportStyle {
    pub format: ReportFormat,
    /// The next two are of CSV alone.
    pub separator: ListSeparator,
    pub decimal: DecimalMark,
}

impl ReportStyle {
    /// All rows of a report, into an empty file. What does not fit in memory lies in `temporary_folder` meanwhile, without a
    /// name.
    pub(crate) fn write_report(
        self,
        file: &mut File,
        temporary_folder: &Path,
        definition: &ReportDefinition,
        table: &ReportTable,
    ) -> io::Result<()> {
        let columns: Vec<ExportColumn> = definition
            .columns
            .iter()
            .map(|column| ExportColumn {
                title: column.title.to_owned(),
                kind: export_kind(column.kind),
            })
            .collect();
        match self.format {
            ReportFormat::Csv => self.write_csv(file, &columns, table),
            ReportFormat::Xlsx => {
                let rows = table.rows.iter().map(|row| Ok::<_, io::Error>(export_row(row)));
                match write_spreadsheet(file, temporary_folder, &columns, rows) {
                    Ok(_) => Ok(()),
                    Err(SpreadsheetError::Flush(error)) => Err(error),
                    Err(error) => Err(io::Error::other(error.to_string())),
                }
            }
        }
    }

    fn write_csv(self, file: &mut File, columns: &[ExportColumn], table: &ReportTable) -> io::Result<()> {
        let form = CsvForm {
            style: CsvStyle {
                separator: match self.separator {
                    ListSeparator::Comma => CsvSeparator::Comma,
                    ListSeparator::Semicolon => CsvSeparator::Semicolon,
                    ListSeparator::Tab => CsvSeparator::Tab,
                },
                raw: false,
            },
            decimal: match self.decimal {
                DecimalMark::Point => export::DecimalMark::Point,
                DecimalMark::Comma => export::DecimalMark::Comma,
            },
        };
        let mut text = Vec::new();
        write_csv_heads(&mut text, columns, form).map_err(io::Error::from)?;
        for rows in table.rows.chunks(ROWS_AT_ONCE) {
            write_csv_cells(&mut text, rows.iter().map(|row| export_row(row)), form).map_err(io::Error::from)?;
            file.write_all(&text)?;
            text.clear();
        }
        file.write_all(&text)?;
        file.flush()
    }
}

fn export_row(row: &[ReportCell]) -> Vec<ExportCell> {
    row.iter().map(export_cell).collect()
}

fn export_cell(cell: &ReportCell) -> ExportCell {
    match cell {
        ReportCell::Nothing => ExportCell::Nothing,
        ReportCell::Text(text) => ExportCell::Text(text.to_string()),
        ReportCell::Whole(number) => ExportCell::Number(*number),
        ReportCell::Decimal(number) => ExportCell::Decimal(*number),
        ReportCell::Time(time) => ExportCell::Time(*time),
        ReportCell::Flag(flag) => ExportCell::Flag(*flag),
    }
}

fn export_kind(kind: ReportColumnKind) -> ExportKind {
    match kind {
        ReportColumnKind::Text => ExportKind::Text,
        ReportColumnKind::Number => ExportKind::Number,
        ReportColumnKind::Time => ExportKind::Time,
        ReportColumnKind::Flag => ExportKind::Flag,
    }
}
