//! The answer to a request that earned a token. A person's carries what Microsoft's libraries keep an account by.

use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use serde_json::{Value, json};

use super::grant::Grant;
use super::password::OPENID;
use super::request::{Arrival, EndpointVersion, TokenRequest};
use crate::directory::{Directory, IdTokenForm, SignInSession, TOKEN_LIFETIME_S, client_info};

pub(super) fn written(
    directory: &Directory,
    request: &TokenRequest,
    grant: &Grant,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<Value, ErrorStack> {
    let caller = &grant.caller;
    let mut body = json!({
        "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S, "ext_expires_in": TOKEN_LIFETIME_S,
        "access_token": directory.write_token(caller, now)?,
    });
    if arrival.version == EndpointVersion::V1 {
        tell_times_in_text(&mut body, &caller.audience, now);
    }
    let Some(user) = &caller.user else {
        return Ok(body);
    };
    let wants = |scope: &str| grant.scopes.iter().any(|one| one == scope);
    let (scope, form) = match arrival.version {
        EndpointVersion::V1 => (caller.roles.join(" "), IdTokenForm::V1),
        EndpointVersion::V2 => (scopes(grant), IdTokenForm::V2 { base: &arrival.base }),
    };
    body["scope"] = json!(scope);
    if wants("openid") {
        body["id_token"] = json!(directory.write_id_token(caller, user, &form, now)?);
    }
    if request.client_info.as_deref() == Some("1") {
        body["client_info"] = json!(client_info(caller, user));
    }
    if wants("offline_access")
        && let Some(account) = directory.account(&caller.tenant_id, user)
    {
        let session = SignInSession::begin(caller, &account, &grant.scopes.join(" "), now);
        body["refresh_token"] = json!(directory.write_refresh_token(&session)?);
    }
    Ok(body)
}

/// Version 1 writes numbers as text, and tells when the token begins and ends and what it is for.
fn tell_times_in_text(body: &mut Value, resource: &str, now: DateTime<Utc>) {
    let now_s = now.timestamp();
    let lifetime = TOKEN_LIFETIME_S.to_string();
    body["expires_in"] = json!(lifetime);
    body["ext_expires_in"] = json!(lifetime);
    body["not_before"] = json!(now_s.to_string());
    body["expires_on"] = json!((now_s + TOKEN_LIFETIME_S).to_string());
    body["resource"] = json!(resource);
}

/// What a person's token is good for: each right with its resource, and what was asked for besides.
fn scopes(grant: &Grant) -> String {
    let resource = grant.caller.audience.trim_end_matches('/');
    let rights = grant.caller.roles.iter().map(|right| format!("{resource}/{right}"));
    let openid = OPENID.iter().filter(|scope| **scope != "offline_access");
    let asked = openid.filter(|scope| grant.scopes.iter().any(|one| one == *scope));
    asked
        .map(|scope| (*scope).to_owned())
        .chain(rights)
        .collect::<Vec<_>>()
        .join(" ")
}
