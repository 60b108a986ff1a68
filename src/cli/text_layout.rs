//! Text for a terminal of a known width: how wide it is, and where its lines are broken. Pure.
//!
//! What people paste stays in one piece: what stands in backticks, and a command that begins with a program's name.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Programs that commands within sentences begin with.
const PROGRAMS: [&str; 2] = ["intune-connector", "az"];
/// Widest label behind which the following lines are indented.
const LABEL_MAX: usize = 40;
/// Widest first word with a colon that is a label: `error:`.
const FIRST_WORD_MAX: usize = 10;
/// Longest hint in brackets that stays in one piece: `[broken-glass acknowledge 3]`.
const BRACKETS_MAX: usize = 80;

/// Columns that the text takes on a terminal: wide characters take two.
pub(crate) fn measure_width(text: &str) -> usize {
    text.width()
}

/// The text with blanks behind it up to this width.
pub(crate) fn pad_text(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{:missing$}", "")
}

/// Each line of the text within this width: broken at blanks, the rest indented behind its label.
pub(crate) fn wrap_prose(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| wrap_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let body = line.trim_start_matches(' ');
    let indent = line.len() - body.len();
    // A command that fills its line is pasted from there.
    if line.width() <= width || command_length(body).is_some() {
        return line.to_owned();
    }
    let hang = hanging_indent(body, indent, width);
    let mut wrapped = String::with_capacity(line.len() + 32);
    let (mut column, mut rest) = (0, line);
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let behind = &rest[blanks..];
        let piece = &behind[..piece_length(behind)];
        let is_too_wide = column + blanks + piece.width() > width;
        // On a line of its own it must begin further to the left than here.
        if blanks > 0 && column > 0 && is_too_wide && column + blanks > hang {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(hang));
            column = hang;
        } else {
            wrapped.push_str(&rest[..blanks]);
            column += blanks;
        }
        wrapped.push_str(piece);
        column += piece.width();
        rest = &behind[piece.len()..];
    }
    wrapped
}

/// Where the following lines of a paragraph begin: behind its labels, which end with two blanks or a colon.
fn hanging_indent(body: &str, indent: usize, width: usize) -> usize {
    let room = LABEL_MAX.min(width / 2);
    let (mut column, mut gap, mut label) = (indent, 0, None);
    for letter in body.chars() {
        if column > room {
            break;
        }
        if letter == ' ' {
            gap += 1;
        } else {
            if gap >= 2 {
                label = Some(column);
            }
            gap = 0;
        }
        column += letter.width().unwrap_or(0);
    }
    let first = body.split(' ').next().unwrap_or_default();
    let is_label = (first.ends_with(':') && first.width() <= FIRST_WORD_MAX) || matches!(first, "!" | "-");
    let behind_first = is_label.then(|| indent + first.width() + 1);
    label.or(behind_first).unwrap_or(indent + 2).min(room)
}

/// Bytes up to the blank behind the first piece of a text that does not begin with a blank.
fn piece_length(text: &str) -> usize {
    let opening = text.len() - text.trim_start_matches(['(', '[']).len();
    let begin = command_length(&text[opening..]).map_or(0, |length| opening + length);
    let rest = &text[begin..];
    let first_blank = || rest.find(' ').map_or(text.len(), |at| begin + at);
    let mut closing = None;
    for (at, letter) in rest.char_indices() {
        match (closing, letter) {
            (None, ' ') => return begin + at,
            (None, '`') => closing = Some('`'),
            (None, '[') if rest[at..].find(']').is_some_and(|end| end <= BRACKETS_MAX) => closing = Some(']'),
            (Some(end), _) if letter == end => closing = None,
            _ => (),
        }
    }
    if closing.is_some() { first_blank() } else { text.len() }
}

/// Bytes of the command that the text begins with; `None`: it begins with none.
fn command_length(text: &str) -> Option<usize> {
    let (program, rest) = text.split_once(' ')?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_command = rest.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '-');
    if !PROGRAMS.contains(&name) || !is_command {
        return None;
    }
    let (mut quote, mut depth, mut before) = (None, 0_usize, ' ');
    for (at, letter) in text.char_indices() {
        let next = text[at + letter.len_utf8()..].chars().next();
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (Some(_), _) => (),
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(') if before == '$' => depth += 1,
            (None, ')') if depth > 0 => depth -= 1,
            (None, '(') => return Some(text[..at].trim_end().len()),
            (None, ')' | ']' | '`') => return Some(at),
            (None, ';' | ',' | ':' | '.') if before != ' ' && next.is_none_or(|next| next == ' ') => return Some(at),
            _ => (),
        }
        before = letter;
    }
    Some(text.len())
}

/// Widest part of a cell that is not broken: cells are broken behind blanks and commas.
pub(crate) fn widest_part(text: &str) -> usize {
    let parts = text.split_inclusive([' ', ',']);
    parts.map(|part| part.trim_end().width()).max().unwrap_or(0)
}

/// A cell as lines of at most `width` columns. A part is broken only where it alone is wider.
pub(crate) fn wrap_cell(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let width = width.max(1);
    let mut lines = Vec::new();
    let (mut line, mut column) = (String::new(), 0);
    for part in text.split_inclusive([' ', ',']) {
        let wide = part.trim_end().width();
        if column > 0 && column + wide > width {
            lines.push(std::mem::take(&mut line));
            column = 0;
        }
        if wide == 0 && column == 0 && !lines.is_empty() {
            continue;
        }
        if column + wide <= width {
            line.push_str(part);
            column += part.width();
            continue;
        }
        for letter in part.chars() {
            let wide = letter.width().unwrap_or(0);
            if column > 0 && column + wide > width {
                lines.push(std::mem::take(&mut line));
                column = 0;
            }
            line.push(letter);
            column += wide;
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
#[path = "text_layout_tests.rs"]
mod text_layout_tests;
