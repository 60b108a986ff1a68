//! Tokens: `icp_` and 256 random bits. The store keeps their SHA-256 only; with so much randomness a slow hash would
//! add nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use secrecy::SecretString;

const PREFIX: &str = "icp_";
const SECRET_BYTES: usize = 32;

/// A token as it is handed out, once.
pub struct ApiToken {
    /// For the one who asked for it; shown once.
    pub text: SecretString,
    /// For the store.
    pub sha256: [u8; 32],
}

impl ApiToken {
    /// A new one; the randomness comes from the operating system.
    pub fn new() -> Result<Self, openssl::error::ErrorStack> {
        let mut secret = [0; SECRET_BYTES];
        openssl::rand::rand_priv_bytes(&mut secret)?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
        Ok(ApiToken {
            sha256: sha256(text.as_bytes()),
            text: text.into(),
        })
    }
}

/// What the store knows a token by; `None` for what can't be one.
pub fn token_digest(text: &str) -> Option<[u8; 32]> {
    let secret = text.strip_prefix(PREFIX)?;
    let good = URL_SAFE_NO_PAD
        .decode(secret)
        .is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
    good.then(|| sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_token_is_found_by_its_digest_and_no_two_are_equal() {
        let (one, other) = (ApiToken::new().expect("random"), ApiToken::new().expect("random"));
        assert_eq!(token_digest(one.text.expose_secret()), Some(one.sha256));
        assert_ne!(one.sha256, other.sha256);
    }

    #[test]
    fn what_can_not_be_a_token_is_not_looked_up() {
        for bad in [
            "",
            "icp_",
            "icp_AAAA",
            "abc",
            "icp_!!!!",
            "ICP_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(token_digest(bad), None, "{bad}");
        }
    }
}
