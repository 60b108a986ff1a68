//! The folder's own key: seals secrets at rest and derives keys for other parts of the program.
//!
//! `secret.key` holds 32 random bytes as hex, readable by its owner alone. Sealed text is `sealed:v2:` + base64url of
//! `key id (4) | place id (4) | nonce (12) | AES-256-GCM ciphertext | tag (16)`; the additional data is the prefix and the
//! *place*: what the secret belongs to ([`SealContext`]). It opens there and nowhere else, so a text that somebody copies
//! into another instance, another key or another row is worth nothing (E7). The two ids are keyed hashes, so that a wrong
//! key and a wrong place are told from a damaged text without decrypting. Copying `secret.key` along with a backup is
//! what makes a restored folder able to sign in; without it every secret has to be given again.
//!
//! Version 1 (`key id | nonce | ciphertext | tag`) named no place. [`SecretKey::reseal_old`] alone opens it, for the first
//! start of a bus with this version (`app::reseal`).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

use crate::files;
use crate::model::{InstanceName, OperatorId, ServerId, TaskId};

/// Every sealed text begins with this.
pub const SEALED_PREFIX: &str = "sealed:v2:";
/// What was sealed before places were named.
pub const OLD_PREFIX: &str = "sealed:v1:";
pub(crate) const KEY_FILE: &str = "secret.key";

/// Longest file of a key, bytes: 64 digits, and what an editor leaves behind them.
const KEY_FILE_MAX: u64 = 1024;
const KEY_BYTES: usize = 32;
const ID_BYTES: usize = 4;
const PLACE_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// What a sealed text belongs to. All of these are permanent: numbers and names of instances, jobs, tasks and accounts are
/// never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealContext<'a> {
    /// A secret in an instance's file; `key` is flat (`proxy_password`, `node.gate.user_password`).
    Setting { instance: &'a InstanceName, key: &'a str },
    /// A secret parameter of a job; source and name of a job are its own for ever (A1).
    JobParameter {
        source: &'a str,
        job: &'a str,
        parameter: &'a str,
    },
    /// What an action brought: `unlockPin`, `passcode`, `position`.
    ActionSecret { task: TaskId, kind: &'a str },
    /// A secret that a microservice starts with, where the bus keeps its settings; `key` is that of the setting.
    MemberSetting { member: &'a str, key: &'a str },
    /// What an installation needs to go on.
    Installation { number: i64 },
    /// The seed of a person's second factor.
    SecondFactor { operator: OperatorId },
    /// The private key of a registration that is on its way; its id is a random GUID.
    Registration { id: &'a str },
    /// The address of the webhook of a management server. The id of a server that was removed may be given again; its row
    /// is gone then.
    WebhookAddress { server: &'a ServerId },
    /// The key of such an address, and of no other (E7).
    WebhookKey { server: &'a ServerId, address: &'a str },
    /// The secrets of a channel of notices; its id is a random GUID.
    NoticeChannel { id: &'a str },
    /// The address that is pinged as long as all is well. There is one; what is sealed is the whole of where it goes.
    Heartbeat,
}

impl SealContext<'_> {
    /// One text a place; no two places share one.
    fn context_text(&self) -> String {
        let parts = match self {
            SealContext::Setting { instance, key } => vec!["setting", instance.as_str(), key],
            SealContext::MemberSetting { member, key } => vec!["memberSetting", member, key],
            SealContext::JobParameter { source, job, parameter } => vec!["jobParameter", source, job, parameter],
            SealContext::ActionSecret { task, kind } => return format!("[\"actionSecret\",{},{kind:?}]", task.0),
            SealContext::Installation { number } => return format!("[\"installation\",{number}]"),
            SealContext::SecondFactor { operator } => return format!("[\"secondFactor\",{}]", operator.0),
            SealContext::Registration { id } => vec!["registration", id],
            SealContext::WebhookAddress { server } => vec!["webhookAddress", server.as_str()],
            SealContext::WebhookKey { server, address } => vec!["webhookKey", server.as_str(), address],
            SealContext::NoticeChannel { id } => vec!["noticeChannel", id],
            SealContext::Heartbeat => vec!["heartbeat"],
        };
        serde_json::Value::from(parts).to_string()
    }
}

/// Why the key cannot be loaded, or a sealed text cannot be opened; reads after "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("create {path}: {source}")]
    Make { path: PathBuf, source: io::Error },
    #[error("use {path}: other users may read it (mode {mode:o}); run chmod 600 on it")]
    Open { path: PathBuf, mode: u32 },
    #[error("use {path}: it does not contain 64 hex digits")]
    NoKey { path: PathBuf },
    #[error("open the sealed text: it was sealed with another secret.key; restore that file, or give the secret again")]
    OtherKey,
    #[error("open the sealed text: it was sealed for another instance, setting or row; give the secret again")]
    OtherPlace,
    #[error(
        "open the sealed text: it was sealed by an earlier version, without an instance or key; give the secret again"
    )]
    OldForm,
    #[error("open the sealed text: it is damaged or truncated; give the secret again")]
    Damaged,
    #[error("open the sealed text: its format is unknown to this version; upgrade, or give the secret again")]
    UnknownForm,
    #[error("seal: {0}")]
    Library(#[from] openssl::error::ErrorStack),
}

impl SealError {
    /// What is wrong, for a message that names the key already.
    pub fn problem(&self) -> String {
        match self {
            SealError::OtherKey => "was sealed with another secret.key".to_owned(),
            SealError::OtherPlace => "was sealed for another instance or key, and can only be opened there".to_owned(),
            SealError::OldForm => "was sealed by an earlier version, without an instance or key".to_owned(),
            SealError::Damaged => "is sealed text that is damaged or truncated".to_owned(),
            SealError::UnknownForm => "is sealed in a format unknown to this version".to_owned(),
            other => other.to_string(),
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            SealError::OtherKey => "restore the matching secret.key to the data folder, or give the secret again",
            SealError::OtherPlace => "give the secret again: it is not copied with a line or file",
            SealError::OldForm => {
                "give the secret again: such text is only accepted, and sealed again, at the first start of this version"
            }
            SealError::Damaged => "give the secret again",
            SealError::UnknownForm => "upgrade, or give the secret again",
            SealError::Open { .. } => "run chmod 600 on it",
            SealError::NoKey { .. } => "restore the right file from a backup of the data folder",
            _ => "check that the data folder can be read and written",
        }
    }
}

/// Clones share nothing but the bytes; they are wiped when dropped.
#[derive(Clone)]
pub struct SecretKey {
    root: Zeroizing<[u8; KEY_BYTES]>,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// Reads `secret.key` of `folder`; makes it where it is missing. Two processes that make it at once end with the
    /// same key, for the file is linked into place whole and only if none is there.
    pub fn load_or_create(folder: &Path) -> Result<Self, SealError> {
        let path = folder.join(KEY_FILE);
        match Self::load(&path) {
            Err(SealError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let mut root = Zeroizing::new([0u8; KEY_BYTES]);
        rand_bytes(root.as_mut_slice())?;
        let text = Zeroizing::new(format!("{}\n", hex::encode(root.as_slice())));
        match files::create_data_file(&path, text.as_bytes()) {
            Ok(()) => Ok(SecretKey { root }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(&path),
            Err(source) => Err(SealError::Make { path, source }),
        }
    }

    /// Reads a key that is there.
    pub(super) fn load(path: &Path) -> Result<Self, SealError> {
        let at = |source| SealError::Read {
            path: path.to_owned(),
            source,
        };
        let text = files::read_file(path, KEY_FILE_MAX).map_err(|error| at(error.into()))?;
        if let Some(mode) = files::mode_open_to_others(path).map_err(at)? {
            return Err(SealError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        let no_key = || SealError::NoKey { path: path.to_owned() };
        let mut root = Zeroizing::new([0u8; KEY_BYTES]);
        hex::decode_to_slice(text.trim_ascii(), root.as_mut_slice()).map_err(|_| no_key())?;
        Ok(SecretKey { root })
    }

    /// A key for tests and for runs that keep nothing.
    pub fn generate_ephemeral() -> Result<Self, SealError> {
        let mut root = Zeroizing::new([0u8; KEY_BYTES]);
        rand_bytes(root.as_mut_slice())?;
        Ok(SecretKey { root })
    }

    /// A key of its own for `purpose` ("audit", "cursor", …): HMAC-SHA256 of the purpose under the folder's key.
    pub fn derive_key(&self, purpose: &str) -> [u8; 32] {
        let derived = PKey::hmac(self.root.as_slice()).and_then(|key| {
            let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
            signer.update(b"intune-connector/v1/")?;
            signer.update(purpose.as_bytes())?;
            signer.sign_to_vec()
        });
        let derived = Zeroizing::new(derived.expect("HMAC-SHA256 over memory has nothing to fail at"));
        derived.as_slice().try_into().expect("SHA-256 gives 32 bytes")
    }

    fn id(&self) -> [u8; ID_BYTES] {
        let [a, b, c, d, ..] = self.derive_key("key id");
        [a, b, c, d]
    }

    fn context_id(&self, place: &str) -> [u8; PLACE_BYTES] {
        let [a, b, c, d, ..] = self.derive_key(&format!("place id {place}"));
        [a, b, c, d]
    }

    /// Seals for one place.
    pub fn seal_secret(&self, place: SealContext<'_>, clear: &[u8]) -> Result<String, SealError> {
        let place = place.context_text();
        let key = Zeroizing::new(self.derive_key("seal"));
        let mut nonce = [0u8; NONCE_BYTES];
        rand_bytes(&mut nonce)?;
        let mut tag = [0u8; TAG_BYTES];
        let aad = format!("{SEALED_PREFIX}{place}");
        let hidden = encrypt_aead(
            Cipher::aes_256_gcm(),
            key.as_slice(),
            Some(&nonce),
            aad.as_bytes(),
            clear,
            &mut tag,
        )?;
        let parts = [self.id().as_slice(), &self.context_id(&place), &nonce, &hidden, &tag].concat();
        Ok(format!("{SEALED_PREFIX}{}", URL_SAFE_NO_PAD.encode(parts)))
    }

    /// Opens what was sealed for this place.
    pub fn open_sealed(&self, place: SealContext<'_>, sealed: &str) -> Result<SecretSlice<u8>, SealError> {
        if sealed.starts_with(OLD_PREFIX) {
            return Err(SealError::OldForm);
        }
        let parts = self.split_sealed(sealed, SEALED_PREFIX)?;
        let place = place.context_text();
        let (id, rest) = parts.split_at_checked(PLACE_BYTES).ok_or(SealError::Damaged)?;
        if id != self.context_id(&place) {
            return Err(SealError::OtherPlace);
        }
        self.decrypt_parts(rest, &format!("{SEALED_PREFIX}{place}"))
    }

    /// Text of version 1, sealed for the place where it was found; `None` where it is not of version 1.
    pub fn reseal_old(&self, place: SealContext<'_>, sealed: &str) -> Result<Option<String>, SealError> {
        if !sealed.starts_with(OLD_PREFIX) {
            Ok(None)
        } else {
            self.seal_secret(place, self.open_old_form(sealed)?.expose_secret())
                .map(Some)
        }
    }

    pub(super) fn open_old_form(&self, sealed: &str) -> Result<SecretSlice<u8>, SealError> {
        self.decrypt_parts(&self.split_sealed(sealed, OLD_PREFIX)?, OLD_PREFIX)
    }

    /// What stands behind prefix and key id, where it was sealed with this key.
    fn split_sealed(&self, sealed: &str, prefix: &str) -> Result<Vec<u8>, SealError> {
        let text = sealed.strip_prefix(prefix).ok_or(SealError::UnknownForm)?;
        let mut parts = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Damaged)?;
        if parts.len() < ID_BYTES + NONCE_BYTES + TAG_BYTES {
            return Err(SealError::Damaged);
        }
        let rest = parts.split_off(ID_BYTES);
        if parts == self.id() {
            Ok(rest)
        } else {
            Err(SealError::OtherKey)
        }
    }

    fn decrypt_parts(&self, parts: &[u8], aad: &str) -> Result<SecretSlice<u8>, SealError> {
        let (nonce, rest) = parts.split_at_checked(NONCE_BYTES).ok_or(SealError::Damaged)?;
        let tag_at = rest.len().checked_sub(TAG_BYTES).ok_or(SealError::Damaged)?;
        let (ciphertext, tag) = rest.split_at(tag_at);
        let key = Zeroizing::new(self.derive_key("seal"));
        let aad = aad.as_bytes();
        let plaintext = decrypt_aead(Cipher::aes_256_gcm(), key.as_slice(), Some(nonce), aad, ciphertext, tag);
        plaintext.map(SecretSlice::from).map_err(|_| SealError::Damaged)
    }
}

/// Seals and opens the secrets in the file of one instance.
#[derive(Debug, Clone, Copy)]
pub struct InstanceSeal<'a> {
    key: &'a SecretKey,
    instance: &'a InstanceName,
    accepts_old_form: bool,
}

impl<'a> InstanceSeal<'a> {
    pub fn new(key: &'a SecretKey, instance: &'a InstanceName) -> Self {
        InstanceSeal {
            key,
            instance,
            accepts_old_form: false,
        }
    }

    /// For looking at a folder that no bus of this version has run on, without changing it.
    pub(super) fn with_old_form(self) -> Self {
        InstanceSeal {
            accepts_old_form: true,
            ..self
        }
    }

    fn seal_context<'b>(&'b self, key: &'b str) -> SealContext<'b> {
        SealContext::Setting {
            instance: self.instance,
            key,
        }
    }

    /// Whether this is the content of `secret.key`.
    pub(super) fn is_own_key(&self, clear: &[u8]) -> bool {
        let mut root = Zeroizing::new([0u8; KEY_BYTES]);
        let is_key = hex::decode_to_slice(clear.trim_ascii(), root.as_mut_slice()).is_ok();
        is_key && openssl::memcmp::eq(root.as_slice(), self.key.root.as_slice())
    }

    pub(super) fn seal_secret(&self, key: &str, clear: &[u8]) -> Result<String, SealError> {
        self.key.seal_secret(self.seal_context(key), clear)
    }

    pub(super) fn open_sealed(&self, key: &str, sealed: &str) -> Result<SecretSlice<u8>, SealError> {
        if self.accepts_old_form && sealed.starts_with(OLD_PREFIX) {
            self.key.open_old_form(sealed)
        } else {
            self.key.open_sealed(self.seal_context(key), sealed)
        }
    }

    pub(super) fn reseal_old(&self, key: &str, sealed: &str) -> Result<Option<String>, SealError> {
        self.key.reseal_old(self.seal_context(key), sealed)
    }
}

/// Whether a value is meant to be sealed text (of whatever version).
pub(crate) fn is_sealed(value: &str) -> bool {
    value.starts_with("sealed:")
}
