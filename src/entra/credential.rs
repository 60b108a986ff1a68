//! A credential of the settings made ready for use: read, opened, checked. Done once at start, so that a wrong
//! password of a PFX is known before the first scan.

use std::path::{Path, PathBuf};

use openssl::sha::Sha256;
use secrecy::{ExposeSecret, SecretString};

use super::certificate::CertifiedKey;
use super::password_user::PasswordUser;
use super::pfx;
use crate::config::pem::{PemError, PrivateKeyError};
use crate::config::{Credential, CredentialKind, SigningAlgorithm};
use crate::files::read_text;

/// A federated token is a JWT of a few KiB; a larger file is something else.
const MAX_TOKEN_FILE_BYTES: u64 = 64 << 10;

/// What proves who we are.
#[derive(Clone)]
pub(crate) enum CredentialProof {
    Secret(SecretString),
    Certificate(Box<CertifiedKey>),
    /// Read anew for each token: whoever writes the file renews it.
    TokenFile(PathBuf),
}

/// One application with its proof, ready to sign in.
#[derive(Clone)]
pub(crate) struct LoadedCredential {
    pub client_id: String,
    pub algorithm: SigningAlgorithm,
    pub proof: CredentialProof,
    /// In whose name; `None` everywhere but in a compliance node that is told to.
    pub password_user: Option<PasswordUser>,
    /// Names the identity in the registry of tokens; a keyless digest of the credential, never shown.
    pub(super) digest: [u8; 32],
}

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

impl LoadedCredential {
    pub(crate) fn load(credential: &Credential) -> Result<Self, CredentialError> {
        let mut hash = Sha256::new();
        let proof = match &credential.kind {
            CredentialKind::Secret(secret) => {
                if secret.expose_secret().is_empty() {
                    return Err(CredentialError::EmptySecret);
                }
                hash.update(secret.expose_secret().as_bytes());
                CredentialProof::Secret(secret.clone())
            }
            CredentialKind::Pfx { bytes, password } => certificate_proof(pfx::open_pfx(bytes, password)?, &mut hash),
            CredentialKind::Pem { certificate, key } => {
                certificate_proof(CertifiedKey::from_pem(certificate, key)?, &mut hash)
            }
            CredentialKind::TokenFile(file) => {
                hash.update(file.as_os_str().as_encoded_bytes());
                CredentialProof::TokenFile(file.clone())
            }
        };
        Ok(LoadedCredential {
            client_id: credential.client_id.clone(),
            algorithm: credential.algorithm,
            proof,
            password_user: None,
            digest: hash.finish(),
        })
    }

    /// The same application, signing in as a person: another identity, with a token of its own.
    pub(super) fn with_user(mut self, password_user: PasswordUser) -> Self {
        let mut hash = Sha256::new();
        hash.update(&self.digest);
        password_user.hash_into(&mut hash);
        self.digest = hash.finish();
        self.password_user = Some(password_user);
        self
    }
}

fn certificate_proof(certified: CertifiedKey, hash: &mut Sha256) -> CredentialProof {
    hash.update(&certified.sha256);
    CredentialProof::Certificate(Box::new(certified))
}

/// The federated token as it is now.
pub fn read_token_file(file: &Path) -> Result<SecretString, CredentialError> {
    let fail = |what: String| CredentialError::TokenFile {
        file: file.display().to_string(),
        what,
    };
    let text = read_text(file, MAX_TOKEN_FILE_BYTES).map_err(|error| fail(format!("it {error}")))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(fail("it is empty".to_owned()));
    }
    let lines = token.lines().count();
    if lines > 1 {
        return Err(fail(format!("it has {lines} lines; a token is one line")));
    }
    Ok(SecretString::from(token))
}
