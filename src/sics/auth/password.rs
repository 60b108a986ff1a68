//! Passwords: argon2id, hashed and verified one at a time and off the async threads. A verified one is remembered for
//! some minutes by a keyed hash, so that a management server that polls by Basic authentication costs one hash now and
//! then; for a day it is recognised by it, and verified anew from a reserve that nobody else can use up (E8). The key is made at start and never leaves memory; the hash covers what the store holds too, so that a changed
//! password is forgotten at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::{CustomizedPasswordHasher, PasswordVerifier, phc::PasswordHash};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::argon_hasher::ArgonHasher;
use crate::model::Timestamp;
use crate::observe::{Metrics, metric};
use crate::sics::api_limits::LoginLimits;

const SALT_BYTES: usize = 16;

pub const MIN_CHARS: usize = 10;
pub const MAX_BYTES: usize = 1_024;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes")]
    Length,
    #[error("argon2 failed: {0}")]
    Hash(String),
    /// Too many wait for their turn.
    #[error("too many passwords are waiting to be verified")]
    Busy,
}

/// Whether it may become the password of an account.
pub fn check_length(password: &SecretString) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    if text.chars().count() < MIN_CHARS || text.len() > MAX_BYTES {
        Err(PasswordError::Length)
    } else {
        Ok(())
    }
}

/// Takes tens of milliseconds of one core: not for async threads.
pub fn hash(password: &SecretString) -> Result<String, PasswordError> {
    check_length(password)?;
    let text = password.expose_secret();
    let mut salt = [0; SALT_BYTES];
    openssl::rand::rand_bytes(&mut salt).map_err(|error| PasswordError::Hash(error.to_string()))?;
    let hashed = ArgonHasher.hash_password_customized(text.as_bytes(), &salt, None, None, ArgonHasher::new_params());
    Ok(hashed
        .map_err(|error| PasswordError::Hash(error.to_string()))?
        .to_string())
}

fn verify_password(password: &SecretString, hashed: &str) -> bool {
    PasswordHash::new(hashed).is_ok_and(|parsed| {
        ArgonHasher
            .verify_password(password.expose_secret().as_bytes(), &parsed)
            .is_ok()
    })
}

/// Whose turn comes first. Strangers wait in a row of their own, of which never more than one stands in the way of those
/// for whom the reserve is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordLane {
    Stranger,
    Reserve,
}

impl PasswordLane {
    fn label(self) -> &'static str {
        match self {
            PasswordLane::Stranger => "stranger",
            PasswordLane::Reserve => "reserve",
        }
    }
}

/// A password that is to be verified.
pub struct PasswordCheck {
    pub password: SecretString,
    /// `None` for a name that no account has: it takes as long and is never right.
    pub password_hash: Option<String>,
    /// Not for an account that would not get in: it costs the same each time.
    pub remember_success: bool,
    pub lane: PasswordLane,
}

pub struct PasswordChecker {
    limits: LoginLimits,
    metrics: Metrics,
    mark_key: [u8; 32],
    hash_permits: Arc<Semaphore>,
    stranger_hash_permits: Arc<Semaphore>,
    stranger_queue: Arc<Semaphore>,
    reserve_queue: Arc<Semaphore>,
    verified_marks: Arc<VerifiedMarks>,
    /// Verified in place of a password that does not exist, so that names can't be found out by time.
    dummy_hash: String,
}

impl PasswordChecker {
    pub fn new(limits: LoginLimits, metrics: Metrics) -> Result<Self, PasswordError> {
        let failed = |error: openssl::error::ErrorStack| PasswordError::Hash(error.to_string());
        let (mut key, mut noise) = ([0; 32], [0; 32]);
        openssl::rand::rand_priv_bytes(&mut key).map_err(failed)?;
        openssl::rand::rand_priv_bytes(&mut noise).map_err(failed)?;
        Ok(PasswordChecker {
            hash_permits: Arc::new(Semaphore::new(1)),
            stranger_hash_permits: Arc::new(Semaphore::new(1)),
            stranger_queue: Arc::new(Semaphore::new(limits.queue_length)),
            reserve_queue: Arc::new(Semaphore::new(limits.queue_length)),
            verified_marks: Arc::new(VerifiedMarks {
                marks: Mutex::default(),
                retention: limits.trust_duration.max(limits.remember_duration),
                entries_max: limits.remembered_entries,
            }),
            limits,
            metrics,
            mark_key: key,
            dummy_hash: hash(&hex::encode(noise).into())?,
        })
    }

    /// Whether this pair was verified within the last minutes.
    pub fn is_remembered(&self, password: &SecretString, hashed: &str, now: Timestamp) -> bool {
        self.verified_marks
            .is_within(&self.keyed_mark(password, hashed), self.limits.remember_duration, now)
    }

    /// Whether this pair was verified within the last day: then it is verified anew, from the reserve and without
    /// waiting for those who guess. Only the right password is ever recognised, so nobody else gets there.
    pub fn is_recognised(&self, password: &SecretString, hashed: &str, now: Timestamp) -> bool {
        self.verified_marks
            .is_within(&self.keyed_mark(password, hashed), self.limits.trust_duration, now)
    }

    /// Goes on to its end, and is remembered, where nobody waits for it any more once its turn has come.
    pub async fn check_password(&self, check: PasswordCheck, now: Timestamp) -> Result<bool, PasswordError> {
        let queue = match check.lane {
            PasswordLane::Stranger => &self.stranger_queue,
            PasswordLane::Reserve => &self.reserve_queue,
        };
        let _waiting = queue.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turns = (
            match check.lane {
                PasswordLane::Stranger => Some(wait_turn(&self.stranger_hash_permits).await?),
                PasswordLane::Reserve => None,
            },
            wait_turn(&self.hash_permits).await?,
        );
        // Another request with the same password may have been before this one in the queue.
        if let (true, Some(hashed)) = (check.remember_success, &check.password_hash)
            && self.is_remembered(&check.password, hashed, now)
        {
            return Ok(true);
        }
        self.metrics
            .increment_counter(&metric::PASSWORD_CHECKS, &[check.lane.label()], 1);
        let mark = check.password_hash.as_ref().filter(|_| check.remember_success);
        let mark = mark.map(|hashed| self.keyed_mark(&check.password, hashed));
        let (nobody, verified) = (self.dummy_hash.clone(), self.verified_marks.clone());
        let work = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller who goes away does not let the next one in before this hash is done.
            let _turns = turns;
            let known = check.password_hash.is_some();
            let is_right = verify_password(&check.password, check.password_hash.as_deref().unwrap_or(&nobody)) && known;
            if let (true, Some(mark)) = (is_right, mark) {
                verified.remember_mark(mark, now);
            }
            is_right
        });
        work.await.map_err(|error| PasswordError::Hash(error.to_string()))
    }

    /// Hashes in turn.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        let turn = wait_turn(&self.hash_permits).await?;
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash(&password)
        });
        work.await.map_err(|error| PasswordError::Hash(error.to_string()))?
    }

    fn keyed_mark(&self, password: &SecretString, hashed: &str) -> [u8; 32] {
        let key = PKey::hmac(&self.mark_key).expect("any bytes make an HMAC key");
        let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
        let mut mark = [0; 32];
        let text = [hashed.as_bytes(), b"\0", password.expose_secret().as_bytes()].concat();
        signer
            .sign_oneshot(&mut mark, &text)
            .expect("HMAC over bytes in memory can't fail");
        mark
    }
}

async fn wait_turn(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, PasswordError> {
    permits.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)
}

/// Marks of what was right, and since when.
struct VerifiedMarks {
    marks: Mutex<HashMap<[u8; 32], Timestamp>>,
    retention: Duration,
    entries_max: usize,
}

impl VerifiedMarks {
    fn is_within(&self, mark: &[u8; 32], time: Duration, now: Timestamp) -> bool {
        let since = self.lock_marks().get(mark).copied();
        since.is_some_and(|since| (now - since).to_std().is_ok_and(|age| age < time))
    }

    fn remember_mark(&self, mark: [u8; 32], now: Timestamp) {
        let mut marks = self.lock_marks();
        if marks.len() >= self.entries_max {
            marks.retain(|_, since| (now - *since).to_std().is_ok_and(|age| age < self.retention));
        }
        if marks.len() >= self.entries_max {
            let oldest = marks.iter().min_by_key(|(_, since)| **since).map(|(mark, _)| *mark);
            oldest.map(|oldest| marks.remove(&oldest));
        }
        marks.insert(mark, now);
    }

    fn lock_marks(&self) -> MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    fn passwords() -> PasswordChecker {
        PasswordChecker::new(LoginLimits::default(), Metrics::new()).expect("random")
    }

    fn check(password: &SecretString, hashed: Option<&String>) -> PasswordCheck {
        PasswordCheck {
            password: password.clone(),
            password_hash: hashed.cloned(),
            remember_success: true,
            lane: PasswordLane::Stranger,
        }
    }

    #[tokio::test]
    async fn a_verified_password_is_remembered_for_minutes_and_forgotten_when_it_changes() {
        let passwords = passwords();
        let good: SecretString = "correct horse".into();
        let hashed = hash(&good).expect("hashed");
        assert!(!passwords.is_remembered(&good, &hashed, now()));
        assert!(
            passwords
                .check_password(check(&good, Some(&hashed)), now())
                .await
                .expect("verified")
        );
        assert!(passwords.is_remembered(&good, &hashed, now() + TimeDelta::seconds(299)));
        assert!(!passwords.is_remembered(&good, &hashed, now() + TimeDelta::seconds(300)));
        assert!(
            !passwords.is_remembered(&good, &hash(&good).expect("hashed"), now()),
            "another hash in the store"
        );
        assert!(!passwords.is_remembered(&"wrong horse".into(), &hashed, now()));
    }

    #[tokio::test]
    async fn e8_a_password_is_recognised_for_a_day_and_verified_anew() {
        let passwords = passwords();
        let good: SecretString = "correct horse".into();
        let hashed = hash(&good).expect("hashed");
        assert!(!passwords.is_recognised(&good, &hashed, now()));
        passwords
            .check_password(check(&good, Some(&hashed)), now())
            .await
            .expect("verified");
        let later = now() + TimeDelta::hours(23);
        assert!(passwords.is_recognised(&good, &hashed, later) && !passwords.is_remembered(&good, &hashed, later));
        assert!(!passwords.is_recognised(&"wrong horse".into(), &hashed, later));
        assert!(!passwords.is_recognised(&good, &hashed, now() + TimeDelta::hours(24)));
    }

    #[tokio::test]
    async fn wrong_passwords_and_unknown_names_are_neither_right_nor_remembered() {
        let passwords = passwords();
        let (good, wrong): (SecretString, SecretString) = ("correct horse".into(), "wrong horse".into());
        let hashed = hash(&good).expect("hashed");
        assert!(
            !passwords
                .check_password(check(&wrong, Some(&hashed)), now())
                .await
                .expect("verified")
        );
        assert!(
            !passwords
                .check_password(check(&wrong, None), now())
                .await
                .expect("verified")
        );
        let forgetful = PasswordCheck {
            remember_success: false,
            ..check(&good, Some(&hashed))
        };
        assert!(passwords.check_password(forgetful, now()).await.expect("verified"));
        assert!(passwords.verified_marks.lock_marks().is_empty());
    }

    #[tokio::test]
    async fn e8_the_reserve_is_open_while_strangers_fill_their_queue() {
        let passwords = Arc::new(passwords());
        let good: SecretString = "correct horse".into();
        let hashed = hash(&good).expect("hashed");
        // Everybody's turn is taken: all that comes has to queue.
        let held = passwords.hash_permits.clone().acquire_owned().await.expect("open");
        let strangers: Vec<_> = (0..LoginLimits::default().queue_length)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.check_password(check(&"wrong".into(), None), now()).await })
            })
            .collect();
        while passwords.stranger_queue.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let busy = passwords.check_password(check(&good, Some(&hashed)), now()).await;
        assert!(matches!(busy, Err(PasswordError::Busy)));
        let reserved = PasswordCheck {
            lane: PasswordLane::Reserve,
            ..check(&good, Some(&hashed))
        };
        let known = tokio::spawn({
            let passwords = passwords.clone();
            async move {
                let right = passwords.check_password(reserved, now()).await.expect("verified");
                (right, passwords.metrics.get(&metric::PASSWORD_CHECKS, &["stranger"]))
            }
        });
        while passwords.reserve_queue.available_permits() == LoginLimits::default().queue_length {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(held);
        let (right, before) = known.await.expect("it ends");
        assert!(
            right && before.unwrap_or_default() <= 2.0,
            "{before:?} strangers came first"
        );
        strangers.iter().for_each(tokio::task::JoinHandle::abort);
    }

    /// A name that does not exist costs the same work: by its parameters, since time can't be told on a busy machine.
    #[test]
    fn the_hash_of_nobody_costs_what_that_of_somebody_costs() {
        let passwords = PasswordChecker::new(LoginLimits::default(), Metrics::new()).expect("random");
        let somebody = hash(&"correct horse".into()).expect("hashed");
        let cost = |hashed: &str| hashed.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&passwords.dummy_hash), cost(&somebody));
        assert!(somebody.starts_with("$argon2id$v=19$m="), "{somebody}");
    }

    #[test]
    fn short_passwords_are_refused() {
        assert!(matches!(hash(&"123456789".into()), Err(PasswordError::Length)));
        assert!(matches!(hash(&"x".repeat(2_000).into()), Err(PasswordError::Length)));
    }
}
