//! Changes single lines of a settings file and leaves every other byte as it is: comments, order, line ends. Pure.

use super::ini_reader::{self, RawSettings};
use super::keys::KeyTable;
use super::node_name::{self, to_section_key};

/// What becomes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineEdit {
    /// The line of `from` becomes `to = value`, in its place. Both have the same section.
    Replace {
        from: String,
        to: String,
        value: String,
    },
    /// `key = value` in the key's section: in its own line if it has one, else at the section's end.
    Set {
        name: String,
        value: String,
    },
    Remove {
        name: String,
    },
}

/// The text after all edits. `text` has been read without complaint before.
pub(super) fn apply_edits(table: &KeyTable, text: &str, edits: &[LineEdit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        text = apply_edit(table, &text, edit);
    }
    text
}

fn apply_edit(table: &KeyTable, text: &str, edit: &LineEdit) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let raw = ini_reader::read_ini("", text).unwrap_or(RawSettings {
        sections: Vec::new(),
        entries: Vec::new(),
    });
    let line_of = |name: &str| {
        raw.entries
            .iter()
            .find(|entry| entry.key == name)
            .map(|entry| entry.line as usize - 1)
    };
    match edit {
        LineEdit::Remove { name } => {
            if let Some(at) = line_of(name) {
                lines.remove(at);
                drop_empty_node(&raw, &mut lines, name, at);
            }
        }
        LineEdit::Replace { from, to, value } => {
            if let Some(at) = line_of(from) {
                lines[at] = format!("{} = {value}{}", to_section_key(to), line_ending(&lines[at]));
            }
        }
        LineEdit::Set { name, value } => match line_of(name) {
            Some(at) => lines[at] = format!("{} = {value}{}", to_section_key(name), line_ending(&lines[at])),
            None => insert(table, &raw, &mut lines, name, value, line_end),
        },
    }
    lines.concat()
}

/// A node whose last key was taken away goes with its header.
fn drop_empty_node(raw: &RawSettings, lines: &mut Vec<String>, name: &str, at: usize) {
    let Some((node, _)) = node_name::split_flat_key(name) else {
        return;
    };
    let of_node =
        |entry: &&ini_reader::RawEntry| node_name::split_flat_key(&entry.key).is_some_and(|(other, _)| other == node);
    let header = raw
        .sections
        .iter()
        .find(|section| node_name::name_from_section(&section.name) == Some(node));
    if let Some(header) = header
        && raw.entries.iter().filter(of_node).count() == 1
        && (header.line as usize) <= at
    {
        lines.remove(header.line as usize - 1);
    }
}

/// The line's own end; the last line of a file may have none.
fn line_ending(line: &str) -> &str {
    &line[line.trim_end_matches(['\r', '\n']).len()..]
}

fn insert(table: &KeyTable, raw: &RawSettings, lines: &mut Vec<String>, name: &str, value: &str, line_end: &str) {
    if let Some(last) = lines.last_mut()
        && !last.ends_with('\n')
    {
        last.push_str(line_end);
    }
    let section = node_name::section_of_key(name, table.find_key(name).map_or("", |key| key.section));
    let is_node = node_name::split_flat_key(name).is_some();
    let line = format!("{} = {value}{line_end}", to_section_key(name));
    let Some(header) = raw.sections.iter().find(|known| known.name == section) else {
        if raw.sections.is_empty() && !raw.entries.is_empty() && !is_node {
            // A file without sections stays one.
            lines.push(line);
        } else {
            let gap = if lines.is_empty() { "" } else { line_end };
            lines.push(format!("{gap}[{section}]{line_end}"));
            lines.push(line);
        }
        return;
    };
    let in_section = raw
        .entries
        .iter()
        .filter(|entry| entry.section.as_deref() == Some(&section));
    let after = in_section.map(|entry| entry.line).max().unwrap_or(header.line);
    lines.insert(after as usize, line);
}
