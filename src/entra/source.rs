//! Where a flow gets its token: the credential of its purpose (E4), and the next one as soon as that has been proven.
//!
//! Roll-over: with a next credential in the settings it is tried first, at most every ten minutes while it fails. Until it has
//! been granted a token the present one goes on; from then on the next one is used, and the present one is only what
//! to fall back on. A next credential of *another application* counts as proven only when its token holds every
//! right that the present one's holds, as far as the connector needs it: Entra grants tokens without any rights too.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;

use super::access::AccessToken;
use super::authority::Authority;
use super::credential::Loaded;
use super::error::EntraError;
use super::http::{Timeouts, http_client};
use super::identity::{Identity, Patience};
use super::permissions;
use super::person::Person;
use crate::config::{Credential, InstanceSettings};
use crate::model::Timestamp;
use crate::observe::{Clock, Metrics};
use crate::refusal::Memory;

/// Whose credential: each flow can obtain only its own token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Scan,
    Actions,
    Orders,
}

/// How far the change to the next credential has come; shown in the state of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollover {
    /// No next credential is configured.
    None,
    /// It has not been tried yet.
    Untried,
    /// It does not work (yet); the present one is used.
    Waiting {
        code: String,
        why: String,
        tried_at: Timestamp,
    },
    /// It works: the present one can be taken out of the settings and out of the app registration.
    Proven { at: Timestamp },
}

/// Tokens for one flow of one instance. `Clone` shares everything.
#[derive(Clone)]
pub struct TokenSource {
    inner: Arc<Inner>,
}

struct Inner {
    present: Arc<Identity>,
    next: Option<Arc<Identity>>,
    rollover: Mutex<Rollover>,
    clock: Clock,
    http: reqwest::Client,
}

/// A next credential that failed is left alone for this long.
const NEXT_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);

impl TokenSource {
    /// Loads the credential of the purpose; a file or password that is wrong is found here.
    pub fn new(settings: &InstanceSettings, purpose: Purpose, clock: Clock) -> Result<Self, EntraError> {
        Self::with_patience(settings, purpose, clock, Patience::default())
    }

    pub fn with_patience(
        settings: &InstanceSettings,
        purpose: Purpose,
        clock: Clock,
        patience: Patience,
    ) -> Result<Self, EntraError> {
        Self::build(settings, purpose, clock, patience, None)
    }

    /// In the name of a person where there is one; see [`super::person`].
    pub(super) fn build(
        settings: &InstanceSettings,
        purpose: Purpose,
        clock: Clock,
        patience: Patience,
        person: Option<&Person>,
    ) -> Result<Self, EntraError> {
        let own = match purpose {
            Purpose::Scan => None,
            Purpose::Actions => settings.actions_credential.as_ref(),
            Purpose::Orders => settings.orders_credential.as_ref(),
        };
        let present = own.unwrap_or(&settings.credential);
        // The next credential takes the place of the instance's own, not of one that a flow has for itself.
        let next = settings.next_credential.as_ref().filter(|_| own.is_none());
        Self::of(settings, (present, next), clock, patience, person)
    }

    /// One credential by itself, whatever others there are: to try it out.
    pub fn alone(settings: &InstanceSettings, credential: &Credential, clock: Clock) -> Result<Self, EntraError> {
        Self::of(settings, (credential, None), clock, Patience::default(), None)
    }

    fn of(
        settings: &InstanceSettings,
        (present, next): (&Credential, Option<&Credential>),
        clock: Clock,
        patience: Patience,
        person: Option<&Person>,
    ) -> Result<Self, EntraError> {
        let authority = Authority::for_instance(settings);
        let http = http_client(&settings.network, Timeouts::default())?;
        let identity = |credential: &Credential| -> Result<Arc<Identity>, EntraError> {
            let loaded = Loaded::load(credential)?;
            let loaded = match person {
                Some(person) => loaded.in_the_name_of(person.clone()),
                None => loaded,
            };
            Ok(Identity::shared(
                authority.clone(),
                loaded,
                &settings.network,
                http.clone(),
                patience,
            ))
        };
        let present = identity(present)?;
        let next = next.map(identity).transpose()?.filter(|next| !next.is_same(&present));
        let rollover = if next.is_some() {
            Rollover::Untried
        } else {
            Rollover::None
        };
        Ok(TokenSource {
            inner: Arc::new(Inner {
                present,
                next,
                rollover: Mutex::new(rollover),
                clock,
                http,
            }),
        })
    }

    /// A token that is good for some minutes more: from the cache, or by one request that all who ask share.
    pub async fn token(&self) -> Result<AccessToken, EntraError> {
        let Some(next) = self.inner.next.as_ref().filter(|_| self.next_is_due()) else {
            return self.inner.present.token(&self.inner.clock).await;
        };
        let proven_before = matches!(self.rollover(), Rollover::Proven { .. });
        match self.next_token(next).await {
            Ok(token) => Ok(token),
            Err(error) => self
                .inner
                .present
                .token(&self.inner.clock)
                .await
                .map_err(|present| if proven_before { error } else { present }),
        }
    }

    /// Graph said 401: this token is not used again.
    pub fn reject(&self, token: &AccessToken) {
        self.inner.present.reject(token);
        if let Some(next) = &self.inner.next {
            next.reject(token);
        }
    }

    /// Asks for a new token whatever is cached: whether the credential in use works *now*.
    pub async fn prove(&self) -> Result<AccessToken, EntraError> {
        self.in_use().prove(&self.inner.clock).await
    }

    /// Counts its requests there.
    pub fn measure(&self, metrics: &Metrics, tenant: &str) {
        for identity in [Some(&self.inner.present), self.inner.next.as_ref()]
            .into_iter()
            .flatten()
        {
            identity.meter().connect(metrics, tenant);
        }
    }

    pub fn rollover(&self) -> Rollover {
        self.inner
            .rollover
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    /// What Entra refused the application that is in use.
    pub fn refusals(&self) -> &Memory {
        self.in_use().refusals()
    }

    /// The client that signs in goes the configured way with the configured trust; Graph is asked by it too.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// The application that signs in; the budget of Graph is counted for it.
    pub fn client_id(&self) -> &str {
        self.in_use().client_id()
    }

    fn in_use(&self) -> &Identity {
        match (&self.inner.next, self.rollover()) {
            (Some(next), Rollover::Proven { .. }) => next,
            _ => &self.inner.present,
        }
    }

    fn next_is_due(&self) -> bool {
        match self.rollover() {
            Rollover::None => false,
            Rollover::Untried | Rollover::Proven { .. } => true,
            Rollover::Waiting { tried_at, .. } => self.inner.clock.now() >= tried_at + NEXT_AGAIN_AFTER,
        }
    }

    async fn next_token(&self, next: &Identity) -> Result<AccessToken, EntraError> {
        let now = self.inner.clock.now();
        let token = match next.token(&self.inner.clock).await {
            Ok(token) => token,
            Err(error) => {
                let why = error.to_string();
                self.report(Rollover::Waiting {
                    code: error.code(),
                    why,
                    tried_at: now,
                });
                return Err(error);
            }
        };
        if !matches!(self.rollover(), Rollover::Proven { .. }) {
            if let Some(missing) = self.lacks(next, &token).await {
                let why = format!("its application lacks the rights {}", missing.join(", "));
                self.report(Rollover::Waiting {
                    code: "rightsMissing".to_owned(),
                    why,
                    tried_at: now,
                });
                return self.inner.present.token(&self.inner.clock).await;
            }
            self.report(Rollover::Proven { at: now });
        }
        Ok(token)
    }

    /// Rights that the present application has and the next one's lacks; `None` where nothing is missing, or where
    /// the present one can't sign in any more and so is no measure.
    async fn lacks(&self, next: &Identity, token: &AccessToken) -> Option<Vec<String>> {
        if next.client_id() == self.inner.present.client_id() {
            return None;
        }
        let present = self.inner.present.token(&self.inner.clock).await.ok()?;
        if present.tells_roles() && !token.tells_roles() {
            return Some(vec!["(its token does not tell which it has)".to_owned()]);
        }
        let missing = permissions::lost(present.roles(), token.roles());
        (!missing.is_empty()).then_some(missing)
    }

    fn report(&self, new: Rollover) {
        let client_id = self.inner.next.as_ref().map_or("", |next| next.client_id());
        match &new {
            Rollover::Proven { .. } => tracing::info!(
                client_id,
                "the next credential works and is used from now on; the present one can be taken out"
            ),
            Rollover::Waiting { code, why, .. } => tracing::warn!(
                client_id,
                code,
                why,
                "the next credential does not work yet; the present one is used"
            ),
            Rollover::None | Rollover::Untried => {}
        }
        *self
            .inner
            .rollover
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = new;
    }
}

impl std::fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSource({}, {:?})", self.client_id(), self.rollover())
    }
}
