//! Which lines of the log are shown, and as what.

use crate::contract::{LogLevel, LogLineView, LogQuery};
use crate::observe::LogLine;
use crate::sics::problem::ApiProblem;

/// Which lines are shown.
#[derive(Debug, Clone)]
pub(super) struct LogFilter {
    pub level: LogLevel,
    /// In lower case; `None`: any text.
    pub needle: Option<String>,
}

impl LogFilter {
    pub(super) fn from_query(asked: &LogQuery, chars_max: usize) -> Result<LogFilter, ApiProblem> {
        let text = asked.text.as_deref().filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.chars().count() > chars_max) {
            return Err(ApiProblem::bad_request(
                "tooLong",
                format!("the text to find is longer than {chars_max} characters"),
                format!("Shorten it to {chars_max} characters."),
            ));
        }
        Ok(LogFilter {
            level: asked.level.unwrap_or(LogLevel::Trace),
            needle: text.map(str::to_lowercase),
        })
    }

    pub(super) fn shows(&self, line: &LogLine) -> bool {
        let needle = self.needle.as_deref();
        level_of(line) <= self.level && needle.is_none_or(|needle| line.contains_text(needle))
    }

    /// The line as it is shown, where it is.
    pub(super) fn select_line(&self, line: LogLine) -> Option<LogLineView> {
        self.shows(&line).then(|| line_view(line))
    }
}

fn level_of(line: &LogLine) -> LogLevel {
    let word = line.level.as_str();
    let found = LogLevel::ALL
        .into_iter()
        .find(|level| level.name().eq_ignore_ascii_case(word));
    found.unwrap_or(LogLevel::Trace)
}

fn line_view(line: LogLine) -> LogLineView {
    LogLineView {
        at: line.at,
        level: level_of(&line),
        target: line.target,
        message: line.message,
        fields: line.fields,
    }
}
