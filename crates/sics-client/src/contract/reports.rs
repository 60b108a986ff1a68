//! Reports: tables about whole fleets, for people and for files, on demand and by schedule.

use chrono::{DateTime, Utc};
use connector_core::model::InstanceName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::CountView;

/// The reports that there are, and which of them are written by schedule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReportsView {
    /// All reports.
    pub reports: Vec<ReportDescription>,
    /// Those that are written into files, as far as the caller may see their instance.
    pub schedules: Vec<ReportScheduleView>,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportDescription {
    /// Its name: `staleDevices`, `compliance`, `osVersions` …
    pub name: String,
    /// Its title, in English.
    pub title: String,
    /// What it shows, in one English sentence.
    pub summary: String,
    /// The value of `days` if it is omitted; null: the report takes no `days`.
    pub days: Option<u32>,
}

/// What a report is asked for, page by page.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// Comma-separated names; omitted: all visible instances.
    pub instance: Option<String>,
    /// 1 to 3,650, only for reports that take days: how long a device must not have checked in, or how far back the report
    /// goes.
    #[param(minimum = 1, maximum = 3_650)]
    pub days: Option<u32>,
    /// Most rows in the answer: 1 to 1,000; 100 if omitted.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<usize>,
    /// Number of rows to skip; 0 if omitted. Each request makes the report anew.
    pub offset: Option<usize>,
}

/// What a file of a report is asked for. It has all rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportExportQuery {
    /// Comma-separated names; omitted: all visible instances.
    pub instance: Option<String>,
    /// As in the report itself.
    #[param(minimum = 1, maximum = 3_650)]
    pub days: Option<u32>,
    /// Of CSV, between two cells: `,` (if omitted), `;` or `tab`.
    #[param(inline)]
    pub separator: Option<ListSeparator>,
    /// Of CSV, in numbers: `.` (if omitted) or `,`.
    #[param(inline)]
    pub decimal: Option<DecimalMark>,
}

/// Between two cells of CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ListSeparator {
    /// `,`
    #[default]
    #[serde(rename = ",")]
    Comma,
    /// `;`
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "tab")]
    Tab,
}

impl ListSeparator {
    /// The character itself.
    pub const fn to_char(self) -> char {
        match self {
            ListSeparator::Comma => ',',
            ListSeparator::Semicolon => ';',
            ListSeparator::Tab => '\t',
        }
    }
}

/// Between the whole and the rest of a number in CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum DecimalMark {
    /// `.`
    #[default]
    #[serde(rename = ".")]
    Point,
    /// `,`
    #[serde(rename = ",")]
    Comma,
}

impl DecimalMark {
    /// The character itself.
    pub const fn to_char(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }
}

/// A page of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// Its name.
    pub name: String,
    /// Its title, in English.
    pub title: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The columns, in the order of the cells of a row.
    pub columns: Vec<ReportColumn>,
    /// The rows of this page, each with a cell for each column; null: not known. Times are RFC 3339 in UTC.
    pub rows: Vec<Vec<Value>>,
    /// Number of rows of the whole report.
    pub total: u64,
    /// What the whole report comes to, by report: devices by platform, by state …
    pub totals: Vec<CountView>,
    /// Devices or tasks whose stored record could not be read; they are in no row and no total.
    pub unreadable: u64,
}

/// A column of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportColumn {
    /// Its name, which stays the same.
    pub key: String,
    /// Its title, in English.
    pub title: String,
    /// What its cells hold.
    pub kind: ReportColumnKind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReportColumnKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A moment, as text: RFC 3339, UTC, whole seconds.
    Time,
    /// True or false.
    Flag,
}

/// What kind of file a report is written into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReportFormat {
    /// Text, a line a row.
    #[default]
    Csv,
    /// A workbook of Excel and others.
    Xlsx,
}

impl ReportFormat {
    /// The word for it, which is the end of the file's name too.
    pub const fn name(self) -> &'static str {
        match self {
            ReportFormat::Csv => "csv",
            ReportFormat::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            ReportFormat::Csv => "text/csv",
            ReportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Has a report written into a file of the data folder. There is one file for each report and instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportScheduleBody {
    /// An interval or a cron expression: `every 24h`, `0 6 * * MON`.
    pub schedule: String,
    /// Time zone of a cron expression, such as `Europe/Berlin`. Omitted: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Kind of file. Omitted: `csv`.
    #[serde(default)]
    pub format: ReportFormat,
    /// The instance that it is about. Omitted: all instances, in one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// As in the report itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Of CSV, between two cells. Omitted: `,`.
    #[serde(default)]
    pub separator: ListSeparator,
    /// Of CSV, in numbers. Omitted: `.`.
    #[serde(default)]
    pub decimal: DecimalMark,
}

/// Which schedule of a report is meant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportScheduleQuery {
    /// The instance that it is about; omitted: the one about all instances.
    #[param(value_type = Option<String>)]
    pub instance: Option<InstanceName>,
}

/// A report that is written into a file by schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportScheduleView {
    /// Name of the report.
    pub report: String,
    /// The instance that it is about; null: all instances.
    pub instance: Option<InstanceName>,
    /// An interval or a cron expression.
    pub schedule: String,
    /// Time zone of a cron expression.
    pub zone: String,
    /// Kind of file.
    pub format: ReportFormat,
    /// As in the report itself; null: what the report takes by itself.
    pub days: Option<u32>,
    /// Of CSV, between two cells.
    pub separator: ListSeparator,
    /// Of CSV, in numbers.
    pub decimal: DecimalMark,
    /// Its file, within the data folder.
    pub file: String,
    /// Name of the account that set it; null: it is removed.
    pub set_by: Option<String>,
    /// When it was set.
    pub set_at: DateTime<Utc>,
    /// When the file is written next; null: never.
    pub next_at: Option<DateTime<Utc>>,
    /// When the file was written last; null: not yet.
    pub written_at: Option<DateTime<Utc>>,
    /// Number of rows of the file; null: it was not written yet.
    pub rows: Option<u64>,
    /// Why the last attempt failed; the file before it is kept. Null: it did not fail.
    pub failure: Option<String>,
}
