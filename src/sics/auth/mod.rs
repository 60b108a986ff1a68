//! Signing in: by operator name and password (Basic), or by a token. Every request does it anew; there are no sessions
//! to steal. [`throttle`] slows guessing, [`password`] bounds what hashing costs and keeps a reserve for those who are
//! known (E8).
//!
//! The audit trail gets the first failure of each cause and each minute, with the number of the others, and the first
//! success of each name and address since the bus was started. A name that does not exist is not written down: people
//! type passwords there (E1).

mod basic;
pub mod password;
mod session;
mod throttle;
pub mod token;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use session::{By, Caller};
pub use throttle::network;

use self::basic::Shown;
use self::password::{Check, Lane, PasswordError, Passwords};
use self::throttle::{Attempt, Held, Throttle, Verdict};
use super::gate::Peer;
use super::limits::LoginLimits;
use super::problem::Problem;
use super::refusals::Refusal;
use super::trail::Trail;
use crate::model::{Loosens, Timestamp};
use crate::observe::{Clock, Metrics, metric};
use crate::store::{AsSeen, AuditEntry, OperatorRow, Store, StoreError, TokenRow};

/// Accounts and tokens that are looked up for strangers at the same time: the store has other readers.
const LOOKUPS: usize = 2;

pub struct Auth {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    limits: LoginLimits,
    pub passwords: Passwords,
    throttle: Mutex<Throttle>,
    lookups: Semaphore,
    trail: Arc<Trail>,
    /// Who has signed in from where since the start, for the audit trail.
    greeted: Mutex<HashSet<(String, IpAddr)>>,
    greeted_max: usize,
}

/// Why a sign-in failed; for the audit trail, never for the caller.
#[derive(Debug, Clone, Copy)]
enum Failure {
    UnknownName,
    WrongPassword,
    UnknownToken,
    ExpiredToken,
    Disabled,
}

impl Failure {
    fn code(self) -> &'static str {
        match self {
            Failure::UnknownName => "unknownName",
            Failure::WrongPassword => "wrongPassword",
            Failure::UnknownToken => "unknownToken",
            Failure::ExpiredToken => "expiredToken",
            Failure::Disabled => "disabled",
        }
    }
}

/// What was looked at: an account, where there is one, and what is wrong with it.
struct Judged {
    operator: Option<OperatorRow>,
    by: By,
    failure: Option<Failure>,
}

/// A name and a password, and what the store has of them.
struct Given {
    password: SecretString,
    account: Option<OperatorRow>,
    hashed: Option<String>,
}

impl Given {
    fn check(&self, lane: Lane) -> Check {
        Check {
            password: self.password.clone(),
            hashed: self.hashed.clone(),
            remember: self.may_enter(),
            lane,
        }
    }

    /// A right password is of use only to an account that is not disabled; the other costs as much as a wrong one.
    fn may_enter(&self) -> bool {
        self.account.as_ref().is_some_and(|account| !account.disabled)
    }

    fn judge(self, right: bool) -> Judged {
        let failure = match &self.account {
            None => Some(Failure::UnknownName),
            Some(_) if !right => Some(Failure::WrongPassword),
            Some(operator) if operator.disabled => Some(Failure::Disabled),
            Some(_) => None,
        };
        Judged {
            operator: self.account,
            by: By::Password,
            failure,
        }
    }
}

impl Auth {
    pub fn new(store: Store, clock: Clock, metrics: Metrics, limits: &LoginLimits) -> Result<Self, PasswordError> {
        Ok(Auth {
            trail: Trail::new(store.clone(), clock.clone(), limits.refusals),
            store,
            clock,
            passwords: Passwords::new(limits.clone(), metrics.clone())?,
            metrics,
            throttle: Mutex::new(Throttle::new(limits.clone())),
            lookups: Semaphore::new(LOOKUPS),
            greeted: Mutex::default(),
            greeted_max: limits.entries,
            limits: limits.clone(),
        })
    }

    pub async fn sign_in(&self, headers: &HeaderMap, peer: &Peer) -> Result<Caller, Problem> {
        match basic::shown(headers) {
            Shown::Nothing => Err(not_signed_in()),
            Shown::Unreadable => Err(refused()),
            Shown::Password { name, password } => self.by_password(&name, password, peer).await,
            Shown::Token(text) => self.by_token(&text, peer).await,
        }
    }

    /// A person who gives name and password for one step, whatever connection is in use; counted and slowed like any
    /// other sign-in.
    pub async fn person(&self, name: &str, password: SecretString, address: IpAddr) -> Result<Caller, Problem> {
        self.by_password(name, password, &Peer::at(address)).await
    }

    /// Writes what was counted of refusals: where its minute is over, or `all` of it.
    pub async fn tell_refusals(&self, all: bool) {
        self.trail.tell(all).await;
    }

    async fn by_password(&self, name: &str, password: SecretString, peer: &Peer) -> Result<Caller, Problem> {
        let account = self.look_up(peer, self.store.operator_by_name(name)).await?;
        let hashed = account.as_ref().and_then(|operator| operator.password_hash.clone());
        let given = Given {
            password,
            account,
            hashed,
        };
        let now = self.clock.now();
        // Whoever is remembered or recognised is let in before guessing is counted: a guesser can hold up neither a
        // server that is at work nor a person who comes back. Nothing but the right password is.
        if let (true, Some(hashed)) = (given.may_enter(), &given.hashed) {
            if self.passwords.remembers(&given.password, hashed, now) {
                return self.settle(given.judge(true), peer).await;
            }
            if self.passwords.recognises(&given.password, hashed, now) {
                let _kept = peer.place.as_ref().map(|place| place.keep());
                let checked = self.passwords.check(given.check(Lane::Reserve), now).await;
                return self.settle(given.judge(checked.map_err(busy)?), peer).await;
            }
        }
        let attempt = Attempt {
            name: Some(name),
            exists: given.hashed.is_some(),
            address: peer.address,
        };
        let verdict = self.throttle().begin(attempt, now);
        match verdict {
            Verdict::Refuse(held) => Err(self.slow(given.account, held, peer).await),
            Verdict::Late { held, look } => self.late(name, given, look, slowed(held), peer).await,
            Verdict::Look => match self.passwords.check(given.check(Lane::Stranger), now).await {
                Ok(right) => self.checked(name, given, right, now, peer).await,
                Err(PasswordError::Busy) => {
                    let look = given.hashed.is_some();
                    self.late(name, given, look, busy(PasswordError::Busy), peer).await
                }
                Err(error) => Err(busy(error)),
            },
        }
    }

    async fn checked(
        &self,
        name: &str,
        given: Given,
        right: bool,
        now: Timestamp,
        peer: &Peer,
    ) -> Result<Caller, Problem> {
        if right && given.may_enter() {
            self.throttle().succeeded(Some(name), peer.address, now);
        }
        self.settle(given.judge(right), peer).await
    }

    /// What strangers may use is used up. A right password gets in; everything else is answered `otherwise`, at the same
    /// time whether or not it was looked at.
    async fn late(
        &self,
        name: &str,
        given: Given,
        look: bool,
        otherwise: Problem,
        peer: &Peer,
    ) -> Result<Caller, Problem> {
        let (answer_at, now) = (Instant::now() + self.limits.answer_time, self.clock.now());
        if look {
            let _kept = peer.place.as_ref().map(|place| place.keep());
            let check = self.passwords.check(given.check(Lane::Reserve), now);
            let checked = tokio::time::timeout_at(answer_at, check).await;
            if matches!(checked, Ok(Ok(true))) && given.may_enter() {
                return self.checked(name, given, true, now, peer).await;
            }
        }
        self.fail(peer, given.account.as_ref());
        let refusal = self.refusal("signIn.slowed", given.account.as_ref(), "", peer.address);
        self.trail.refuse(refusal, json!({}));
        tokio::time::sleep_until(answer_at).await;
        Err(otherwise)
    }

    /// Strangers look few at a time, so that they do not stand in the way of whoever else reads the store.
    async fn look_up<T>(&self, peer: &Peer, found: impl Future<Output = Result<T, StoreError>>) -> Result<T, Problem> {
        let known = peer.place.as_ref().is_some_and(|place| place.is_known());
        let _turn = match known {
            true => None,
            false => Some(self.lookups.acquire().await.map_err(|_| StoreError::Closed)?),
        };
        Ok(found.await?)
    }

    async fn by_token(&self, text: &SecretString, peer: &Peer) -> Result<Caller, Problem> {
        let now = self.clock.now();
        let found = match token::digest(text.expose_secret()) {
            Some(sha256) => self.look_up(peer, self.store.operator_by_token(sha256)).await?,
            None => None,
        };
        let Some((operator, token)) = found else {
            self.begin_token(None, peer).await?;
            let judged = Judged {
                operator: None,
                by: By::Token(0),
                failure: Some(Failure::UnknownToken),
            };
            return self.settle(judged, peer).await;
        };
        let operator = operator.narrowed(&token.scope);
        let failure = if token.expires_at.is_some_and(|end| end <= now) {
            Some(Failure::ExpiredToken)
        } else {
            operator.disabled.then_some(Failure::Disabled)
        };
        if failure.is_some() {
            self.begin_token(Some(&operator), peer).await?;
        }
        let judged = Judged {
            operator: Some(operator),
            by: By::Token(token.id),
            failure,
        };
        self.settle(judged, peer).await
    }

    /// The account as it is now, for what goes on for long after the sign-in; refused where it would not get in any more.
    pub async fn still(&self, caller: &Caller) -> Result<OperatorRow, Problem> {
        let id = caller.operator.id;
        let row = match self.store.operator(id).await {
            Ok(row) if !row.disabled => row,
            Ok(_) | Err(StoreError::Unknown { .. }) => return Err(refused()),
            Err(error) => return Err(error.into()),
        };
        if let By::Token(number) = caller.by {
            let (tokens, now) = (self.store.tokens(id).await?, self.clock.now());
            let good = |token: &TokenRow| token.id == number && token.expires_at.is_none_or(|end| end > now);
            let token = tokens.iter().find(|token| good(token)).ok_or_else(refused)?;
            return Ok(row.narrowed(&token.scope));
        }
        // Whoever signed in by a password that holds no more has to sign in again.
        let (now, then) = (&row, &caller.operator);
        match now.password_hash == then.password_hash && now.password_given == then.password_given {
            true => Ok(row),
            false => Err(refused()),
        }
    }

    async fn begin_token(&self, account: Option<&OperatorRow>, peer: &Peer) -> Result<(), Problem> {
        let attempt = Attempt {
            name: None,
            exists: false,
            address: peer.address,
        };
        let verdict = self.throttle().begin(attempt, self.clock.now());
        match verdict {
            Verdict::Look => Ok(()),
            Verdict::Refuse(held) | Verdict::Late { held, .. } => Err(self.slow(account.cloned(), held, peer).await),
        }
    }

    async fn slow(&self, account: Option<OperatorRow>, held: Held, peer: &Peer) -> Problem {
        self.fail(peer, account.as_ref());
        let refusal = self.refusal("signIn.slowed", account.as_ref(), "", peer.address);
        self.trail.refuse(refusal, json!({"retryAfterS": held.retry_after_s}));
        slowed(held)
    }

    fn fail(&self, peer: &Peer, account: Option<&OperatorRow>) {
        if let Some(place) = &peer.place {
            place.fail(account.map(|account| account.id));
        }
    }

    fn refusal(&self, action: &'static str, account: Option<&OperatorRow>, reason: &str, address: IpAddr) -> Refusal {
        Refusal {
            action,
            account: account.map(|account| account.name.clone()),
            subject: network(address).to_string(),
            reason: reason.to_owned(),
        }
    }

    async fn settle(&self, judged: Judged, peer: &Peer) -> Result<Caller, Problem> {
        let address = peer.address;
        let (Some(operator), None) = (&judged.operator, judged.failure) else {
            self.fail(peer, judged.operator.as_ref());
            self.metrics.add(&metric::LOGINS_FAILED, &[], 1);
            let reason = judged.failure.map_or("unknownName", Failure::code);
            let refusal = self.refusal("signIn.failed", judged.operator.as_ref(), reason, address);
            self.trail.refuse(refusal, json!({"reason": reason}));
            return Err(refused());
        };
        if let Some(place) = &peer.place {
            place.know(operator.id);
        }
        if self.greets(&operator.name, address) {
            self.write_greeting(operator, &judged.by, address).await;
        }
        Ok(Caller {
            operator: Arc::new(operator.clone()),
            by: judged.by,
            address,
            asked: Vec::new(),
            loosens: Loosens::Never,
            seen: AsSeen::UNJUDGED,
        })
    }

    fn greets(&self, name: &str, address: IpAddr) -> bool {
        let mut greeted = self.greeted.lock().unwrap_or_else(PoisonError::into_inner);
        if greeted.len() >= self.greeted_max {
            greeted.clear();
        }
        greeted.insert((name.to_owned(), throttle::network(address)))
    }

    fn throttle(&self) -> std::sync::MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A trail that can't be written must not lock people out who come to mend it; readiness shows the store's cause.
    async fn write_greeting(&self, operator: &OperatorRow, by: &By, address: IpAddr) {
        let by = match by {
            By::Password => json!("password"),
            By::Token(id) => json!({"token": id}),
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
        if let Err(error) = self.store.audit(entry).await {
            tracing::error!(action, error = %error, "failed to write the audit trail");
        }
    }
}

fn slowed(held: Held) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "signInSlowed",
        "too many wrong sign-ins under this name or from this address",
        "Wait as long as Retry-After says, and check name and password meanwhile.",
    )
    .retry_after(held.retry_after_s)
}

pub fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "notSignedIn",
        "this needs a sign-in",
        "Send an operator's name and password (Basic) or a token (Authorization: Bearer icp_…).",
    )
}

/// One answer for all reasons: which of them it was is nobody's business who can't sign in.
fn refused() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "signInFailed",
        "name, password or token is wrong, expired or disabled",
        "Check the spelling; somebody with Operators_Manage can look at the account and its tokens. The audit trail has the reason.",
    )
}

fn busy(error: PasswordError) -> Problem {
    match error {
        PasswordError::Busy => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "signInBusy",
            "too many sign-ins at once",
            "Try again in a moment; tokens need no such patience.",
        )
        .retry_after(2),
        other => Problem::internal("password", &other),
    }
}
