//! E1: no secret, password, key, token or assertion is in an error or a debug print, whatever a server repeats.

use intune_connector::config::CredentialKind;
use intune_connector::observe::Clock;
use secrecy::{SecretSlice, SecretString};

use super::{ask, entra, fixture, noon, pem, source};
use crate::support::canary::{ASSERTION, PFX_PASSWORD, PRIVATE_KEY, SECRET, TOKEN, assert_no_canary};
use crate::support::scripted::{Scripted, answer, json, token};

#[tokio::test]
async fn e1_an_answer_that_repeats_what_was_sent_is_not_shown() {
    for status in [200, 302, 400, 401, 407, 429, 500] {
        let server = Scripted::start(move |_, heard| {
            let echo = serde_json::json!({"error": heard.body, "error_description": heard.body, "trace_id": heard.body,
                "correlation_id": SECRET, "error_codes": [99]});
            json(status, &echo)
        })
        .await;
        let error = source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap_err();
        assert_no_canary(&format!("{error} {error:?} {}", error.advice()));
    }
    let server = entra(answer(400, &[], SECRET.as_bytes())).await;
    let error = source(&server.settings(&[]), &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_no_canary(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn e1_a_repeated_assertion_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, ASSERTION).unwrap();
    for kind in [CredentialKind::TokenFile(file), pem("cert.pem", "key.pem")] {
        let server = Scripted::start(|_, heard| {
            let assertion = super::form(heard, "client_assertion").unwrap();
            json(
                400,
                &serde_json::json!({"error": assertion, "error_description": assertion, "error_codes": [99]}),
            )
        })
        .await;
        let error = ask(&server, kind).await.unwrap_err();
        let sent = super::form(&server.heard()[0], "client_assertion").unwrap();
        let told = format!("{error} {error:?}");
        assert_no_canary(&told);
        assert!(!told.contains(&sent));
    }
}

#[tokio::test]
async fn e1_a_credential_that_can_not_be_read_is_not_quoted() {
    let server = entra(token(TOKEN, 3599)).await;
    let password = || SecretString::from(PFX_PASSWORD);
    for kind in [
        CredentialKind::Pfx {
            bytes: SecretSlice::from(fixture("aes256.pfx")),
            password: password(),
        },
        CredentialKind::Pfx {
            bytes: SecretSlice::from(PRIVATE_KEY.as_bytes().to_vec()),
            password: password(),
        },
        CredentialKind::Pem {
            certificate: PRIVATE_KEY.into(),
            key: SecretString::from(PRIVATE_KEY),
        },
    ] {
        let told = format!("{kind:?}");
        let error = ask(&server, kind).await.unwrap_err();
        assert_no_canary(&format!("{error} {error:?}"));
        assert!(!told.contains(PFX_PASSWORD), "{told}");
    }
}
