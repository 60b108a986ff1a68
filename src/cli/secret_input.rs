//! Where a command takes a secret from: a file, standard input (`-`), or a prompt. Never an argument: those are seen by
//! everybody on the machine and stay in the shell's history.

use std::io::{IsTerminal, Read};
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::failure::CommandFailure;

/// Longest secret that is read, bytes.
const LONGEST: u64 = 64 * 1024;

/// `file`: a path, or `-` for standard input; without one a person is asked.
pub(crate) fn read_secret(file: Option<&Path>, prompt: &str) -> Result<SecretString, CommandFailure> {
    let text = match file {
        Some(path) if path == Path::new("-") => from(std::io::stdin().lock(), Path::new("standard input"))?,
        Some(path) => from(
            std::fs::File::open(path).map_err(|error| CommandFailure::file_error("read", path, &error))?,
            path,
        )?,
        None if std::io::stdin().is_terminal() => {
            Zeroizing::new(rpassword::prompt_password(format!("{prompt}: ")).map_err(|error| {
                CommandFailure::general_error(format!("failed to prompt for the secret: {error}"), "use a file")
            })?)
        }
        None => {
            return Err(CommandFailure::usage_error(
                format!("{prompt}: no terminal to prompt on"),
                "use a file, or - for standard input",
            ));
        }
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        Err(CommandFailure::usage_error(
            format!("{prompt}: the value is empty"),
            "write the secret into the file, and nothing else",
        ))
    } else {
        Ok(SecretString::from(text))
    }
}

fn from(input: impl Read, path: &Path) -> Result<Zeroizing<String>, CommandFailure> {
    let mut bytes = Zeroizing::new(Vec::new());
    input
        .take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| CommandFailure::file_error("read", path, &error))?;
    if let Some(what) = crate::files::not_text(&bytes) {
        let advice = "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE`";
        return Err(CommandFailure::usage_error(
            format!("{} contains {what}", path.display()),
            advice,
        ));
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Ok(Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned()))
}
