//! What a report comes to. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::contract::CountView;
use crate::model::{Timestamp, format_time};

/// One cell; small, as a fleet has many.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportCell {
    /// Not known.
    Nothing,
    Text(Box<str>),
    Whole(i64),
    Decimal(f64),
    Time(Timestamp),
    Flag(bool),
}

impl ReportCell {
    pub(super) fn from_count(count: u64) -> ReportCell {
        ReportCell::Whole(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// As the API says it.
    pub fn to_json(&self) -> Value {
        match self {
            ReportCell::Nothing => Value::Null,
            ReportCell::Text(text) => Value::from(&**text),
            ReportCell::Whole(number) => Value::from(*number),
            ReportCell::Decimal(number) => Value::from(*number),
            ReportCell::Time(time) => Value::from(format_time(*time)),
            ReportCell::Flag(flag) => Value::from(*flag),
        }
    }
}

impl From<&str> for ReportCell {
    fn from(text: &str) -> ReportCell {
        ReportCell::Text(text.into())
    }
}

impl From<String> for ReportCell {
    fn from(text: String) -> ReportCell {
        ReportCell::Text(text.into_boxed_str())
    }
}

impl From<Timestamp> for ReportCell {
    fn from(time: Timestamp) -> ReportCell {
        ReportCell::Time(time)
    }
}

impl From<i64> for ReportCell {
    fn from(number: i64) -> ReportCell {
        ReportCell::Whole(number)
    }
}

impl From<bool> for ReportCell {
    fn from(flag: bool) -> ReportCell {
        ReportCell::Flag(flag)
    }
}

impl<T: Into<ReportCell>> From<Option<T>> for ReportCell {
    fn from(value: Option<T>) -> ReportCell {
        value.map_or(ReportCell::Nothing, Into::into)
    }
}

/// A whole report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportTable {
    /// Each with a cell for each column.
    pub rows: Vec<Box<[ReportCell]>>,
    pub totals: Vec<CountView>,
    /// Devices whose stored record could not be read; they are in no row and no total.
    pub unreadable: u64,
}

/// How many there are of each.
#[derive(Debug, Default)]
pub(super) struct NamedCounts(BTreeMap<String, u64>);

impl NamedCounts {
    pub(super) fn add(&mut self, name: &str) {
        match self.0.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(name.to_owned(), 1);
            }
        }
    }

    pub(super) fn count_of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// The most first; of as many, by name.
    pub(super) fn into_totals(self) -> Vec<CountView> {
        let mut totals: Vec<CountView> = self
            .0
            .into_iter()
            .map(|(name, count)| CountView { name, count })
            .collect();
        totals.sort_by_key(|total| std::cmp::Reverse(total.count));
        totals
    }
}

/// Percent with one digit behind the point.
pub(super) fn percent_of(part: f64, whole: f64) -> ReportCell {
    if whole > 0.0 {
        ReportCell::Decimal((part * 1_000.0 / whole).round() / 10.0)
    } else {
        ReportCell::Nothing
    }
}
