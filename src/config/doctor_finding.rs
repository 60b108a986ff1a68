//! What `doctor` says of one thing that it looked at.

use std::path::Path;

use super::{InstanceSettings, SettingsError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    Good,
    /// Works, and should be looked at.
    Warning,
    /// The bus or an instance will not start.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorFinding {
    pub level: FindingLevel,
    /// What was looked at: a path, mostly.
    pub subject: String,
    pub text: String,
    /// Empty where all is well.
    pub advice: String,
}

impl DoctorFinding {
    pub(super) fn good_finding(subject: &Path, text: impl Into<String>) -> Self {
        Self::new(FindingLevel::Good, subject, text, "")
    }

    pub(super) fn new(level: FindingLevel, subject: &Path, text: impl Into<String>, advice: &str) -> Self {
        DoctorFinding {
            level,
            subject: subject.display().to_string(),
            text: text.into(),
            advice: advice.to_owned(),
        }
    }
}

/// What is wrong with settings that can be read.
#[derive(Debug, Clone)]
pub struct InstanceFault {
    pub level: FindingLevel,
    pub key: String,
    pub problem: String,
    pub advice: String,
}

/// Judges the settings of an instance as its start does, which knows what the settings do not: the fields of a device.
pub type InstanceJudge<'a> = dyn Fn(&InstanceSettings) -> Vec<InstanceFault> + 'a;

/// Each of these errors, as what was found in the file.
pub(super) fn error_findings(path: &Path, errors: Vec<SettingsError>) -> Vec<DoctorFinding> {
    let finding = |error: SettingsError| {
        let line = error.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let key = if error.key.is_empty() {
            String::new()
        } else {
            format!("{}: ", error.key)
        };
        DoctorFinding::new(
            FindingLevel::Failure,
            path,
            format!("{line}{key}{}", error.problem),
            &error.advice,
        )
    };
    errors.into_iter().map(finding).collect()
}
