//! An application is registered over the control API, as an administrator does in the portal: one step after the other.

use serde_json::{Value, json};

use super::support::{Bench, CERTIFICATE, Draft, JWT_BEARER, ROLE, TENANT, claims};

const NOBODY: &str = "00000000-1111-4222-8333-444444444444";

async fn post(bench: &Bench, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/simulator/apps/{path}", bench.running.base);
    let answer = bench.http.post(url).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn an_application_signs_in_behind_its_certificate_and_has_its_rights_behind_consent() {
    let bench = Bench::new().await;
    let (status, made) = post(&bench, TENANT, json!({"displayName": "intune-connector"})).await;
    assert_eq!(status, 201, "{made}");
    let client = made["clientId"].as_str().unwrap();
    let draft = Draft::ps256(&bench.token_url())
        .claim("iss", json!(client))
        .claim("sub", json!(client));
    let assertion = draft.signed();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    bench.ask(&form).await.is_refused(401, 700_027);
    let here = format!("{TENANT}/{client}");
    let uploaded = json!({"certificate": String::from_utf8_lossy(CERTIFICATE)});
    assert_eq!(post(&bench, &format!("{here}/certificates"), uploaded).await.0, 204);
    let permission = json!({"permission": ROLE});
    assert_eq!(post(&bench, &format!("{here}/permissions"), permission).await.0, 204);
    let before = bench.ask(&form).await;
    assert_ne!(claims(before.token())["roles"], json!([ROLE]));
    assert_eq!(post(&bench, &format!("{here}/consent"), json!({})).await.0, 204);
    let behind = bench.ask(&form).await;
    assert_eq!(claims(behind.token())["roles"], json!([ROLE]));
}

#[tokio::test]
async fn what_is_not_there_and_what_is_no_certificate_is_refused() {
    let bench = Bench::new().await;
    let named = json!({"displayName": "intune-connector"});
    assert_eq!(post(&bench, NOBODY, named).await.0, 404);
    for (path, body) in [
        ("permissions", json!({"permission": ROLE})),
        ("consent", json!({})),
        (
            "certificates",
            json!({"certificate": String::from_utf8_lossy(CERTIFICATE)}),
        ),
    ] {
        assert_eq!(
            post(&bench, &format!("{TENANT}/{NOBODY}/{path}"), body).await.0,
            404,
            "{path}"
        );
    }
    let (_, made) = post(&bench, TENANT, json!({"displayName": "x"})).await;
    let path = format!("{TENANT}/{}/certificates", made["clientId"].as_str().unwrap());
    assert_eq!(post(&bench, &path, json!({"certificate": "none"})).await.0, 400);
}
