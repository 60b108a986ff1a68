//! This program as it was called, for commands that people paste into a shell.

use std::path::{Path, PathBuf};

use super::shell_words::quote_shell_word;

const PROGRAM: &str = "intune-connector";

/// This program, as its next call is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CalledProgram {
    /// The word of a command.
    pub word: String,
    /// The only folder in which that word leads to it; `None`: any.
    pub folder: Option<String>,
}

/// By the word with which it was called this time.
pub(crate) fn find_called_program() -> CalledProgram {
    let called = std::env::args_os().next().map(PathBuf::from);
    let folder = std::env::current_dir().unwrap_or_default();
    describe_call(called.as_deref().unwrap_or(Path::new(PROGRAM)), &folder)
}

fn describe_call(called: &Path, folder: &Path) -> CalledProgram {
    let text = |path: &Path| quote_shell_word(&path.to_string_lossy());
    // One part alone is looked up in the PATH.
    let is_bound = called.is_relative() && called.components().count() > 1;
    CalledProgram {
        word: if called.as_os_str().is_empty() {
            PROGRAM.to_owned()
        } else {
            text(called)
        },
        folder: is_bound.then(|| text(folder)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_called_again_as_it_was_called() {
        let call = |called: &str| describe_call(Path::new(called), Path::new("/home/anna/my work"));
        let from_path = CalledProgram {
            word: PROGRAM.to_owned(),
            folder: None,
        };
        assert_eq!(call(PROGRAM), from_path);
        assert_eq!(call(""), from_path);
        let built = call("target/debug/intune-connector");
        assert_eq!(built.word, "target/debug/intune-connector");
        assert_eq!(built.folder.as_deref(), Some("'/home/anna/my work'"));
        assert!(call("./intune-connector").folder.is_some());
        let installed = call("/opt/the bus/intune-connector");
        assert_eq!(installed.word, "'/opt/the bus/intune-connector'");
        assert_eq!(installed.folder, None);
    }
}
