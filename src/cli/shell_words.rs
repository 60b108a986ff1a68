//! Commands that people paste into a shell: words that stay whole, and this program as it was called.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

const PROGRAM: &str = "intune-connector";
/// What no shell takes for anything else, besides letters and digits.
const PLAIN: &str = "_-./:=@%+,";

/// One word of a command, in quotes where a shell would take it apart or expand it.
pub(crate) fn quote_word(word: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || PLAIN.contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

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
    let text = |path: &Path| quote_word(&path.to_string_lossy()).into_owned();
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
    fn a_word_stays_one_word_in_a_shell() {
        for plain in ["/tmp/intune-demo", "https://127.0.0.1:8443", "0b-1_C.d"] {
            assert_eq!(quote_word(plain), plain);
        }
        let quoted = [
            ("", "''"),
            ("two words", "'two words'"),
            ("sim~4abd", "'sim~4abd'"),
            ("$(id)", "'$(id)'"),
            ("it's", r"'it'\''s'"),
        ];
        for (word, expected) in quoted {
            assert_eq!(quote_word(word), expected);
        }
    }

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
