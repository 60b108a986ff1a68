//! Access tokens: written and read by the directory alone.
//!
//! They are JWTs as Entra's are (RS256, `roles`, `appid`, `tid`, `aud`, `idtyp`), because clients read the roles from
//! them to explain a 403. Their form is that of version 1, whichever version of the token endpoint gave them: the
//! resource decides the form, and neither Graph nor Azure's management takes another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Directory;
use super::signing::read_claims;
use crate::token::hosts;

/// What Entra grants an app.
pub const TOKEN_LIFETIME_S: i64 = 3599;

/// A bearer longer than this is not one of ours.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Who a valid bearer belongs to, and what he may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub tenant_id: String,
    pub client_id: String,
    /// Whom the token is for.
    pub audience: String,
    /// Of the app, or delegated to it by `user`.
    pub roles: Vec<String>,
    /// The person as whom the app signed in.
    pub user: Option<String>,
}

/// Why a bearer is none: the text of Graph's 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerProblem {
    #[error("access token is empty")]
    Empty,
    #[error("token is not well formed")]
    Malformed,
    #[error("signature is invalid")]
    BadSignature,
    #[error("lifetime validation failed, the token is expired")]
    Expired,
    #[error("lifetime validation failed, the token is not yet valid")]
    NotYetValid,
    #[error("the tenant or the application of the token does not exist")]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    #[serde(default)]
    roles: Vec<String>,
    /// A person's token has these in place of roles.
    scp: Option<String>,
    upn: Option<String>,
    tid: String,
}

impl Directory {
    /// A token for Graph as the endpoint would give it, without the way over HTTP; `None` for a stranger.
    pub fn issue(&self, tenant_id: &str, client_id: &str, now: DateTime<Utc>) -> Option<String> {
        let app = self.app(tenant_id, client_id)?;
        let graph = self.tenant(tenant_id)?.home().graph.first()?;
        let caller = Caller {
            tenant_id: tenant_id.to_lowercase(),
            audience: format!("https://{graph}"),
            client_id: app.client_id,
            roles: app.roles,
            user: None,
        };
        self.write_token(&caller, now).ok()
    }

    /// Writes a token for an app; without roles too, as Entra does, so that a missing right shows only at Graph.
    pub(crate) fn write_token(&self, caller: &Caller, now: DateTime<Utc>) -> Result<String, ErrorStack> {
        let now_s = now.timestamp();
        let mut claims = json!({
            "aud": caller.audience, "iss": self.issuer_of(&caller.tenant_id),
            "iat": now_s, "nbf": now_s, "exp": now_s + TOKEN_LIFETIME_S,
            "app_displayname": self.app(&caller.tenant_id, &caller.client_id).map(|app| app.display_name),
            "appid": caller.client_id, "idtyp": "app",
            "oid": object_id(&caller.client_id), "sub": object_id(&caller.client_id),
            "tid": caller.tenant_id, "uti": uuid::Uuid::new_v4().simple().to_string(), "ver": "1.0",
        });
        if let Some(user) = &caller.user {
            claims["idtyp"] = json!("user");
            claims["scp"] = json!(caller.roles.join(" "));
            claims["upn"] = json!(user);
            claims["oid"] = json!(object_id(user));
            claims["sub"] = json!(object_id(user));
        } else if !caller.roles.is_empty() {
            claims["roles"] = json!(caller.roles);
        }
        self.signing.sign_claims(&claims)
    }

    /// Says who sends this bearer, or why nobody can be told by it.
    pub fn check(&self, bearer: &str, now: DateTime<Utc>) -> Result<Caller, BearerProblem> {
        if bearer.is_empty() {
            return Err(BearerProblem::Empty);
        }
        let (text, signature) = bearer.rsplit_once('.').ok_or(BearerProblem::Malformed)?;
        let claims: Claims = read_claims(text).ok_or(BearerProblem::Malformed)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| BearerProblem::Malformed)?;
        if bearer.len() > MAX_TOKEN_BYTES || !self.signing.verify(text, &signature) {
            return Err(BearerProblem::BadSignature);
        }
        if now.timestamp() >= claims.exp {
            return Err(BearerProblem::Expired);
        }
        if now.timestamp() + super::super::token::SKEW_S < claims.nbf {
            return Err(BearerProblem::NotYetValid);
        }
        self.app(&claims.tid, &claims.appid).ok_or(BearerProblem::Unknown)?;
        let delegated = claims.scp.map(|scopes| scopes.split(' ').map(str::to_owned).collect());
        Ok(Caller {
            tenant_id: claims.tid,
            client_id: claims.appid,
            audience: claims.aud,
            roles: delegated.unwrap_or(claims.roles),
            user: claims.upn,
        })
    }

    /// Who a token of version 1 is from: an address that nobody is led to, so it is the same behind every host.
    pub(super) fn issuer_of(&self, tenant_id: &str) -> String {
        let home = self.tenant(tenant_id).map_or(&hosts::CLOUDS[0], |tenant| tenant.home());
        hosts::issuer(home, tenant_id)
    }

    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.signing.jwk().into_iter().collect();
        json!({ "keys": keys })
    }
}

/// The id of a service principal or a person: another one than the name, but always the same.
pub(super) fn object_id(client_id: &str) -> String {
    let digest = openssl::sha::sha256(client_id.as_bytes());
    uuid::Builder::from_random_bytes(digest[..16].try_into().expect("a digest has 32 bytes"))
        .into_uuid()
        .to_string()
}
