//! One app registration: what it may do and how it may prove who it is.

use std::fmt;

use chrono::{DateTime, Utc};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;

/// An app registration of one tenant.
#[derive(Clone)]
pub struct App {
    pub client_id: String,
    pub display_name: String,
    /// Application permissions with admin consent: what `roles` of its tokens says.
    pub roles: Vec<String>,
    /// Application permissions that were asked for and have no consent yet.
    pub requested: Vec<String>,
    /// Delegated permissions with admin consent: what `scp` of a person's token says.
    pub delegated: Vec<String>,
    pub secrets: Vec<Secret>,
    pub certificates: Vec<Certificate>,
    pub federated: Vec<Federated>,
    /// Switched off by an administrator: AADSTS7000112.
    pub disabled: bool,
    /// A public client, which must not send a secret: AADSTS700025.
    pub public: bool,
}

impl App {
    pub fn new(client_id: &str) -> Self {
        App {
            client_id: client_id.to_lowercase(),
            display_name: format!("App {client_id}"),
            roles: Vec::new(),
            requested: Vec::new(),
            delegated: Vec::new(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            federated: Vec::new(),
            disabled: false,
            public: false,
        }
    }

    pub fn named(mut self, display_name: &str) -> Self {
        self.display_name = display_name.to_owned();
        self
    }

    pub fn with_roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self
    }

    pub fn with_delegated(mut self, scopes: &[&str]) -> Self {
        self.delegated = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    pub fn with_secret(mut self, value: &str, expires_at: Option<DateTime<Utc>>) -> Self {
        self.secrets.push(Secret {
            value: value.to_owned(),
            expires_at,
        });
        self
    }

    pub fn with_certificate(mut self, certificate: Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    pub fn with_federated(mut self, federated: Federated) -> Self {
        self.federated.push(federated);
        self
    }

    /// An administrator consents to all that was asked for; tokens from now on say it.
    pub fn grant_requested(&mut self) {
        for role in std::mem::take(&mut self.requested) {
            if !self.roles.contains(&role) {
                self.roles.push(role);
            }
        }
    }
}

/// The secrets stay out of whatever is printed for debugging, as everywhere in the house.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_id", &self.client_id)
            .field("roles", &self.roles)
            .field("requested", &self.requested)
            .field("delegated", &self.delegated)
            .field("secrets", &self.secrets.len())
            .field("certificates", &self.certificates)
            .field("federated", &self.federated)
            .field("disabled", &self.disabled)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// A client secret; without `expires_at` it never expires.
#[derive(Clone)]
pub struct Secret {
    pub value: String,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A certificate registered with an app: its public half, and both thumbprints a client may name it by.
#[derive(Clone)]
pub struct Certificate {
    pub sha1: Vec<u8>,
    pub sha256: Vec<u8>,
    pub not_after: DateTime<Utc>,
    pub key: PKey<Public>,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate is not valid PEM or DER")]
    Unreadable(#[source] openssl::error::ErrorStack),
    #[error("the certificate's end of validity can't be read")]
    Validity,
}

impl Certificate {
    /// Reads PEM or DER, as the portal's upload does.
    pub fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        let certificate = X509::from_pem(bytes)
            .or_else(|_| X509::from_der(bytes))
            .map_err(CertificateError::Unreadable)?;
        Self::from_x509(&certificate)
    }

    fn from_x509(certificate: &X509) -> Result<Self, CertificateError> {
        let digest = |kind| certificate.digest(kind).map_err(CertificateError::Unreadable);
        Ok(Certificate {
            sha1: digest(MessageDigest::sha1())?.to_vec(),
            sha256: digest(MessageDigest::sha256())?.to_vec(),
            not_after: end_of_validity(certificate)?,
            key: certificate.public_key().map_err(CertificateError::Unreadable)?,
        })
    }
}

/// OpenSSL only compares times: the distance from the start of 1970 is the time.
fn end_of_validity(certificate: &X509) -> Result<DateTime<Utc>, CertificateError> {
    let epoch = openssl::asn1::Asn1Time::from_unix(0).map_err(CertificateError::Unreadable)?;
    let distance = epoch
        .diff(certificate.not_after())
        .map_err(CertificateError::Unreadable)?;
    let seconds = i64::from(distance.days) * 86_400 + i64::from(distance.secs);
    DateTime::from_timestamp(seconds, 0).ok_or(CertificateError::Validity)
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", hex::encode_upper(&self.sha1))
    }
}

/// A federated credential: an assertion of `issuer` for `subject` is as good as a secret.
#[derive(Debug, Clone)]
pub struct Federated {
    pub issuer: String,
    pub subject: String,
    pub audience: String,
}

impl Federated {
    /// With the audience that Entra asks for unless told otherwise.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Federated {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
        }
    }
}
