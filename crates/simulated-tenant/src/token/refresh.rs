//! A person who signed in before comes back by a refresh token: without the password, and only while the account is
//! as good as it was.

use chrono::{DateTime, Utc};

use super::errors::Refusal;
use super::grant::{Grant, find_app, find_tenant, needed, scope_of_person};
use super::password::{check_standing, find_client, grant_to};
use super::request::{Arrival, EndpointVersion, TokenRequest};
use crate::directory::Directory;

pub(super) fn decide(
    directory: &Directory,
    request: &TokenRequest,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<Grant, Refusal> {
    let client_id = needed(request.client_id.as_deref(), "client_id")?;
    let token = needed(request.refresh_token.as_deref(), "refresh_token")?;
    let session = directory
        .read_refresh_token(token)
        .ok_or_else(|| Refusal::new(70_000))?;
    let tenant = match arrival.tenant.to_lowercase().as_str() {
        "organizations" | "common" => directory.tenant(&session.tenant_id),
        _ => Some(find_tenant(directory, arrival)?),
    };
    let tenant = tenant
        .filter(|tenant| tenant.id == session.tenant_id)
        .ok_or_else(|| Refusal::new(70_000))?;
    let app = find_app(&tenant, client_id)?;
    find_client(directory, &tenant, app, request, arrival, now)?;
    if app.client_id != session.client_id {
        return Err(Refusal::new(70_000));
    }
    if session.ends_at_s <= now.timestamp() {
        return Err(Refusal::new(700_082));
    }
    let account = tenant.accounts.get(&session.user_name);
    let account = account.ok_or_else(|| Refusal::new(50_034))?;
    check_standing(account)?;
    if !session.fits(account) {
        return Err(Refusal::new(50_173));
    }
    let asked = match arrival.version {
        EndpointVersion::V1 => &request.resource,
        EndpointVersion::V2 => &request.scope,
    };
    let scope = match asked {
        Some(_) => scope_of_person(request, arrival)?,
        None => session.scope,
    };
    grant_to(&tenant, app, account, &scope, arrival)
}
