//! Passwords: argon2id, hashed and verified one at a time and off the async threads. A verified one is remembered for
//! some minutes by a keyed hash, so that a management server that polls by Basic authentication costs one hash now and
//! then. The key is made at start and never leaves memory; the hash covers what the store holds too, so that a changed
//! password is forgotten at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::model::Timestamp;
use crate::sics::limits::LoginLimits;

/// OWASP's equivalent with little memory: the bus is to stay small, and hashes one at a time.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;
const LANES: u32 = 1;

pub const MIN_CHARS: usize = 10;
pub const MAX_BYTES: usize = 1_024;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has {MIN_CHARS} characters at least and {MAX_BYTES} bytes at most")]
    Length,
    #[error("argon2 failed: {0}")]
    Hash(String),
    /// Too many wait for their turn.
    #[error("too many passwords wait to be verified")]
    Busy,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Takes tens of milliseconds of one core: not for async threads.
pub fn hash(password: &SecretString) -> Result<String, PasswordError> {
    let text = password.expose_secret();
    if text.chars().count() < MIN_CHARS || text.len() > MAX_BYTES {
        return Err(PasswordError::Length);
    }
    let hashed = argon2().hash_password(text.as_bytes());
    Ok(hashed
        .map_err(|error| PasswordError::Hash(error.to_string()))?
        .to_string())
}

fn verify(password: &SecretString, hashed: &str) -> bool {
    PasswordHash::new(hashed).is_ok_and(|parsed| {
        argon2()
            .verify_password(password.expose_secret().as_bytes(), &parsed)
            .is_ok()
    })
}

pub struct Passwords {
    limits: LoginLimits,
    key: [u8; 32],
    turn: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    remembered: Mutex<HashMap<[u8; 32], Timestamp>>,
    /// Verified in place of a password that does not exist, so that names can't be found out by time.
    nobody: String,
}

impl Passwords {
    pub fn new(limits: LoginLimits) -> Result<Self, PasswordError> {
        let failed = |error: openssl::error::ErrorStack| PasswordError::Hash(error.to_string());
        let (mut key, mut noise) = ([0; 32], [0; 32]);
        openssl::rand::rand_priv_bytes(&mut key).map_err(failed)?;
        openssl::rand::rand_priv_bytes(&mut noise).map_err(failed)?;
        Ok(Passwords {
            turn: Arc::new(Semaphore::new(1)),
            queue: Arc::new(Semaphore::new(limits.queue)),
            limits,
            key,
            remembered: Mutex::default(),
            nobody: hash(&hex::encode(noise).into())?,
        })
    }

    /// Whether this pair was verified within the last minutes.
    pub fn remembers(&self, password: &SecretString, hashed: &str, now: Timestamp) -> bool {
        let key = self.mark(password, hashed);
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let since = remembered.get(&key).copied();
        since.is_some_and(|since| (now - since).to_std().is_ok_and(|age| age < self.limits.remembered))
    }

    /// `hashed`: `None` for a name that is nobody's, which takes as long and is never right.
    pub async fn check(
        &self,
        password: SecretString,
        hashed: Option<String>,
        now: Timestamp,
    ) -> Result<bool, PasswordError> {
        let _waiting = self
            .queue
            .clone()
            .try_acquire_owned()
            .map_err(|_| PasswordError::Busy)?;
        let turn = self
            .turn
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Busy)?;
        // Another request with the same password may have been before this one in the queue.
        if let Some(hashed) = &hashed
            && self.remembers(&password, hashed, now)
        {
            return Ok(true);
        }
        let (known, against) = (hashed.is_some(), hashed.unwrap_or_else(|| self.nobody.clone()));
        let work = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller who goes away does not let the next one in before this hash is done.
            let _turn = turn;
            let right = verify(&password, &against) && known;
            (right, password, against)
        });
        let (right, password, against) = work.await.map_err(|error| PasswordError::Hash(error.to_string()))?;
        if right {
            self.remember(self.mark(&password, &against), now);
        }
        Ok(right)
    }

    /// Hashes in turn.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        let turn = self
            .turn
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash(&password)
        });
        work.await.map_err(|error| PasswordError::Hash(error.to_string()))?
    }

    fn remember(&self, mark: [u8; 32], now: Timestamp) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= self.limits.remembered_entries {
            let kept = self.limits.remembered;
            remembered.retain(|_, since| (now - *since).to_std().is_ok_and(|age| age < kept));
            if remembered.len() >= self.limits.remembered_entries {
                remembered.clear();
            }
        }
        remembered.insert(mark, now);
    }

    fn mark(&self, password: &SecretString, hashed: &str) -> [u8; 32] {
        let key = PKey::hmac(&self.key).expect("any bytes make an HMAC key");
        let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
        let mut mark = [0; 32];
        let text = [hashed.as_bytes(), b"\0", password.expose_secret().as_bytes()].concat();
        signer
            .sign_oneshot(&mut mark, &text)
            .expect("HMAC over bytes in memory can't fail");
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    #[tokio::test]
    async fn a_verified_password_is_remembered_for_minutes_and_forgotten_when_it_changes() {
        let passwords = Passwords::new(LoginLimits::default()).expect("random");
        let good: SecretString = "correct horse".into();
        let hashed = hash(&good).expect("hashed");
        assert!(!passwords.remembers(&good, &hashed, now()));
        assert!(
            passwords
                .check(good.clone(), Some(hashed.clone()), now())
                .await
                .expect("verified")
        );
        assert!(passwords.remembers(&good, &hashed, now() + TimeDelta::seconds(299)));
        assert!(!passwords.remembers(&good, &hashed, now() + TimeDelta::seconds(300)));
        assert!(
            !passwords.remembers(&good, &hash(&good).expect("hashed"), now()),
            "another hash in the store"
        );
        assert!(!passwords.remembers(&"wrong horse".into(), &hashed, now()));
    }

    #[tokio::test]
    async fn wrong_passwords_and_unknown_names_are_neither_right_nor_remembered() {
        let passwords = Passwords::new(LoginLimits::default()).expect("random");
        let hashed = hash(&"correct horse".into()).expect("hashed");
        assert!(
            !passwords
                .check("wrong horse".into(), Some(hashed), now())
                .await
                .expect("verified")
        );
        assert!(
            !passwords
                .check("wrong horse".into(), None, now())
                .await
                .expect("verified")
        );
        assert!(passwords.remembered.lock().expect("a lock").is_empty());
    }

    /// A name that does not exist costs the same work: by its parameters, since time can't be told on a busy machine.
    #[test]
    fn the_hash_of_nobody_costs_what_that_of_somebody_costs() {
        let passwords = Passwords::new(LoginLimits::default()).expect("random");
        let somebody = hash(&"correct horse".into()).expect("hashed");
        let cost = |hashed: &str| hashed.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&passwords.nobody), cost(&somebody));
        assert!(somebody.starts_with("$argon2id$v=19$m="), "{somebody}");
    }

    #[test]
    fn short_passwords_are_refused() {
        assert!(matches!(hash(&"123456789".into()), Err(PasswordError::Length)));
        assert!(matches!(hash(&"x".repeat(2_000).into()), Err(PasswordError::Length)));
    }
}
