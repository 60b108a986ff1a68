//! A key and a self-signed certificate of our own, for an application that is to be registered: nobody has to make one,
//! and the key is never in a file that somebody carries about.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509NameBuilder};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::certificate::certificate_end;
use super::credential_error::CredentialError;
use crate::model::Timestamp;

/// Entra takes RSA keys of 2048 bits or more.
const KEY_BITS: u32 = 3072;
const VALID_DAYS: i64 = 365;
/// A clock that is behind this one finds the certificate valid, too, seconds.
const EARLIER_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// Longest common name (X.520), characters.
const NAME_MAX: usize = 64;

/// A certificate with its key. `Debug` shows neither.
pub struct NewCertificate {
    pub certificate_pem: String,
    pub key_pem: SecretString,
}

impl std::fmt::Debug for NewCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewCertificate(…)")
    }
}

/// What people are told of a certificate that they upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicCertificate {
    /// SHA-1 in upper-case hexadecimal, as the portal shows it.
    pub thumbprint: String,
    /// SHA-256 in upper-case hexadecimal.
    pub thumbprint_sha256: String,
    pub not_after: Timestamp,
    /// Its bytes (DER) as base64.
    pub base64: String,
}

/// Takes a second or so: the key is made here. `name`: the common name; of a longer one its beginning.
pub fn create_certificate(name: &str, now: Timestamp) -> Result<NewCertificate, ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
    let name: String = name.chars().take(NAME_MAX).collect();
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_nid(Nid::COMMONNAME, &name)?;
    let subject = subject.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let now_s = now.timestamp();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(&subject)?;
    builder.set_pubkey(&key)?;
    builder.set_not_before(&*Asn1Time::from_unix(now_s - EARLIER_S)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(now_s + VALID_DAYS * DAY_S)?)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
    builder.sign(&key, MessageDigest::sha256())?;
    let key_pem = Zeroizing::new(key.private_key_to_pem_pkcs8()?);
    Ok(NewCertificate {
        // PEM is ASCII.
        certificate_pem: String::from_utf8_lossy(&builder.build().to_pem()?).into_owned(),
        key_pem: SecretString::from(String::from_utf8_lossy(&key_pem).into_owned()),
    })
}

/// Of a certificate as [`create_certificate`] makes it.
pub fn describe_certificate(certificate_pem: &str) -> Result<PublicCertificate, CredentialError> {
    let unreadable = |_| CredentialError::Certificate;
    let certificate = X509::from_pem(certificate_pem.as_bytes()).map_err(unreadable)?;
    let digest = |kind: MessageDigest| certificate.digest(kind).map_err(unreadable).map(hex::encode_upper);
    Ok(PublicCertificate {
        thumbprint: digest(MessageDigest::sha1())?,
        thumbprint_sha256: digest(MessageDigest::sha256())?,
        not_after: certificate_end(&certificate)?,
        base64: STANDARD.encode(certificate.to_der().map_err(unreadable)?),
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::entra::certificate::CertifiedKey;

    #[test]
    fn a_new_certificate_signs_in_for_a_year_and_shows_its_key_to_nobody() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let long = "ä".repeat(80);
        let made = create_certificate(&long, now).unwrap();
        let certified = CertifiedKey::from_pem(&made.certificate_pem, &made.key_pem).unwrap();
        let shown = describe_certificate(&made.certificate_pem).unwrap();
        assert_eq!(certified.key.bits(), KEY_BITS);
        assert_eq!(shown.thumbprint, certified.thumbprint());
        assert_eq!(shown.thumbprint_sha256, hex::encode_upper(certified.sha256));
        assert_eq!((shown.not_after - now).num_days(), VALID_DAYS);
        assert_eq!(certified.subject, format!("CN={}", "ä".repeat(NAME_MAX)));
        let certificate = X509::from_pem(made.certificate_pem.as_bytes()).unwrap();
        assert_eq!(
            certificate.signature_algorithm().object().nid(),
            Nid::SHA256WITHRSAENCRYPTION
        );
        assert!(certificate.verify(&certificate.public_key().unwrap()).unwrap());
        assert!(made.key_pem.expose_secret().contains("PRIVATE KEY"));
        assert!(!made.certificate_pem.contains("PRIVATE KEY") && !format!("{made:?}").contains("PRIVATE"));
    }
}
