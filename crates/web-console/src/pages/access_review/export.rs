//! The access review as a table for spreadsheets.

use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use connector_core::model::escape_spreadsheet_cell;
use http::header;

use super::load_rows;
use super::rows::AccessRow;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::texts::Language;

/// Spreadsheets take the file for UTF-8 by it.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Keys of the heads.
const COLUMNS: [&str; 13] = [
    "access-review-operator",
    "operators-kind",
    "state",
    "access-review-right",
    "access-review-meaning",
    "access-review-class",
    "access-review-scope",
    "access-review-role",
    "since",
    "access-review-given-by",
    "access-review-agreed-by",
    "operators-last-sign-in",
    "access-review-made-at",
];

/// What separates cells in spreadsheets of this language.
fn separator(language: Language) -> char {
    match language {
        Language::English => ',',
        Language::German => ';',
    }
}

fn write_line(table: &mut String, cells: &[String], separator: char) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            table.push(separator);
        }
        let safe = escape_spreadsheet_cell(cell, separator);
        table.push('"');
        table.push_str(&safe.replace('"', "\"\""));
        table.push('"');
    }
    table.push_str("\r\n");
}

fn time_text(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

fn list_cells(ctx: &PageContext, row: &AccessRow, made_at: DateTime<Utc>) -> Vec<String> {
    let entry = &row.entry;
    let classes = row
        .classes
        .iter()
        .map(|class| ctx.word("access-review-class-", class.name()));
    vec![
        entry.operator.clone(),
        ctx.word("operators-kind-", row.kind()),
        ctx.word("operators-state-", row.state()),
        entry.right.to_string(),
        row.text.clone(),
        classes.collect::<Vec<_>>().join(", "),
        row.scope.clone(),
        entry.role.clone().unwrap_or_default(),
        time_text(entry.since),
        entry.given_by.clone().unwrap_or_default(),
        entry.agreed_by.clone().unwrap_or_default(),
        time_text(entry.last_sign_in_at),
        time_text(Some(made_at)),
    ]
}

/// The rows of the address as a file.
pub(super) async fn export_review(ctx: PageContext) -> PageResult {
    let answer = load_rows(&ctx, &ctx.list()).await?;
    let separator = separator(ctx.language());
    let mut table = BYTE_ORDER_MARK.to_owned();
    let heads: Vec<String> = COLUMNS.iter().map(|key| ctx.t(key)).collect();
    write_line(&mut table, &heads, separator);
    for row in &answer.rows {
        write_line(&mut table, &list_cells(&ctx, row, answer.made_at), separator);
    }
    let name = format!("access-review-{}.csv", answer.made_at.format("%Y-%m-%d"));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, table).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_calculate_nothing() {
        let cells = ["a\"b".to_owned(), "=1+1".to_owned(), "x;y".to_owned(), String::new()];
        let mut table = String::new();
        write_line(&mut table, &cells, ';');
        assert_eq!(table, "\"a\"\"b\";\"'=1+1\";\"x;y\";\"\"\r\n");
    }
}
