//! Where a command takes a secret from: a file, standard input (`-`), or a prompt. Never an argument: those are seen by
//! everybody on the machine and stay in the shell's history.

use std::io::{IsTerminal, Read};
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::failure::Failure;

/// Longest secret that is read, bytes.
const LONGEST: u64 = 64 * 1024;

/// `file`: a path, or `-` for standard input; without one a person is asked.
pub fn read(file: Option<&Path>, prompt: &str) -> Result<SecretString, Failure> {
    let text = match file {
        Some(path) if path == Path::new("-") => from(std::io::stdin().lock(), Path::new("standard input"))?,
        Some(path) => from(
            std::fs::File::open(path).map_err(|error| Failure::file("read", path, &error))?,
            path,
        )?,
        None if std::io::stdin().is_terminal() => Zeroizing::new(
            rpassword::prompt_password(format!("{prompt}: "))
                .map_err(|error| Failure::failed(format!("failed to ask for the secret: {error}"), "give a file"))?,
        ),
        None => {
            return Err(Failure::usage(
                format!("{prompt}: there is nobody to ask"),
                "give a file, or - for standard input",
            ));
        }
    };
    let text = text.trim_end_matches(['\r', '\n']);
    match text.is_empty() {
        true => Err(Failure::usage(
            format!("{prompt}: it is empty"),
            "write the secret into the file, and nothing else",
        )),
        false => Ok(SecretString::from(text)),
    }
}

fn from(input: impl Read, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    input
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::file("read", path, &error))?;
    Ok(text)
}
