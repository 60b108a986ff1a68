//! The person in front of the terminal, or whoever writes to standard input in their place. Questions go to standard
//! error, so that standard output has the result alone.

use std::io::{BufRead, IsTerminal, Write};

use zeroize::Zeroizing;

use super::messages::WizardMessage;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::model::Language;

/// Longest line of an answer, bytes.
const LINE_MAX: u64 = 64 * 1024;

pub(crate) struct TerminalPrompt {
    language: Language,
}

impl TerminalPrompt {
    pub(crate) fn new(language: Language) -> TerminalPrompt {
        TerminalPrompt { language }
    }

    /// One line, without its end.
    pub(crate) fn ask_line(&self, question: &str) -> Result<String, CommandFailure> {
        self.print_prompt(question);
        Ok(self.read_line()?.trim().to_owned())
    }

    /// One line that is not shown while it is typed.
    pub(crate) fn ask_secret(&self, question: &str) -> Result<Zeroizing<String>, CommandFailure> {
        if std::io::stdin().is_terminal() {
            let typed = rpassword::prompt_password(format!("{question}: "));
            return typed.map(Zeroizing::new).map_err(|error| {
                CommandFailure::general_error(format!("failed to prompt for the secret: {error}"), "use a file")
            });
        }
        self.print_prompt(question);
        self.read_line()
    }

    /// Yes or no; `default` for an empty line.
    pub(crate) fn ask_yes_or_no(&self, question: &str, default: bool) -> Result<bool, CommandFailure> {
        loop {
            let shown = if default { "yes" } else { "no" };
            match self.ask_line(&format!("{question} [{shown}]"))?.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" | "j" | "ja" => return Ok(true),
                "n" | "no" | "nein" => return Ok(false),
                _ => (),
            }
        }
    }

    fn print_prompt(&self, question: &str) {
        let mut err = std::io::stderr().lock();
        // Without a reader for the question, there is no answer either.
        let _ = write!(err, "{}: ", output::wrap_for_stderr(question)).and_then(|()| err.flush());
    }

    fn read_line(&self) -> Result<Zeroizing<String>, CommandFailure> {
        use std::io::Read;
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().lock().take(LINE_MAX).read_line(&mut line);
        let gone = |why: &str| {
            CommandFailure::usage_error(
                why.to_owned(),
                "run without prompts: intune-connector install --answers FILE",
            )
        };
        match read {
            Ok(0) => Err(gone(WizardMessage::NobodyToAsk.in_language(self.language))),
            Ok(_) => {
                let end = line.trim_end_matches(['\r', '\n']).len();
                line.truncate(end);
                Ok(line)
            }
            Err(error) => Err(gone(&error.to_string())),
        }
    }
}
