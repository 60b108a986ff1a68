//! What is wrong with a setting, where, and what to write instead.

use std::fmt;

/// One wrong setting. `Display` is one line with everything a person needs: where, what, and the way out. A value is
/// repeated in it only where its key is no secret (E1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// The file as it was opened, or `--set`, or `request`.
    pub file: String,
    /// Counted from 1; `None` where a line is missing rather than wrong.
    pub line: Option<u32>,
    /// The key concerned; empty where the file as a whole is meant.
    pub key: String,
    pub problem: String,
    pub advice: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = format!("{}{line}", self.file);
        let parts = [place.as_str(), &self.key, &self.problem];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        write!(f, "{}; {}", parts.join(": "), self.advice)
    }
}

impl std::error::Error for SettingsError {}

/// A problem and its cure before it is known where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidSetting {
    pub problem: String,
    pub advice: String,
}

impl InvalidSetting {
    pub(crate) fn new(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        InvalidSetting {
            problem: problem.into(),
            advice: advice.into(),
        }
    }

    pub(crate) fn with_location(self, file: &str, line: Option<u32>, key: &str) -> SettingsError {
        SettingsError {
            file: file.to_owned(),
            line,
            key: key.to_owned(),
            problem: self.problem,
            advice: self.advice,
        }
    }
}
