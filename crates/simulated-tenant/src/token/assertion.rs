//! Proof by certificate: an assertion that the app signed with a registered key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use chrono::{DateTime, Utc};

use super::errors::Refusal;
use super::hosts;
use super::jwt::Assertion;
use super::request::Arrival;
use crate::directory::{App, Certificate, Directory, Tenant};

/// The whole check; the order is: who, which key, whose signature, for whom, when, and not twice where that is wanted.
pub(super) fn check(
    directory: &Directory,
    tenant: &Tenant,
    app: &App,
    assertion: &Assertion,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    if !claims.iss.eq_ignore_ascii_case(&app.client_id) || !claims.sub.eq_ignore_ascii_case(&app.client_id) {
        return Err(Refusal::new(700_021));
    }
    let certificate = named_certificate(app, assertion)?;
    let reason = |text: &str| {
        let thumbprint = hex::encode_upper(&certificate.sha1);
        Refusal::with(
            700_027,
            format!("[Reason - {text}, Thumbprint of key used by client: '{thumbprint}']"),
        )
    };
    if certificate.not_after <= now {
        return Err(reason("The key used is expired."));
    }
    if !assertion.signed_by(&certificate.key) {
        return Err(reason("The signature is invalid."));
    }
    if !claims.for_audience(|audience| is_token_endpoint(audience, tenant, arrival)) {
        return Err(Refusal::new(700_023));
    }
    assertion.in_time(now.timestamp())?;
    let Some(jti) = &claims.jti else {
        return Err(Refusal::with(50_027, "It has no 'jti'."));
    };
    let until_s = claims.exp.unwrap_or_default() as i64;
    if !directory.first_use(&app.client_id, jti, until_s, now.timestamp()) {
        return Err(Refusal::new(50_013));
    }
    Ok(())
}

/// The registered certificate that the header names. A thumbprint in the wrong alphabet names none: plain base64 in
/// `x5t#S256` is a mistake that Entra punishes, whereas in `x5t` both alphabets are in use.
fn named_certificate<'a>(app: &'a App, assertion: &Assertion) -> Result<&'a Certificate, Refusal> {
    let header = &assertion.header;
    let not_found = |used: &str| {
        Refusal::with(
            700_027,
            format!("[Reason - The key was not found., Thumbprint of key used by client: '{used}']"),
        )
    };
    if header.x5t_s256.is_none() && header.x5t.is_none() {
        return Err(not_found(""));
    }
    let used = header.x5t_s256.as_deref().or(header.x5t.as_deref()).unwrap_or_default();
    app.certificates
        .iter()
        .find(|certificate| {
            let by_sha256 = header
                .x5t_s256
                .as_deref()
                .is_none_or(|text| url_decoded(text) == certificate.sha256);
            let by_sha1 = header
                .x5t
                .as_deref()
                .is_none_or(|text| any_decoded(text) == certificate.sha1);
            by_sha256 && by_sha1
        })
        .ok_or_else(|| not_found(used))
}

/// Base64url, with or without `=` (MSAL for Python pads). Empty where it is neither, and no thumbprint is empty.
fn url_decoded(text: &str) -> Vec<u8> {
    URL_SAFE_PAD_INDIFFERENT.decode(text).unwrap_or_default()
}

fn any_decoded(text: &str) -> Vec<u8> {
    let standard = || STANDARD_PAD_INDIFFERENT.decode(text);
    URL_SAFE_PAD_INDIFFERENT
        .decode(text)
        .or_else(|_| standard())
        .unwrap_or_default()
}

/// The token endpoint of this tenant at a login host of its own cloud, or at the address the client used.
fn is_token_endpoint(audience: &str, tenant: &Tenant, arrival: &Arrival) -> bool {
    let Ok(url) = url::Url::parse(audience) else {
        return false;
    };
    let own = audience.starts_with(&format!("{}/", arrival.base));
    let cloud = url.host_str().and_then(hosts::cloud_of_login);
    let known = url.scheme() == "https" && cloud.is_some_and(|cloud| cloud == tenant.home());
    let mut path = url.path().trim_start_matches('/').splitn(2, '/');
    let named = path.next().unwrap_or_default().to_lowercase();
    let is_tenant = named == tenant.id || tenant.domains.contains(&named);
    (own || known) && is_tenant && matches!(path.next(), Some("oauth2/v2.0/token" | "oauth2/token"))
}
