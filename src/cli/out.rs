//! What commands print: JSON for machines, plain tables for people. Standard output carries results only; everything
//! said beside them goes to standard error, so that a pipe gets clean data.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use serde_json::Value;

use super::failure::Failure;
use crate::model::{escape_unfit, format_time, parse_time, replace_unfit};

/// Widest cell of a table, in characters; the rest is cut.
const WIDEST: usize = 60;

/// Prints a line of result. A reader that went away (`| head`) ends the command quietly. Strangers' text can't steer the
/// terminal: what can't be seen is written as `\u202e`, which is the same text within JSON.
pub fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", shown(text.as_ref())).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::failed(format!("failed to write the result: {error}"), "")),
    }
}

/// Says something beside the result. Where nobody takes it (a pipe that was closed), it is lost.
pub fn say(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", shown(text.as_ref()));
}

/// As it may go to a terminal.
pub fn shown(text: &str) -> Cow<'_, str> {
    escape_unfit(text, |letter| matches!(letter, '\n' | '\t'))
}

pub fn json(value: &Value) -> Result<(), Failure> {
    line(format!("{value:#}"))
}

/// Whether people watch: progress bars and live views only then.
pub fn watched() -> bool {
    std::io::stderr().is_terminal()
}

/// A column: its head, and where in a row's JSON it is found (RFC 6901 pointer).
pub type Column = (&'static str, &'static str);

/// Rows as a table, or the reason why there is none.
pub fn table(columns: &[Column], rows: &[Value], nothing: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        say(nothing);
        return Ok(());
    }
    let heads: Vec<String> = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let cells = rows
        .iter()
        .map(|row| columns.iter().map(|(_, at)| cell(row.pointer(at))).collect());
    line(layout(heads, cells.collect()))
}

/// Sentences that a table would cut, each once, with how many rows it stands for. Goes beside the result.
pub fn sentences<'a>(all: impl Iterator<Item = &'a str>) {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for text in all {
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => found.push((text, 1)),
        }
    }
    for (text, count) in found {
        say(format!("  {count}×  {}", printable(text, 1_000)));
    }
}

pub fn layout(heads: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let all: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
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
pub fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => whole_seconds(text).unwrap_or_else(|| text.clone()),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    };
    printable(&text, WIDEST)
}

/// Times are shown without fractions.
fn whole_seconds(text: &str) -> Option<String> {
    let looks = text.len() > 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    looks.then(|| parse_time(text).map(format_time)).flatten()
}

pub fn printable(text: &str, most: usize) -> String {
    let clean: String = text.chars().take(most + 1).collect();
    let clean = replace_unfit(&clean);
    match clean.chars().count() > most {
        true => clean.chars().take(most - 1).chain(['…']).collect(),
        false => clean,
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
            layout(vec!["name".into(), "n".into()], rows),
            "name   n\nÜbung  1\na      22"
        );
    }

    #[test]
    fn text_of_strangers_can_not_steer_the_terminal() {
        assert_eq!(cell(Some(&json!("a\u{1b}[2Jb\nc"))), "a [2Jb c");
    }

    #[test]
    fn sec_l5_what_is_printed_has_no_character_that_can_not_be_seen() {
        assert_eq!(cell(Some(&json!("evil\u{202e}gpj.exe\u{9b}2J"))), "evil gpj.exe 2J");
        let value = json!({"deviceName": "a\u{9b}2J\u{202e}\u{7f}\u{e0041}\u{2028}b"});
        let text = format!("{value:#}");
        let printed = shown(&text);
        assert!(
            printed.is_ascii() && printed.contains("\\u009b2J\\u202e\\u007f"),
            "{printed}"
        );
        let back: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(back, value, "and is the same JSON");
    }

    #[test]
    fn times_are_shown_without_fractions_and_other_text_as_it_is() {
        assert_eq!(cell(Some(&json!("2026-11-21T03:24:22.085Z"))), "2026-11-21T03:24:22Z");
        assert_eq!(
            cell(Some(&json!("not-a-timeTzzzzzzzzzzzzZ"))),
            "not-a-timeTzzzzzzzzzzzzZ"
        );
    }

    #[test]
    fn long_cells_are_cut_and_say_so() {
        let text = cell(Some(&json!("x".repeat(100))));
        assert_eq!((text.chars().count(), text.ends_with('…')), (WIDEST, true));
    }
}
