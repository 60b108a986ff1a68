//! What an export is asked to be: the format, the form of its text, and what the audit trail is told of it. Pure.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::export_columns::TableColumns;
use crate::contract::DevicesExportQuery;
use crate::export::{CsvForm, CsvSeparator, CsvStyle, DecimalMark};
use crate::sics::problem::ApiProblem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExportFormat {
    Csv,
    Json,
    Spreadsheet,
}

impl ExportFormat {
    const ALL: [ExportFormat; 3] = [ExportFormat::Csv, ExportFormat::Json, ExportFormat::Spreadsheet];

    pub(super) fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Csv => "text/csv",
            ExportFormat::Json => "application/json",
            ExportFormat::Spreadsheet => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub(super) fn file_name(self) -> &'static str {
        match self {
            ExportFormat::Csv => "devices.csv",
            ExportFormat::Json => "devices.json",
            ExportFormat::Spreadsheet => "devices.xlsx",
        }
    }
}

/// Without a wish, as CSV.
pub(super) fn parse_format(accept: Option<&str>) -> Result<ExportFormat, ApiProblem> {
    let accept = accept.unwrap_or("*/*");
    let named = ExportFormat::ALL
        .into_iter()
        .find(|format| accept.contains(format.media_type()));
    let anything = Some(ExportFormat::Csv).filter(|_| accept.contains("*/*") || accept.contains("text/*"));
    named.or(anything).ok_or_else(|| {
        let known = ExportFormat::ALL.map(ExportFormat::media_type).join(", ");
        ApiProblem::new(
            StatusCode::NOT_ACCEPTABLE,
            "wrongFormat",
            "devices cannot be exported as what the header Accept names",
            format!("Possible values: {known}."),
        )
    })
}

pub(super) fn parse_form(asked: &DevicesExportQuery) -> Result<CsvForm, ApiProblem> {
    let wrong = |name: &str, possible: &str| {
        let advice = format!("Possible values: {possible}.");
        ApiProblem::bad_request(
            "wrongValue",
            format!("{name} has another value than it may have"),
            advice,
        )
    };
    let separator = match asked.separator.as_deref() {
        None | Some("" | ",") => CsvSeparator::Comma,
        Some(";") => CsvSeparator::Semicolon,
        Some("tab") => CsvSeparator::Tab,
        Some(_) => return Err(wrong("separator", "a comma, a semicolon, tab")),
    };
    let decimal = match asked.decimal.as_deref() {
        None | Some("" | ".") => DecimalMark::Point,
        Some(",") => DecimalMark::Comma,
        Some(_) => return Err(wrong("decimal", "a point, a comma")),
    };
    let style = CsvStyle { separator, raw: false };
    Ok(CsvForm { style, decimal })
}

/// For the audit trail: how many devices left, as what, and by what they were chosen; not the texts that were looked for,
/// which may name people.
pub(super) fn describe_export(
    asked: &DevicesExportQuery,
    format: ExportFormat,
    columns: &TableColumns,
    devices: usize,
) -> Value {
    let given = serde_json::to_value(asked).unwrap_or_default();
    let given = given.as_object().into_iter().flatten();
    let chosen_by = given.filter(|(name, value)| !value.is_null() && !is_form_parameter(name));
    let chosen_by: Vec<&String> = chosen_by.map(|(name, _)| name).collect();
    let columns: Vec<&str> = columns.heads().iter().map(|head| head.title.as_str()).collect();
    json!({
        "devices": devices,
        "format": format.media_type(),
        "columns": columns,
        "instance": asked.instance,
        "chosenBy": chosen_by,
    })
}

/// Says how the table looks, and not which devices are in it.
fn is_form_parameter(name: &str) -> bool {
    matches!(
        name,
        "sort" | "order" | "columns" | "separator" | "decimal" | "searchAll"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_what_the_caller_accepts() {
        let format = |accept| parse_format(accept).ok();
        for (accept, expected) in [
            (None, ExportFormat::Csv),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), ExportFormat::Csv),
            (Some("text/csv"), ExportFormat::Csv),
            (Some("application/json"), ExportFormat::Json),
            (Some(ExportFormat::Spreadsheet.media_type()), ExportFormat::Spreadsheet),
        ] {
            assert_eq!(format(accept), Some(expected), "{accept:?}");
        }
        assert_eq!(format(Some("application/pdf")), None);
    }

    #[test]
    fn the_trail_says_by_what_devices_were_chosen_and_not_whom_somebody_looked_for() {
        let asked = DevicesExportQuery {
            user: Some("anna@contoso.example".to_owned()),
            platform: Some("iOS".to_owned()),
            sort: Some("deviceName".to_owned()),
            ..DevicesExportQuery::default()
        };
        let columns = TableColumns::parse(Some("deviceName"), Default::default()).expect("known");
        let detail = describe_export(&asked, ExportFormat::Csv, &columns, 7);
        assert_eq!(detail["chosenBy"], json!(["user", "platform"]));
        assert_eq!(
            (&detail["devices"], &detail["columns"]),
            (&json!(7), &json!(["deviceName"]))
        );
        assert!(!detail.to_string().contains("anna"), "{detail}");
    }

    #[test]
    fn a_wrong_form_is_refused() {
        let form = |separator: &str, decimal: &str| {
            parse_form(&DevicesExportQuery {
                separator: Some(separator.to_owned()),
                decimal: Some(decimal.to_owned()),
                ..DevicesExportQuery::default()
            })
        };
        assert_eq!(form("tab", ",").expect("known").style.separator, CsvSeparator::Tab);
        assert!(form("|", ".").is_err() && form(",", "'").is_err());
    }
}
