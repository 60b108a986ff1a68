//! What a person's sign-in leaves with the app besides the access token: who it was, and how to come back without the
//! password.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::access::object_id;
use super::{Account, Caller, Directory, TOKEN_LIFETIME_S};

/// Entra's refresh tokens end after 90 days without use.
const REFRESH_LIFETIME_S: i64 = 90 * 86_400;

/// Begins every refresh token, so that none passes for an access token.
const REFRESH_PREFIX: &str = "1.";

/// What a refresh token holds. Clients can't read Entra's, and have no reason to read these.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignInSession {
    pub tenant_id: String,
    pub client_id: String,
    pub user_name: String,
    pub scope: String,
    /// Of the password at the time: another one ends the session.
    pub password_mark: String,
    pub ends_at_s: i64,
}

impl SignInSession {
    pub(crate) fn begin(caller: &Caller, account: &Account, scope: &str, now: DateTime<Utc>) -> Self {
        SignInSession {
            tenant_id: caller.tenant_id.clone(),
            client_id: caller.client_id.clone(),
            user_name: account.user_name.clone(),
            scope: scope.to_owned(),
            password_mark: password_mark(account),
            ends_at_s: now.timestamp() + REFRESH_LIFETIME_S,
        }
    }

    /// Whether the account still has the password with which it began.
    pub(crate) fn fits(&self, account: &Account) -> bool {
        self.password_mark == password_mark(account)
    }
}

/// The form of an id token is that of the endpoint which gave it; an access token's is its resource's.
#[derive(Debug)]
pub(crate) enum IdTokenForm<'a> {
    V1,
    /// With the address by which the client came.
    V2 {
        base: &'a str,
    },
}

fn password_mark(account: &Account) -> String {
    let text = format!("{}\n{}", account.user_name, account.password);
    hex::encode(openssl::sha::sha256(text.as_bytes()))
}

impl Directory {
    /// Who signed in, for the app to read.
    pub(crate) fn write_id_token(
        &self,
        caller: &Caller,
        user: &str,
        form: &IdTokenForm,
        now: DateTime<Utc>,
    ) -> Result<String, ErrorStack> {
        let now_s = now.timestamp();
        let mut claims = json!({
            "aud": caller.client_id, "iat": now_s, "nbf": now_s, "exp": now_s + TOKEN_LIFETIME_S,
            "name": user, "oid": object_id(user), "sub": object_id(user),
            "tid": caller.tenant_id, "uti": uuid::Uuid::new_v4().simple().to_string(),
        });
        let (version, issuer, user_names): (_, _, &[&str]) = match form {
            IdTokenForm::V1 => ("1.0", self.issuer_of(&caller.tenant_id), &["upn", "unique_name"]),
            IdTokenForm::V2 { base } => {
                let issuer = format!("{base}/{}/v2.0", caller.tenant_id);
                ("2.0", issuer, &["preferred_username"])
            }
        };
        claims["ver"] = json!(version);
        claims["iss"] = json!(issuer);
        for name in user_names {
            claims[*name] = json!(user);
        }
        self.signing.sign_claims(&claims)
    }

    pub(crate) fn write_refresh_token(&self, session: &SignInSession) -> Result<String, ErrorStack> {
        let token = self.signing.sign_claims(&json!(session))?;
        Ok(format!("{REFRESH_PREFIX}{token}"))
    }

    /// `None` for what is no refresh token of ours.
    pub(crate) fn read_refresh_token(&self, token: &str) -> Option<SignInSession> {
        self.signing.read_signed(token.strip_prefix(REFRESH_PREFIX)?)
    }
}

/// The same as in the id token, in the form that Microsoft's libraries keep accounts by.
pub(crate) fn client_info(caller: &Caller, user: &str) -> String {
    let info = json!({"uid": object_id(user), "utid": caller.tenant_id});
    URL_SAFE_NO_PAD.encode(info.to_string())
}
