//! App registrations: whose they are, their credentials, their rights. Tokens that are out keep the rights they were
//! issued with, as in the real thing; the fault `forbidden` takes effect at once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlBody, Refused, missing, refused};
use crate::directory::{App, Certificate};
use crate::state::Simulated;

pub(super) async fn list(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"tenants": sim.directory().describe()}))
}

pub(super) async fn put(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    ControlBody(body): ControlBody<Value>,
) -> Result<StatusCode, Refused> {
    sim.directory().put_app(&tenant, &client, &body).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    if sim.directory().remove_app(&tenant, &client) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}

pub(super) async fn put_account(
    State(sim): State<Simulated>,
    Path((tenant, user)): Path<(String, String)>,
    ControlBody(body): ControlBody<Value>,
) -> Result<StatusCode, Refused> {
    sim.directory().put_account(&tenant, &user, &body).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove_account(
    State(sim): State<Simulated>,
    Path((tenant, user)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    if sim.directory().remove_account(&tenant, &user) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("account"))
    }
}

/// What an administrator does first: an application with a name, and with nothing else yet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Registered {
    display_name: String,
}

pub(super) async fn register(
    State(sim): State<Simulated>,
    Path(tenant): Path<String>,
    ControlBody(wanted): ControlBody<Registered>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let client = sim.directory().register_app(&tenant, &wanted.display_name);
    let client = client.ok_or_else(|| missing("tenant"))?;
    Ok((StatusCode::CREATED, Json(json!({"clientId": client}))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Uploaded {
    /// PEM; the public part alone.
    certificate: String,
}

pub(super) async fn add_certificate(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    ControlBody(uploaded): ControlBody<Uploaded>,
) -> Result<StatusCode, Refused> {
    let certificate = Certificate::read(uploaded.certificate.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let add = |app: &mut App| app.certificates.push(certificate);
    found(sim.directory().change_app(&tenant, &client, add))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requested {
    permission: String,
}

/// Asks for an application permission; without consent no token has it.
pub(super) async fn request_permission(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    ControlBody(wanted): ControlBody<Requested>,
) -> Result<StatusCode, Refused> {
    let request = |app: &mut App| app.requested.push(wanted.permission);
    found(sim.directory().change_app(&tenant, &client, request))
}

/// Grants all that was asked for.
pub(super) async fn consent(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let directory = sim.directory();
    found(directory.change_app(&tenant, &client, App::grant_requested))
}

fn found(is_there: bool) -> Result<StatusCode, Refused> {
    if is_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roles {
    roles: Vec<String>,
}

pub(super) async fn set_roles(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    ControlBody(wanted): ControlBody<Roles>,
) -> Result<StatusCode, Refused> {
    if sim.directory().set_roles(&tenant, &client, wanted.roles) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}

/// What an operator of the directory decides for a whole tenant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TenantChange {
    /// Login hosts of other clouds refuse the tenant from now on.
    login_host: Option<String>,
    /// Whether an assertion may be presented twice; holds for all tenants.
    replay_allowed: Option<bool>,
}

pub(super) async fn change_tenant(
    State(sim): State<Simulated>,
    Path(tenant): Path<String>,
    ControlBody(wanted): ControlBody<TenantChange>,
) -> Result<StatusCode, Refused> {
    let directory = sim.directory();
    if directory.tenant(&tenant).is_none() {
        return Err(missing("tenant"));
    }
    if let Some(host) = wanted.login_host {
        directory.set_login_host(&tenant, Some(&host));
    }
    if let Some(allowed) = wanted.replay_allowed {
        directory.allow_replay(allowed);
    }
    Ok(StatusCode::NO_CONTENT)
}
