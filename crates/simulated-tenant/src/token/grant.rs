//! Whether a request earns a token: a pure decision over the directory and a moment.
//!
//! The order of the questions is Entra's, as far as it shows: is the request complete, does the tenant exist, does
//! the app, may it, is the scope one, is the proof good, does the resource exist.

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::errors::Refusal;
use super::hosts::HostRole;
use super::jwt::Assertion;
use super::password::OPENID;
use super::request::{Arrival, EndpointVersion, TokenRequest};
use super::resource::audience;
use super::{assertion, federated, password, refresh};
use crate::directory::{App, Caller, Directory, Tenant};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Names in a path that stand for no one tenant.
pub(super) const NO_TENANT: &[&str] = &["common", "organizations", "consumers"];

/// What a token is written from.
#[derive(Debug)]
pub(super) struct Grant {
    pub caller: Caller,
    /// As a person's request wrote them; an app's has one, which is not repeated.
    pub scopes: Vec<String>,
}

pub(super) fn decide(
    directory: &Directory,
    request: &TokenRequest,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<Grant, Refusal> {
    match needed(request.grant_type.as_deref(), "grant_type")? {
        "client_credentials" => {}
        "password" => return password::decide(directory, request, arrival, now),
        "refresh_token" => return refresh::decide(directory, request, arrival, now),
        other => return Err(Refusal::with(70_003, format!("Grant type: '{other}'."))),
    }
    let client_id = needed(request.client_id.as_deref(), "client_id")?;
    let tenant = find_tenant(directory, arrival)?;
    let resource = match arrival.version {
        EndpointVersion::V1 => needed(request.resource.as_deref(), "resource")?,
        EndpointVersion::V2 => resource(needed(request.scope.as_deref(), "scope")?)?,
    };
    let app = find_app(&tenant, client_id)?;
    prove(directory, &tenant, app, request, arrival, now)?;
    Ok(Grant {
        caller: Caller {
            audience: audience(resource, tenant.home(), arrival)?,
            tenant_id: tenant.id.clone(),
            client_id: app.client_id.clone(),
            roles: app.roles.clone(),
            user: None,
        },
        scopes: Vec::new(),
    })
}

pub(super) fn needed<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, Refusal> {
    value.ok_or_else(|| Refusal::with(900_144, format!("Missing: '{name}'.")))
}

pub(super) fn find_tenant(directory: &Directory, arrival: &Arrival) -> Result<Tenant, Refusal> {
    let name = arrival.tenant.as_str();
    if NO_TENANT.contains(&name.to_lowercase().as_str()) {
        return Err(Refusal::new(50_059));
    }
    if uuid::Uuid::try_parse(name).is_err() && !name.contains('.') {
        return Err(Refusal::with(900_023, format!("Tenant: '{name}'.")));
    }
    let tenant = directory
        .tenant(name)
        .ok_or_else(|| Refusal::with(90_002, format!("Tenant: '{name}'.")))?;
    match HostRole::of(&arrival.host) {
        HostRole::Login(cloud) if cloud != tenant.home() => Err(Refusal::new(900_382)),
        _ => Ok(tenant),
    }
}

pub(super) fn find_app<'a>(tenant: &'a Tenant, client_id: &str) -> Result<&'a App, Refusal> {
    let app = tenant.apps.get(&client_id.to_lowercase());
    let app = app.ok_or_else(|| {
        Refusal::with(
            700_016,
            format!("Identifier '{client_id}' in the directory '{}'.", tenant.id),
        )
    })?;
    if app.disabled {
        return Err(Refusal::new(7_000_112));
    }
    Ok(app)
}

/// What a person's request asks for. Version 1 names a resource, of which it means all that was consented to, and gives
/// a refresh token unasked.
pub(super) fn scope_of_person(request: &TokenRequest, arrival: &Arrival) -> Result<String, Refusal> {
    match arrival.version {
        EndpointVersion::V1 => {
            let resource = needed(request.resource.as_deref(), "resource")?;
            let openid = request.scope.as_deref().unwrap_or_default().split_whitespace();
            let openid = openid.filter(|scope| OPENID.contains(scope) && *scope != "offline_access");
            let all = format!("{resource}/.default");
            let scopes = openid.chain([all.as_str(), "offline_access"]);
            Ok(scopes.collect::<Vec<_>>().join(" "))
        }
        EndpointVersion::V2 => needed(request.scope.as_deref(), "scope").map(str::to_owned),
    }
}

/// The resource of a scope like `https://graph.microsoft.com/.default`; for an app, nothing else is one.
fn resource(scope: &str) -> Result<&str, Refusal> {
    let mut scopes = scope.split_whitespace();
    let (Some(one), None) = (scopes.next(), scopes.next()) else {
        return Err(Refusal::with(70_011, format!("Scope: '{scope}'.")));
    };
    one.strip_suffix("/.default")
        .ok_or_else(|| Refusal::with(1_002_012, format!("Scope: '{scope}'.")))
}

pub(super) fn prove(
    directory: &Directory,
    tenant: &Tenant,
    app: &App,
    request: &TokenRequest,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if app.public && request.has_proof() {
        return Err(Refusal::new(700_025));
    }
    if let Some(text) = &request.client_assertion {
        let kind = needed(request.client_assertion_type.as_deref(), "client_assertion_type")?;
        if kind != JWT_BEARER {
            return Err(Refusal::with(50_027, format!("Assertion type: '{kind}'.")));
        }
        let presented = Assertion::read(text)?;
        return if federated::is_federated(&presented) {
            federated::check(directory, app, &presented, now)
        } else {
            assertion::check(directory, tenant, app, &presented, arrival, now)
        };
    }
    match &request.client_secret {
        Some(secret) => check_secret(app, secret, now),
        None => Err(Refusal::new(7_000_216)),
    }
}

fn check_secret(app: &App, presented: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let same = |value: &str| bool::from(value.as_bytes().ct_eq(presented.as_bytes()));
    let mut known = app.secrets.iter().filter(|secret| same(&secret.value)).peekable();
    if known.peek().is_none() {
        return Err(Refusal::with(7_000_215, format!("App: '{}'.", app.client_id)));
    }
    if known.any(|secret| secret.expires_at.is_none_or(|end| end > now)) {
        return Ok(());
    }
    Err(Refusal::with(7_000_222, format!("App: '{}'.", app.client_id)))
}
