//! A path as a word of a shell, for commands that people paste.

use std::path::Path;

/// The path as it is where it is plain, else in single quotes: blanks and signs in it mean nothing to the shell.
pub fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_every_path_as_the_one_word_that_it_is() {
        for path in ["/var/lib/x-1_2.db", "/tmp/my data/x;touch $HOME", "it's", "-rf", "`id`"] {
            let line = format!("printf %s {}", shell_word(Path::new(path)));
            let said = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), path);
        }
    }
}
