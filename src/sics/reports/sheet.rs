//! A report as a file.

use std::fs::File;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::contract::{DecimalMark, ListSeparator, ReportColumnKind, ReportFormat};
use crate::inventory::reports::{ReportCell, ReportDefinition, ReportTable};
use crate::sics::spreadsheet::{CellKind, SheetColumn, SheetStyle, write_csv, write_xlsx};

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
        let columns: Vec<SheetColumn> = definition
            .columns
            .iter()
            .map(|column| SheetColumn {
                title: column.title.to_owned(),
                kind: cell_kind(column.kind),
            })
            .collect();
        let cells = |row: &[ReportCell]| -> Vec<Value> { row.iter().map(ReportCell::to_json).collect() };
        let rows = table.rows.iter().map(|row| cells(row));
        match self.format {
            ReportFormat::Csv => {
                let style = SheetStyle {
                    separator: self.separator.to_char(),
                    decimal: self.decimal.to_char(),
                };
                write_csv(file, style, &columns, rows)
            }
            ReportFormat::Xlsx => write_xlsx(file, temporary_folder, definition.name, &columns, rows),
        }
    }
}

fn cell_kind(kind: ReportColumnKind) -> CellKind {
    match kind {
        ReportColumnKind::Text => CellKind::Text,
        ReportColumnKind::Number => CellKind::Number,
        ReportColumnKind::Time => CellKind::Time,
        ReportColumnKind::Flag => CellKind::Flag,
    }
}
