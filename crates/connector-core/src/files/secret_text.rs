//! The secret in a file: one line of text, and nothing else.

use zeroize::Zeroizing;

use super::decode_text;

/// What blanks around a secret are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretBlanks {
    /// No secret of this kind has any: what can't be seen around it is taken off.
    Removed,
    /// A part of it: only the line end of the file is none.
    Kept,
}

/// Why the content of a file is no secret; reads behind the name of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretTextError {
    #[error("contains {0}")]
    Form(&'static str),
    #[error("is empty")]
    Empty,
    #[error("begins with an empty line")]
    EmptyFirstLine,
    #[error("has {0} lines; a secret is one line")]
    Lines(usize),
    #[error("has its secret in quotes")]
    Quoted,
}

impl SecretTextError {
    /// What to do, where no caller knows better.
    pub fn advice(&self) -> &'static str {
        match self {
            SecretTextError::Form("UTF-16 text") => "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE`",
            SecretTextError::Form(_) => "check that it is the right file, and save it as UTF-8",
            SecretTextError::Empty => "check that it is the right file; write the secret into it, and nothing else",
            SecretTextError::EmptyFirstLine => "remove the empty line: the file holds the secret, and nothing else",
            SecretTextError::Lines(_) => "remove all lines but the secret itself",
            SecretTextError::Quoted => "remove the quotes: the file holds the secret, and nothing else",
        }
    }
}

/// The secret in a file's content: without a byte order mark and without the line end, which every editor leaves.
pub fn decode_secret(bytes: &[u8], blanks: SecretBlanks) -> Result<Zeroizing<String>, SecretTextError> {
    let text = decode_text(bytes).map_err(SecretTextError::Form)?;
    let secret = match blanks {
        SecretBlanks::Removed => trim_invisible(&text),
        SecretBlanks::Kept => text.trim_end_matches(['\r', '\n']),
    };
    if secret.is_empty() {
        return Err(SecretTextError::Empty);
    }
    if secret.starts_with(['\r', '\n']) {
        return Err(SecretTextError::EmptyFirstLine);
    }
    // A password may have quotes around it; a secret of this kind has none, and what wrote it as JSON text did.
    if blanks == SecretBlanks::Removed && is_quoted(secret) {
        return Err(SecretTextError::Quoted);
    }
    match secret.lines().count() {
        1 if !secret.contains('\r') => Ok(Zeroizing::new(secret.to_owned())),
        count => Err(SecretTextError::Lines(count.max(2))),
    }
}

/// Without what can't be seen at its ends.
pub fn trim_invisible(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}' | '\u{2060}'))
}

fn is_quoted(secret: &str) -> bool {
    ['"', '\'']
        .iter()
        .any(|quote| secret.len() > 2 && secret.starts_with(*quote) && secret.ends_with(*quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str, blanks: SecretBlanks) -> Result<String, SecretTextError> {
        decode_secret(content.as_bytes(), blanks).map(|secret| secret.to_string())
    }

    #[test]
    fn quotes_around_a_client_secret_are_refused_and_belong_to_a_password() {
        let told = decode_secret(b"\"abc\"\n", SecretBlanks::Removed).unwrap_err();
        assert_eq!(told.to_string(), "has its secret in quotes");
        assert_eq!(
            decode_secret(b"\"abc\"\n", SecretBlanks::Kept).unwrap().as_str(),
            "\"abc\""
        );
    }

    #[test]
    fn b10_a_mark_and_the_line_end_are_no_part_of_a_secret() {
        for content in ["s3cret", "s3cret\n", "s3cret\r\n\r\n", "\u{feff}s3cret\r\n"] {
            for blanks in [SecretBlanks::Removed, SecretBlanks::Kept] {
                assert_eq!(read(content, blanks).as_deref(), Ok("s3cret"), "{content:?}");
            }
        }
        let wide: Vec<u8> = "\u{feff}s3cret\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode_secret(&wide, SecretBlanks::Kept).unwrap().as_str(), "s3cret");
    }

    #[test]
    fn m25_what_else_is_in_the_file_is_told_as_what_it_is() {
        use SecretBlanks::{Kept, Removed};
        assert_eq!(read(" s3cret \n", Removed).as_deref(), Ok("s3cret"));
        assert_eq!(read(" s3cret \n", Kept).as_deref(), Ok(" s3cret "));
        assert_eq!(read("\n\ns3cret\n", Removed).as_deref(), Ok("s3cret"));
        assert_eq!(read("\ns3cret\n", Kept), Err(SecretTextError::EmptyFirstLine));
        for blanks in [Removed, Kept] {
            assert_eq!(read("\r\n", blanks), Err(SecretTextError::Empty));
            assert_eq!(read("s3cret\nof the app\n", blanks), Err(SecretTextError::Lines(2)));
            assert_eq!(read("s3cret\rof the app", blanks), Err(SecretTextError::Lines(2)));
            let wide = decode_secret(b"s\x003\0", blanks);
            assert_eq!(wide, Err(SecretTextError::Form("UTF-16 text")));
        }
        let told = SecretTextError::Lines(3);
        assert_eq!(told.to_string(), "has 3 lines; a secret is one line");
        assert!(!told.advice().is_empty());
    }
}
