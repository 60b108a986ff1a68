//! Sign-in, against a server that says what Entra says, and against the simulated tenant.

mod canaries;
mod credentials;
mod network;
mod person;
mod refused;
mod rollover;
mod simulated;
mod strangers;
mod tokens;

use std::time::Duration;

use intune_connector::config::{Credential, CredentialKind, InstanceSettings};
use intune_connector::entra::{EntraError, TokenPurpose, TokenRetryPolicy, TokenSource};
use intune_connector::model::{Timestamp, parse_time};
use intune_connector::observe::Clock;
use secrecy::SecretString;

use crate::support::scripted::{Say, Scripted, json, token};

const PFX_PASSWORD: &str = "fixture";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn fixture_text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

fn noon() -> Timestamp {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

/// Milliseconds in place of seconds.
fn quick() -> TokenRetryPolicy {
    TokenRetryPolicy {
        wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        ..TokenRetryPolicy::default()
    }
}

fn source(settings: &InstanceSettings, clock: &Clock) -> TokenSource {
    TokenSource::with_retry_policy(settings, TokenPurpose::Scan, clock.clone(), quick()).unwrap()
}

async fn ask(server: &Scripted, kind: CredentialKind) -> Result<String, EntraError> {
    let mut settings = server.settings(&[]);
    settings.credential.kind = kind;
    let clock = Clock::manual(noon());
    let source = TokenSource::with_retry_policy(&settings, TokenPurpose::Scan, clock, quick())?;
    source.obtain_token().await.map(|token| token.secret().to_owned())
}

fn pem(certificate: &str, key: &str) -> CredentialKind {
    CredentialKind::Pem {
        certificate: fixture_text(certificate),
        key: SecretString::from(fixture_text(key)),
    }
}

fn secret(credential: &Credential, text: &str) -> Credential {
    Credential {
        kind: CredentialKind::Secret(SecretString::from(text)),
        ..credential.clone()
    }
}

fn form(heard: &crate::support::scripted::Heard, key: &str) -> Option<String> {
    let found = url::form_urlencoded::parse(heard.body.as_bytes()).find(|(name, _)| name == key);
    found.map(|(_, value)| value.into_owned())
}

/// Entra's refusal with this code.
fn refusal(status: u16, error: &str, code: u32) -> Say {
    json(
        status,
        &serde_json::json!({
            "error": error, "error_description": format!("AADSTS{code}: Microsoft's own words. Trace ID: t"),
            "error_codes": [code], "timestamp": "2026-11-20 12:00:00Z", "trace_id": "trace-1", "correlation_id": "corr-1",
        }),
    )
}

/// Always this answer.
async fn entra(say: Say) -> Scripted {
    Scripted::start(move |_, _| say.clone()).await
}

async fn granting() -> Scripted {
    Scripted::start(|n, _| token(&format!("token-{}", n + 1), 3599)).await
}
