//! What can be wrong with a credential of the settings, before anything is sent.

use crate::config::pem::{PemError, PrivateKeyError};

/// Reads after "failed to load the credential: …". Carries neither the secret nor the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    #[error("the file is not a PFX (PKCS#12) file")]
    NotPfx,
    #[error("the password of the PFX file is wrong")]
    PfxPassword,
    #[error("the PFX file needs a password, and none is given")]
    PfxNeedsPassword,
    #[error("the PFX file contains no certificate with a private key")]
    PfxWithoutKey,
    #[error("the PFX file contains {0} private keys; only one is allowed")]
    PfxSeveralKeys(usize),
    #[error("the password of the PFX file is wrong, or the file is damaged (it has no MAC to tell which)")]
    PfxUnopened,
    #[error("the PFX file uses old algorithms (3DES or RC2), and OpenSSL on this machine has no legacy provider")]
    NoLegacyProvider,
    #[error("cannot read the certificate")]
    Certificate,
    #[error("the certificate file {0}")]
    Certificates(PemError),
    #[error("the file of the private key {0}")]
    Key(PrivateKeyError),
    #[error("the private key does not belong to the certificate")]
    KeyDoesNotFit,
    #[error("the key is not an RSA key")]
    NotRsa,
    #[error("token file {file}: {what}")]
    TokenFile { file: String, what: String },
    #[error("the client secret is empty")]
    EmptySecret,
    #[error("cannot sign the assertion")]
    Signing,
}

impl CredentialError {
    pub fn code(&self) -> &'static str {
        match self {
            CredentialError::NotPfx => "pfxUnreadable",
            CredentialError::PfxPassword | CredentialError::PfxNeedsPassword => "pfxPassword",
            CredentialError::PfxWithoutKey => "pfxWithoutKey",
            CredentialError::PfxSeveralKeys(_) => "pfxSeveralKeys",
            CredentialError::PfxUnopened => "pfxPassword",
            CredentialError::NoLegacyProvider => "pfxLegacy",
            CredentialError::Certificate | CredentialError::Certificates(_) => "certificateUnreadable",
            CredentialError::Key(_) => "keyUnreadable",
            CredentialError::KeyDoesNotFit => "keyDoesNotFit",
            CredentialError::NotRsa => "keyNotRsa",
            CredentialError::TokenFile { .. } => "tokenFile",
            CredentialError::EmptySecret => "secretEmpty",
            CredentialError::Signing => "signing",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            CredentialError::NotPfx => {
                "export the certificate with its private key as PFX (its base64 text is accepted too), or set PEM files as `cert_file` and `key_file`"
            }
            CredentialError::PfxSeveralKeys(_) => {
                "export only the registered certificate with its key into a PFX file, or set PEM files as `cert_file` and `key_file`"
            }
            CredentialError::PfxPassword | CredentialError::PfxUnopened => {
                "enter the password that was set when the PFX file was exported; in a file (`pfx_password_file`, --pfx-password-file FILE) it stands alone, and a line break behind it does not matter"
            }
            CredentialError::PfxNeedsPassword => {
                "give its password: in a file, with --pfx-password-file FILE or `pfx_password_file` in the settings, or in the field for it"
            }
            CredentialError::PfxWithoutKey => "export it again and include the private key",
            CredentialError::NoLegacyProvider => {
                "convert it (`openssl pkcs12 -legacy -in old.pfx -nodes | openssl pkcs12 -export -out new.pfx`) or install the legacy provider of OpenSSL"
            }
            CredentialError::Certificate => "provide the certificate as PEM (BEGIN CERTIFICATE)",
            CredentialError::Certificates(wrong) => wrong.cure,
            CredentialError::Key(wrong) => wrong.cure,
            CredentialError::KeyDoesNotFit => {
                "provide the key that the certificate was requested with; it matches none of the certificates"
            }
            CredentialError::NotRsa => "Entra accepts RSA keys of 2048 bits or more: create a new certificate",
            CredentialError::TokenFile { .. } => {
                "check that the platform writes the file and that the connector can read it"
            }
            CredentialError::EmptySecret => "give the value of the secret, as shown when it was created",
            CredentialError::Signing => "check the private key and the TLS library of this machine",
        }
    }
}
