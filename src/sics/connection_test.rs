//! `GET /sics/v1`: the connection test. Who am I, what may I, what do I see, what time is it there?

use axum::Json;
use axum::extract::State;

use super::Sics;
use super::auth::{Caller, SignInMethod};
use super::problem::ApiProblem;
use super::sessions::find_current_session;
use crate::contract::{ConnectionView, HeldRoleView, SignInKind};
use crate::model::RIGHTS;

pub(crate) async fn test_connection(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<ConnectionView>, ApiProblem> {
    let instances = sics.reachable_instances(&caller).await?;
    let servers = sics.store().list_servers().await?;
    let operator = &caller.operator;
    Ok(Json(ConnectionView {
        product: "intune-connector".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api: 1,
        operator: operator.name.clone(),
        kind: operator.kind,
        signed_in_by: match caller.by {
            SignInMethod::Password { .. } => SignInKind::Password,
            SignInMethod::Token(_) => SignInKind::Token,
            SignInMethod::Session { .. } => SignInKind::Session,
        },
        session: find_current_session(&sics, &caller).await?,
        second_factor: operator.second_factor_since.is_some(),
        password_change_needed: operator.password_given,
        granted: operator.rights.clone(),
        rights: RIGHTS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| caller.has_right(name))
            .map(ToOwned::to_owned)
            .collect(),
        scope: operator.scope.clone(),
        roles: operator.roles.iter().map(HeldRoleView::from).collect(),
        instances: instances.iter().map(|row| row.name.to_string()).collect(),
        servers: servers
            .iter()
            .filter(|row| super::server_visibility::is_own_server(&caller, row))
            .map(|row| row.id.to_string())
            .collect(),
        clock: sics.now(),
    }))
}
