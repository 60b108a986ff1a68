//! A command as it can be pasted into a shell.

/// The words with a blank between them, quoted where a shell would read one otherwise.
pub(crate) fn format_command<'a>(
    command: impl IntoIterator<Item = &'a str>,
    options: impl IntoIterator<Item = String>,
) -> String {
    let command = command.into_iter().map(str::to_owned);
    let words = command.chain(options.into_iter().map(|word| quote_shell_word(&word)));
    words.collect::<Vec<_>>().join(" ")
}

/// In single quotes, unless it holds only what no shell takes for something else.
pub(crate) fn quote_shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@+%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let options = ["--servers", "*", "--data", "my bus", "it's", ""].map(str::to_owned);
        assert_eq!(
            format_command(["intune-connector", "scan"], options),
            "intune-connector scan --servers '*' --data 'my bus' 'it'\\''s' ''"
        );
    }
}
