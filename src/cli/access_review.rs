//! `operators review`: who holds which right, and by whose hand; as a table, as JSON, or as a file for a spreadsheet.

use std::io::Write;
use std::path::Path;

use sics_client::SicsClient;

use super::backup::file_exists_failure;
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use crate::contract::{AccessEntryView, AccessReviewView};
use crate::model::{escape_spreadsheet_cell, format_count};
use crate::store::PartFile;

const SEPARATOR: char = ',';

/// Columns of the file, each with its cell of an entry.
const COLUMNS: [TableColumn<AccessEntryView>; 16] = [
    ("operator", |entry| entry.operator.clone()),
    ("kind", |entry| format_value(&entry.kind)),
    ("disabled", |entry| format_value(&entry.disabled)),
    ("suspended", |entry| format_value(&entry.suspended)),
    ("right", |entry| entry.right.to_string()),
    ("covers", |entry| entry.covers.join(" ")),
    ("destructive", |entry| format_value(&entry.destructive)),
    ("approving", |entry| format_value(&entry.approving)),
    ("managing", |entry| format_value(&entry.managing)),
    ("instances", |entry| format_value(&entry.scope.instances)),
    ("servers", |entry| format_value(&entry.scope.servers)),
    ("role", |entry| format_value(&entry.role)),
    ("since", |entry| format_value(&entry.since)),
    ("givenBy", |entry| format_value(&entry.given_by)),
    ("agreedBy", |entry| format_value(&entry.agreed_by)),
    ("lastSignIn", |entry| format_value(&entry.last_sign_in_at)),
];

pub(crate) async fn review_access(
    client: &SicsClient,
    csv_file: Option<&Path>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    if csv_file.is_some() && as_json {
        return Err(CommandFailure::usage_error(
            "--csv writes a table and --json prints the same",
            "use one of them",
        ));
    }
    if let Some(file) = csv_file.filter(|file| file.symlink_metadata().is_ok()) {
        return Err(file_exists_failure(file));
    }
    let review = client.review_access().await?;
    match csv_file {
        Some(file) => save_table(&review, file),
        None => output::print_answer(&review, as_json, || print_review(&review)),
    }
}

fn print_review(review: &AccessReviewView) -> Result<(), CommandFailure> {
    let columns: [TableColumn<AccessEntryView>; 9] = [
        ("OPERATOR", |entry| format_value(&entry.operator)),
        ("RIGHT", |entry| format_value(&entry.right)),
        ("POWER", |entry| format_value(&list_powers(entry))),
        ("INSTANCES", |entry| format_value(&entry.scope.instances)),
        ("SERVERS", |entry| format_value(&entry.scope.servers)),
        ("ROLE", |entry| format_value(&entry.role)),
        ("SINCE", |entry| format_value(&entry.since)),
        ("GIVEN BY", |entry| format_value(&list_givers(entry))),
        ("LAST SIGN-IN", describe_last_sign_in),
    ];
    output::print_table(&columns, &review.entries, "no account holds a right")
}

fn list_powers(entry: &AccessEntryView) -> Vec<&'static str> {
    let powers = [
        (entry.destructive, "destroys"),
        (entry.approving, "approves"),
        (entry.managing, "manages accounts"),
    ];
    powers
        .into_iter()
        .filter_map(|(has, word)| has.then_some(word))
        .collect()
}

fn list_givers(entry: &AccessEntryView) -> Vec<&str> {
    entry
        .given_by
        .iter()
        .chain(&entry.agreed_by)
        .map(String::as_str)
        .collect()
}

fn describe_last_sign_in(entry: &AccessEntryView) -> String {
    if entry.disabled {
        "disabled".to_owned()
    } else {
        format_value(&entry.last_sign_in_at)
    }
}

/// A file that exists is never replaced: it may be an earlier review.
fn save_table(review: &AccessReviewView, file: &Path) -> Result<(), CommandFailure> {
    let bytes = write_table(&review.entries)
        .map_err(|error| CommandFailure::general_error(format!("failed to create the table: {error}"), ""))?;
    let write_failure = |error: std::io::Error| CommandFailure::file_error("write", file, &error);
    let part = PartFile::create_beside(file).map_err(write_failure)?;
    let opened = std::fs::OpenOptions::new().write(true).open(part.path());
    opened
        .and_then(|mut out| out.write_all(&bytes))
        .map_err(write_failure)?;
    part.persist_noclobber(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => file_exists_failure(file),
        _ => write_failure(error),
    })?;
    let count = format_count(review.entries.len() as u64, "right");
    output::print_line(format!("{count} written to {}", file.display()))
}

fn write_table(entries: &[AccessEntryView]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.map(|(name, _)| name))?;
    for entry in entries {
        writer.write_record(COLUMNS.map(|(_, cell)| write_cell(&cell(entry))))?;
    }
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

/// What is not there is an empty cell, not a mark for people.
fn write_cell(text: &str) -> String {
    match text {
        "-" => String::new(),
        text => escape_spreadsheet_cell(text, SEPARATOR),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_has_a_row_a_right_and_no_formula() {
        let entry: AccessEntryView = serde_json::from_value(json!({
            "operator": "anna", "kind": "person", "disabled": false, "suspended": false, "right": "Jobs_*",
            "covers": ["Jobs_Read", "Jobs_Send"], "destructive": false, "approving": true, "managing": false,
            "scope": {"instances": ["IntuneConnector_1"]}, "role": null, "since": "2026-11-21T07:58:00Z",
            "givenBy": "=1+1", "agreedBy": null, "lastSignInAt": null,
        }))
        .unwrap();
        let text = String::from_utf8(write_table(&[entry]).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with("operator,kind,disabled,suspended,right,covers,"),
            "{text}"
        );
        assert_eq!(
            lines[1],
            "anna,person,no,no,Jobs_*,Jobs_Read Jobs_Send,no,yes,no,IntuneConnector_1,,,2026-11-21T07:58:00Z,'=1+1,,"
        );
    }
}
