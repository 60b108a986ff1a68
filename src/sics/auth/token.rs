//! Tokens: a prefix that says what they are, and 256 random bits. The store keeps their SHA-256 only; with so much
//! randomness a slow hash would add nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use secrecy::SecretString;

const SECRET_BYTES: usize = 32;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Programs, and connections that the command line keeps.
    Api,
    /// The console of a person.
    Session,
    /// A sign-in link, the first set-up.
    OneTime,
}

impl TokenKind {
    const ALL: [TokenKind; 3] = [TokenKind::Api, TokenKind::Session, TokenKind::OneTime];

    fn prefix(self) -> &'static str {
        match self {
            TokenKind::Api => "icp_",
            TokenKind::Session => "ics_",
            TokenKind::OneTime => "ico_",
        }
    }
}

/// A token as it is handed out, once.
pub struct ApiToken {
    /// For the one who asked for it; shown once.
    pub text: SecretString,
    /// For the store.
    pub sha256: [u8; 32],
}

impl ApiToken {
    /// A new one for programs; the randomness comes from the operating system.
    pub fn new() -> Result<Self, openssl::error::ErrorStack> {
        ApiToken::of_kind(TokenKind::Api)
    }

    /// The same, for something else.
    pub fn of_kind(kind: TokenKind) -> Result<Self, openssl::error::ErrorStack> {
        let mut secret = [0; SECRET_BYTES];
        openssl::rand::rand_priv_bytes(&mut secret)?;
        let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(secret));
        Ok(ApiToken {
            sha256: sha256(text.as_bytes()),
            text: text.into(),
        })
    }
}

/// What it is, and what the store knows it by; `None` for what can't be a token.
pub fn parse_token(text: &str) -> Option<(TokenKind, [u8; 32])> {
    let kind = TokenKind::ALL
        .into_iter()
        .find(|kind| text.starts_with(kind.prefix()))?;
    let secret = text.strip_prefix(kind.prefix())?;
    let good = URL_SAFE_NO_PAD
        .decode(secret)
        .is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
    good.then(|| (kind, sha256(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_token_is_found_by_its_digest_and_no_two_are_equal() {
        for kind in TokenKind::ALL {
            let (one, other) = (
                ApiToken::of_kind(kind).expect("random"),
                ApiToken::of_kind(kind).expect("random"),
            );
            assert_eq!(parse_token(one.text.expose_secret()), Some((kind, one.sha256)));
            assert_ne!(one.sha256, other.sha256);
        }
    }

    #[test]
    fn what_can_not_be_a_token_is_not_looked_up() {
        for bad in [
            "",
            "icp_",
            "ics_AAAA",
            "icp_AAAA",
            "abc",
            "icp_!!!!",
            "ICP_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(parse_token(bad), None, "{bad}");
        }
    }
}
