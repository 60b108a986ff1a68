//! Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body. With two keys there are two signatures, so that a
//! receiver can change its key without losing a message.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rand::rand_priv_bytes;
use openssl::sign::Signer;
use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

/// What a key begins with.
const PREFIX: &str = "whsec_";
/// Shortest and longest key, bytes, as Standard Webhooks has them.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Of a key that is made here.
const NEW_KEY_BYTES: usize = 32;

/// A key that both sides know.
#[derive(Clone)]
pub struct WebhookKey(SecretSlice<u8>);

/// Why a text is no key. It does not quote the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookKeyError {
    #[error("the key does not begin with whsec_")]
    Prefix,
    #[error("what stands behind whsec_ is not base64")]
    Encoding,
    #[error("the key has {0} bytes; it needs 24 to 64")]
    Length(usize),
}

impl WebhookKeyError {
    /// How to make a good one.
    pub fn advice(self) -> &'static str {
        "make one with `echo whsec_$(openssl rand -base64 32)`, and give it to the receiver too"
    }
}

impl WebhookKey {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<WebhookKey, WebhookKeyError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(WebhookKeyError::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| WebhookKeyError::Encoding)?;
        let bytes = Zeroizing::new(bytes);
        if KEY_BYTES.contains(&bytes.len()) {
            Ok(WebhookKey(SecretSlice::from(bytes.to_vec())))
        } else {
            Err(WebhookKeyError::Length(bytes.len()))
        }
    }

    /// A new one, as it is told to the receiver: `whsec_` and base64 of 32 random bytes.
    pub fn generate_text() -> Result<Zeroizing<String>, ErrorStack> {
        let mut bytes = Zeroizing::new([0; NEW_KEY_BYTES]);
        rand_priv_bytes(bytes.as_mut_slice())?;
        let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        Ok(Zeroizing::new(format!("{PREFIX}{}", encoded.as_str())))
    }

    /// `v1,` and the signature in base64.
    fn sign(&self, signed: &[u8]) -> String {
        let key = PKey::hmac(self.0.expose_secret()).expect("any bytes make an HMAC key");
        let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
        let signature = signer
            .sign_oneshot_to_vec(signed)
            .expect("HMAC over bytes in memory can't fail");
        format!("v1,{}", STANDARD.encode(signature))
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey([REDACTED])")
    }
}

/// The header `webhook-signature`: one signature per key, in their order, with a blank between them. `sent_at` in seconds
/// since 1970, as in the header `webhook-timestamp`.
pub fn sign_message(keys: &[WebhookKey], id: &str, sent_at: i64, body: &str) -> String {
    let signed = format!("{id}.{sent_at}.{body}");
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(signed.as_bytes())).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT_AT: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_example_has_the_published_signature() {
        let key = WebhookKey::parse(SECRET).unwrap();
        assert_eq!(sign_message(std::slice::from_ref(&key), ID, SENT_AT, BODY), SIGNATURE);
        let other = WebhookKey::parse(&format!("whsec_{}", STANDARD.encode([7; 24]))).unwrap();
        let both = sign_message(&[key, other], ID, SENT_AT, BODY);
        let both: Vec<&str> = both.split(' ').collect();
        assert_eq!((both.len(), both[0]), (2, SIGNATURE));
        assert!(both[1].starts_with("v1,") && both[1] != SIGNATURE, "{both:?}");
    }

    #[test]
    fn what_is_signed_is_id_time_and_body() {
        let keys = [WebhookKey::parse(SECRET).unwrap()];
        for (id, sent_at, body) in [
            ("msg_other", SENT_AT, BODY),
            (ID, SENT_AT + 1, BODY),
            (ID, SENT_AT, "{}"),
        ] {
            assert_ne!(sign_message(&keys, id, sent_at, body), SIGNATURE);
        }
    }

    #[test]
    fn a_new_key_is_a_key_and_another_one_each_time() {
        let (one, other) = (
            WebhookKey::generate_text().unwrap(),
            WebhookKey::generate_text().unwrap(),
        );
        assert!(WebhookKey::parse(&one).is_ok() && WebhookKey::parse(&other).is_ok());
        assert_ne!(*one, *other);
    }

    #[test]
    fn e1_what_is_no_key_is_refused_and_no_key_is_shown() {
        assert_eq!(WebhookKey::parse("MfKQ9r8GKYqr").unwrap_err(), WebhookKeyError::Prefix);
        assert_eq!(
            WebhookKey::parse("whsec_no base64").unwrap_err(),
            WebhookKeyError::Encoding
        );
        let of_length = |bytes: usize| WebhookKey::parse(&format!("whsec_{}", STANDARD.encode(vec![1; bytes])));
        assert_eq!(of_length(23).unwrap_err(), WebhookKeyError::Length(23));
        assert_eq!(of_length(65).unwrap_err(), WebhookKeyError::Length(65));
        assert!(of_length(24).is_ok() && of_length(64).is_ok());
        let shown = format!("{:?}", WebhookKey::parse(SECRET).unwrap());
        assert!(!shown.contains("MfKQ"), "{shown}");
    }
}
