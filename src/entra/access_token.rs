//! The token that Graph gets to see, and what can be read from it for diagnosis.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::model::Timestamp;

/// A bearer token. `Clone` shares it; `Debug` shows when it ends only.
#[derive(Clone)]
pub struct AccessToken(Arc<AccessTokenState>);

struct AccessTokenState {
    secret: SecretString,
    /// `None`: the token is none that can be read.
    roles: Option<Vec<String>>,
    expires_at: Timestamp,
    renew_at: Timestamp,
}

#[derive(Deserialize, Default)]
struct TokenClaims {
    #[serde(default)]
    roles: Vec<String>,
    /// A person's token has scopes in place of roles, in one text.
    #[serde(default)]
    scp: String,
}

impl AccessToken {
    /// `expires_in_s` counts from `now`. Renewed five minutes before the end, at the latest at half time.
    pub(super) fn new(secret: SecretString, expires_in_s: u64, now: Timestamp) -> Self {
        let life = i64::try_from(expires_in_s.min(86_400)).unwrap_or(86_400);
        let after = |seconds| now + chrono::TimeDelta::seconds(seconds);
        let roles = parse_roles(secret.expose_secret());
        AccessToken(Arc::new(AccessTokenState {
            secret,
            roles,
            expires_at: after(life),
            renew_at: after((life - 300).max(life / 2)),
        }))
    }

    /// For the `Authorization` header, and for nothing else.
    pub fn secret(&self) -> &str {
        self.0.secret.expose_secret()
    }

    /// Still sealed, to keep it out of texts.
    pub(crate) fn sealed_secret(&self) -> &SecretString {
        &self.0.secret
    }

    /// The rights as the token says them, the application's or delegated ones; empty where it can't be read. For diagnosis only: what counts
    /// is what Graph allows.
    pub fn roles(&self) -> &[String] {
        self.0.roles.as_deref().unwrap_or_default()
    }

    /// Whether it says its rights. One that is encrypted, or in a form of its own, does not: they are unknown then, not
    /// missing.
    pub fn has_roles(&self) -> bool {
        self.0.roles.is_some()
    }

    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.0.renew_at
    }

    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        now < self.0.expires_at
    }

    pub(super) fn is_same(&self, other: &AccessToken) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessToken(until {})", self.0.expires_at)
    }
}

fn parse_roles(jwt: &str) -> Option<Vec<String>> {
    let claims = jwt.split('.').nth(1)?;
    let claims = BASE64URL.decode(claims.trim_end_matches('=')).ok()?;
    let TokenClaims { mut roles, scp } = serde_json::from_slice::<TokenClaims>(&claims).ok()?;
    roles.extend(scp.split_whitespace().map(str::to_owned));
    Some(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(claims: &str) -> Option<Vec<String>> {
        parse_roles(&format!("eyJ9.{}.sig", BASE64URL.encode(claims)))
    }

    #[test]
    fn st_7_rights_that_can_not_be_read_are_unknown_and_not_missing() {
        for opaque in ["EwB4A8l6BAAU-no-jwt", "", "a.b.c", "h.e.i.c.t"] {
            assert_eq!(parse_roles(opaque), None, "{opaque}");
        }
        assert_eq!(of(r#"{"roles":{"new":"form"}}"#), None);
        assert_eq!(of("{}"), Some(Vec::new()));
        assert_eq!(
            of(r#"{"roles":["A"],"scp":"B C"}"#),
            Some(vec!["A".into(), "B".into(), "C".into()])
        );
    }
}
