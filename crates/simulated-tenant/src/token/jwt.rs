//! A client assertion taken apart; which key it must fit is for others to say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_PAD_INDIFFERENT;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use serde::Deserialize;
use serde_json::Value;

use super::errors::Refusal;

const MAX_ASSERTION_BYTES: usize = 32 * 1024;

#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub alg: String,
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: Option<String>,
    pub x5t: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    pub iss: String,
    #[serde(default)]
    pub sub: String,
    /// A string or a list of strings.
    #[serde(default)]
    pub aud: Value,
    pub jti: Option<String>,
    pub nbf: Option<f64>,
    pub exp: Option<f64>,
    /// Entra's own tokens say `app` or `user` here.
    pub idtyp: Option<String>,
}

impl Claims {
    /// Whether one of the audiences fits.
    pub(super) fn for_audience(&self, fits: impl Fn(&str) -> bool) -> bool {
        match &self.aud {
            Value::String(one) => fits(one),
            Value::Array(many) => many.iter().filter_map(Value::as_str).any(fits),
            _ => false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Assertion {
    pub header: Header,
    pub claims: Claims,
    signed: String,
    signature: Vec<u8>,
}

impl Assertion {
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let malformed = |what: &str| Refusal::with(50_027, what);
        if text.len() > MAX_ASSERTION_BYTES {
            return Err(malformed("It is too long."));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("It does not have three parts."));
        };
        // A JWT has no padding, but azure-identity for Python sends it, and Entra takes it.
        let decode = |part: &str| {
            let bytes = URL_SAFE_PAD_INDIFFERENT.decode(part);
            bytes.map_err(|_| malformed("It is not base64url."))
        };
        Ok(Assertion {
            header: serde_json::from_slice(&decode(header)?).map_err(|_| malformed("Its header is unreadable."))?,
            claims: serde_json::from_slice(&decode(claims)?).map_err(|_| malformed("Its claims are unreadable."))?,
            signed: format!("{header}.{claims}"),
            signature: decode(signature)?,
        })
    }

    /// Verifies the signature by the algorithm of the header; only PS256 and RS256 are any good.
    pub(super) fn signed_by(&self, key: &PKey<Public>) -> bool {
        let verify = || -> Result<bool, openssl::error::ErrorStack> {
            let mut verifier = Verifier::new(MessageDigest::sha256(), key)?;
            match self.header.alg.as_str() {
                "RS256" => verifier.set_rsa_padding(Padding::PKCS1)?,
                "PS256" => {
                    verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
                    verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
                    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                }
                _ => return Ok(false),
            }
            verifier.verify_oneshot(&self.signature, self.signed.as_bytes())
        };
        // A key that is no RSA key can't have made the signature either.
        verify().unwrap_or(false)
    }

    /// Its time has come and is not over. A start that is a little ahead is a clock that is a little ahead; the end
    /// is taken at its word, so that a client that passes here passes anywhere.
    pub(super) fn in_time(&self, now_s: i64) -> Result<(), Refusal> {
        let now = now_s as f64;
        let from = self.claims.nbf.unwrap_or(now);
        let Some(until) = self.claims.exp else {
            return Err(Refusal::with(50_027, "It has no 'exp'."));
        };
        if from > now + super::SKEW_S as f64 || until <= now {
            let detail = format!("Current time: {now_s}, valid from {from}, expiry time {until}.");
            return Err(Refusal::with(700_024, detail));
        }
        Ok(())
    }
}
