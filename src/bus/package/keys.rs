//! Who built it: Ed25519 keys in PEM. The private one stays with the builder (0600); a bus has the public ones that it
//! trusts, in `products/trusted/*.pem` of its data folder.
//!
//! A signature is a text: what it is, the fingerprint of the key (SHA-256 of the public key), the signature in base64.
//! What is signed begins with a line that no other use of a key has: evidence is signed by keys of its own, in the same way.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::pkey::{Id, PKey, Private, Public};
use openssl::sha::sha256;
use openssl::sign::{Signer, Verifier};

use super::error::PackageError;
use crate::files::{FileReadError, create_private_file, read_file};

/// First line of what is signed, and of the signature.
const WHAT: &str = "bus package signature 1";
/// Trusted keys at most, and the size of the file of one.
const KEYS_MAX: usize = 64;
const KEY_BYTES_MAX: u64 = 4096;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("failed to read {file}: {problem}")]
    Read { file: String, problem: String },
    #[error("failed to write {file}: {problem}")]
    Write { file: String, problem: String },
    #[error("{0} is not an Ed25519 key in PEM format")]
    NoKey(String),
    #[error("users other than the owner can read {file}: it has mode {mode:o}")]
    Open { file: String, mode: u32 },
    #[error("failed to use the key")]
    Unusable,
}

fn unusable_key<E>(_: E) -> KeyError {
    KeyError::Unusable
}

/// Signs; shows itself by its fingerprint only.
pub struct PrivateKey(PKey<Private>);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}

impl PrivateKey {
    pub fn generate() -> Result<Self, KeyError> {
        PKey::generate_ed25519().map(PrivateKey).map_err(unusable_key)
    }

    pub fn read(file: &Path) -> Result<Self, KeyError> {
        let shown = file.display().to_string();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let meta = std::fs::metadata(file).map_err(|error| read_error(&shown, &error))?;
            let mode = meta.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyError::Open { file: shown, mode });
            }
        }
        let pem = zeroize::Zeroizing::new(read_key_file(file)?);
        let key = PKey::private_key_from_pem(&pem).map_err(|_| KeyError::NoKey(shown.clone()))?;
        match key.id() {
            Id::ED25519 => Ok(PrivateKey(key)),
            _ => Err(KeyError::NoKey(shown)),
        }
    }

    /// For a file that nobody but its owner reads.
    pub fn to_pem(&self) -> Result<zeroize::Zeroizing<Vec<u8>>, KeyError> {
        let pem = self.0.private_key_to_pem_pkcs8().map_err(unusable_key)?;
        Ok(zeroize::Zeroizing::new(pem))
    }

    /// Makes the file, for its owner alone; refused where there is one.
    pub fn write(&self, file: &Path) -> Result<(), KeyError> {
        let pem = self.to_pem()?;
        create_private_file(file, &pem).map_err(|error| KeyError::Write {
            file: file.display().to_string(),
            problem: error.to_string(),
        })
    }

    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        let raw = self.0.raw_public_key().map_err(unusable_key)?;
        let key = PKey::public_key_from_raw_bytes(&raw, Id::ED25519).map_err(unusable_key)?;
        PublicKey::new(key)
    }

    pub fn sign_list(&self, list: &[u8]) -> Result<String, KeyError> {
        self.sign_as(WHAT, list)
    }

    /// Signs a text as `what`; answers `what`, the fingerprint of the key and the signature, a line each.
    pub fn sign_as(&self, what: &str, text: &[u8]) -> Result<String, KeyError> {
        let mut signer = Signer::new_without_digest(&self.0).map_err(unusable_key)?;
        let signature = signer
            .sign_oneshot_to_vec(&signed_text(what, text))
            .map_err(unusable_key)?;
        let fingerprint = self.public_key()?.fingerprint;
        Ok(format!("{what}\n{fingerprint}\n{}\n", STANDARD.encode(signature)))
    }
}

fn signed_text(what: &str, text: &[u8]) -> Vec<u8> {
    [what.as_bytes(), b"\n", text].concat()
}

#[derive(Debug, Clone)]
pub struct PublicKey {
    key: PKey<Public>,
    /// SHA-256 of the 32 bytes of the key, hex.
    pub fingerprint: String,
}

impl PublicKey {
    fn new(key: PKey<Public>) -> Result<Self, KeyError> {
        let raw = key.raw_public_key().map_err(unusable_key)?;
        Ok(PublicKey {
            fingerprint: hex::encode(sha256(&raw)),
            key,
        })
    }

    /// `name`: for the error message.
    pub fn from_pem(name: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let key = PKey::public_key_from_pem(pem).map_err(|_| KeyError::NoKey(name.to_owned()))?;
        match key.id() {
            Id::ED25519 => PublicKey::new(key),
            _ => Err(KeyError::NoKey(name.to_owned())),
        }
    }

    pub fn to_pem(&self) -> Result<Vec<u8>, KeyError> {
        self.key.public_key_to_pem().map_err(unusable_key)
    }

    /// Whether this key signed the text as `what`; `signature`: in base64.
    pub fn verifies(&self, what: &str, signature: &str, text: &[u8]) -> Result<bool, KeyError> {
        let Ok(signature) = STANDARD.decode(signature) else {
            return Ok(false);
        };
        let mut verifier = Verifier::new_without_digest(&self.key).map_err(unusable_key)?;
        // A signature of a wrong length is an error to the library, and no signature to us.
        Ok(verifier
            .verify_oneshot(&signature, &signed_text(what, text))
            .unwrap_or(false))
    }
}

/// The keys that count, by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys {
    keys: BTreeMap<String, PublicKey>,
}

impl TrustedKeys {
    /// Every `*.pem` of a folder; none where there is no such folder. A file that is not a key is logged and skipped:
    /// it must not affect the others.
    pub fn read(folder: &Path) -> Result<Self, KeyError> {
        let mut trusted = TrustedKeys::default();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(trusted),
            Err(error) => return Err(read_error(&folder.display().to_string(), &error)),
            Ok(entries) => entries,
        };
        for file in entries.flatten().map(|entry| entry.path()) {
            if file.extension().is_none_or(|end| end != "pem") || trusted.keys.len() >= KEYS_MAX {
                continue;
            }
            let name = file.display().to_string();
            match read_key_file(&file).and_then(|pem| PublicKey::from_pem(&name, &pem)) {
                Ok(key) => trusted.add_key(key),
                Err(error) => tracing::warn!(error = %error, "failed to read a trusted key"),
            }
        }
        Ok(trusted)
    }

    pub fn add_key(&mut self, key: PublicKey) {
        self.keys.insert(key.fingerprint.clone(), key);
    }

    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The fingerprint of the key that signed this list.
    pub fn verify_signature(&self, signature: &[u8], list: &[u8]) -> Result<String, PackageError> {
        let text = std::str::from_utf8(signature).map_err(|_| PackageError::Forged)?;
        let lines: Vec<&str> = text.lines().collect();
        let [WHAT, fingerprint, signature] = lines.as_slice() else {
            return Err(PackageError::Forged);
        };
        let Some(key) = self.keys.get(*fingerprint) else {
            return Err(PackageError::Untrusted(fingerprint.chars().take(64).collect()));
        };
        if key.verifies(WHAT, signature, list)? {
            Ok(key.fingerprint.clone())
        } else {
            Err(PackageError::Forged)
        }
    }
}

fn read_key_file(file: &Path) -> Result<Vec<u8>, KeyError> {
    let shown = file.display().to_string();
    match read_file(file, KEY_BYTES_MAX) {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(FileReadError::TooLarge(_)) => Err(KeyError::NoKey(shown)),
        Err(error) => Err(read_error(&shown, &error.into())),
    }
}

fn read_error(file: &str, error: &std::io::Error) -> KeyError {
    KeyError::Read {
        file: file.to_owned(),
        problem: error.to_string(),
    }
}
