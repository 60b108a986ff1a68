//! Where a command takes a secret from: a file, standard input (`-`), or a prompt. Never an argument: those are seen by
//! everybody on the machine and stay in the shell's history.

use std::io::{IsTerminal, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::failure::CommandFailure;
use crate::files::{SecretBlanks, decode_secret, decode_text, trim_invisible};

/// Longest secret that is read, bytes.
const LONGEST: u64 = 64 * 1024;

/// `file`: a path, or `-` for standard input; without one a person is asked.
pub(crate) fn read_secret(file: Option<&Path>, prompt: &str) -> Result<SecretString, CommandFailure> {
    match file {
        Some(file) => {
            let secret = decode_file(file)?;
            Ok(SecretString::from(secret.as_str()))
        }
        None => prompt_secret(prompt, "use a file, or - for standard input"),
    }
}

/// The password of somebody who signs in or agrees. `option` names the file instead of a person.
pub(crate) fn read_password(file: Option<&Path>, option: &str, prompt: &str) -> Result<SecretString, CommandFailure> {
    match file {
        Some(file) => read_password_file(file),
        None => prompt_secret(prompt, &file_advice(option)),
    }
}

/// A password in a file: a blank at its begin or end is a mistake that nobody sees.
pub(crate) fn read_password_file(file: &Path) -> Result<SecretString, CommandFailure> {
    let password = decode_file(file)?;
    if trim_invisible(&password) == password.as_str() {
        return Ok(SecretString::from(password.as_str()));
    }
    Err(CommandFailure::usage_error(
        format!("the password in {} begins or ends with a blank", display_name(file)),
        "remove the blank; if it is meant, type the password when prompted",
    ))
}

fn prompt_secret(prompt: &str, advice: &str) -> Result<SecretString, CommandFailure> {
    let typed = prompt_hidden(prompt, advice)?;
    if typed.expose_secret().is_empty() {
        return Err(CommandFailure::usage_error(
            format!("{prompt}: the value is empty"),
            "run the command again and type it",
        ));
    }
    Ok(typed)
}

/// Asks without showing what is typed; it may be nothing.
pub(crate) fn prompt_hidden(prompt: &str, advice: &str) -> Result<SecretString, CommandFailure> {
    if !std::io::stdin().is_terminal() {
        return Err(no_terminal_failure(prompt, advice));
    }
    let typed = rpassword::prompt_password(format!("{prompt}: ")).map(Zeroizing::new);
    let typed = typed.map_err(|error| {
        CommandFailure::general_error(format!("failed to prompt for the secret: {error}"), advice.to_owned())
    })?;
    Ok(SecretString::from(typed.as_str()))
}

pub(crate) fn no_terminal_failure(prompt: &str, advice: &str) -> CommandFailure {
    CommandFailure::usage_error(format!("{prompt}: no terminal to prompt on"), advice)
}

/// Which option takes a file instead of asking.
pub(crate) fn file_advice(option: &str) -> String {
    format!("use {option} FILE, or {option} - for standard input")
}

/// The text of a file that people write, or of standard input (`-`), in whichever form.
pub(crate) fn read_text_input(file: &Path, max_bytes: u64) -> Result<Zeroizing<String>, CommandFailure> {
    let bytes = read_input(file, max_bytes)?;
    decode_text(&bytes).map_err(|what| {
        CommandFailure::usage_error(
            format!("{} contains {what}", display_name(file)),
            "check that it is the right file, and save it as UTF-8",
        )
    })
}

fn decode_file(file: &Path) -> Result<Zeroizing<String>, CommandFailure> {
    let bytes = read_input(file, LONGEST)?;
    decode_secret(&bytes, SecretBlanks::Kept)
        .map_err(|error| CommandFailure::usage_error(format!("{} {error}", display_name(file)), error.advice()))
}

fn read_input(file: &Path, max_bytes: u64) -> Result<Zeroizing<Vec<u8>>, CommandFailure> {
    let read_failure = |error: std::io::Error| CommandFailure::file_error("read", file, &error);
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(max_bytes + 1).read_to_end(&mut bytes)
    } else {
        let opened = std::fs::File::open(file).map_err(read_failure)?;
        opened.take(max_bytes + 1).read_to_end(&mut bytes)
    };
    read.map_err(read_failure)?;
    if bytes.len() as u64 > max_bytes {
        return Err(CommandFailure::usage_error(
            format!("{} is larger than {max_bytes} bytes", display_name(file)),
            "check that it is the right file",
        ));
    }
    Ok(bytes)
}

/// The file as people know it.
pub(crate) fn display_name(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        file
    }

    #[test]
    fn b10_a_password_file_is_read_as_windows_writes_it() {
        let wide = "\u{feff}correct horse\r\n".encode_utf16().flat_map(u16::to_le_bytes);
        for content in ["\u{feff}correct horse\r\n".as_bytes().to_vec(), wide.collect()] {
            let file = file(&content);
            let password = read_password(Some(file.path()), "--password-file", "Password").expect("a password");
            assert_eq!(password.expose_secret(), "correct horse");
        }
    }

    #[test]
    fn m25_what_is_wrong_in_a_password_file_is_named() {
        for (content, told) in [
            ("correct horse \n", "begins or ends with a blank"),
            ("\u{a0}correct horse", "begins or ends with a blank"),
            ("\ncorrect horse\n", "begins with an empty line"),
            ("correct horse\nof ben\n", "has 2 lines"),
            ("\n", "is empty"),
        ] {
            let file = file(content.as_bytes());
            let refused = read_password(Some(file.path()), "--password-file", "Password").expect_err(told);
            assert!(refused.message.contains(told), "{content:?}: {refused}");
            assert!(!refused.to_string().contains("horse"), "{refused}");
            assert!(!refused.advice.is_empty(), "{refused}");
        }
    }

    #[test]
    fn m12_whoever_can_not_be_asked_hears_which_option_takes_a_file() {
        assert_eq!(
            file_advice("--new-password-file"),
            "use --new-password-file FILE, or --new-password-file - for standard input"
        );
    }
}
