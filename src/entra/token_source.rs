//! Where a flow gets its token: the credential of its purpose (E4), and the next one as soon as that has been proven.
//!
//! Roll-over: with a next credential in the settings it is tried first, at most every ten minutes while it fails. Until it has
//! been granted a token the present one goes on; from then on the next one is used, and the present one is only what
//! to fall back on. A next credential of *another application* counts as proven only when its token holds every
//! right that the present one's holds, as far as the connector needs it: Entra grants tokens without any rights too.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;

use super::access_token::AccessToken;
use super::authority::Authority;
use super::credential::LoadedCredential;
use super::error::EntraError;
use super::identity::{SignInIdentity, TokenRetryPolicy};
use super::password_user::PasswordUser;
use super::permissions;
use crate::config::{Credential, InstanceSettings};
use crate::model::Timestamp;
use crate::net::{HttpTimeouts, build_http_client};
use crate::observe::{Clock, Metrics};
use crate::refusal::RefusalMemory;

/// Whose credential: each flow can obtain only its own token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPurpose {
    Scan,
    Actions,
    Orders,
}

/// How far the change to the next credential has come; shown in the state of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialRollover {
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
    inner: Arc<TokenSourceState>,
}

struct TokenSourceState {
    current: Arc<SignInIdentity>,
    next: Option<Arc<SignInIdentity>>,
    rollover: Mutex<CredentialRollover>,
    clock: Clock,
    http: reqwest::Client,
}

/// A next credential that failed is left alone for this long.
const NEXT_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);

impl TokenSource {
    /// Loads the credential of the purpose; a file or password that is wrong is found here.
    pub fn new(settings: &InstanceSettings, purpose: TokenPurpose, clock: Clock) -> Result<Self, EntraError> {
        Self::with_retry_policy(settings, purpose, clock, TokenRetryPolicy::default())
    }

    pub fn with_retry_policy(
        settings: &InstanceSettings,
        purpose: TokenPurpose,
        clock: Clock,
        retry_policy: TokenRetryPolicy,
    ) -> Result<Self, EntraError> {
        Self::build(settings, purpose, clock, retry_policy, None)
    }

    /// In the name of a person where there is one; see [`super::password_user`].
    pub(super) fn build(
        settings: &InstanceSettings,
        purpose: TokenPurpose,
        clock: Clock,
        retry_policy: TokenRetryPolicy,
        password_user: Option<&PasswordUser>,
    ) -> Result<Self, EntraError> {
        let own = match purpose {
            TokenPurpose::Scan | TokenPurpose::Orders => None,
            TokenPurpose::Actions => settings.actions_credential.as_ref(),
        };
        let current = own.unwrap_or(&settings.credential);
        // The next credential takes the place of the instance's own, not of one that a flow has for itself.
        let next = settings.next_credential.as_ref().filter(|_| own.is_none());
        Self::from_credentials(settings, (current, next), clock, retry_policy, password_user)
    }

    /// One credential by itself, whatever others there are: to try it out.
    pub fn for_credential(
        settings: &InstanceSettings,
        credential: &Credential,
        clock: Clock,
    ) -> Result<Self, EntraError> {
        Self::from_credentials(settings, (credential, None), clock, TokenRetryPolicy::default(), None)
    }

    fn from_credentials(
        settings: &InstanceSettings,
        (present, next): (&Credential, Option<&Credential>),
        clock: Clock,
        retry_policy: TokenRetryPolicy,
        password_user: Option<&PasswordUser>,
    ) -> Result<Self, EntraError> {
        let authority = Authority::for_instance(settings);
        let http = build_http_client(&settings.network, HttpTimeouts::default())?;
        let identity = |credential: &Credential| -> Result<Arc<SignInIdentity>, EntraError> {
            let loaded = LoadedCredential::load(credential)?;
            let loaded = match password_user {
                Some(password_user) => loaded.with_user(password_user.clone()),
                None => loaded,
            };
            Ok(SignInIdentity::find_or_create(
                authority.clone(),
                loaded,
                &settings.network,
                http.clone(),
                retry_policy,
            ))
        };
        let present = identity(present)?;
        let next = next.map(identity).transpose()?.filter(|next| !next.is_same(&present));
        let rollover = if next.is_some() {
            CredentialRollover::Untried
        } else {
            CredentialRollover::None
        };
        Ok(TokenSource {
            inner: Arc::new(TokenSourceState {
                current: present,
                next,
                rollover: Mutex::new(rollover),
                clock,
                http,
            }),
        })
    }

    /// A token that is good for some minutes more: from the cache, or by one request that all who ask share.
    pub async fn obtain_token(&self) -> Result<AccessToken, EntraError> {
        let Some(next) = self.inner.next.as_ref().filter(|_| self.is_next_due()) else {
            return self.inner.current.obtain_token(&self.inner.clock).await;
        };
        let proven_before = matches!(self.rollover(), CredentialRollover::Proven { .. });
        match self.obtain_next_token(next).await {
            Ok(token) => Ok(token),
            Err(error) => self
                .inner
                .current
                .obtain_token(&self.inner.clock)
                .await
                .map_err(|present| if proven_before { error } else { present }),
        }
    }

    /// Graph said 401: this token is not used again.
    pub fn reject_token(&self, token: &AccessToken) {
        self.inner.current.reject_token(token);
        if let Some(next) = &self.inner.next {
            next.reject_token(token);
        }
    }

    /// Graph said 403: a right is missing that may have been granted since this token was issued.
    pub fn doubt_token(&self, token: &AccessToken) {
        let now = self.inner.clock.now();
        self.inner.current.doubt_token(token, now);
        if let Some(next) = &self.inner.next {
            next.doubt_token(token, now);
        }
    }

    /// Asks for a new token whatever is cached: whether the credential in use works *now*.
    pub async fn prove_credential(&self) -> Result<AccessToken, EntraError> {
        self.current_identity().prove_credential(&self.inner.clock).await
    }

    /// Counts its requests there.
    pub fn connect_metrics(&self, metrics: &Metrics, tenant: &str) {
        for identity in [Some(&self.inner.current), self.inner.next.as_ref()]
            .into_iter()
            .flatten()
        {
            identity.meter().connect_metrics(metrics, tenant);
        }
    }

    pub fn rollover(&self) -> CredentialRollover {
        self.inner
            .rollover
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    /// What Entra refused the application that is in use.
    pub fn refusal_memory(&self) -> &RefusalMemory {
        self.current_identity().refusal_memory()
    }

    /// The client that signs in goes the configured way with the configured trust; Graph is asked by it too.
    pub(crate) fn http_client(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// The application that signs in; the budget of Graph is counted for it.
    pub fn client_id(&self) -> &str {
        self.current_identity().client_id()
    }

    fn current_identity(&self) -> &SignInIdentity {
        match (&self.inner.next, self.rollover()) {
            (Some(next), CredentialRollover::Proven { .. }) => next,
            _ => &self.inner.current,
        }
    }

    fn is_next_due(&self) -> bool {
        match self.rollover() {
            CredentialRollover::None => false,
            CredentialRollover::Untried | CredentialRollover::Proven { .. } => true,
            CredentialRollover::Waiting { tried_at, .. } => self.inner.clock.now() >= tried_at + NEXT_AGAIN_AFTER,
        }
    }

    async fn obtain_next_token(&self, next: &SignInIdentity) -> Result<AccessToken, EntraError> {
        let now = self.inner.clock.now();
        let token = match next.obtain_token(&self.inner.clock).await {
            Ok(token) => token,
            Err(error) => {
                let why = error.to_string();
                self.report_rollover(CredentialRollover::Waiting {
                    code: error.code(),
                    why,
                    tried_at: now,
                });
                return Err(error);
            }
        };
        if !matches!(self.rollover(), CredentialRollover::Proven { .. }) {
            if let Some(missing) = self.missing_permissions(next, &token).await {
                let why = format!("its application lacks the rights {}", missing.join(", "));
                self.report_rollover(CredentialRollover::Waiting {
                    code: "rightsMissing".to_owned(),
                    why,
                    tried_at: now,
                });
                return self.inner.current.obtain_token(&self.inner.clock).await;
            }
            self.report_rollover(CredentialRollover::Proven { at: now });
        }
        Ok(token)
    }

    /// Rights that the present application has and the next one's lacks; `None` where nothing is missing, or where
    /// the present one can't sign in any more and so is no measure.
    async fn missing_permissions(&self, next: &SignInIdentity, token: &AccessToken) -> Option<Vec<String>> {
        if next.client_id() == self.inner.current.client_id() {
            return None;
        }
        let current = self.inner.current.obtain_token(&self.inner.clock).await.ok()?;
        if current.has_roles() && !token.has_roles() {
            return Some(vec!["(its token does not list its rights)".to_owned()]);
        }
        let missing = permissions::lost_permissions(current.roles(), token.roles());
        (!missing.is_empty()).then_some(missing)
    }

    fn report_rollover(&self, new: CredentialRollover) {
        let client_id = self.inner.next.as_ref().map_or("", |next| next.client_id());
        match &new {
            CredentialRollover::Proven { .. } => tracing::info!(
                client_id,
                "the next credential works and is used from now on; the current one can be removed"
            ),
            CredentialRollover::Waiting { code, why, .. } => tracing::warn!(
                client_id,
                code,
                why,
                "the next credential does not work yet; the current one is used"
            ),
            CredentialRollover::None | CredentialRollover::Untried => {}
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
