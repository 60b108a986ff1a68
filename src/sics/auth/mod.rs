//! Signing in: by operator name and password (Basic), or by a token. Every request does it anew; there are no sessions
//! to steal. [`throttle`] slows guessing, [`password`] bounds what hashing costs and keeps a reserve for those who are
//! known (E8).
//!
//! The audit trail gets the first failure of each cause and each minute, with the number of the others, and the first
//! success of each name and address since the bus was started. A name that does not exist is not written down: people
//! type passwords there (E1).

mod argon_hasher;
mod basic;
mod caller;
pub mod password;
mod sign_in_problems;
mod throttle;
pub mod token;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use caller::{Caller, SignInMethod};
pub use sign_in_problems::not_signed_in_problem;
pub use throttle::network_prefix;

use self::basic::PresentedCredentials;
use self::password::{PasswordCheck, PasswordChecker, PasswordError, PasswordLane};
use self::sign_in_problems::{sign_in_busy_problem, sign_in_failed_problem, sign_in_slowed_problem};
use self::throttle::{SignInAttempt, SignInDelay, SignInThrottle, ThrottleVerdict};
use super::api_limits::LoginLimits;
use super::connection_limit::Peer;
use super::denial_trail::DenialTrail;
use super::denials::DenialCause;
use super::problem::ApiProblem;
use crate::model::{RelaxationRule, Timestamp};
use crate::observe::{Clock, Metrics, metric};
use crate::store::{AccountsVersion, AuditEntry, OperatorRow, Store, StoreError, TokenRow};

/// Accounts and tokens that are looked up for strangers at the same time: the store has other readers.
const LOOKUPS: usize = 2;

pub struct Authenticator {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    limits: LoginLimits,
    pub passwords: PasswordChecker,
    throttle: Mutex<SignInThrottle>,
    lookups: Semaphore,
    denial_trail: Arc<DenialTrail>,
    /// Who has signed in from where since the start, for the audit trail.
    known_sign_ins: Mutex<HashSet<(String, IpAddr)>>,
    known_sign_ins_max: usize,
}

/// Why a sign-in failed; for the audit trail, never for the caller.
#[derive(Debug, Clone, Copy)]
enum SignInFailure {
    UnknownName,
    WrongPassword,
    UnknownToken,
    ExpiredToken,
    Disabled,
}

impl SignInFailure {
    fn code(self) -> &'static str {
        match self {
            SignInFailure::UnknownName => "unknownName",
            SignInFailure::WrongPassword => "wrongPassword",
            SignInFailure::UnknownToken => "unknownToken",
            SignInFailure::ExpiredToken => "expiredToken",
            SignInFailure::Disabled => "disabled",
        }
    }
}

/// What was looked at: an account, where there is one, and what is wrong with it.
struct SignInVerdict {
    operator: Option<OperatorRow>,
    by: SignInMethod,
    failure: Option<SignInFailure>,
}

/// A name and a password, and what the store has of them.
struct PasswordSignIn {
    password: SecretString,
    account: Option<OperatorRow>,
    password_hash: Option<String>,
}

impl PasswordSignIn {
    fn to_password_check(&self, lane: PasswordLane) -> PasswordCheck {
        PasswordCheck {
            password: self.password.clone(),
            password_hash: self.password_hash.clone(),
            remember_success: self.may_sign_in(),
            lane,
        }
    }

    /// A right password is of use only to an account that is not disabled; the other costs as much as a wrong one.
    fn may_sign_in(&self) -> bool {
        self.account.as_ref().is_some_and(|account| !account.disabled)
    }

    fn into_verdict(self, right: bool) -> SignInVerdict {
        let failure = match &self.account {
            None => Some(SignInFailure::UnknownName),
            Some(_) if !right => Some(SignInFailure::WrongPassword),
            Some(operator) if operator.disabled => Some(SignInFailure::Disabled),
            Some(_) => None,
        };
        SignInVerdict {
            operator: self.account,
            by: SignInMethod::Password,
            failure,
        }
    }
}

impl Authenticator {
    pub fn new(store: Store, clock: Clock, metrics: Metrics, limits: &LoginLimits) -> Result<Self, PasswordError> {
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
            limits: limits.clone(),
        })
    }

    pub async fn sign_in(&self, headers: &HeaderMap, peer: &Peer) -> Result<Caller, ApiProblem> {
        match basic::read_credentials(headers) {
            PresentedCredentials::Nothing => Err(not_signed_in_problem()),
            PresentedCredentials::Unreadable => Err(sign_in_failed_problem()),
            PresentedCredentials::Password { name, password } => self.sign_in_by_password(&name, password, peer).await,
            PresentedCredentials::Token(text) => self.sign_in_by_token(&text, peer).await,
        }
    }

    /// A person who gives name and password for one step, whatever connection is in use; counted and slowed like any
    /// other sign-in.
    pub async fn sign_in_person(
        &self,
        name: &str,
        password: SecretString,
        address: IpAddr,
    ) -> Result<Caller, ApiProblem> {
        self.sign_in_by_password(name, password, &Peer::from_address(address))
            .await
    }

    /// Writes what was counted of refusals: where its minute is over, or `all` of it.
    pub async fn flush_denials(&self, all: bool) {
        self.denial_trail.flush_counts(all).await;
    }

    async fn sign_in_by_password(&self, name: &str, password: SecretString, peer: &Peer) -> Result<Caller, ApiProblem> {
        let account = self
            .throttled_lookup(peer, self.store.find_operator_by_name(name))
            .await?;
        let hashed = account.as_ref().and_then(|operator| operator.password_hash.clone());
        let given = PasswordSignIn {
            password,
            account,
            password_hash: hashed,
        };
        let now = self.clock.now();
        // Whoever is remembered or recognised is let in before guessing is counted: a guesser can hold up neither a
        // server that is at work nor a person who comes back. Nothing but the right password is.
        if let (true, Some(hashed)) = (given.may_sign_in(), &given.password_hash) {
            if self.passwords.is_remembered(&given.password, hashed, now) {
                return self.finish_sign_in(given.into_verdict(true), peer).await;
            }
            if self.passwords.is_recognised(&given.password, hashed, now) {
                let _check_hold = peer
                    .connection
                    .as_ref()
                    .map(|connection| connection.hold_during_check());
                let checked = self
                    .passwords
                    .check_password(given.to_password_check(PasswordLane::Reserve), now)
                    .await;
                return self
                    .finish_sign_in(given.into_verdict(checked.map_err(sign_in_busy_problem)?), peer)
                    .await;
            }
        }
        let attempt = SignInAttempt {
            name: Some(name),
            account_exists: given.password_hash.is_some(),
            address: peer.address,
        };
        let verdict = self.lock_throttle().begin_attempt(attempt, now);
        match verdict {
            ThrottleVerdict::Refuse(held) => Err(self.deny_slowed(given.account, held, peer).await),
            ThrottleVerdict::Late { held, look } => {
                self.answer_late(name, given, look, sign_in_slowed_problem(held), peer)
                    .await
            }
            ThrottleVerdict::Look => match self
                .passwords
                .check_password(given.to_password_check(PasswordLane::Stranger), now)
                .await
            {
                Ok(right) => self.finish_password_check(name, given, right, now, peer).await,
                Err(PasswordError::Busy) => {
                    let look = given.password_hash.is_some();
                    self.answer_late(name, given, look, sign_in_busy_problem(PasswordError::Busy), peer)
                        .await
                }
                Err(error) => Err(sign_in_busy_problem(error)),
            },
        }
    }

    async fn finish_password_check(
        &self,
        name: &str,
        given: PasswordSignIn,
        right: bool,
        now: Timestamp,
        peer: &Peer,
    ) -> Result<Caller, ApiProblem> {
        if right && given.may_sign_in() {
            self.lock_throttle().record_success(Some(name), peer.address, now);
        }
        self.finish_sign_in(given.into_verdict(right), peer).await
    }

    /// What strangers may use is used up. A right password gets in; everything else is answered `otherwise`, at the same
    /// time whether or not it was looked at.
    async fn answer_late(
        &self,
        name: &str,
        given: PasswordSignIn,
        look: bool,
        otherwise: ApiProblem,
        peer: &Peer,
    ) -> Result<Caller, ApiProblem> {
        let (answer_at, now) = (Instant::now() + self.limits.failure_response_time, self.clock.now());
        if look {
            let _check_hold = peer
                .connection
                .as_ref()
                .map(|connection| connection.hold_during_check());
            let check = self
                .passwords
                .check_password(given.to_password_check(PasswordLane::Reserve), now);
            let checked = tokio::time::timeout_at(answer_at, check).await;
            if matches!(checked, Ok(Ok(true))) && given.may_sign_in() {
                return self.finish_password_check(name, given, true, now, peer).await;
            }
        }
        self.mark_sign_in_failed(peer, given.account.as_ref());
        let refusal = self.denial_cause("signIn.slowed", given.account.as_ref(), "", peer.address);
        self.denial_trail.record_denial(refusal, json!({}));
        tokio::time::sleep_until(answer_at).await;
        Err(otherwise)
    }

    /// Strangers look few at a time, so that they do not stand in the way of whoever else reads the store.
    async fn throttled_lookup<T>(
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

    async fn sign_in_by_token(&self, text: &SecretString, peer: &Peer) -> Result<Caller, ApiProblem> {
        let now = self.clock.now();
        let found = match token::token_digest(text.expose_secret()) {
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
            Ok(_) | Err(StoreError::Unknown { .. }) => return Err(sign_in_failed_problem()),
            Err(error) => return Err(error.into()),
        };
        if let SignInMethod::Token(number) = caller.by {
            let (tokens, now) = (self.store.list_tokens(id).await?, self.clock.now());
            let good = |token: &TokenRow| token.id == number && token.expires_at.is_none_or(|end| end > now);
            let token = tokens
                .iter()
                .find(|token| good(token))
                .ok_or_else(sign_in_failed_problem)?;
            return Ok(row.restricted_to(&token.scope));
        }
        // Whoever signed in by a password that holds no more has to sign in again.
        let (now, then) = (&row, &caller.operator);
        if now.password_hash == then.password_hash && now.password_given == then.password_given {
            Ok(row)
        } else {
            Err(sign_in_failed_problem())
        }
    }

    async fn begin_token_attempt(&self, account: Option<&OperatorRow>, peer: &Peer) -> Result<(), ApiProblem> {
        let attempt = SignInAttempt {
            name: None,
            account_exists: false,
            address: peer.address,
        };
        let verdict = self.lock_throttle().begin_attempt(attempt, self.clock.now());
        match verdict {
            ThrottleVerdict::Look => Ok(()),
            ThrottleVerdict::Refuse(held) | ThrottleVerdict::Late { held, .. } => {
                Err(self.deny_slowed(account.cloned(), held, peer).await)
            }
        }
    }

    async fn deny_slowed(&self, account: Option<OperatorRow>, held: SignInDelay, peer: &Peer) -> ApiProblem {
        self.mark_sign_in_failed(peer, account.as_ref());
        let refusal = self.denial_cause("signIn.slowed", account.as_ref(), "", peer.address);
        self.denial_trail
            .record_denial(refusal, json!({"retryAfterS": held.retry_after_s}));
        sign_in_slowed_problem(held)
    }

    fn mark_sign_in_failed(&self, peer: &Peer, account: Option<&OperatorRow>) {
        if let Some(place) = &peer.connection {
            place.mark_sign_in_failed(account.map(|account| account.id));
        }
    }

    fn denial_cause(
        &self,
        action: &'static str,
        account: Option<&OperatorRow>,
        reason: &str,
        address: IpAddr,
    ) -> DenialCause {
        DenialCause {
            action,
            account: account.map(|account| account.name.clone()),
            subject: network_prefix(address).to_string(),
            reason: reason.to_owned(),
        }
    }

    async fn finish_sign_in(&self, judged: SignInVerdict, peer: &Peer) -> Result<Caller, ApiProblem> {
        let address = peer.address;
        let (Some(operator), None) = (&judged.operator, judged.failure) else {
            self.mark_sign_in_failed(peer, judged.operator.as_ref());
            self.metrics.increment_counter(&metric::LOGINS_FAILED, &[], 1);
            let reason = judged.failure.map_or("unknownName", SignInFailure::code);
            let refusal = self.denial_cause("signIn.failed", judged.operator.as_ref(), reason, address);
            self.denial_trail.record_denial(refusal, json!({"reason": reason}));
            return Err(sign_in_failed_problem());
        };
        if let Some(place) = &peer.connection {
            place.mark_signed_in(operator.id);
        }
        if self.is_first_sign_in(&operator.name, address) {
            self.audit_sign_in(operator, &judged.by, address).await;
        }
        Ok(Caller {
            operator: Arc::new(operator.clone()),
            by: judged.by,
            address,
            asked_rights: Vec::new(),
            relaxation_rule: RelaxationRule::Never,
            accounts_version: AccountsVersion::UNJUDGED,
        })
    }

    fn is_first_sign_in(&self, name: &str, address: IpAddr) -> bool {
        let mut greeted = self.known_sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        if greeted.len() >= self.known_sign_ins_max {
            greeted.clear();
        }
        greeted.insert((name.to_owned(), throttle::network_prefix(address)))
    }

    fn lock_throttle(&self) -> std::sync::MutexGuard<'_, SignInThrottle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A trail that cannot be written must not lock out the people who come to repair it; readiness shows the store's
    /// cause.
    async fn audit_sign_in(&self, operator: &OperatorRow, by: &SignInMethod, address: IpAddr) {
        let by = match by {
            SignInMethod::Password => json!("password"),
            SignInMethod::Token(id) => json!({"token": id}),
        };
        let (entry, action) = (
            AuditEntry {
                actor: operator.name.clone(),
                action: "signIn",
                subject: address.to_string(),
                detail: json!({"by": by}),
            },
            "signIn",
        );
        tracing::info!(operator = operator.name, peer = %address, action, "sign-in");
        if let Err(error) = self.store.record_audit_entry(entry).await {
            tracing::error!(action, error = %error, "failed to write the audit trail");
        }
    }
}
