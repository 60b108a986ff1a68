//! Where something stands in a document, and what is wrong there.

use std::fmt;

use serde::Serialize;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct XmlPosition {
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for XmlPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One thing that is wrong in a document, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct XmlFinding {
    #[serde(flatten)]
    pub at: XmlPosition,
    pub problem: String,
    pub advice: String,
}

impl XmlFinding {
    pub fn new(at: XmlPosition, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        XmlFinding {
            at,
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

/// Finds line and column of bytes of a document.
pub(super) struct XmlLineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> XmlLineIndex<'a> {
    pub(super) fn from_text(text: &'a str) -> Self {
        let line_starts = text.match_indices('\n').map(|(at, _)| at + 1);
        XmlLineIndex {
            text,
            starts: std::iter::once(0).chain(line_starts).collect(),
        }
    }

    pub(super) fn position_at(&self, byte: usize) -> XmlPosition {
        let within = byte.min(self.text.len());
        let byte = (0..=within)
            .rev()
            .find(|byte| self.text.is_char_boundary(*byte))
            .unwrap_or(0);
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line - 1];
        XmlPosition {
            line: line as u32,
            column: self.text[start..byte].chars().count() as u32 + 1,
        }
    }
}
