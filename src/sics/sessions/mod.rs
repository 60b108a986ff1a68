//! Sessions of the console: begun with name and password, listed, confirmed, ended. [`links`] and [`set_up`] begin them
//! for those who have no other way in, [`second_factors`] is what people show besides their password.

pub(crate) mod links;
pub(crate) mod second_factors;
pub(crate) mod set_up;
mod setup_door;

pub(crate) use setup_door::SetupDoor;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use serde_json::json;

use super::Sics;
use super::auth::{CONFIRMED, Caller, GivenFactor, PersonCredentials, SessionOrigin, clean_user_agent};
use super::authorization::is_whole_account;
use super::connection_limit::Peer;
use super::extract::{JsonBody, PathParams, StrangerBody};
use super::operators::delegation::require_account_covered;
use super::problem::ApiProblem;
use crate::contract::{ConfirmSessionBody, IssuedToken, NewSessionBody, SessionStartedView, SessionView, SessionsView};
use crate::store::{OperatorKind, OperatorRow, SessionRow};

/// What stands for the caller's own session.
const CURRENT: &str = "current";

fn session_view(sics: &Sics, row: &SessionRow, operator: String, current: bool) -> SessionView {
    let now = sics.now();
    SessionView {
        id: row.id,
        operator,
        started_at: row.started_at,
        last_seen_at: row.seen_at,
        ends_at: sics.auth().session_end(row),
        address: row.address.clone(),
        user_agent: row.user_agent.clone(),
        current,
        confirmed_until: row.confirmed_until.filter(|end| now < *end),
    }
}

/// The session that this request belongs to, where it belongs to one.
pub(crate) async fn find_current_session(sics: &Sics, caller: &Caller) -> Result<Option<SessionView>, ApiProblem> {
    let Some(id) = caller.by.session_id() else {
        return Ok(None);
    };
    let row = sics.store().find_session(id).await?;
    Ok(row.map(|row| session_view(sics, &row, caller.name().to_owned(), true)))
}

pub(crate) async fn begin_session(
    State(sics): State<Sics>,
    peer: Peer,
    headers: HeaderMap,
    StrangerBody(body): StrangerBody<NewSessionBody>,
) -> Result<(StatusCode, Json<SessionStartedView>), ApiProblem> {
    let given = PersonCredentials {
        name: body.name,
        password: body.password,
        factor: GivenFactor::from_code(body.code),
    };
    let caller = sics.auth().sign_in_by_password(given, &peer).await?;
    if caller.operator.kind != OperatorKind::Person {
        return Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "notAPerson",
            format!("{} is the account of a management server", caller.name()),
            "Sessions are for people; a program signs in with a token.",
        ));
    }
    let origin = SessionOrigin::Password {
        second_factor: caller.by.has_second_factor(),
    };
    start_session(&sics, &caller.operator, origin, &headers, &peer).await
}

/// For a person who has shown who they are; the answer has the token.
async fn start_session(
    sics: &Sics,
    person: &OperatorRow,
    origin: SessionOrigin,
    headers: &HeaderMap,
    peer: &Peer,
) -> Result<(StatusCode, Json<SessionStartedView>), ApiProblem> {
    let agent = clean_user_agent(headers);
    let started = sics.auth().begin_session(person, origin, agent, peer).await?;
    let answer = SessionStartedView {
        session: session_view(sics, &started.row, person.name.clone(), true),
        token: IssuedToken(started.token.expose_secret().to_owned()),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// One's own; everybody's for who may see all accounts. A token that holds for a part of its account is not the account.
pub(crate) async fn list_sessions(State(sics): State<Sics>, caller: Caller) -> Result<Json<SessionsView>, ApiProblem> {
    let of_account = if caller.operator.has_right_everywhere("Operators_Read") {
        None
    } else if is_whole_account(&sics, &caller).await? {
        Some(caller.operator.id)
    } else {
        return Ok(Json(SessionsView { sessions: Vec::new() }));
    };
    let rows = sics.store().list_sessions(of_account).await?;
    let accounts = sics.store().list_operators().await?;
    let current = caller.by.session_id();
    let sessions = rows.iter().filter_map(|row| {
        let account = accounts.iter().find(|account| account.id == row.operator)?;
        let is_live = sics.auth().is_session_live(row, account);
        is_live.then(|| session_view(&sics, row, account.name.clone(), current == Some(row.id)))
    });
    Ok(Json(SessionsView {
        sessions: sessions.collect(),
    }))
}

pub(crate) async fn end_session(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(session): PathParams<String>,
) -> Result<StatusCode, ApiProblem> {
    let (row, owner) = find_own_session(&sics, &caller, &session).await?;
    let audit_detail = move |ended: &bool| ended.then(|| json!({ "session": row.id }));
    let store = sics.recording(&caller, "session.ended", &owner.name, audit_detail);
    if !store.end_session(row.id).await? {
        return Err(ApiProblem::not_found("session", row.id));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// One that the caller may end, with its account: their own, and those of accounts that they manage. Others do not exist
/// for them.
async fn find_own_session(
    sics: &Sics,
    caller: &Caller,
    session: &str,
) -> Result<(SessionRow, OperatorRow), ApiProblem> {
    let unknown = || ApiProblem::not_found("session", session);
    let id = if session == CURRENT {
        caller.by.session_id().ok_or_else(not_a_session_problem)?
    } else {
        session.parse().map_err(|_| unknown())?
    };
    let row = sics.store().find_session(id).await?.ok_or_else(unknown)?;
    let owner = sics.store().load_operator(row.operator).await.map_err(|_| unknown())?;
    if !sics.auth().is_session_live(&row, &owner) {
        return Err(unknown());
    }
    if owner.id == caller.operator.id && is_whole_account(sics, caller).await? {
        return Ok((row, owner));
    }
    if !caller.operator.has_right_everywhere("Operators_Manage") {
        return Err(unknown());
    }
    require_account_covered(caller, &owner)?;
    Ok((row, owner))
}

fn not_a_session_problem() -> ApiProblem {
    ApiProblem::conflict(
        "notASession",
        "this request was not signed in with a session",
        "Begin one: POST /sics/v1/sessions. A token or a password given with each request needs none.",
    )
}

/// The password again, and a code where there is a second factor: what needs them may follow for five minutes.
pub(crate) async fn confirm_session(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<ConfirmSessionBody>,
) -> Result<Json<SessionView>, ApiProblem> {
    let id = caller.by.session_id().ok_or_else(not_a_session_problem)?;
    let given = PersonCredentials {
        name: caller.name().to_owned(),
        password: body.password,
        // The last confirmation does not stand in for this one.
        factor: GivenFactor::from_code(body.code),
    };
    let person = sics.auth().sign_in_person(given, caller.address).await?;
    if person.operator.id != caller.operator.id {
        return Err(ApiProblem::not_found("operator", caller.name()));
    }
    let audit_detail = |row: &SessionRow| Some(json!({"session": row.id, "secondFactor": row.second_factor}));
    let store = sics.recording(&caller, "session.confirmed", caller.name(), audit_detail);
    let row = store
        .confirm_session(id, sics.now() + CONFIRMED, person.by.has_second_factor())
        .await?;
    Ok(Json(session_view(&sics, &row, caller.name().to_owned(), true)))
}
