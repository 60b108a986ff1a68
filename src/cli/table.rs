//! A table for people: columns that line up, in a terminal never wider than it. Pure.
//!
//! Nothing is cut. Where a table is too wide, columns that describe are wrapped within their cell; columns that decide
//! (ids, names, states) are whole, on one line. Where that is not enough, each row becomes a block of `NAME: value`.

use super::text_layout::{measure_width, pad_text, widest_part, wrap_cell};

/// Heads of the columns that describe.
const DESCRIBING: [&str; 24] = [
    "ADVICE",
    "ALLOWS",
    "CAUSE",
    "DESCRIPTION",
    "DETAILS",
    "EFFECT",
    "ENABLED ACTIONS",
    "FEATURE",
    "FOR",
    "HELP",
    "INSTALLED",
    "INSTANCES",
    "MEANING",
    "MESSAGE",
    "PARAMETERS",
    "PLATFORMS",
    "READING",
    "REASON",
    "RESULT",
    "RIGHTS",
    "ROLES",
    "SERVERS",
    "STATUS",
    "VALUE",
];
/// Between two columns.
const GAP: usize = 2;
/// A narrower cell of several lines is hard to read.
const CELL_MIN: usize = 20;
/// Indent of a value that stands below its name.
const BELOW: usize = 2;

/// The table as text. `width`: of the terminal; none in a pipe, where each row is one line.
pub(crate) fn lay_out_table(heads: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let natural: Vec<usize> = (0..heads.len())
        .map(|column| natural_width(heads, rows, column))
        .collect();
    let Some(width) = width.filter(|width| total_width(&natural) > *width) else {
        return format_rows(heads, rows, &natural);
    };
    match fit_widths(heads, rows, &natural, width) {
        Some(widths) => format_rows(heads, rows, &widths),
        None => format_blocks(heads, rows, width),
    }
}

/// One record: a line a field, with values that line up.
pub(crate) fn lay_out_record(fields: &[(&str, String)], width: Option<usize>) -> String {
    let label = fields.iter().map(|(name, _)| measure_width(name)).max().unwrap_or(0) + 2;
    let mut lines = Vec::new();
    for (name, value) in fields {
        push_field(&mut lines, (*name, label), value, width, true);
    }
    lines.join("\n")
}

fn natural_width(heads: &[&str], rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
    cells.chain([heads[column]]).map(measure_width).max().unwrap_or(0)
}

fn total_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn is_describing(head: &str) -> bool {
    DESCRIBING.contains(&head)
}

/// Widths with which the table fits; `None`: there are none.
fn fit_widths(heads: &[&str], rows: &[Vec<String>], natural: &[usize], width: usize) -> Option<Vec<usize>> {
    let least = |column: usize| {
        if !is_describing(heads[column]) {
            return natural[column];
        }
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| widest_part(cell)).max().unwrap_or(0);
        let wanted = widest.max(measure_width(heads[column])).max(CELL_MIN);
        wanted.min(natural[column])
    };
    let mut widths: Vec<usize> = (0..heads.len()).map(least).collect();
    let mut left = width.checked_sub(total_width(&widths))?;
    // What is left goes to whoever can use it, in equal shares.
    while left > 0 {
        let before = left;
        for (column, wide) in widths.iter_mut().enumerate() {
            if left > 0 && *wide < natural[column] {
                *wide += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    Some(widths)
}

fn format_rows(heads: &[&str], rows: &[Vec<String>], widths: &[usize]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines = std::iter::once(&heads)
        .chain(rows)
        .flat_map(|row| format_row(row, widths));
    lines.collect::<Vec<_>>().join("\n")
}

/// A row, as high as its highest cell.
fn format_row(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap_cell(cell, *width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let parts = cells
            .iter()
            .zip(widths)
            .map(|(lines, width)| pad_text(lines.get(at).map_or("", String::as_str), *width));
        parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A block a row, an empty line between two.
fn format_blocks(heads: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let label = heads.iter().map(|head| measure_width(head)).max().unwrap_or(0) + 2;
    let block = |row: &Vec<String>| {
        let mut lines = Vec::new();
        for (head, value) in heads.iter().zip(row) {
            push_field(&mut lines, (*head, label), value, Some(width), is_describing(head));
        }
        lines.join("\n")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// `name: value`, the value below its name where it does not fit beside it.
fn push_field(
    lines: &mut Vec<String>,
    (name, label): (&str, usize),
    value: &str,
    width: Option<usize>,
    is_describing: bool,
) {
    let name = format!("{name}:");
    let beside = |text: &str| format!("{}{text}", pad_text(&name, label)).trim_end().to_owned();
    let Some(width) = width.filter(|width| label + measure_width(value) > *width) else {
        lines.push(beside(value));
        return;
    };
    let room = width.saturating_sub(label);
    if is_describing && room >= CELL_MIN && widest_part(value) <= room {
        let parts = wrap_cell(value, room);
        let below = parts.iter().skip(1).map(|part| format!("{}{part}", " ".repeat(label)));
        lines.push(beside(parts.first().map_or("", String::as_str)));
        lines.extend(below);
    } else {
        lines.push(name);
        let parts = wrap_cell(value, width.saturating_sub(BELOW));
        lines.extend(parts.iter().map(|part| format!("{}{part}", " ".repeat(BELOW))));
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod table_tests;
