//! One identity (an application, its proof, its authority) and its token: cached, renewed in time, one request at a
//! time however many ask.
//!
//! Equal identities are one in the whole process, so ten instances of one tenant ask Entra as often as one does
//! (repeated requests in place of a cache end in AADSTS50196). Who waited while a request failed gets that failure,
//! rather than making the next of a long queue of them. A refusal is remembered (E9, [`crate::refusal`]): until it is
//! over nobody asks, and a token that is still valid stays in use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Mutex as AsyncMutex;

use super::access_token::AccessToken;
use super::authority::Authority;
use super::credential::LoadedCredential;
use super::error::EntraError;
use super::token_request;
use crate::config::NetworkSettings;
use crate::model::Timestamp;
use crate::observe::{Clock, TenantMeter};
use crate::refusal::{RefusalCheckMode, RefusalMemory, RefusalParty, RememberedRefusal, RequestPass, ResourceFamily};

/// How patient a token request is. Tests shrink the waits.
#[derive(Debug, Clone, Copy)]
pub struct TokenRetryPolicy {
    /// Requests for one token, the first included.
    pub attempts: u32,
    /// Waited where Entra does not say how long.
    pub wait: Duration,
    /// A longer wait is not waited for: the failure is told instead.
    pub longest_wait: Duration,
    /// After a renewal that failed while the old token still works.
    pub old_token_grace: chrono::TimeDelta,
}

impl Default for TokenRetryPolicy {
    fn default() -> Self {
        TokenRetryPolicy {
            attempts: 3,
            wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(30),
            old_token_grace: chrono::TimeDelta::seconds(30),
        }
    }
}

/// Shared by all that sign in as this identity.
pub(super) struct SignInIdentity {
    key: [u8; 32],
    authority: Authority,
    loaded: LoadedCredential,
    http: reqwest::Client,
    network: NetworkSettings,
    retry_policy: TokenRetryPolicy,
    meter: TenantMeter,
    /// What Entra said no to: to this application in its tenant, with whatever credential.
    refusals: RefusalMemory,
    /// Names this identity in it.
    refusal_part: String,
    /// Requests finished so far; tells a waiter whether one ended while it waited.
    finished: AtomicU64,
    state: AsyncMutex<SignInState>,
    current: Mutex<Option<AccessToken>>,
    doubt: Mutex<TokenDoubt>,
}

/// A token that works and lacks a right: it may be older than the consent to that.
#[derive(Default)]
struct TokenDoubt {
    token: Option<AccessToken>,
    /// When a token was doubted last.
    at: Option<Timestamp>,
}

/// A right that is missing for good costs no more than a sign-in in this time.
const DOUBT_PAUSE: TimeDelta = TimeDelta::seconds(30);

#[derive(Default)]
struct SignInState {
    last_error: Option<EntraError>,
    /// No renewal before; set when one failed while the old token still worked.
    not_before: Option<Timestamp>,
}

static REGISTRY: LazyLock<Mutex<HashMap<[u8; 32], Weak<SignInIdentity>>>> = LazyLock::new(Mutex::default);

impl SignInIdentity {
    pub(crate) fn find_or_create(
        authority: Authority,
        loaded: LoadedCredential,
        network: &NetworkSettings,
        http: reqwest::Client,
        patience: TokenRetryPolicy,
    ) -> Arc<Self> {
        let key = token_request::identity_key(&authority, &loaded, network);
        let mut registry = REGISTRY.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(identity) = registry.get(&key).and_then(Weak::upgrade) {
            return identity;
        }
        registry.retain(|_, identity| identity.strong_count() > 0);
        let party = RefusalParty::new(&authority.login_url, &authority.tenant_id, &loaded.client_id);
        let identity = Arc::new(SignInIdentity {
            key,
            refusals: RefusalMemory::for_party(party),
            refusal_part: hex::encode(key),
            authority,
            loaded,
            http,
            network: network.clone(),
            retry_policy: patience,
            meter: TenantMeter::default(),
            finished: AtomicU64::new(0),
            state: AsyncMutex::default(),
            current: Mutex::default(),
            doubt: Mutex::default(),
        });
        registry.insert(key, Arc::downgrade(&identity));
        identity
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.loaded.client_id
    }

    /// Where its requests are counted.
    pub(crate) fn meter(&self) -> &TenantMeter {
        &self.meter
    }

    pub(crate) fn is_same(&self, other: &SignInIdentity) -> bool {
        self.key == other.key
    }

    /// A token that is good for some minutes more.
    pub(crate) async fn obtain_token(&self, clock: &Clock) -> Result<AccessToken, EntraError> {
        let is_good = |token: &AccessToken| token.is_fresh(clock.now()) && !self.is_doubted(token);
        if let Some(token) = self.cached_token().filter(is_good) {
            return Ok(token);
        }
        let before = self.finished.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = clock.now();
        let old = self.cached_token().filter(|token| token.is_valid(now));
        if let Some(token) = &old
            && (is_good(token) || state.not_before.is_some_and(|time| now < time))
        {
            return Ok(token.clone());
        }
        if let Some(error) = state
            .last_error
            .as_ref()
            .filter(|_| self.finished.load(Ordering::Acquire) != before)
        {
            return Err(error.clone());
        }
        let pass = match self.request_pass(RefusalCheckMode::Usual, clock) {
            Ok(pass) => pass,
            Err(refusal) => return old.ok_or_else(|| self.refusal_error(refusal)),
        };
        let result = self.request_with_retries(pass, clock).await;
        self.finished.fetch_add(1, Ordering::Release);
        match result {
            Ok(token) => {
                *state = SignInState::default();
                self.store_token(Some(token.clone()));
                Ok(token)
            }
            Err(error) => {
                state.last_error = Some(error.clone());
                let Some(old) = old else { return Err(error) };
                state.not_before = Some(clock.now() + self.retry_policy.old_token_grace);
                tracing::warn!(code = error.code(), error = %error, client_id = self.client_id(),
                    "token not renewed; the old one still works");
                Ok(old)
            }
        }
    }

    /// A token by a request of its own, to see whether the credential works now. Where Entra asked to be left alone, it
    /// is.
    pub(crate) async fn prove_credential(&self, clock: &Clock) -> Result<AccessToken, EntraError> {
        let mut state = self.state.lock().await;
        let pass = self
            .request_pass(RefusalCheckMode::Anew, clock)
            .map_err(|refusal| self.refusal_error(refusal))?;
        let result = self.request_token(clock).await;
        self.settle_pass(pass, &result);
        self.finished.fetch_add(1, Ordering::Release);
        match &result {
            Ok(token) => {
                *state = SignInState::default();
                self.store_token(Some(token.clone()));
            }
            Err(error) => state.last_error = Some(error.clone()),
        }
        result
    }

    /// Forgets this token, unless another has taken its place already.
    pub(crate) fn reject_token(&self, token: &AccessToken) {
        let mut current = self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if current.as_ref().is_some_and(|refusal| refusal.is_same(token)) {
            *current = None;
        }
    }

    /// Graph said 403: rights are in the token since it was issued. It stays in use until there is another one.
    pub(crate) fn doubt_token(&self, token: &AccessToken, now: Timestamp) {
        // One that was replaced meanwhile says nothing about the one in use.
        if !self.cached_token().is_some_and(|current| current.is_same(token)) {
            return;
        }
        let mut doubt = self.doubt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back is no reason to wait.
        if doubt.at.is_none_or(|at| now >= at + DOUBT_PAUSE || now < at) {
            *doubt = TokenDoubt {
                token: Some(token.clone()),
                at: Some(now),
            };
        }
    }

    fn is_doubted(&self, token: &AccessToken) -> bool {
        let doubt = self.doubt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        doubt.token.as_ref().is_some_and(|doubted| doubted.is_same(token))
    }

    /// Asks until there is a token, or until trying again makes no sense.
    async fn request_with_retries(&self, mut pass: RequestPass, clock: &Clock) -> Result<AccessToken, EntraError> {
        let mut attempt = 1;
        loop {
            let result = self.request_token(clock).await;
            let Err(error) = result else {
                pass.mark_answered();
                return result;
            };
            let retry_after = error.retry_after_s().map(Duration::from_secs);
            let wait = retry_after.unwrap_or(self.retry_policy.wait * attempt);
            let gives_up =
                !error.is_transient() || attempt >= self.retry_policy.attempts || wait > self.retry_policy.longest_wait;
            if gives_up {
                self.record_refusal(pass, &error);
                return Err(error);
            }
            // A time holds for the others at once, a pause of our own only for this request.
            let paused = match retry_after {
                Some(_) => {
                    self.record_refusal(pass, &error);
                    None
                }
                None => Some(pass),
            };
            tracing::debug!(
                code = error.code(),
                wait_ms = wait.as_millis() as u64,
                attempt,
                "retrying the sign-in"
            );
            tokio::time::sleep(wait).await;
            pass = match paused {
                Some(pass) => pass,
                None => self.request_pass(RefusalCheckMode::Usual, clock).map_err(|_| error)?,
            };
            attempt += 1;
        }
    }

    fn request_pass(&self, asking: RefusalCheckMode, clock: &Clock) -> Result<RequestPass, Box<RememberedRefusal>> {
        self.refusals
            .request_pass(ResourceFamily::SignIn, &self.refusal_part, asking, clock)
    }

    fn refusal_error(&self, held: Box<RememberedRefusal>) -> EntraError {
        EntraError::LeftAlone {
            host: self.authority.login_host(),
            held,
        }
    }

    fn settle_pass(&self, pass: RequestPass, result: &Result<AccessToken, EntraError>) {
        match result {
            Ok(_) => pass.mark_answered(),
            Err(error) => self.record_refusal(pass, error),
        }
    }

    /// What passes by itself is a matter of the whole application; a credential that is wrong is wrong alone.
    fn record_refusal(&self, pass: RequestPass, error: &EntraError) {
        let retry_after = error.retry_after_s().map(Duration::from_secs);
        match error.refusal_cause() {
            None => drop(pass),
            Some(cause) if cause.transient || retry_after.is_some() => drop(pass.mark_refused(retry_after, cause)),
            Some(cause) => drop(pass.mark_part_refused(cause)),
        }
    }

    /// What is remembered of refusals.
    pub(crate) fn refusal_memory(&self) -> &RefusalMemory {
        &self.refusals
    }

    /// One request, counted.
    async fn request_token(&self, clock: &Clock) -> Result<AccessToken, EntraError> {
        let result =
            token_request::request_token(&self.http, &self.network, &self.authority, &self.loaded, clock.now()).await;
        match &result {
            Ok(_) => self.meter.count_token("ok"),
            Err(error) => self.meter.count_token(&error.code()),
        }
        result
    }

    fn cached_token(&self) -> Option<AccessToken> {
        self.current
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    fn store_token(&self, token: Option<AccessToken>) {
        *self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = token;
    }
}
