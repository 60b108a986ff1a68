//! A code of the second factor, as people type it. Pure.

use openssl::sha::sha256;

use super::totp::{self, DIGITS};

/// Longest text that is looked at as a code.
const CODE_BYTES: usize = 64;
/// Letters of a recovery code.
pub(super) const RECOVERY_CHARS: usize = 16;

/// A code, taken apart from how it was typed.
pub(super) enum TypedCode {
    App(String),
    Recovery([u8; 32]),
}

pub(super) fn parse_code(text: &str) -> Option<TypedCode> {
    if text.len() > CODE_BYTES {
        return None;
    }
    let letters: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    if letters.len() == DIGITS && letters.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(TypedCode::App(letters));
    }
    let letters = letters.to_ascii_uppercase();
    let is_recovery = letters.len() == RECOVERY_CHARS && letters.chars().all(totp::is_base32);
    is_recovery.then(|| TypedCode::Recovery(sha256(letters.as_bytes())))
}
