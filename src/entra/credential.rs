//! A credential of the settings made ready for use: read, opened, checked. Done once at start, so that a wrong
//! password of a PFX is known before the first scan.

use std::path::{Path, PathBuf};

use openssl::sha::Sha256;
use secrecy::{ExposeSecret, SecretString};

use super::certificate::CertifiedKey;
use super::credential_error::CredentialError;
use super::password_user::PasswordUser;
use super::pfx;
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
