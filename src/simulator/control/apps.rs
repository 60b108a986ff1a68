//! App registrations: whose they are, their credentials, their rights. Tokens that are out keep the rights they were
//! issued with, as in the real thing; the fault `forbidden` takes effect at once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, missing, refused};
use crate::simulator::state::Simulated;

pub async fn list(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"tenants": sim.directory().describe()}))
}

pub async fn put(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Result<StatusCode, Refused> {
    sim.directory().put_app(&tenant, &client, &body).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn remove(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    if sim.directory().remove_app(&tenant, &client) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    roles: Vec<String>,
}

pub async fn set_roles(
    State(sim): State<Simulated>,
    Path((tenant, client)): Path<(String, String)>,
    Json(wanted): Json<Roles>,
) -> Result<StatusCode, Refused> {
    if sim.directory().set_roles(&tenant, &client, wanted.roles) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}
