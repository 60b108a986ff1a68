//! A password that is set: the rule is said before, it is asked for twice, and what does not fit is asked for again.

use std::io::IsTerminal;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::failure::CommandFailure;
use super::output;
use super::secret_input::{file_advice, no_terminal_failure, prompt_hidden, read_password_file};
use crate::sics::auth::password::{MIN_CHARS, check_length};

/// How often a person is asked before the command gives up.
const ATTEMPTS: usize = 3;
const LONGER: &str = "choose a longer one; three or four random words are enough";

/// Where a new password comes from.
pub(crate) struct NewPasswordSource<'a> {
    /// A path, or `-` for standard input; without one a person is asked.
    pub file: Option<&'a Path>,
    /// The option that names the file.
    pub option: &'static str,
    pub prompt: String,
}

impl NewPasswordSource<'_> {
    /// The password where nobody has to be asked, so that a wrong file is told before anything is done; `None`: a person
    /// can be asked, and will be.
    pub(crate) fn read_without_asking(&self) -> Result<Option<SecretString>, CommandFailure> {
        match self.file {
            Some(file) => read_checked_file(file).map(Some),
            None if std::io::stdin().is_terminal() => Ok(None),
            None => Err(no_terminal_failure(&self.prompt, &file_advice(self.option))),
        }
    }

    pub(crate) fn read(&self) -> Result<SecretString, CommandFailure> {
        if let Some(password) = self.read_without_asking()? {
            return Ok(password);
        }
        let advice = file_advice(self.option);
        choose_password(
            &self.prompt,
            &mut |prompt| prompt_hidden(prompt, &advice),
            &mut |text| output::eprint_line(&text),
        )
    }
}

fn read_checked_file(file: &Path) -> Result<SecretString, CommandFailure> {
    let password = read_password_file(file)?;
    match check_length(&password) {
        Ok(()) => Ok(password),
        Err(error) => Err(CommandFailure::usage_error(error.to_string(), LONGER)),
    }
}

/// Asks until a password fits and was typed the same twice.
fn choose_password(
    prompt: &str,
    ask: &mut dyn FnMut(&str) -> Result<SecretString, CommandFailure>,
    tell: &mut dyn FnMut(String),
) -> Result<SecretString, CommandFailure> {
    tell(format!(
        "The password needs at least {MIN_CHARS} characters; three or four random words are enough."
    ));
    for _ in 0..ATTEMPTS {
        let first = ask(prompt)?;
        if let Err(error) = check_length(&first) {
            tell(format!("{error}; {LONGER}"));
            continue;
        }
        let second = ask("The same password again")?;
        if first.expose_secret() == second.expose_secret() {
            return Ok(first);
        }
        tell("The two passwords differ.".to_owned());
    }
    Err(CommandFailure::usage_error(
        format!("no password was set: {ATTEMPTS} attempts failed"),
        "run the command again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these answers: the password or the error, what was asked and what was told.
    fn typed(answers: &[&str]) -> (Result<String, String>, Vec<String>, Vec<String>) {
        let mut left = answers.iter();
        let (mut asked, mut told) = (Vec::new(), Vec::new());
        let chosen = choose_password(
            "Password for ben",
            &mut |prompt| {
                asked.push(prompt.to_owned());
                let answer = left.next().expect("no more is asked than answered");
                Ok(SecretString::from(*answer))
            },
            &mut |text| told.push(text),
        );
        let chosen = chosen.map(|password| password.expose_secret().to_owned());
        (chosen.map_err(|failure| failure.to_string()), asked, told)
    }

    #[test]
    fn a_new_password_is_asked_for_twice_and_the_rule_comes_first() {
        let (chosen, asked, told) = typed(&["correct horse", "correct horse"]);
        assert_eq!(chosen.as_deref(), Ok("correct horse"));
        assert_eq!(asked, ["Password for ben", "The same password again"]);
        assert!(told[0].contains("at least 10 characters"), "{told:?}");
    }

    #[test]
    fn a_password_that_does_not_fit_is_asked_for_again_three_times_at_most() {
        let (chosen, _, told) = typed(&[
            "short",
            "correct horse",
            "correct house",
            "correct horse",
            "correct horse",
        ]);
        assert_eq!(chosen.as_deref(), Ok("correct horse"));
        assert!(told[1].contains("at least 10 characters"), "{told:?}");
        assert_eq!(told[2], "The two passwords differ.");
        let (chosen, asked, _) = typed(&["", "shorter", "shortest"]);
        assert!(chosen.is_err_and(|error| error.contains("no password was set")));
        assert_eq!(asked.len(), 3);
    }
}
