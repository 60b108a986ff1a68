//! Where something stands in a document, and what is wrong there.

use std::fmt;

use serde::Serialize;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One thing that is wrong in a document, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct Finding {
    #[serde(flatten)]
    pub at: Position,
    pub problem: String,
    pub advice: String,
}

impl Finding {
    pub fn new(at: Position, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding {
            at,
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

/// Finds line and column of bytes of a document.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    pub fn position(&self, byte: usize) -> Position {
        let within = byte.min(self.text.len());
        let byte = (0..=within)
            .rev()
            .find(|byte| self.text.is_char_boundary(*byte))
            .unwrap_or(0);
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line - 1];
        Position {
            line: line as u32,
            column: self.text[start..byte].chars().count() as u32 + 1,
        }
    }
}
