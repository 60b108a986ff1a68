//! GET /devices/export: all that match, as a file.

use axum::http::StatusCode;
use sics_client::operation;

use super::question::{ask_export, read_columns, read_list};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::pass_file;
use crate::texts::Language;

/// Formats by the names of the form, with their media types.
const FORMATS: [(&str, &str); 3] = [
    ("csv", "text/csv"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("json", "application/json"),
];

pub(super) async fn export_list(ctx: PageContext) -> PageResult {
    let list = read_list(&ctx, ctx.query());
    let format = find_format(list.value("format"))
        .ok_or_else(|| PageFailure::plain(StatusCode::BAD_REQUEST, "failure-devices-format"))?;
    let query = ask_export(&list, &read_columns(&list));
    let answer = ctx
        .client()
        .download(&operation::export_devices(), &[], format, &query)
        .await?;
    pass_file(answer)
}

/// The media type of a format; without a wish, CSV.
fn find_format(name: &str) -> Option<&'static str> {
    let name = if name.is_empty() { "csv" } else { name };
    let found = FORMATS.iter().find(|(format, _)| *format == name);
    found.map(|(_, media_type)| *media_type)
}

/// What separates cells, and what stands before the fraction of a number, where the reader's language is spoken.
pub(super) fn usual_marks(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => (",", "."),
        Language::German => (";", ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_one_of_three() {
        assert_eq!(find_format(""), Some("text/csv"));
        assert_eq!(find_format("json"), Some("application/json"));
        assert_eq!(find_format("pdf"), None);
        assert_eq!(usual_marks(Language::German), (";", ","));
    }
}
