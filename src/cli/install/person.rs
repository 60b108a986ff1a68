//! The person in front of the terminal, or whoever writes to standard input in his place. Questions go to standard
//! error, so that standard output has the result alone.

use std::io::{BufRead, IsTerminal, Write};

use zeroize::Zeroizing;

use super::say::Told;
use crate::bus::Language;
use crate::cli::failure::Failure;
use crate::cli::out;

/// Longest line of an answer, bytes.
const LINE_MAX: u64 = 64 * 1024;

pub struct Person {
    language: Language,
}

impl Person {
    pub fn new(language: Language) -> Person {
        Person { language }
    }

    /// One line, without its end.
    pub fn ask(&self, question: &str) -> Result<String, Failure> {
        self.prompt(question);
        Ok(self.line()?.trim().to_owned())
    }

    /// One line that is not shown while it is typed.
    pub fn ask_secretly(&self, question: &str) -> Result<Zeroizing<String>, Failure> {
        if std::io::stdin().is_terminal() {
            let typed = rpassword::prompt_password(format!("{question}: "));
            return typed
                .map(Zeroizing::new)
                .map_err(|error| Failure::failed(format!("failed to ask for the secret: {error}"), "give a file"));
        }
        self.prompt(question);
        self.line()
    }

    /// Yes or no; `default` for an empty line.
    pub fn agrees(&self, question: &str, default: bool) -> Result<bool, Failure> {
        loop {
            let shown = if default { "yes" } else { "no" };
            match self.ask(&format!("{question} [{shown}]"))?.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" | "j" | "ja" => return Ok(true),
                "n" | "no" | "nein" => return Ok(false),
                _ => (),
            }
        }
    }

    fn prompt(&self, question: &str) {
        let mut err = std::io::stderr().lock();
        // Where nobody takes the question, nobody answers either.
        let _ = write!(err, "{}: ", out::shown(question)).and_then(|()| err.flush());
    }

    fn line(&self) -> Result<Zeroizing<String>, Failure> {
        use std::io::Read;
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().lock().take(LINE_MAX).read_line(&mut line);
        let gone = |why: &str| Failure::usage(why.to_owned(), "install --answers FILE asks nobody");
        match read {
            Ok(0) => Err(gone(Told::NobodyToAsk.say(self.language))),
            Ok(_) => {
                let end = line.trim_end_matches(['\r', '\n']).len();
                line.truncate(end);
                Ok(line)
            }
            Err(error) => Err(gone(&error.to_string())),
        }
    }
}
