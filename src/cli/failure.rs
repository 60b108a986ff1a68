//! Why a command failed: one line with the cause, one with what to do, and an exit code that scripts can use.

use std::fmt;

pub use sics_client::error_chain;
use sics_client::{ClientError, ClientErrorKind};

use super::language::{localize, localize_word};

/// Exit codes; the same list stands at the end of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitReason {
    Failed = 1,
    Usage = 2,
    Unreachable = 3,
    Refused = 4,
    Conflict = 5,
    Busy = 75,
    Interrupted = 130,
    ReaderGone = 141,
    Terminated = 143,
}

pub const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  failed, or a check found a problem
   2  invalid command line or input file
   3  the bus, or a service it needs, is unreachable
   4  refused: sign-in failed, or a right is missing
   5  not found, conflict, or confirmation needed
  75  busy: another process uses the data folder, or the bus asks to try again later
 130  interrupted by Ctrl-C, or left by you; temporary data removed
 141  nobody reads the output any more (follow, export, watch)
 143  interrupted by SIGTERM; temporary data removed";

#[derive(Debug)]
pub struct CommandFailure {
    pub exit: ExitReason,
    /// Reads alone: "failed to …", "server acmp does not exist".
    pub message: String,
    /// What the user can do about it; empty where nothing is known.
    pub advice: String,
    /// Stable code, where the other side gave one.
    pub code: Option<String>,
    /// HTTP status, where the bus refused.
    pub status: Option<u16>,
}

impl CommandFailure {
    pub fn new(exit: ExitReason, what: impl Into<String>, advice: impl Into<String>) -> Self {
        CommandFailure {
            exit,
            message: what.into(),
            advice: advice.into(),
            code: None,
            status: None,
        }
    }

    pub fn general_error(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(ExitReason::Failed, message, advice)
    }

    /// Something that has one value was given two on the command line.
    pub fn duplicate_error(name: &str) -> Self {
        Self::usage_error(format!("{name} is given twice"), "give it only once")
    }

    pub fn usage_error(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(ExitReason::Usage, message, advice)
    }

    pub fn file_error(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let advice = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => {
                "check its owner and permissions, and the user who runs the command"
            }
            std::io::ErrorKind::StorageFull => "free disk space",
            std::io::ErrorKind::IsADirectory => "name a file: this is a folder",
            std::io::ErrorKind::NotADirectory => "check the path: a part of it is a file, not a folder",
            std::io::ErrorKind::AlreadyExists => "choose another name: a file has this one",
            std::io::ErrorKind::InvalidFilename => "choose a shorter name",
            std::io::ErrorKind::InvalidInput if path.is_file() => "check that it is the right file",
            std::io::ErrorKind::InvalidInput => "name a regular file",
            _ => "check that it can be read and written",
        };
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => ExitReason::Usage,
            _ => ExitReason::Failed,
        };
        Self::new(exit, format!("failed to {doing} {}: {error}", path.display()), advice)
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", localize_word("label", "error"), localize(&self.message))?;
        if let Some(code) = self.code.as_deref().filter(|code| !self.message.contains(*code)) {
            write!(f, " [{code}]")?;
        }
        if self.advice.is_empty() {
            Ok(())
        } else {
            write!(f, "\n  {}: {}", localize_word("label", "try"), localize(&self.advice))
        }
    }
}

impl std::error::Error for CommandFailure {}

impl From<ClientError> for CommandFailure {
    fn from(error: ClientError) -> Self {
        let exit = match error.kind {
            ClientErrorKind::Invalid => ExitReason::Usage,
            ClientErrorKind::Unreachable => ExitReason::Unreachable,
            ClientErrorKind::Refused => ExitReason::Refused,
            ClientErrorKind::Conflict => ExitReason::Conflict,
            ClientErrorKind::Busy => ExitReason::Busy,
            ClientErrorKind::Failed => ExitReason::Failed,
        };
        CommandFailure {
            exit,
            code: error.code().map(str::to_owned),
            status: error.status,
            message: error.message,
            advice: error.advice,
        }
    }
}

impl From<crate::config::SettingsError> for CommandFailure {
    fn from(error: crate::config::SettingsError) -> Self {
        let place = match (error.file.as_str(), error.line) {
            // Options of their own (`--secret-file`) are settings too: the key says it best.
            ("" | "--set" | "request", _) => String::new(),
            (file, Some(line)) => format!("{file}:{line}: "),
            (file, None) => format!("{file}: "),
        };
        let key = match error.key.as_str() {
            "" => String::new(),
            key => format!("{key}: "),
        };
        CommandFailure::usage_error(format!("{place}{key}{}", error.problem), error.advice)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    use super::*;

    #[test]
    fn wi_31_the_cure_of_a_file_fits_what_is_wrong_with_it() {
        let told = |kind: ErrorKind, path: &Path| CommandFailure::file_error("open", path, &Error::from(kind)).advice;
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (kind, path, advice) in [
            (ErrorKind::InvalidFilename, Path::new("long"), "shorter name"),
            (ErrorKind::InvalidInput, Path::new("/dev/zero"), "name a regular file"),
            (ErrorKind::InvalidInput, file.path(), "the right file"),
            (ErrorKind::NotFound, Path::new("absent"), "check the path"),
        ] {
            assert!(told(kind, path).contains(advice), "{kind}");
        }
    }
}
