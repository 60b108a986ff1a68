//! The commands that the demonstration prints: short, and whole as they stand.

use std::path::Path;

use crate::cli::called_program::{CalledProgram, find_called_program};
use crate::cli::shell_words::quote_shell_word;

#[derive(Debug, Clone)]
pub(crate) struct PasteCommands {
    program: CalledProgram,
    /// Leads to the demonstration's bus and to no other: neither a saved connection nor a setting of the shell is touched.
    data: String,
}

impl PasteCommands {
    pub(crate) fn new(folder: &Path) -> PasteCommands {
        PasteCommands {
            program: find_called_program(),
            data: quote_shell_word(&folder.to_string_lossy()),
        }
    }

    /// The way to the folder in which the commands work, where not every folder will do.
    pub(crate) fn format_folder_change(&self) -> Option<String> {
        let folder = self.program.folder.as_ref()?;
        Some(format!("  cd {folder}"))
    }

    /// A command on the demonstration's bus, on a line of its own.
    pub(crate) fn format_command(&self, command: &str) -> String {
        format!("  {} {command} --data {}", self.program.word, self.data)
    }

    /// A command that has nothing to do with this bus.
    pub(crate) fn format_other_command(&self, command: &str) -> String {
        format!("  {} {command}", self.program.word)
    }
}
