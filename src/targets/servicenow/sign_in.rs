//! In whose name requests go out: a user with a password (Basic), or an OAuth client, alone (client credentials) or with a
//! user (password). Which of the grants an instance allows is set over there.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::config::ServiceNowSettings;
use crate::targets::TargetFault;

/// A token is not used any more so long before its end.
const MARGIN: Duration = Duration::from_secs(60);
/// Where its end is not told.
const USUAL_LIFE: Duration = Duration::from_secs(1800);

pub(super) enum SignIn {
    /// What stands in the header.
    Basic(HeaderValue),
    OAuth(OAuthClient),
}

pub(super) struct OAuthClient {
    id: String,
    secret: SecretString,
    user: Option<(String, SecretString)>,
}

/// A token that was issued.
pub(super) struct KeptToken {
    pub header: HeaderValue,
    ends: Instant,
}

impl KeptToken {
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        now < self.ends
    }
}

impl SignIn {
    pub(super) fn from_settings(own: &ServiceNowSettings) -> Result<SignIn, TargetFault> {
        let user = own.user.clone().zip(own.password.clone());
        if let Some((id, secret)) = own.client_id.clone().zip(own.client_secret.clone()) {
            return Ok(SignIn::OAuth(OAuthClient { id, secret, user }));
        }
        let (user, password) = user.ok_or_else(|| TargetFault::Misconfigured {
            problem: "nobody is set who signs in to ServiceNow".to_owned(),
            advice: "set `user` and `password`, or `client_id` and `client_secret`".to_owned(),
        })?;
        let pair = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        Ok(SignIn::Basic(secret_header(&format!("Basic {pair}"))?))
    }
}

impl OAuthClient {
    /// What is posted for a token.
    pub(super) fn token_form(&self) -> Vec<(&'static str, &str)> {
        let mut form = vec![
            ("client_id", self.id.as_str()),
            ("client_secret", self.secret.expose_secret()),
        ];
        match &self.user {
            None => form.push(("grant_type", "client_credentials")),
            Some((user, password)) => form.extend([
                ("grant_type", "password"),
                ("username", user.as_str()),
                ("password", password.expose_secret()),
            ]),
        }
        form
    }
}

/// A token as the endpoint for tokens tells it.
pub(super) fn read_token(answer: &Value, now: Instant) -> Result<KeptToken, TargetFault> {
    let token = answer.get("access_token").and_then(Value::as_str);
    let token = token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| TargetFault::Unreadable {
            problem: "ServiceNow answers without a token to sign in with".to_owned(),
        })?;
    let told = answer.get("expires_in");
    let seconds = told.and_then(|told| told.as_u64().or_else(|| told.as_str()?.trim().parse().ok()));
    let life = seconds.map_or(USUAL_LIFE, |seconds| Duration::from_secs(seconds.min(86_400)));
    Ok(KeptToken {
        header: secret_header(&format!("Bearer {token}"))?,
        ends: now + life.saturating_sub(MARGIN),
    })
}

fn secret_header(text: &str) -> Result<HeaderValue, TargetFault> {
    let mut header = HeaderValue::from_str(text).map_err(|_| TargetFault::Unreadable {
        problem: "a token of ServiceNow has signs that no token has".to_owned(),
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::servicenow::ci_item::samples::own_settings;

    #[test]
    fn a_user_signs_in_and_a_client_goes_before_it() {
        let mut own = own_settings();
        let Ok(SignIn::Basic(header)) = SignIn::from_settings(&own) else {
            panic!("a user");
        };
        assert_eq!(
            header.to_str().unwrap(),
            format!("Basic {}", STANDARD.encode("bus:not~a~password"))
        );
        assert!(header.is_sensitive());
        own.client_id = Some("abc".to_owned());
        own.client_secret = Some(SecretString::from("not~a~secret"));
        let grant = |own: &ServiceNowSettings| {
            let Ok(SignIn::OAuth(client)) = SignIn::from_settings(own) else {
                panic!("a client");
            };
            let form = client.token_form();
            let grant = form.iter().find(|(name, _)| *name == "grant_type");
            grant.map(|(_, grant)| (*grant).to_owned())
        };
        assert_eq!(grant(&own).as_deref(), Some("password"));
        (own.user, own.password) = (None, None);
        assert_eq!(grant(&own).as_deref(), Some("client_credentials"));
        (own.client_id, own.client_secret) = (None, None);
        assert!(SignIn::from_settings(&own).is_err());
    }

    #[test]
    fn a_token_ends_a_little_before_it_does() {
        let now = Instant::now();
        let kept = read_token(&json!({"access_token": "abc", "expires_in": "100"}), now)
            .ok()
            .unwrap();
        assert!(kept.is_usable(now + Duration::from_secs(39)) && !kept.is_usable(now + Duration::from_secs(41)));
        let kept = read_token(&json!({"access_token": "abc", "expires_in": 30}), now)
            .ok()
            .unwrap();
        assert!(!kept.is_usable(now), "it would end on the way");
        for none in [json!({}), json!({"access_token": ""}), json!({"access_token": "a\nb"})] {
            assert!(read_token(&none, now).is_err(), "{none}");
        }
    }
}
