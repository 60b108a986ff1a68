//! Signing in: by operator name and password (Basic), by a token, or by a session of the console ([`session_rules`]),
//! which begins with a password. Every request does it anew. [`throttle`] slows guessing, [`password`] bounds what hashing
//! costs and keeps a reserve for those who are known (E8), [`second_factor`] checks the codes of those who have one.
//!
//! The audit trail gets the first failure of each cause and each minute, with the number of the others, and the first
//! success of each name and address since the bus was started. A name that does not exist is not written down: people
//! type passwords there (E1).

mod argon_hasher;
mod basic;
mod caller;
mod factor_drafts;
pub mod password;
mod password_sign_in;
mod person_credentials;
mod second_factor;
mod session_rules;
mod session_sign_in;
mod sign_in_end;
mod sign_in_problems;
mod throttle;
pub mod token;
mod totp;
mod typed_code;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

pub use caller::{Caller, SignInMethod};
pub(crate) use person_credentials::{GivenFactor, PersonCredentials};
pub(crate) use session_rules::{CONFIRMED, clean_user_agent};
pub(crate) use session_sign_in::SessionOrigin;
pub use sign_in_problems::not_signed_in_problem;
pub use throttle::network_prefix;

use self::basic::PresentedCredentials;
use self::factor_drafts::FactorDrafts;
use self::password::{PasswordChecker, PasswordError};
use self::sign_in_problems::{
    second_factor_needed_problem, second_factor_wrong_problem, sign_in_failed_problem, unreadable_header_problem,
};
use self::throttle::SignInThrottle;
use self::token::TokenKind;
use super::api_limits::LoginLimits;
use super::connection_limit::Peer;
use super::denial_trail::DenialTrail;
use super::problem::ApiProblem;
use crate::config::SecretKey;
use crate::model::{OperatorId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{OperatorRow, Store, StoreError, TokenRow};

/// Accounts and tokens that are looked up for strangers at the same time: the store has other readers.
const LOOKUPS: usize = 2;
/// How often it is written down that an account goes on signing in.
const SIGN_IN_RECORDED: TimeDelta = TimeDelta::hours(1);

pub struct Authenticator {
    store: Store,
    clock: Clock,
    /// Opens the seeds of second factors.
    secret_key: SecretKey,
    metrics: Metrics,
    limits: LoginLimits,
    pub passwords: PasswordChecker,
    throttle: Mutex<SignInThrottle>,
    lookups: Semaphore,
    denial_trail: Arc<DenialTrail>,
    /// Who has signed in from where since the start, for the audit trail.
    known_sign_ins: Mutex<HashSet<(String, IpAddr)>>,
    known_sign_ins_max: usize,
    /// When the store was last told that an account signs in.
    recorded_sign_ins: Mutex<HashMap<OperatorId, Timestamp>>,
    factor_drafts: FactorDrafts,
}

/// Why a sign-in failed; for the audit trail, never for the caller.
#[derive(Debug, Clone, Copy)]
enum SignInFailure {
    UnknownName,
    WrongPassword,
    UnknownToken,
    ExpiredToken,
    Disabled,
    /// The password was right, and nothing was tried yet.
    SecondFactorNeeded,
    WrongCode,
}

impl SignInFailure {
    fn code(self) -> &'static str {
        match self {
            SignInFailure::UnknownName => "unknownName",
            SignInFailure::WrongPassword => "wrongPassword",
            SignInFailure::UnknownToken => "unknownToken",
            SignInFailure::ExpiredToken => "expiredToken",
            SignInFailure::Disabled => "disabled",
            SignInFailure::SecondFactorNeeded => "secondFactorNeeded",
            SignInFailure::WrongCode => "wrongCode",
        }
    }

    fn to_problem(self) -> ApiProblem {
        match self {
            SignInFailure::SecondFactorNeeded => second_factor_needed_problem(),
            SignInFailure::WrongCode => second_factor_wrong_problem(),
            SignInFailure::UnknownName
            | SignInFailure::WrongPassword
            | SignInFailure::UnknownToken
            | SignInFailure::ExpiredToken
            | SignInFailure::Disabled => sign_in_failed_problem(),
        }
    }
}

/// What was looked at: an account, where there is one, and what is wrong with it.
struct SignInVerdict {
    operator: Option<OperatorRow>,
    by: SignInMethod,
    failure: Option<SignInFailure>,
}

impl Authenticator {
    pub fn new(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        limits: &LoginLimits,
        secret_key: SecretKey,
    ) -> Result<Self, PasswordError> {
        Ok(Authenticator {
            denial_trail: DenialTrail::new(store.clone(), clock.clone(), limits.denial_bounds),
            store,
            clock,
            passwords: PasswordChecker::new(limits.clone(), metrics.clone())?,
            metrics,
            throttle: Mutex::new(SignInThrottle::new(limits.clone())),
            lookups: Semaphore::new(LOOKUPS),
            known_sign_ins: Mutex::default(),
            known_sign_ins_max: limits.tracked_entries,
            recorded_sign_ins: Mutex::default(),
            factor_drafts: FactorDrafts::default(),
            limits: limits.clone(),
            secret_key,
        })
    }

    pub async fn sign_in(&self, headers: &HeaderMap, peer: &Peer) -> Result<Caller, ApiProblem> {
        match basic::read_credentials(headers) {
            PresentedCredentials::Nothing => Err(not_signed_in_problem()),
            PresentedCredentials::Unreadable => Err(unreadable_header_problem()),
            PresentedCredentials::Password { name, password, code } => {
                let factor = code.map_or(GivenFactor::Nothing, GivenFactor::Code);
                let given = PersonCredentials { name, password, factor };
                self.sign_in_by_password(given, peer).await
            }
            PresentedCredentials::Token(text) => match token::parse_token(text.expose_secret()) {
                Some((TokenKind::Session, sha256)) => self.sign_in_by_session(sha256, peer).await,
                Some((TokenKind::Api, sha256)) => self.sign_in_by_token(Some(sha256), peer).await,
                Some((TokenKind::OneTime, _)) | None => self.sign_in_by_token(None, peer).await,
            },
        }
    }

    /// A person who gives name, password and code for one step, whatever connection is in use; counted and slowed like any
    /// other sign-in.
    pub(crate) async fn sign_in_person(&self, given: PersonCredentials, address: IpAddr) -> Result<Caller, ApiProblem> {
        self.sign_in_by_password(given, &Peer::from_address(address)).await
    }

    /// A one-time token (a sign-in link, the first set-up) is about to be looked at: it counts for its address as a wrong
    /// one, until it was right.
    pub(crate) async fn begin_one_time_attempt(&self, peer: &Peer) -> Result<(), ApiProblem> {
        self.begin_token_attempt(None, peer).await
    }

    /// It was right.
    pub(crate) fn accept_one_time_token(&self, peer: &Peer) {
        self.lock_throttle()
            .record_success(None, peer.address, self.clock.now());
    }

    /// It was none, or is over.
    pub(crate) fn deny_one_time_token(&self, peer: &Peer) -> ApiProblem {
        let judged = SignInVerdict {
            operator: None,
            by: SignInMethod::Token(0),
            failure: Some(SignInFailure::UnknownToken),
        };
        self.deny_sign_in(&judged, peer)
    }

    /// Writes what was counted of refusals: where its minute is over, or `all` of it.
    pub async fn flush_denials(&self, all: bool) {
        self.denial_trail.flush_counts(all).await;
    }

    /// Strangers look few at a time, so that they do not stand in the way of whoever else reads the store.
    pub(crate) async fn throttled_lookup<T>(
        &self,
        peer: &Peer,
        found: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ApiProblem> {
        let known = peer.connection.as_ref().is_some_and(|connection| connection.is_known());
        let _turn = if known {
            None
        } else {
            Some(self.lookups.acquire().await.map_err(|_| StoreError::Closed)?)
        };
        Ok(found.await?)
    }

    /// `sha256`: of what may be a token.
    async fn sign_in_by_token(&self, sha256: Option<[u8; 32]>, peer: &Peer) -> Result<Caller, ApiProblem> {
        let now = self.clock.now();
        let found = match sha256 {
            Some(sha256) => {
                self.throttled_lookup(peer, self.store.find_operator_by_token(sha256))
                    .await?
            }
            None => None,
        };
        let Some((operator, token)) = found else {
            self.begin_token_attempt(None, peer).await?;
            let judged = SignInVerdict {
                operator: None,
                by: SignInMethod::Token(0),
                failure: Some(SignInFailure::UnknownToken),
            };
            return self.finish_sign_in(judged, peer).await;
        };
        let operator = operator.restricted_to(&token.scope);
        let failure = if token.expires_at.is_some_and(|end| end <= now) {
            Some(SignInFailure::ExpiredToken)
        } else {
            operator.disabled.then_some(SignInFailure::Disabled)
        };
        if failure.is_some() {
            self.begin_token_attempt(Some(&operator), peer).await?;
        }
        let judged = SignInVerdict {
            operator: Some(operator),
            by: SignInMethod::Token(token.id),
            failure,
        };
        self.finish_sign_in(judged, peer).await
    }

    /// The account as it is now, for what goes on for long after the sign-in; refused where it would not get in any more.
    pub async fn revalidate_account(&self, caller: &Caller) -> Result<OperatorRow, ApiProblem> {
        let id = caller.operator.id;
        let row = match self.store.load_operator(id).await {
            Ok(row) if !row.disabled => row,
            // Whether it is there is not told.
            Ok(_) | Err(StoreError::Unknown { .. }) => return Err(sign_in_failed_problem()),
            Err(error) => return Err(error.into()),
        };
        match caller.by {
            SignInMethod::Token(number) => self.revalidate_token(row, number).await,
            SignInMethod::Session { id: session, .. } => {
                self.require_session_live(session, &row).await?;
                Ok(row)
            }
            SignInMethod::Password { .. } => {
                // Whoever signed in by a password that holds no more, or is not enough any more, has to sign in again.
                let signs_in_with = |row: &OperatorRow| {
                    let hash = row.password_hash.clone();
                    (hash, row.password_given, row.second_factor_since)
                };
                if signs_in_with(&row) == signs_in_with(&caller.operator) {
                    Ok(row)
                } else {
                    Err(sign_in_failed_problem())
                }
            }
        }
    }

    async fn revalidate_token(&self, row: OperatorRow, number: i64) -> Result<OperatorRow, ApiProblem> {
        let (tokens, now) = (self.store.list_tokens(row.id).await?, self.clock.now());
        let good = |token: &TokenRow| token.id == number && token.expires_at.is_none_or(|end| end > now);
        let token = tokens
            .iter()
            .find(|token| good(token))
            .ok_or_else(sign_in_failed_problem)?;
        Ok(row.restricted_to(&token.scope))
    }

    fn lock_throttle(&self) -> std::sync::MutexGuard<'_, SignInThrottle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
