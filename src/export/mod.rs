//! Tables that people and programs take away: rows of cells ([`table`]) as CSV ([`csv_text`]) or as a spreadsheet
//! ([`spreadsheet`]). A table is written row by row and of any length; what is held in memory does not grow with it.
//!
//! What stands in the cells is strangers' text. In CSV it is made harmless for spreadsheets of any language ([`csv_cell`]);
//! in a spreadsheet each cell says itself what it is, and a text is never a formula.

mod csv_cell;
mod csv_text;
mod spreadsheet;
mod table;

pub use csv_cell::{CsvSeparator, CsvStyle};
pub use csv_text::{CsvForm, DecimalMark, write_csv_cells, write_csv_heads};
pub use spreadsheet::{SpreadsheetError, write_spreadsheet};
pub use table::{ExportCell, ExportColumn, ExportKind};
