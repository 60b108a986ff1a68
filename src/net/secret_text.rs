//! Keeps what must not be seen out of texts that come from elsewhere.
//!
//! A server may repeat in its error what it was sent. Nothing that a person or a log gets to see is taken from an
//! answer without passing here.

use secrecy::{ExposeSecret, SecretString};

use crate::model::replace_unprintable;

/// Longest piece of somebody else's text that goes into an error, characters.
const MAX_QUOTE_CHARS: usize = 300;

/// One line of at most 300 characters; nothing at all when one of the secrets, raw or percent-encoded, is in it.
pub(crate) fn quote_without_secrets(text: &str, secrets: &[&SecretString]) -> String {
    let repeats = |secret: &&SecretString| {
        let secret = secret.expose_secret();
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        !secret.is_empty() && (text.contains(secret) || text.contains(&encoded))
    };
    if secrets.iter().any(repeats) {
        return "(the response repeats a secret and is not shown)".to_owned();
    }
    let line: String = text.chars().take(MAX_QUOTE_CHARS).collect();
    replace_unprintable(&line).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_a_repeated_secret_is_not_quoted() {
        let secret = SecretString::from("can+ary/~");
        for text in ["you sent can+ary/~", "body was client_secret=can%2Bary%2F%7E"] {
            assert!(!quote_without_secrets(text, &[&secret]).contains("ary"), "{text}");
        }
        assert_eq!(quote_without_secrets("AADSTS1:\r\nno", &[&secret]), "AADSTS1:  no");
        assert_eq!(quote_without_secrets(&"x".repeat(999), &[]).len(), 300);
    }
}
