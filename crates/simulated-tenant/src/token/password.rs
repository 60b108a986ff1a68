//! The password grant: an app signs in as a person, without the person.
//!
//! What Entra refuses here it refuses: `common` and `consumers`, guests and federated accounts, whoever needs a second
//! factor, scopes that nobody consented to. UNCONFIRMED: under which code a federated account is refused; it has no
//! password at Entra, so it is taken for a wrong one.

use subtle::ConstantTimeEq;

use super::errors::Refusal;
use super::grant::{Grant, NO_TENANT, find_app, find_tenant, needed, prove, scope_of_person};
use super::request::{Arrival, TokenRequest};
use super::resource::audience;
use crate::directory::{Account, App, Caller, Directory, Standing, Tenant};
use chrono::{DateTime, Utc};

/// Scopes of OpenID Connect: they shape the answer and are no rights.
pub(super) const OPENID: &[&str] = &["openid", "profile", "email", "offline_access"];

pub(super) fn decide(
    directory: &Directory,
    request: &TokenRequest,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<Grant, Refusal> {
    let client_id = needed(request.client_id.as_deref(), "client_id")?;
    let user_name = needed(request.username.as_deref(), "username")?;
    let password = needed(request.password.as_deref(), "password")?;
    let scope = scope_of_person(request, arrival)?;
    let tenant = tenant(directory, arrival, user_name)?;
    let app = find_app(&tenant, client_id)?;
    find_client(directory, &tenant, app, request, arrival, now)?;
    let account = sign_in(&tenant, user_name, password)?;
    grant_to(&tenant, app, account, &scope, arrival)
}

/// The app proves who it is; only a public client does without.
pub(super) fn find_client(
    directory: &Directory,
    tenant: &Tenant,
    app: &App,
    request: &TokenRequest,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    match (request.has_proof(), app.public) {
        (false, true) => Ok(()),
        (false, false) => Err(Refusal::new(7_000_218)),
        (true, _) => prove(directory, tenant, app, request, arrival, now),
    }
}

/// What the person's token is good for.
pub(super) fn grant_to(
    tenant: &Tenant,
    app: &App,
    account: &Account,
    scope: &str,
    arrival: &Arrival,
) -> Result<Grant, Refusal> {
    let home = tenant.home();
    let graph = format!("https://{}", home.graph.first().copied().unwrap_or_default());
    let (resource, wanted) = wanted(scope, &graph)?;
    Ok(Grant {
        caller: Caller {
            audience: audience(resource.as_deref().unwrap_or(&graph), home, arrival)?,
            tenant_id: tenant.id.clone(),
            client_id: app.client_id.clone(),
            roles: consented(app, &wanted)?,
            user: Some(account.user_name.clone()),
        },
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
    })
}

/// `organizations` means the tenant at which the account is at home.
fn tenant(directory: &Directory, arrival: &Arrival, user_name: &str) -> Result<Tenant, Refusal> {
    match arrival.tenant.to_lowercase().as_str() {
        "organizations" => {
            let home = directory.home_of(user_name);
            home.ok_or_else(|| Refusal::new(50_034))
        }
        name if NO_TENANT.contains(&name) => Err(Refusal::with(9_001_023, format!("Endpoint: '{name}'."))),
        _ => find_tenant(directory, arrival),
    }
}

fn sign_in<'a>(tenant: &'a Tenant, user_name: &str, password: &str) -> Result<&'a Account, Refusal> {
    let account = tenant.accounts.get(&user_name.to_lowercase());
    let account = account.ok_or_else(|| Refusal::new(50_034))?;
    match account.standing {
        Standing::Guest => return Err(Refusal::new(50_034)),
        Standing::Federated => return Err(Refusal::new(50_126)),
        Standing::LockedOut => return Err(Refusal::new(50_053)),
        _ => {}
    }
    // Blanks around a password are not supported: it is not the one that was set.
    let same = bool::from(account.password.as_bytes().ct_eq(password.as_bytes()));
    if !same || password.trim() != password {
        return Err(Refusal::new(50_126));
    }
    check_standing(account)?;
    Ok(account)
}

/// What an account that knows its password is refused for.
pub(super) fn check_standing(account: &Account) -> Result<(), Refusal> {
    match account.standing {
        Standing::Mfa => Err(Refusal::new(50_076)),
        Standing::MfaEnrolment => Err(Refusal::new(50_079)),
        Standing::Blocked => Err(Refusal::new(53_003)),
        Standing::Disabled => Err(Refusal::new(50_057)),
        Standing::PasswordExpired => Err(Refusal::new(50_055)),
        _ => Ok(()),
    }
}

/// The resource that the scopes name, where they name one, and the rights on it; a bare name means Graph's.
fn wanted(scope: &str, graph: &str) -> Result<(Option<String>, Vec<String>), Refusal> {
    let mut resource: Option<String> = None;
    let mut rights = Vec::new();
    for one in scope.split_whitespace().filter(|one| !OPENID.contains(one)) {
        let (of, right) = match one.rsplit_once('/') {
            Some((of, right)) => (of.to_owned(), right),
            None => (graph.to_owned(), one),
        };
        if resource.get_or_insert_with(|| of.clone()) != &of {
            // One token is for one resource.
            return Err(Refusal::with(70_011, format!("Scope: '{scope}'.")));
        }
        rights.push(right.to_owned());
    }
    Ok((resource, rights))
}

/// All that was consented to for `.default`, and every right asked for by name must have been.
fn consented(app: &App, wanted: &[String]) -> Result<Vec<String>, Refusal> {
    let has = |right: &String| app.delegated.iter().any(|one| one.eq_ignore_ascii_case(right));
    let refused = |what: &str| Refusal::with(65_001, format!("App: '{}', scope: '{what}'.", app.client_id));
    if app.delegated.is_empty() {
        return Err(refused(".default"));
    }
    if let Some(missing) = wanted.iter().find(|right| *right != ".default" && !has(right)) {
        return Err(refused(missing));
    }
    Ok(app.delegated.clone())
}
