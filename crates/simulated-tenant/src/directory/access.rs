//! Access tokens: written and read by the directory alone.
//!
//! They are JWTs as Entra's are (RS256, `roles`, `appid`, `tid`, `aud`, `idtyp`), because clients read the roles from
//! them to explain a 403. Nobody but the simulator has a reason to verify them.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Directory;

/// What Entra grants an app.
pub const TOKEN_LIFETIME_S: i64 = 3599;

/// A bearer longer than this is not one of ours.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

const KEY_BITS: u32 = 2048;

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

/// One RSA key for the process: making one is slow, and tokens are told apart by tenant and app.
#[derive(Clone)]
pub(super) struct SigningKey {
    key: PKey<Private>,
}

impl SigningKey {
    pub(super) fn of_this_process() -> Result<Self, ErrorStack> {
        static KEY: OnceLock<PKey<Private>> = OnceLock::new();
        if let Some(key) = KEY.get() {
            return Ok(SigningKey { key: key.clone() });
        }
        let fresh = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
        Ok(SigningKey {
            key: KEY.get_or_init(|| fresh).clone(),
        })
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, ErrorStack> {
        Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(text.as_bytes())
    }

    /// A JWT with these claims.
    pub(super) fn sign_claims(&self, claims: &Value) -> Result<String, ErrorStack> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "simulator"});
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.sign(&text)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a JWT that this key signed.
    pub(super) fn read_signed<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        let (text, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.verify(text, &signature).then(|| read_claims(text))?
    }

    fn verify(&self, text: &str, signature: &[u8]) -> bool {
        Verifier::new(MessageDigest::sha256(), &self.key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, text.as_bytes()))
            .unwrap_or(false)
    }

    /// The public half as a JWK, for `…/discovery/v2.0/keys`.
    fn jwk(&self) -> Result<Value, ErrorStack> {
        let rsa = self.key.rsa()?;
        Ok(json!({
            "kty": "RSA", "use": "sig", "kid": "simulator",
            "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
            "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
        }))
    }
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
        self.write_token(&caller, "https://sts.windows.net", now).ok()
    }

    /// Writes a token for an app; without roles too, as Entra does, so that a missing right shows only at Graph.
    pub(crate) fn write_token(
        &self,
        caller: &Caller,
        issuer_base: &str,
        now: DateTime<Utc>,
    ) -> Result<String, ErrorStack> {
        let now_s = now.timestamp();
        let mut claims = json!({
            "aud": caller.audience, "iss": format!("{issuer_base}/{}/v2.0", caller.tenant_id),
            "iat": now_s, "nbf": now_s, "exp": now_s + TOKEN_LIFETIME_S,
            "app_displayname": self.app(&caller.tenant_id, &caller.client_id).map(|app| app.display_name),
            "appid": caller.client_id, "azp": caller.client_id, "idtyp": "app",
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

    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.signing.jwk().into_iter().collect();
        json!({ "keys": keys })
    }
}

fn read_claims<C: DeserializeOwned>(text: &str) -> Option<C> {
    let (_, body) = text.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

/// The id of a service principal or a person: another one than the name, but always the same.
pub(super) fn object_id(client_id: &str) -> String {
    let digest = openssl::sha::sha256(client_id.as_bytes());
    uuid::Builder::from_random_bytes(digest[..16].try_into().expect("a digest has 32 bytes"))
        .into_uuid()
        .to_string()
}
