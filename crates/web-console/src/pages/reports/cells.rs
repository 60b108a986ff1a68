//! Cells of a report as people read them: by the kind of their column, words for what Intune and the bus name, and links
//! to what they are about.

use chrono::{DateTime, Utc};
use serde_json::{Number, Value};
use sics_client::contract::{CountView, ReportColumn, ReportColumnKind, ReportView};

use crate::clock_text::TimeText;
use crate::page::PageContext;
use crate::texts::Language;

/// A cell as it is shown.
pub(super) enum ShownCell {
    Nothing,
    Text(String),
    /// A state, with how it is shown.
    State {
        text: String,
        light: &'static str,
    },
    Number(String),
    Time(TimeText),
    Link {
        path: String,
        text: String,
    },
}

/// Whether the pages show this column. A device's id is where its name leads; files have it.
pub(super) fn is_shown(columns: &[ReportColumn], key: &str) -> bool {
    key != "deviceId" || columns.iter().all(|column| column.key != "deviceName")
}

/// A page of rows.
pub(super) fn show_rows(ctx: &PageContext, view: &ReportView) -> Vec<Vec<ShownCell>> {
    let places = LinkPlaces::find(&view.columns);
    let show_row = |row: &Vec<Value>| {
        let cells = view.columns.iter().zip(row);
        let cells = cells.filter(|(column, _)| is_shown(&view.columns, &column.key));
        let shown = cells.map(|(column, value)| {
            let cell = show_value(ctx, &view.name, column, value);
            match places.find_path(ctx, &column.key, row) {
                Some(path) => cell.into_link(path),
                None => cell,
            }
        });
        shown.collect()
    };
    view.rows.iter().map(show_row).collect()
}

/// What the whole report comes to, each with its number.
pub(super) fn show_totals(ctx: &PageContext, report: &str, totals: &[CountView]) -> Vec<(String, String)> {
    let vocabulary = total_vocabulary(report);
    let show = |total: &CountView| (name_word(ctx, vocabulary, &total.name), ctx.number(total.count));
    totals.iter().map(show).collect()
}

impl ShownCell {
    /// The same as a link; what has no text leads nowhere.
    fn into_link(self, path: String) -> ShownCell {
        match self {
            ShownCell::Text(text) | ShownCell::Number(text) => ShownCell::Link { path, text },
            other => other,
        }
    }
}

fn show_value(ctx: &PageContext, report: &str, column: &ReportColumn, value: &Value) -> ShownCell {
    match (column.kind, value) {
        (_, Value::Null) => ShownCell::Nothing,
        // The number of a job is a name, not an amount.
        (ReportColumnKind::Number, Value::Number(number)) if column.key == "job" => ShownCell::Text(number.to_string()),
        (ReportColumnKind::Number, Value::Number(number)) => ShownCell::Number(format_number(ctx.language(), number)),
        (ReportColumnKind::Time, Value::String(text)) => match text.parse::<DateTime<Utc>>() {
            Ok(at) => ShownCell::Time(ctx.time(&at)),
            Err(_) => ShownCell::Text(ctx.plain(text)),
        },
        (ReportColumnKind::Flag, Value::Bool(flag)) => ShownCell::Text(ctx.t(if *flag { "yes" } else { "no" })),
        (_, Value::String(name)) if is_state(&column.key) => ShownCell::State {
            text: name_word(ctx, column_vocabulary(report, &column.key), name),
            light: state_light(name),
        },
        (_, Value::String(text)) => ShownCell::Text(name_word(ctx, column_vocabulary(report, &column.key), text)),
        (_, other) => ShownCell::Text(ctx.plain(other.to_string())),
    }
}

/// Columns whose cells are states.
fn is_state(column: &str) -> bool {
    matches!(column, "state" | "outcome" | "approval" | "kind")
}

/// How a state is shown: of compliance, of an action, of an approval; others have no colour.
fn state_light(name: &str) -> &'static str {
    match name {
        "compliant" | "done" | "approved" => "good",
        "inGracePeriod" | "waiting" | "waitingApproval" | "needsOperator" => "warning",
        "noncompliant" | "error" | "failed" | "refused" | "rejected" | "notSupported" | "expired" => "bad",
        _ => "",
    }
}

/// The word for a name where the column has words; else the name as it is.
fn name_word(ctx: &PageContext, vocabulary: Option<&str>, name: &str) -> String {
    match vocabulary {
        Some("") if name == "unknown" => ctx.t("unknown"),
        Some(prefix) if !prefix.is_empty() => ctx.plain(ctx.word(prefix, name)),
        _ => ctx.plain(name),
    }
}

/// The beginning of the keys of a column's words; empty: names of Intune, of which only `unknown` is the bus's.
fn column_vocabulary(report: &str, column: &str) -> Option<&'static str> {
    match (report, column) {
        ("compliance", "state") => Some("compliance-"),
        ("actions", "action") => Some("action-"),
        ("actions", "outcome") => Some("task-state-"),
        ("actions", "approval") => Some("report-approval-"),
        ("duplicates", "kind") => Some("report-kind-"),
        (_, "platform") | ("osVersions", "version") => Some(""),
        _ => None,
    }
}

/// The same for the totals of a report.
fn total_vocabulary(report: &str) -> Option<&'static str> {
    match report {
        "compliance" => Some("compliance-"),
        "ownership" => Some("ownership-"),
        "storageEncryption" => Some("report-storage-"),
        "duplicates" => Some("report-kind-"),
        "actions" => Some("task-state-"),
        "staleDevices" | "osVersions" => Some(""),
        _ => None,
    }
}

/// As people of this language write it. Whole numbers have separators, others the decimal mark.
fn format_number(language: Language, number: &Number) -> String {
    if let Some(whole) = number.as_u64() {
        return language.format_number(whole);
    }
    let text = number.to_string();
    match language {
        Language::English => text,
        Language::German => text.replace('.', ","),
    }
}

/// Where the names stand that links are made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct LinkPlaces {
    instance: Option<usize>,
    device: Option<usize>,
    job: Option<usize>,
    server: Option<usize>,
}

impl LinkPlaces {
    fn find(columns: &[ReportColumn]) -> LinkPlaces {
        let find = |key: &str| columns.iter().position(|column| column.key == key);
        LinkPlaces {
            instance: find("instance"),
            device: find("deviceId"),
            job: find("job"),
            server: find("server"),
        }
    }

    /// The page that the cell of this column is about, where its reader may open it.
    fn find_path(&self, ctx: &PageContext, key: &str, row: &[Value]) -> Option<String> {
        let right = match key {
            "deviceName" | "deviceId" => "Devices_Read",
            "instance" => "Instances_Read",
            "job" => "Jobs_Read",
            "server" => "Servers_Read",
            _ => return None,
        };
        self.write_path(key, row).filter(|_| ctx.may(right))
    }

    fn write_path(&self, key: &str, row: &[Value]) -> Option<String> {
        let text = |place: Option<usize>| row.get(place?)?.as_str().map(encode_segment);
        match key {
            "deviceName" | "deviceId" => Some(format!("/devices/{}/{}", text(self.instance)?, text(self.device)?)),
            "instance" => Some(format!("/microservices/{}", text(self.instance)?)),
            "server" => Some(format!("/servers/{}", text(self.server)?)),
            "job" => Some(format!("/jobs/{}", row.get(self.job?)?.as_i64()?)),
            _ => None,
        }
    }
}

/// A name as one segment of a path.
fn encode_segment(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let write = |byte: u8| {
        if keep(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    name.bytes().map(write).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn column(key: &str) -> ReportColumn {
        ReportColumn {
            key: key.to_owned(),
            title: String::new(),
            kind: ReportColumnKind::Text,
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let write = |language, value: Value| match value {
            Value::Number(number) => format_number(language, &number),
            other => panic!("{other} is no number"),
        };
        assert_eq!(write(Language::German, json!(33.3)), "33,3");
        assert_eq!(write(Language::English, json!(33.3)), "33.3");
        assert_eq!(write(Language::German, json!(64_000_000_000_u64)), "64.000.000.000");
        assert_eq!(write(Language::English, json!(-1)), "-1");
    }

    #[test]
    fn the_id_of_a_device_is_behind_its_name() {
        let columns = ["deviceName", "deviceId"].map(column);
        assert!(is_shown(&columns, "deviceName") && !is_shown(&columns, "deviceId"));
        assert!(is_shown(&["deviceId"].map(column), "deviceId"));
    }

    #[test]
    fn a_row_leads_to_its_device_instance_and_job() {
        let columns = ["job", "deviceName", "instance", "deviceId", "server"].map(column);
        let places = LinkPlaces::find(&columns);
        let row = [
            json!(7),
            json!("<b>"),
            json!("IntuneConnector_1"),
            json!("d/1"),
            Value::Null,
        ];
        assert_eq!(
            places.write_path("deviceName", &row).as_deref(),
            Some("/devices/IntuneConnector_1/d%2F1")
        );
        assert_eq!(
            places.write_path("instance", &row).as_deref(),
            Some("/microservices/IntuneConnector_1")
        );
        assert_eq!(places.write_path("job", &row).as_deref(), Some("/jobs/7"));
        assert_eq!(places.write_path("server", &row), None, "nobody sent it");
        let devices = [json!("Windows"), json!(3)];
        let places = LinkPlaces::find(&["platform", "deviceName"].map(column));
        assert_eq!(places.write_path("deviceName", &devices), None, "no row of one device");
    }
}
