//! The client assertion: a JWT of five minutes, signed with the key of the registered certificate.
//!
//! PS256 with `x5t#S256` by default, RS256 with `x5t` by setting; both thumbprints base64url without padding. Each
//! assertion is used once, so its `jti` never repeats.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::certificate::CertifiedKey;
use super::credential_error::CredentialError;
use crate::config::SigningAlgorithm;
use crate::model::Timestamp;

/// Entra recommends at most five to ten minutes.
const LIFETIME_S: i64 = 300;

/// Signs an assertion of `client_id` for `audience`, the token URL.
pub(crate) fn sign_assertion(
    certified: &CertifiedKey,
    algorithm: SigningAlgorithm,
    client_id: &str,
    audience: &str,
    now: Timestamp,
    jti: Uuid,
) -> Result<SecretString, CredentialError> {
    let header = match algorithm {
        SigningAlgorithm::Ps256 => {
            json!({"alg": "PS256", "typ": "JWT", "x5t#S256": BASE64URL.encode(certified.sha256)})
        }
        SigningAlgorithm::Rs256 => json!({"alg": "RS256", "typ": "JWT", "x5t": BASE64URL.encode(certified.sha1)}),
    };
    let issued = now.timestamp();
    let claims = json!({
        "aud": audience, "iss": client_id, "sub": client_id, "jti": jti.to_string(),
        "nbf": issued, "iat": issued, "exp": issued + LIFETIME_S,
    });
    let signed = format!(
        "{}.{}",
        BASE64URL.encode(header.to_string()),
        BASE64URL.encode(claims.to_string())
    );
    let signature = compute_signature(certified, algorithm, signed.as_bytes()).map_err(|_| CredentialError::Signing)?;
    Ok(SecretString::from(format!("{signed}.{}", BASE64URL.encode(signature))))
}

fn compute_signature(
    certified: &CertifiedKey,
    algorithm: SigningAlgorithm,
    text: &[u8],
) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut signer = Signer::new(MessageDigest::sha256(), &certified.key)?;
    if algorithm == SigningAlgorithm::Ps256 {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
    }
    signer.sign_oneshot_to_vec(text)
}
