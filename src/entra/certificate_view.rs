//! A credential as people may see it before anything is sent: that its file opens, and whose certificate it is.

use super::credential::{CredentialProof, LoadedCredential};
use super::credential_error::CredentialError;
use super::used_certificate::KEY_BITS_MIN;
use crate::config::Credential;
use crate::model::Timestamp;

/// What can be shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateView {
    pub subject: String,
    /// SHA-1 in upper-case hexadecimal, as the portal shows it.
    pub thumbprint: String,
    pub not_after: Timestamp,
}

/// `None`: the credential is no certificate.
pub fn inspect_certificate(credential: &Credential) -> Result<Option<CertificateView>, CredentialError> {
    Ok(match LoadedCredential::load(credential)?.proof {
        CredentialProof::Certificate(certified) => Some(CertificateView {
            subject: certified.subject.clone(),
            thumbprint: certified.thumbprint(),
            not_after: certified.not_after,
        }),
        CredentialProof::Secret(_) | CredentialProof::TokenFile(_) => None,
    })
}

/// Bits of the key of a certificate where they are fewer than Entra asks for.
pub(crate) fn find_short_key(credential: &Credential) -> Option<u32> {
    match LoadedCredential::load(credential).ok()?.proof {
        CredentialProof::Certificate(certified) => Some(certified.key.bits()).filter(|bits| *bits < KEY_BITS_MIN),
        CredentialProof::Secret(_) | CredentialProof::TokenFile(_) => None,
    }
}
