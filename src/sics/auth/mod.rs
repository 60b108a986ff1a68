//! Signing in: by operator name and password (Basic), or by a token. Every request does it anew; there are no sessions
//! to steal. [`throttle`] slows guessing, [`password`] bounds what hashing costs.
//!
//! The audit trail gets every failure until the throttle holds the guesser up, and the first success of each name and
//! address since the bus was started. A name that does not exist is not written down: people type passwords there (E1).

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

pub use session::{By, Caller};

use self::basic::Shown;
use self::password::{PasswordError, Passwords};
use self::throttle::Throttle;
use super::limits::LoginLimits;
use super::problem::Problem;
use crate::model::Loosens;
use crate::observe::{Clock, Metrics, metric};
use crate::store::{AuditEntry, OperatorRow, Store, StoreError, TokenRow};

pub struct Auth {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    pub passwords: Passwords,
    throttle: Mutex<Throttle>,
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

impl Auth {
    pub fn new(store: Store, clock: Clock, metrics: Metrics, limits: &LoginLimits) -> Result<Self, PasswordError> {
        Ok(Auth {
            store,
            clock,
            metrics,
            passwords: Passwords::new(limits.clone())?,
            throttle: Mutex::new(Throttle::new(limits.clone())),
            greeted: Mutex::default(),
            greeted_max: limits.entries,
        })
    }

    pub async fn sign_in(&self, headers: &HeaderMap, address: IpAddr) -> Result<Caller, Problem> {
        match basic::shown(headers) {
            Shown::Nothing => Err(not_signed_in()),
            Shown::Unreadable => Err(refused()),
            Shown::Password { name, password } => self.by_password(&name, password, address).await,
            Shown::Token(text) => self.by_token(&text, address).await,
        }
    }

    async fn by_password(&self, name: &str, password: SecretString, address: IpAddr) -> Result<Caller, Problem> {
        let known = self.store.operator_by_name(name).await?;
        let hashed = known.as_ref().and_then(|operator| operator.password_hash.clone());
        let now = self.clock.now();
        // Whoever is remembered is let in before guessing is counted: a guesser can't hold a server up that is at work.
        let remembered = hashed
            .as_ref()
            .is_some_and(|hashed| self.passwords.remembers(&password, hashed, now));
        if !remembered {
            let account = known.as_ref().map(|operator| operator.name.clone());
            self.begin(Some(name), account, address).await?;
        }
        let right = remembered || self.passwords.check(password, hashed, now).await.map_err(busy)?;
        let failure = match &known {
            None => Some(Failure::UnknownName),
            Some(_) if !right => Some(Failure::WrongPassword),
            Some(operator) if operator.disabled => Some(Failure::Disabled),
            Some(_) => None,
        };
        if right && !remembered {
            self.throttle().succeeded(Some(name), address, now);
        }
        let judged = Judged {
            operator: known,
            by: By::Password,
            failure,
        };
        self.settle(judged, address).await
    }

    /// A person who gives name and password for one step, whatever connection is in use; counted and slowed like any
    /// other sign-in.
    pub async fn person(&self, name: &str, password: SecretString, address: IpAddr) -> Result<Caller, Problem> {
        self.by_password(name, password, address).await
    }

    async fn by_token(&self, text: &SecretString, address: IpAddr) -> Result<Caller, Problem> {
        let now = self.clock.now();
        let found = match token::digest(text.expose_secret()) {
            Some(sha256) => self.store.operator_by_token(sha256).await?,
            None => None,
        };
        let Some((operator, token)) = found else {
            self.begin(None, None, address).await?;
            let judged = Judged {
                operator: None,
                by: By::Token(0),
                failure: Some(Failure::UnknownToken),
            };
            return self.settle(judged, address).await;
        };
        let operator = operator.narrowed(&token.scope);
        let failure = if token.expires_at.is_some_and(|end| end <= now) {
            Some(Failure::ExpiredToken)
        } else {
            operator.disabled.then_some(Failure::Disabled)
        };
        if failure.is_some() {
            self.begin(None, Some(operator.name.clone()), address).await?;
        }
        let judged = Judged {
            operator: Some(operator),
            by: By::Token(token.id),
            failure,
        };
        self.settle(judged, address).await
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
        match row.password_hash == caller.operator.password_hash && !row.password_given {
            true => Ok(row),
            false => Err(refused()),
        }
    }

    /// `account`: the name as the store has it, where it has one.
    async fn begin(&self, name: Option<&str>, account: Option<String>, address: IpAddr) -> Result<(), Problem> {
        let held = match self.throttle().begin(name, address, self.clock.now()) {
            Ok(()) => return Ok(()),
            Err(held) => held,
        };
        if held.first {
            self.write(
                "signIn.slowed",
                account,
                address,
                json!({"retryAfterS": held.retry_after_s}),
            )
            .await;
        }
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "signInSlowed",
            "too many wrong sign-ins under this name or from this address",
            "Wait as long as Retry-After says, and check name and password meanwhile.",
        )
        .retry_after(held.retry_after_s))
    }

    async fn settle(&self, judged: Judged, address: IpAddr) -> Result<Caller, Problem> {
        let (Some(operator), None) = (&judged.operator, judged.failure) else {
            let account = judged.operator.map(|operator| operator.name);
            self.metrics.add(&metric::LOGINS_FAILED, &[], 1);
            let reason = judged.failure.map_or("unknownName", Failure::code);
            self.write("signIn.failed", account, address, json!({"reason": reason}))
                .await;
            return Err(refused());
        };
        if self.greets(&operator.name, address) {
            let by = match judged.by {
                By::Password => json!("password"),
                By::Token(id) => json!({"token": id}),
            };
            self.write("signIn", Some(operator.name.clone()), address, json!({"by": by}))
                .await;
        }
        Ok(Caller {
            operator: Arc::new(operator.clone()),
            by: judged.by,
            address,
            asked: Vec::new(),
            loosens: Loosens::ByPower,
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
    async fn write(&self, action: &'static str, account: Option<String>, address: IpAddr, detail: serde_json::Value) {
        let account = account.unwrap_or_else(|| "(unknown)".into());
        let entry = AuditEntry {
            actor: account.clone(),
            action,
            subject: address.to_string(),
            detail,
        };
        tracing::info!(operator = account, peer = %address, action, "sign-in");
        if let Err(error) = self.store.audit(entry).await {
            tracing::error!(action, error = %error, "failed to write the audit trail");
        }
    }
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
