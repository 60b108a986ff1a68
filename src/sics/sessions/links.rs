//! Sign-in links: the owner of the data folder makes one for a person, who uses it once. It shows that the folder's owner
//! wants it and nothing that the person knows, so such a session counts for nothing that needs a password.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::json;

use super::start_session;
use crate::actions::guard::tied_accounts::is_data_folder_account;
use crate::contract::{IssuedToken, NewSignInLinkBody, SessionStartedView, SignInLinkBody, SignInLinkView};
use crate::sics::auth::token::{ApiToken, TokenKind, parse_token};
use crate::sics::auth::{Caller, SessionOrigin};
use crate::sics::authorization::is_whole_account;
use crate::sics::connection_limit::Peer;
use crate::sics::extract::{JsonBody, StrangerBody};
use crate::sics::problem::ApiProblem;
use crate::sics::{LOCAL_OPERATOR, Sics};
use crate::store::{AuditEntry, NewSignInLink, OperatorKind, OperatorRow};

const LINK_HOLDS: TimeDelta = TimeDelta::minutes(10);

pub(crate) async fn make_sign_in_link(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<NewSignInLinkBody>,
) -> Result<(StatusCode, Json<SignInLinkView>), ApiProblem> {
    if !is_data_folder_account(&caller.operator) || !is_whole_account(&sics, &caller).await? {
        return Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "dataFolderOnly",
            "only the owner of the data folder makes sign-in links",
            "On the machine of the bus: intune-connector console-link --data DIR",
        ));
    }
    let person = find_link_person(&sics, body.operator.as_deref()).await?;
    let token = ApiToken::of_kind(TokenKind::OneTime).map_err(|error| ApiProblem::internal("random", &error))?;
    let ends_at = sics.now() + LINK_HOLDS;
    let notice = format!(
        "the owner of the data folder made a link that signs in as {} once, within 10 minutes",
        person.name
    );
    let audit_detail = move |(): &()| Some(json!({ "endsAt": ends_at }));
    let store = sics.recording(&caller, "signInLink.made", &person.name, audit_detail);
    let new = NewSignInLink {
        operator: person.id,
        sha256: token.sha256,
        ends_at,
    };
    store.add_sign_in_link(new, notice).await?;
    let answer = SignInLinkView {
        operator: person.name,
        token: IssuedToken(token.text.expose_secret().to_owned()),
        ends_at,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The person of this name, or the only one.
async fn find_link_person(sics: &Sics, name: Option<&str>) -> Result<OperatorRow, ApiProblem> {
    let mut people = sics.store().list_operators().await?;
    let can_sign_in =
        |row: &OperatorRow| row.kind == OperatorKind::Person && row.name != LOCAL_OPERATOR && !row.disabled;
    if let Some(name) = name {
        let named = people.into_iter().find(|row| row.name.eq_ignore_ascii_case(name));
        let named = named.ok_or_else(|| ApiProblem::not_found("operator", name))?;
        return if can_sign_in(&named) {
            Ok(named)
        } else {
            Err(no_person_problem(&named))
        };
    }
    people.retain(can_sign_in);
    let names: Vec<String> = people.iter().map(|row| row.name.clone()).collect();
    let mut people = people.into_iter();
    match (people.next(), people.next()) {
        (Some(person), None) => Ok(person),
        (None, _) => Err(ApiProblem::conflict(
            "noPerson",
            "there is no person who could sign in",
            "Make the first one: intune-connector operators add NAME --role administrator --data DIR",
        )),
        (Some(_), Some(_)) => Err(ApiProblem::conflict(
            "severalPersons",
            format!("several people can sign in: {}", names.join(", ")),
            "Name one: intune-connector console-link --user NAME --data DIR",
        )),
    }
}

fn no_person_problem(row: &OperatorRow) -> ApiProblem {
    let why = if row.disabled {
        "is disabled"
    } else {
        "is not the account of a person"
    };
    ApiProblem::conflict(
        "noPerson",
        format!("operator {} cannot sign in to the console: the account {why}", row.name),
        "Name a person; list them: intune-connector operators",
    )
}

pub(crate) async fn redeem_sign_in_link(
    State(sics): State<Sics>,
    peer: Peer,
    headers: HeaderMap,
    StrangerBody(body): StrangerBody<SignInLinkBody>,
) -> Result<(StatusCode, Json<SessionStartedView>), ApiProblem> {
    let auth = sics.auth();
    auth.begin_one_time_attempt(&peer).await?;
    let Some((TokenKind::OneTime, sha256)) = parse_token(body.token.expose_secret()) else {
        return Err(auth.deny_one_time_token(&peer));
    };
    // A stranger's guess writes nothing.
    let known = auth
        .throttled_lookup(&peer, sics.store().find_sign_in_link(sha256))
        .await?;
    if known.is_none_or(|person| person.disabled) {
        return Err(auth.deny_one_time_token(&peer));
    }
    let store = sics.store().recorded(|used: &Option<OperatorRow>| {
        used.as_ref().map(|person| AuditEntry {
            actor: person.name.clone(),
            action: "signInLink.used",
            subject: person.name.clone(),
            detail: json!({}),
        })
    });
    let Some(person) = store.use_sign_in_link(sha256).await? else {
        return Err(auth.deny_one_time_token(&peer));
    };
    auth.accept_one_time_token(&peer);
    start_session(&sics, &person, SessionOrigin::Link, &headers, &peer).await
}
