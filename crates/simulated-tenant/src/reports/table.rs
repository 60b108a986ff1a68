//! Columns and rows, as reports answer them.

use serde_json::{Value, json};

use super::LOCALIZED;
use super::report_filter::ReportFilter;

/// A column: its name, and its type as a schema tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: &'static str,
}

#[derive(Debug, Clone, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The rows that the filter lets through. The error is a column that the table does not have.
    pub fn filtered(mut self, filter: &ReportFilter) -> Result<Table, String> {
        if let Some(name) = filter.columns().find(|name| self.place(name).is_none()) {
            return Err(name.to_owned());
        }
        let columns = self.columns.clone();
        let value_of = |row: &[Value], name: &str| {
            let place = columns.iter().position(|column| column.name == name);
            place.and_then(|place| row.get(place)).map(plain)
        };
        self.rows.retain(|row| filter.fits(|name| value_of(row, name)));
        Ok(self)
    }

    /// Rows in which one of the columns contains the text, whatever its case.
    pub fn containing(mut self, text: &str, names: &[&str]) -> Table {
        let places: Vec<usize> = names.iter().filter_map(|name| self.place(name)).collect();
        let wanted = text.to_lowercase();
        let contains = |row: &Vec<Value>| {
            let mut values = places.iter().filter_map(|place| row.get(*place));
            values.any(|value| plain(value).to_lowercase().contains(&wanted))
        };
        self.rows.retain(contains);
        self
    }

    /// Sorted by one column. The error is its name, where there is none.
    pub fn sorted(mut self, name: &str, descending: bool) -> Result<Table, String> {
        let place = self.place(name).ok_or_else(|| name.to_owned())?;
        self.rows.sort_by_key(|row| row.get(place).map(plain));
        if descending {
            self.rows.reverse();
        }
        Ok(self)
    }

    /// These columns in this order, each with its text for people behind it; all where none is named.
    pub fn chosen(self, names: &[String]) -> Result<Table, String> {
        if names.is_empty() {
            return Ok(self);
        }
        let mut places = Vec::new();
        for name in names {
            places.push(self.place(name).ok_or_else(|| name.clone())?);
            places.extend(self.place(&format!("{name}{LOCALIZED}")));
        }
        let rows = self.rows.iter().map(|row| {
            let values = places.iter().map(|place| row.get(*place).cloned().unwrap_or_default());
            values.collect()
        });
        Ok(Table {
            columns: places
                .iter()
                .filter_map(|place| self.columns.get(*place))
                .copied()
                .collect(),
            rows: rows.collect(),
        })
    }

    pub fn schema(&self) -> Value {
        let columns = self.columns.iter();
        columns
            .map(|column| json!({"Column": column.name, "PropertyType": column.kind}))
            .collect()
    }
}

/// A value as a text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
