//! What commands print: JSON for machines, plain tables for people. Standard output carries results only; everything
//! said beside them goes to standard error, so that a pipe gets clean data. On a terminal, sentences and tables fit its
//! width; in a pipe each line is whole.
//!
//! *A reader that goes away* (`| head`) changes nothing but that nothing more is printed: the work goes on to its end, and
//! the exit code is that of the work. Only work that can't be done without a reader ends there, with a code of its own
//! ([`require_reader`]): handing changes over, an export, watching.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::Value;

use super::failure::{CommandFailure, ExitReason};
use super::table::{lay_out_record, lay_out_table};
use super::text_layout::wrap_prose;
use crate::model::{escape_unprintable, format_time, parse_time};

/// Longest name that a stranger gives, in characters; the rest is cut.
const NAME_MAX: usize = 200;
/// Columns of a terminal that does not say how many it has, and the fewest that are reckoned with.
const COLUMNS: (usize, usize) = (80, 20);

/// Prints a sentence of result, within the width of the terminal. Strangers' text can't steer the terminal: what can't
/// be seen is written as `\u202e`.
pub(crate) fn print_line(text: impl AsRef<str>) -> Result<(), CommandFailure> {
    write_result(&fit_prose(text.as_ref(), stdout_width()))
}

/// Prints a result for machines, or what was laid out already: no line is broken. What can't be seen is written as
/// `\u202e`, which is the same text within JSON.
pub(crate) fn print_verbatim(text: impl AsRef<str>) -> Result<(), CommandFailure> {
    write_result(&escape_for_terminal(text.as_ref()))
}

/// Nobody reads standard output any more.
static READER_GONE: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_reader_gone() -> bool {
    READER_GONE.load(Ordering::Relaxed)
}

/// For work that is done for the reader alone: it ends where nobody reads any more.
pub(crate) fn require_reader() -> Result<(), CommandFailure> {
    if is_reader_gone() {
        Err(CommandFailure::new(ExitReason::ReaderGone, "", ""))
    } else {
        Ok(())
    }
}

fn write_result(text: &str) -> Result<(), CommandFailure> {
    if is_reader_gone() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            READER_GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        Err(error) => Err(CommandFailure::general_error(
            format!("failed to write the result: {error}"),
            "",
        )),
    }
}

/// Says something beside the result. Where nobody takes it (a pipe that was closed), it is lost.
pub(crate) fn eprint_line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", wrap_for_stderr(text.as_ref()));
}

/// As it may go to a terminal.
pub(crate) fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    escape_unprintable(text, |letter| matches!(letter, '\n' | '\t'))
}

/// As it may go to standard error, within the width of the terminal there.
pub(crate) fn wrap_for_stderr(text: &str) -> String {
    let width = std::io::stderr().is_terminal().then(|| columns_of(std::io::stderr()));
    fit_prose(text, width)
}

fn fit_prose(text: &str, width: Option<usize>) -> String {
    let text = escape_for_terminal(text);
    match width {
        Some(width) => wrap_prose(&text, width),
        None => text.into_owned(),
    }
}

/// Columns of the terminal that standard output is; none in a pipe or file.
fn stdout_width() -> Option<usize> {
    std::io::stdout().is_terminal().then(|| columns_of(std::io::stdout()))
}

/// By the environment, or as the terminal says.
#[cfg(unix)]
fn columns_of(terminal: impl std::os::fd::AsFd) -> usize {
    choose_columns(terminal_size::terminal_size_of(terminal))
}

#[cfg(windows)]
fn columns_of(terminal: impl std::os::windows::io::AsHandle) -> usize {
    choose_columns(terminal_size::terminal_size_of(terminal))
}

fn choose_columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let found = given.or(size.map(|(width, _)| usize::from(width.0)));
    found.filter(|columns| *columns > 0).unwrap_or(COLUMNS.0).max(COLUMNS.1)
}

/// An answer as JSON, for machines.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CommandFailure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CommandFailure::general_error(format!("failed to write the result: {error}"), ""))?;
    print_verbatim(text)
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
    print_verbatim(text)
}

/// Whether people watch: progress bars and live views only then.
pub(crate) fn is_stderr_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// A column: its head, and its cell of a row ([`format_value`]).
pub(crate) type TableColumn<T> = (&'static str, fn(&T) -> String);

/// Rows as a table, or the reason why there is none.
pub(crate) fn print_table<T>(columns: &[TableColumn<T>], rows: &[T], nothing: &str) -> Result<(), CommandFailure> {
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    let cells = |row: &T| columns.iter().map(|(_, cell)| cell(row)).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    print_cells(&heads, &cells, nothing)
}

/// The same of cells that are written already.
pub(crate) fn print_cells(heads: &[&str], rows: &[Vec<String>], nothing: &str) -> Result<(), CommandFailure> {
    if rows.is_empty() {
        eprint_line(nothing);
        return Ok(());
    }
    print_verbatim(lay_out_table(heads, rows, stdout_width()))
}

/// One thing with its fields, a line a field.
pub(crate) fn print_record(fields: &[(&str, String)]) -> Result<(), CommandFailure> {
    print_verbatim(lay_out_record(fields, stdout_width()))
}

/// A part of what is shown, below a heading of its own; nothing where it has no rows.
pub(crate) fn print_section<T>(columns: &[TableColumn<T>], rows: &[T]) -> Result<(), CommandFailure> {
    if rows.is_empty() {
        return Ok(());
    }
    print_line("")?;
    print_table(columns, rows, "")
}

/// A value of an answer as a cell: what is not there as `-`, times in whole seconds, lists with commas, words of enums as on
/// the wire.
pub(crate) fn format_value(value: &impl Serialize) -> String {
    format_cell(serde_json::to_value(value).ok().as_ref())
}

/// The same of a name that a stranger gives, which may be of any length.
pub(crate) fn format_name(value: &impl Serialize) -> String {
    cut_text(&format_value(value), NAME_MAX)
}

/// Sentences that stand in many rows, each once, with how many rows it stands for. Goes beside the result.
pub(crate) fn print_sentence_counts<'a>(all: impl Iterator<Item = &'a str>) {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for text in all {
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => found.push((text, 1)),
        }
    }
    for (text, count) in found {
        eprint_line(format!("  {count}×  {}", to_one_line(text)));
    }
}

/// One value for people: whole, on one line, with what can't be seen as `\u202e` (names of devices are strangers' text).
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
    escape_unprintable(&text, |_| false).into_owned()
}

/// Times are shown without fractions.
fn truncate_to_seconds(text: &str) -> Option<String> {
    let is_timestamp = text.len() > 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    is_timestamp.then(|| parse_time(text).map(format_time)).flatten()
}

/// A sentence on one line, whole: blanks for line breaks and tabs; what can't be seen as `\u202e`.
pub(crate) fn to_one_line(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    escape_unprintable(&line, |_| false).into_owned()
}

/// The same, with at most so many characters of the text.
pub(crate) fn to_printable(text: &str, most: usize) -> String {
    to_one_line(&cut_text(text, most))
}

fn cut_text(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_of_strangers_can_not_steer_the_terminal() {
        assert_eq!(format_cell(Some(&json!("a\u{1b}[2Jb\nc"))), "a\\u001b[2Jb\\nc");
        assert_eq!(to_one_line("a\u{1b}[2Jb\nc"), "a\\u001b[2Jb c");
    }

    #[test]
    fn sec_l5_what_is_printed_has_no_character_that_can_not_be_seen() {
        assert_eq!(
            format_cell(Some(&json!("evil\u{202e}gpj.exe\u{9b}2J"))),
            "evil\\u202egpj.exe\\u009b2J",
            "it is shown, and does nothing"
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
    fn nothing_is_cut_but_endless_names_and_those_say_so() {
        let long = "x".repeat(1_000);
        assert_eq!(format_cell(Some(&json!(long))), long);
        assert_eq!(to_one_line(&long), long);
        let name = format_name(&long);
        assert_eq!((name.chars().count(), name.ends_with('…')), (NAME_MAX, true));
        assert_eq!(format_name(&"x".repeat(NAME_MAX)), "x".repeat(NAME_MAX));
    }

    #[test]
    fn a_terminal_without_a_size_has_80_columns() {
        // Nothing of the environment of this test: it says how wide the terminal is.
        if std::env::var_os("COLUMNS").is_none() {
            let size = |width| Some((terminal_size::Width(width), terminal_size::Height(24)));
            assert_eq!(
                [choose_columns(None), choose_columns(size(132)), choose_columns(size(3))],
                [80, 132, 20]
            );
        }
    }
}
