//! The directory of the simulated Entra: tenants, their app registrations, and the keys it trusts.
//!
//! It can be changed while it runs (a right taken away, a secret that expires, a certificate added), because that is
//! what happens to a connector in the wild. The token endpoint writes tokens from it ([`crate::token`]),
//! Graph asks [`Directory::check`] who is calling.
//!
//! As in reality, a token that is out keeps the rights it was issued with. One liberty: an app that was removed is a
//! stranger at once.
//!
//! Everything is held in memory behind one lock, never across an await; it dies with the process.

mod access;
mod account;
mod app;
mod json;
mod replay;
mod session;
mod signing;

pub use access::{BearerProblem, Caller, TOKEN_LIFETIME_S};
pub use account::{Account, Standing};
pub use app::{App, Certificate, CertificateError, Federated, Secret};
pub(crate) use session::{IdTokenForm, SignInSession, client_info};

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::pkey::{PKey, Public};

use crate::token::hosts::{self, Cloud};
use replay::Used;
use signing::SigningKey;

/// `Clone` shares it.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Mutex<Inner>>,
    signing: SigningKey,
}

#[derive(Default)]
pub(super) struct Inner {
    /// By tenant id in lower case.
    tenants: BTreeMap<String, Tenant>,
    /// The public keys of foreign identity providers, by issuer: stands for what Entra fetches from their JWKS.
    issuers: HashMap<String, Vec<PKey<Public>>>,
    /// Assertions seen before, so that none is taken twice.
    used: Used,
    /// Whether a repeated `jti` is refused. Microsoft's own libraries present an assertion again until it ends.
    replay_refused: bool,
}

/// One directory of one organisation.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    pub id: String,
    /// Domain names that stand for the id in the path.
    pub domains: Vec<String>,
    /// The login host of its cloud; another national cloud's host refuses it. `None`: the global cloud's.
    pub login_host: Option<String>,
    /// By client id in lower case.
    pub apps: BTreeMap<String, App>,
    /// By user name in lower case.
    pub accounts: BTreeMap<String, Account>,
}

impl Tenant {
    /// The cloud it lives in.
    pub fn home(&self) -> &'static Cloud {
        let named = self.login_host.as_deref().and_then(hosts::cloud_of_login);
        named.unwrap_or(&hosts::CLOUDS[0])
    }
}

impl Directory {
    /// Empty, with a signing key of its own.
    pub fn new() -> Result<Self, openssl::error::ErrorStack> {
        Ok(Directory {
            inner: Arc::default(),
            signing: SigningKey::of_this_process()?,
        })
    }

    /// Adds a tenant, known by its id and by `domains`. One that is there keeps its apps.
    pub fn add_tenant(&self, tenant_id: &str, domains: &[&str]) {
        let id = tenant_id.to_lowercase();
        let mut inner = self.lock();
        let tenant = inner.tenants.entry(id.clone()).or_default();
        tenant.id = id;
        tenant.domains = domains.iter().map(|domain| domain.to_lowercase()).collect();
    }

    /// Puts a tenant into one cloud: login hosts of the other clouds refuse it from now on.
    pub fn set_login_host(&self, tenant_id: &str, login_host: Option<&str>) -> bool {
        let mut inner = self.lock();
        let tenant = inner.tenants.get_mut(&tenant_id.to_lowercase());
        tenant
            .map(|tenant| tenant.login_host = login_host.map(str::to_owned))
            .is_some()
    }

    /// Adds or replaces an app registration; false where the tenant is unknown.
    pub fn add_app(&self, tenant_id: &str, app: App) -> bool {
        let mut inner = self.lock();
        let Some(tenant) = inner.tenants.get_mut(&tenant_id.to_lowercase()) else {
            return false;
        };
        tenant.apps.insert(app.client_id.clone(), app);
        true
    }

    /// Adds or replaces an account; false where the tenant is unknown.
    pub fn add_account(&self, tenant_id: &str, account: Account) -> bool {
        let mut inner = self.lock();
        let tenant = inner.tenants.get_mut(&tenant_id.to_lowercase());
        let added = tenant.map(|tenant| tenant.accounts.insert(account.user_name.clone(), account));
        added.is_some()
    }

    pub fn remove_account(&self, tenant_id: &str, user_name: &str) -> bool {
        let mut inner = self.lock();
        let tenant = inner.tenants.get_mut(&tenant_id.to_lowercase());
        tenant.is_some_and(|tenant| tenant.accounts.remove(&user_name.to_lowercase()).is_some())
    }

    pub fn account(&self, tenant_id: &str, user_name: &str) -> Option<Account> {
        let inner = self.lock();
        let tenant = inner.tenants.get(&tenant_id.to_lowercase())?;
        tenant.accounts.get(&user_name.to_lowercase()).cloned()
    }

    /// The tenant in which there is this account.
    pub fn home_of(&self, user_name: &str) -> Option<Tenant> {
        let user_name = user_name.to_lowercase();
        let inner = self.lock();
        let mut tenants = inner.tenants.values();
        tenants.find(|tenant| tenant.accounts.contains_key(&user_name)).cloned()
    }

    pub fn remove_app(&self, tenant_id: &str, client_id: &str) -> bool {
        let mut inner = self.lock();
        let tenant = inner.tenants.get_mut(&tenant_id.to_lowercase());
        tenant.is_some_and(|tenant| tenant.apps.remove(&client_id.to_lowercase()).is_some())
    }

    /// Changes an app registration in place; false where there is none.
    pub fn change_app(&self, tenant_id: &str, client_id: &str, change: impl FnOnce(&mut App)) -> bool {
        let mut inner = self.lock();
        let app = inner
            .tenants
            .get_mut(&tenant_id.to_lowercase())
            .and_then(|tenant| tenant.apps.get_mut(&client_id.to_lowercase()));
        app.map(change).is_some()
    }

    pub fn set_roles(&self, tenant_id: &str, client_id: &str, roles: Vec<String>) -> bool {
        self.change_app(tenant_id, client_id, |app| app.roles = roles)
    }

    /// Registers a public key (PEM) of a foreign identity provider, as its JWKS would publish it.
    pub fn add_issuer_key(&self, issuer: &str, public_key_pem: &[u8]) -> Result<(), openssl::error::ErrorStack> {
        let key = PKey::public_key_from_pem(public_key_pem)?;
        self.lock().issuers.entry(issuer.to_owned()).or_default().push(key);
        Ok(())
    }

    /// Whether the same assertion may be presented twice (default: yes).
    pub fn allow_replay(&self, allowed: bool) {
        self.lock().replay_refused = !allowed;
    }

    /// Finds a tenant by id or domain.
    pub fn tenant(&self, name: &str) -> Option<Tenant> {
        let name = name.to_lowercase();
        let inner = self.lock();
        let by_id = inner.tenants.get(&name);
        by_id
            .or_else(|| inner.tenants.values().find(|tenant| tenant.domains.contains(&name)))
            .cloned()
    }

    pub fn app(&self, tenant_id: &str, client_id: &str) -> Option<App> {
        let inner = self.lock();
        let tenant = inner.tenants.get(&tenant_id.to_lowercase())?;
        tenant.apps.get(&client_id.to_lowercase()).cloned()
    }

    pub(super) fn issuer_keys(&self, issuer: &str) -> Vec<PKey<Public>> {
        self.lock().issuers.get(issuer).cloned().unwrap_or_default()
    }

    /// Notes that an assertion was used; false when it had been before, and that counts.
    pub(super) fn first_use(&self, client_id: &str, jti: &str, expires_s: i64, now_s: i64) -> bool {
        let mut inner = self.lock();
        let first = inner.used.note(client_id, jti, expires_s, now_s);
        first || !inner.replay_refused
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves whole entries behind: each change is one insertion.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("tenants", &self.lock().tenants)
            .finish_non_exhaustive()
    }
}
