//! What a table is made of, whatever it is written as.

use crate::model::Timestamp;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    Text,
    Number,
    Time,
    Flag,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportColumn {
    /// Its head.
    pub title: String,
    pub kind: ExportKind,
}

/// A cell, which may be of another kind than its column: what strangers send is not always what was agreed.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportCell {
    Nothing,
    Text(String),
    Number(i64),
    Decimal(f64),
    Time(Timestamp),
    Flag(bool),
}

impl ExportCell {
    /// A text, or nothing where there is none.
    pub fn from_text(text: Option<&str>) -> ExportCell {
        text.map_or(ExportCell::Nothing, |text| ExportCell::Text(text.to_owned()))
    }
}
