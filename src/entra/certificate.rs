//! A certificate with its private key, as it is needed to sign an assertion.

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::X509;
use secrecy::{ExposeSecret, SecretString};

use super::credential_error::CredentialError;
use super::used_certificate::UsedCertificate;
use crate::config::{CertificatePeriod, pem};
use crate::model::Timestamp;

/// Key, thumbprints and end of one certificate. `Debug` shows the thumbprint only.
#[derive(Clone)]
pub(crate) struct CertifiedKey {
    pub(super) key: PKey<Private>,
    pub sha256: [u8; 32],
    pub sha1: [u8; 20],
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// `CN=…, O=…`.
    pub subject: String,
}

impl std::fmt::Debug for CertifiedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certified({}, until {})", self.thumbprint(), self.not_after)
    }
}

impl CertifiedKey {
    /// Checks that the key is RSA and belongs to the certificate: both would otherwise come back as AADSTS700027.
    pub(crate) fn new(certificate: &X509, key: PKey<Private>) -> Result<Self, CredentialError> {
        if key.id() != Id::RSA {
            return Err(CredentialError::NotRsa);
        }
        let public = certificate.public_key().map_err(|_| CredentialError::NotRsa)?;
        if !public.public_eq(&key) {
            return Err(CredentialError::KeyDoesNotFit);
        }
        let unreadable = |_| CredentialError::Certificate;
        let sha256 = certificate.digest(MessageDigest::sha256()).map_err(unreadable)?;
        let sha1 = certificate.digest(MessageDigest::sha1()).map_err(unreadable)?;
        let period = read_period(certificate)?;
        Ok(CertifiedKey {
            key,
            sha256: sha256.as_ref().try_into().map_err(|_| CredentialError::Certificate)?,
            sha1: sha1.as_ref().try_into().map_err(|_| CredentialError::Certificate)?,
            not_before: period.begin,
            not_after: period.end,
            subject: format_name(certificate.subject_name()),
        })
    }

    /// Of the certificates in the file, in whatever order, the one that the key belongs to.
    pub(crate) fn from_pem(certificate: &str, key: &SecretString) -> Result<Self, CredentialError> {
        let all = pem::read_certificates(certificate.as_bytes()).map_err(CredentialError::Certificates)?;
        let key = pem::read_private_key(key.expose_secret().as_bytes()).map_err(CredentialError::Key)?;
        let first = all.first().cloned().ok_or(CredentialError::Certificate)?;
        let own = pem::order_by_key(all, &key).and_then(|ordered| ordered.into_iter().next());
        CertifiedKey::new(&own.unwrap_or(first), key)
    }

    /// What may be wrong with it where Entra refuses it.
    pub(super) fn describe_use(&self, now: Timestamp) -> UsedCertificate {
        UsedCertificate {
            thumbprint: self.thumbprint(),
            ended_on: (self.not_after <= now).then(|| self.not_after.date_naive()),
            begins_on: (self.not_before > now).then(|| self.not_before.date_naive()),
            key_bits: self.key.bits(),
        }
    }

    /// As the portal shows it: SHA-1 in upper-case hexadecimal.
    pub(crate) fn thumbprint(&self) -> String {
        hex::encode_upper(self.sha1)
    }
}

pub(super) fn certificate_end(certificate: &X509) -> Result<Timestamp, CredentialError> {
    Ok(read_period(certificate)?.end)
}

fn read_period(certificate: &X509) -> Result<CertificatePeriod, CredentialError> {
    CertificatePeriod::read(certificate).ok_or(CredentialError::Certificate)
}

/// `CN=…, O=…` of a name in a certificate.
pub(super) fn format_name(name: &openssl::x509::X509NameRef) -> String {
    let part = |entry: &openssl::x509::X509NameEntryRef| {
        let key = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().unwrap_or_default();
        format!("{key}={value}")
    };
    name.entries().map(part).collect::<Vec<_>>().join(", ")
}
