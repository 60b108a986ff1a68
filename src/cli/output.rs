//! What commands print: JSON for machines, plain tables for people. Standard output carries results only; everything
//! said beside them goes to standard error, so that a pipe gets clean data.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use super::failure::CommandFailure;
use crate::model::{escape_unprintable, format_time, parse_time, replace_unprintable};

/// Widest cell of a table, in characters; the rest is cut.
const WIDEST: usize = 60;

/// Prints a line of result. A reader that went away (`| head`) ends the command quietly. Strangers' text can't steer the
/// terminal: what can't be seen is written as `\u202e`, which is the same text within JSON.
pub(crate) fn print_line(text: impl AsRef<str>) -> Result<(), CommandFailure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", escape_for_terminal(text.as_ref())).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(CommandFailure::general_error(
            format!("failed to write the result: {error}"),
            "",
        )),
    }
}

/// Says something beside the result. Where nobody takes it (a pipe that was closed), it is lost.
pub(crate) fn eprint_line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", escape_for_terminal(text.as_ref()));
}

/// As it may go to a terminal.
pub(crate) fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    escape_unprintable(text, |letter| matches!(letter, '\n' | '\t'))
}

/// An answer as JSON, for machines.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CommandFailure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CommandFailure::general_error(format!("failed to write the result: {error}"), ""))?;
    print_line(text)
}

/// An answer, as JSON for machines or as `print_text` shows it to people.
pub(crate) fn print_answer(
    answer: &impl Serialize,
    as_json: bool,
    print_text: impl FnOnce() -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    if as_json { print_json(answer) } else { print_text() }
}

/// One item of many as JSON on a line of its own, for machines.
pub(crate) fn print_json_line(value: &impl Serialize) -> Result<(), CommandFailure> {
    let text = serde_json::to_string(value)
        .map_err(|error| CommandFailure::general_error(format!("failed to write the result: {error}"), ""))?;
    print_line(text)
}

/// Whether people watch: progress bars and live views only then.
pub(crate) fn is_stderr_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// A column: its head, and its cell of a row ([`format_value`]).
pub(crate) type TableColumn<T> = (&'static str, fn(&T) -> String);

/// Rows as a table, or the reason why there is none.
pub(crate) fn print_table<T>(columns: &[TableColumn<T>], rows: &[T], nothing: &str) -> Result<(), CommandFailure> {
    if rows.is_empty() {
        eprint_line(nothing);
        return Ok(());
    }
    let headers: Vec<String> = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let cells = rows
        .iter()
        .map(|row| columns.iter().map(|(_, cell)| cell(row)).collect());
    print_line(format_table(headers, cells.collect()))
}

/// A value of an answer as a cell: what is not there as `-`, times in whole seconds, lists with commas, words of enums as on
/// the wire.
pub(crate) fn format_value(value: &impl Serialize) -> String {
    format_cell(serde_json::to_value(value).ok().as_ref())
}

/// Sentences that a table would cut, each once, with how many rows it stands for. Goes beside the result.
pub(crate) fn print_sentence_counts<'a>(all: impl Iterator<Item = &'a str>) {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for text in all {
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => found.push((text, 1)),
        }
    }
    for (text, count) in found {
        eprint_line(format!("  {count}×  {}", to_printable(text, 1_000)));
    }
}

pub(crate) fn format_table(headers: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let all: Vec<Vec<String>> = std::iter::once(headers).chain(rows).collect();
    let count = all.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        all.iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let text = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// One value for people: short, on one line, never with control characters (names of devices are strangers' text).
fn format_cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => truncate_to_seconds(text).unwrap_or_else(|| text.clone()),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| format_cell(Some(item)))
            .collect::<Vec<_>>()
            .join(","),
        Some(other) => other.to_string(),
    };
    to_printable(&text, WIDEST)
}

/// Times are shown without fractions.
fn truncate_to_seconds(text: &str) -> Option<String> {
    let is_timestamp = text.len() > 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    is_timestamp.then(|| parse_time(text).map(format_time)).flatten()
}

pub(crate) fn to_printable(text: &str, most: usize) -> String {
    let clean: String = text.chars().take(most + 1).collect();
    let clean = replace_unprintable(&clean);
    if clean.chars().count() > most {
        clean.chars().take(most - 1).chain(['…']).collect()
    } else {
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_lines_up_in_characters_not_bytes() {
        let rows = vec![vec!["Übung".into(), "1".into()], vec!["a".into(), "22".into()]];
        assert_eq!(
            format_table(vec!["name".into(), "n".into()], rows),
            "name   n\nÜbung  1\na      22"
        );
    }

    #[test]
    fn text_of_strangers_can_not_steer_the_terminal() {
        assert_eq!(format_cell(Some(&json!("a\u{1b}[2Jb\nc"))), "a [2Jb c");
    }

    #[test]
    fn sec_l5_what_is_printed_has_no_character_that_can_not_be_seen() {
        assert_eq!(
            format_cell(Some(&json!("evil\u{202e}gpj.exe\u{9b}2J"))),
            "evil gpj.exe 2J"
        );
        let value = json!({"deviceName": "a\u{9b}2J\u{202e}\u{7f}\u{e0041}\u{2028}b"});
        let text = format!("{value:#}");
        let printed = escape_for_terminal(&text);
        assert!(
            printed.is_ascii() && printed.contains("\\u009b2J\\u202e\\u007f"),
            "{printed}"
        );
        let back: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(back, value, "and is the same JSON");
    }

    #[test]
    fn times_are_shown_without_fractions_and_other_text_as_it_is() {
        assert_eq!(
            format_cell(Some(&json!("2026-11-21T03:24:22.085Z"))),
            "2026-11-21T03:24:22Z"
        );
        assert_eq!(
            format_cell(Some(&json!("not-a-timeTzzzzzzzzzzzzZ"))),
            "not-a-timeTzzzzzzzzzzzzZ"
        );
    }

    #[test]
    fn long_cells_are_cut_and_say_so() {
        let text = format_cell(Some(&json!("x".repeat(100))));
        assert_eq!((text.chars().count(), text.ends_with('…')), (WIDEST, true));
    }
}
