//! Changes single lines of a settings file and leaves every other byte as it is: comments, order, line ends. Pure.

use super::keys::Table;
use super::node_name::{self, written};
use super::reader::{self, Raw};

/// What becomes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
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
pub(super) fn apply(table: &Table, text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        text = apply_one(table, &text, edit);
    }
    text
}

fn apply_one(table: &Table, text: &str, edit: &Edit) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let raw = reader::read("", text).unwrap_or(Raw {
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
        Edit::Remove { name } => {
            if let Some(at) = line_of(name) {
                lines.remove(at);
                without_its_node(&raw, &mut lines, name, at);
            }
        }
        Edit::Replace { from, to, value } => {
            if let Some(at) = line_of(from) {
                lines[at] = format!("{} = {value}{}", written(to), end_of(&lines[at]));
            }
        }
        Edit::Set { name, value } => match line_of(name) {
            Some(at) => lines[at] = format!("{} = {value}{}", written(name), end_of(&lines[at])),
            None => insert(table, &raw, &mut lines, name, value, line_end),
        },
    }
    lines.concat()
}

/// A node whose last key was taken away goes with its header.
fn without_its_node(raw: &Raw, lines: &mut Vec<String>, name: &str, at: usize) {
    let Some((node, _)) = node_name::split(name) else {
        return;
    };
    let of_node = |entry: &&reader::RawEntry| node_name::split(&entry.key).is_some_and(|(other, _)| other == node);
    let header = raw
        .sections
        .iter()
        .find(|section| node_name::of_section(&section.name) == Some(node));
    if let Some(header) = header
        && raw.entries.iter().filter(of_node).count() == 1
        && (header.line as usize) <= at
    {
        lines.remove(header.line as usize - 1);
    }
}

/// The line's own end; the last line of a file may have none.
fn end_of(line: &str) -> &str {
    &line[line.trim_end_matches(['\r', '\n']).len()..]
}

fn insert(table: &Table, raw: &Raw, lines: &mut Vec<String>, name: &str, value: &str, line_end: &str) {
    if let Some(last) = lines.last_mut()
        && !last.ends_with('\n')
    {
        last.push_str(line_end);
    }
    let section = node_name::section(name, table.find(name).map_or("", |key| key.section));
    let is_node = node_name::split(name).is_some();
    let line = format!("{} = {value}{line_end}", written(name));
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
