//! The key of the directory: what its tokens are signed with, and how clients are shown it.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};
use openssl::x509::{X509, X509NameBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const KEY_BITS: u32 = 2048;

/// Longer than any simulator runs.
const CERTIFICATE_DAYS: u32 = 3650;
/// For clients whose clock is behind.
const BACKDATED_S: i64 = 24 * 3600;

/// One RSA key for the process: making one is slow, and tokens are told apart by tenant and app.
#[derive(Clone)]
pub(super) struct SigningKey {
    key: PKey<Private>,
    /// Signed by itself. Entra shows each key in a certificate too, and some libraries take it from nowhere else.
    certificate: X509,
    /// The certificate's thumbprint, as Entra names its keys.
    id: String,
}

impl SigningKey {
    pub(super) fn of_this_process() -> Result<Self, ErrorStack> {
        static KEY: OnceLock<SigningKey> = OnceLock::new();
        if let Some(key) = KEY.get() {
            return Ok(key.clone());
        }
        let fresh = SigningKey::make()?;
        Ok(KEY.get_or_init(|| fresh).clone())
    }

    fn make() -> Result<Self, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
        let certificate = certify(&key)?;
        let thumbprint = certificate.digest(MessageDigest::sha1())?;
        Ok(SigningKey {
            key,
            certificate,
            id: URL_SAFE_NO_PAD.encode(thumbprint),
        })
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, ErrorStack> {
        Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(text.as_bytes())
    }

    /// A JWT with these claims.
    pub(super) fn sign_claims(&self, claims: &Value) -> Result<String, ErrorStack> {
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": self.id, "kid": self.id});
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.sign(&text)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a JWT that this key signed.
    pub(super) fn read_signed<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        let (text, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.verify(text, &signature).then(|| read_claims(text))?
    }

    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> bool {
        Verifier::new(MessageDigest::sha256(), &self.key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, text.as_bytes()))
            .unwrap_or(false)
    }

    /// The public half as a JWK, for the keys of both versions.
    pub(super) fn jwk(&self) -> Result<Value, ErrorStack> {
        let rsa = self.key.rsa()?;
        Ok(json!({
            "kty": "RSA", "use": "sig", "kid": self.id, "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
            "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
            "x5c": [STANDARD.encode(self.certificate.to_der()?)],
        }))
    }
}

/// The claims of `header.claims`, whoever signed them.
pub(super) fn read_claims<C: DeserializeOwned>(text: &str) -> Option<C> {
    let (_, body) = text.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

fn certify(key: &PKey<Private>) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "intune-connector test tokens")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    let now_s = chrono::Utc::now().timestamp();
    builder.set_not_before(Asn1Time::from_unix(now_s - BACKDATED_S)?.as_ref())?;
    builder.set_not_after(Asn1Time::days_from_now(CERTIFICATE_DAYS)?.as_ref())?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}
