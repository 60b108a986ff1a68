//! What Entra says no with, and what stands in Entra's place.

use intune_connector::config::InstanceSettings;
use intune_connector::entra::error_codes;
use intune_connector::observe::{Clock, Metrics, metric};

use super::{entra, noon, pem, refusal, source};
use crate::support::scripted::{Scripted, answer, json};

#[tokio::test]
async fn every_code_says_what_is_wrong_and_what_to_do() {
    // Which code is said is asked for in the name of the tenant.
    let server = Scripted::start(|_, heard| {
        let tenant = heard.target().split('/').nth(1).unwrap().to_owned();
        refusal(
            400,
            "x",
            tenant
                .trim_end_matches(".example")
                .trim_start_matches('t')
                .parse()
                .unwrap(),
        )
    })
    .await;
    let base = server.settings(&[]);
    for row in error_codes::TABLE {
        let settings = InstanceSettings {
            tenant_id: format!("t{}.example", row.code),
            ..base.clone()
        };
        let error = source(&settings, &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap_err();
        assert_eq!(error.code(), format!("AADSTS{}", row.code));
        let text = error.to_string();
        let advice = row.advice.replace("{place}", "in `secret_file`");
        assert!(
            text.contains(row.description) && error.advice().starts_with(&advice),
            "{text}"
        );
        assert!(text.contains("trace-1") && text.contains("corr-1"), "{text}");
    }
}

#[tokio::test]
async fn the_numbers_decide_and_never_the_text() {
    let body = serde_json::json!({"error": "invalid_client", "error_description": "AADSTS7000222: expired", "error_codes": [7000215]});
    let server = entra(json(401, &body)).await;
    let error = source(&server.settings(&[]), &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "AADSTS7000215");
}

#[tokio::test]
async fn wi_15_that_a_certificate_has_ended_is_told_and_not_that_it_has_to_be_uploaded() {
    let server = entra(refusal(401, "invalid_client", 700_027)).await;
    let mut settings = server.settings(&[]);
    settings.credential.kind = pem("expired-cert.pem", "key.pem");
    let error = source(&settings, &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "AADSTS700027");
    let advice = error.advice();
    assert!(
        advice.starts_with("the certificate used ended on 2021-01-01: create a new one"),
        "{advice}"
    );
}

#[tokio::test]
async fn an_unknown_code_is_shown_with_microsofts_words() {
    let server = entra(refusal(400, "invalid_grant", 123_456)).await;
    let error = source(&server.settings(&[]), &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "AADSTS123456");
    assert!(error.to_string().contains("Microsoft's own words"), "{error}");
    assert_eq!(server.heard().len(), 1, "it is not tried again");
}

#[tokio::test]
async fn a_wrong_clock_is_named() {
    let body = serde_json::json!({"error": "invalid_client", "error_codes": [700024]}).to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Date", "Fri, 20 Nov 2026 12:10:00 GMT"),
    ];
    let server = entra(answer(401, &headers, body.as_bytes())).await;
    let error = source(&server.settings(&[]), &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "AADSTS700024");
    assert!(error.advice().contains("600 s behind"), "{}", error.advice());
}

#[tokio::test]
async fn what_is_no_token_endpoint_is_told_apart() {
    let long = "x".repeat(400_000);
    for say in [
        answer(200, &[("Content-Type", "text/html")], b"<html>please log in</html>"),
        json(200, &serde_json::json!({"access_token": "", "expires_in": 3599})),
        json(200, &serde_json::json!({"access_token": "a\r\nb", "expires_in": 3599})),
        json(200, &serde_json::json!({"access_token": "t", "expires_in": 0})),
        json(200, &serde_json::json!({"access_token": "t", "expires_in": -5})),
        json(200, &serde_json::json!({"token": "t"})),
        answer(404, &[], b"not here"),
        answer(302, &[("Location", "https://portal.example/")], b""),
        answer(200, &[("Content-Type", "application/json")], long.as_bytes()),
    ] {
        let server = entra(say.clone()).await;
        let error = source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap_err();
        assert_eq!(error.code(), "notATokenEndpoint", "{say:?}");
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_tried_again() {
    use crate::support::scripted::{Say, token};
    let server = Scripted::start(|n, _| match n {
        0 => Say::ThenReset(Vec::new()),
        1 => Say::This(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{".to_vec()),
        _ => token("t", 3599),
    })
    .await;
    assert_eq!(
        source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap()
            .secret(),
        "t"
    );
}

#[tokio::test]
async fn a_refused_sign_in_is_counted_by_its_code() {
    let server = entra(refusal(401, "invalid_client", 7_000_215)).await;
    let (settings, metrics) = (server.settings(&[]), Metrics::new());
    let source = source(&settings, &Clock::manual(noon()));
    source.connect_metrics(&metrics, "contoso");
    assert!(source.obtain_token().await.is_err());
    assert_eq!(metrics.get(&metric::TOKENS, &["contoso", "AADSTS7000215"]), Some(1.0));
}
