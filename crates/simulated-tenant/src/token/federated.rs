//! Proof by a foreign identity provider: an assertion whose issuer, subject and audience the app trusts.
//! Entra compares all three with case since 2025.

use chrono::{DateTime, Utc};

use super::errors::Refusal;
use super::hosts;
use super::jwt::Assertion;
use crate::directory::{App, Directory, Federated};

/// Whether an assertion is a federated one: its issuer is a URL, where an app would write its client id.
pub(super) fn is_federated(assertion: &Assertion) -> bool {
    assertion.claims.iss.contains("://")
}

pub(super) fn check(
    directory: &Directory,
    app: &App,
    assertion: &Assertion,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    trusted(&app.federated, assertion)?;
    if issued_by_entra(&claims.iss) && claims.idtyp.as_deref() != Some("app") {
        return Err(Refusal::new(700_229));
    }
    let keys = directory.issuer_keys(&claims.iss);
    if !keys.iter().any(|key| assertion.signed_by(key)) {
        return Err(Refusal::with(700_027, "[Reason - The key was not found.]"));
    }
    assertion.in_time(now.timestamp())
}

/// Says what exactly does not fit: issuer, then subject, then audience. No `jti` is noted: a token file is read and
/// presented again and again until the platform replaces it.
fn trusted(federated: &[Federated], assertion: &Assertion) -> Result<(), Refusal> {
    let claims = &assertion.claims;
    let of_issuer: Vec<&Federated> = federated.iter().filter(|one| one.issuer == claims.iss).collect();
    if of_issuer.is_empty() {
        return Err(Refusal::with(700_211, format!("Assertion issuer: '{}'.", claims.iss)));
    }
    let of_subject: Vec<&Federated> = of_issuer.into_iter().filter(|one| one.subject == claims.sub).collect();
    if of_subject.is_empty() {
        return Err(Refusal::with(700_213, format!("Assertion subject: '{}'.", claims.sub)));
    }
    let fits = of_subject
        .iter()
        .any(|one| claims.for_audience(|audience| audience == one.audience));
    if !fits {
        return Err(Refusal::with(700_212, format!("Assertion audience: {}.", claims.aud)));
    }
    Ok(())
}

fn issued_by_entra(issuer: &str) -> bool {
    let url = url::Url::parse(issuer).ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    host.is_some_and(|host| hosts::cloud_of_login(host).is_some())
}
