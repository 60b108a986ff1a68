//! A token request, read from the form and the headers; no judgement yet.

use std::collections::HashSet;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::errors::Refusal;
use super::jwt::Assertion;

/// Which generation of the endpoints was asked. The first names a `resource` where the second has scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndpointVersion {
    V1,
    V2,
}

/// Where a request came in: what "own URL" means for it.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub version: EndpointVersion,
    /// `https://host:port`, as the client wrote it.
    pub base: String,
    /// Without the port.
    pub host: String,
    /// Tenant id or domain in the path.
    pub tenant: String,
}

/// The fields that matter. Empty ones count as missing, as at Entra.
#[derive(Debug, Default)]
pub(super) struct TokenRequest {
    pub grant_type: Option<String>,
    pub client_id: Option<String>,
    pub scope: Option<String>,
    /// What a token of version 1 is for.
    pub resource: Option<String>,
    pub client_secret: Option<String>,
    pub client_assertion_type: Option<String>,
    pub client_assertion: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub refresh_token: Option<String>,
    /// Whether the answer tells who signed in, in a form of its own.
    pub client_info: Option<String>,
}

impl TokenRequest {
    /// A body of another type than a form has no fields. A field that comes twice is refused, whatever it is.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let mut request = TokenRequest::default();
        let mut seen = HashSet::new();
        let body = if is_form(headers) { body } else { &[] };
        for (name, value) in form_urlencoded::parse(body) {
            if !seen.insert(name.to_string()) {
                return Err(Refusal::with(9_000_411, format!("Parameter: '{name}'.")));
            }
            let field = match name.as_ref() {
                "grant_type" => &mut request.grant_type,
                "client_id" => &mut request.client_id,
                "scope" => &mut request.scope,
                "resource" => &mut request.resource,
                "client_secret" => &mut request.client_secret,
                "client_assertion_type" => &mut request.client_assertion_type,
                "client_assertion" => &mut request.client_assertion,
                "username" => &mut request.username,
                "password" => &mut request.password,
                "refresh_token" => &mut request.refresh_token,
                "client_info" => &mut request.client_info,
                _ => continue,
            };
            if !value.is_empty() {
                *field = Some(value.into_owned());
            }
        }
        if let Some((client_id, secret)) = basic(headers) {
            request.client_id.get_or_insert(client_id);
            request.client_secret.get_or_insert(secret);
        }
        Ok(request)
    }

    /// What the assertion says of its signature.
    pub(super) fn assertion_algorithm(&self) -> Option<String> {
        let assertion = Assertion::read(self.client_assertion.as_deref()?).ok()?;
        Some(assertion.header.alg)
    }

    /// Whether the app proves who it is, well or badly.
    pub(super) fn has_proof(&self) -> bool {
        self.client_secret.is_some() || self.client_assertion.is_some()
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = given.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// HTTP Basic as in RFC 6749 2.3.1: both halves are form-encoded before they are joined.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let pairs = form_urlencoded::parse(text.as_bytes());
    // A value with `=` or `&` in clear is no form-encoding: take it as it stands.
    if text.contains(['=', '&']) {
        return text.to_owned();
    }
    pairs.map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_halves_are_form_encoded() {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode("app:a%2Bb%7Ec+d"));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        headers.insert(header::CONTENT_TYPE, form.parse().unwrap());
        let request = TokenRequest::read(&headers, b"grant_type=client_credentials&scope=").unwrap();
        assert_eq!(request.client_id.as_deref(), Some("app"));
        assert_eq!(request.client_secret.as_deref(), Some("a+b~c d"));
        assert_eq!(request.scope, None);
    }
}
