//! Federated assertions: issuer, subject, audience, and the key behind them.

use chrono::TimeDelta;
use serde_json::json;
use simulated_tenant::directory::Federated;

use super::support::{APP, Bench, Draft, ISSUER_PUBLIC, OTHER_KEY, TENANT, app, claims, noon};

const ISSUER: &str = "https://oidc.example.com/cluster-1";
const SUBJECT: &str = "system:serviceaccount:devices:connector";
const AUDIENCE: &str = "api://AzureADTokenExchange";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench
        .directory
        .add_app(TENANT, app().with_federated(Federated::new(ISSUER, SUBJECT)));
    bench.directory.add_issuer_key(ISSUER, ISSUER_PUBLIC).unwrap();
    bench
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_signs_in_again_and_again() {
    let bench = bench().await;
    let signed = Draft::federated(ISSUER, SUBJECT, AUDIENCE).signed();
    for _ in 0..2 {
        let answer = bench.with_assertion(&signed).await;
        assert_eq!(claims(answer.token())["appid"], APP);
    }
    bench.clock.advance(TimeDelta::hours(1));
    bench.with_assertion(&signed).await.is_refused(401, 700_024);
}

#[tokio::test]
async fn issuer_subject_and_audience_must_all_fit_with_case() {
    let bench = bench().await;
    let cases = [
        (
            Draft::federated("https://oidc.example.com/cluster-2", SUBJECT, AUDIENCE),
            700_211,
        ),
        (
            Draft::federated(ISSUER, "system:serviceaccount:devices:Connector", AUDIENCE),
            700_213,
        ),
        (
            Draft::federated(ISSUER, SUBJECT, "api://AzureADTokenExchangeUSGov"),
            700_212,
        ),
        (Draft::federated(ISSUER, SUBJECT, AUDIENCE).key(OTHER_KEY), 700_027),
        (
            Draft::federated(ISSUER, SUBJECT, AUDIENCE).claim("exp", json!(noon().timestamp() - 1)),
            700_024,
        ),
    ];
    for (draft, code) in cases {
        bench.with_assertion(&draft.signed()).await.is_refused(401, code);
    }
}

#[tokio::test]
async fn from_entra_itself_only_app_tokens_count() {
    let bench = bench().await;
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    bench
        .directory
        .add_app(TENANT, app().with_federated(Federated::new(&issuer, SUBJECT)));
    bench.directory.add_issuer_key(&issuer, ISSUER_PUBLIC).unwrap();
    let of_a_user = Draft::federated(&issuer, SUBJECT, AUDIENCE).claim("idtyp", json!("user"));
    bench.with_assertion(&of_a_user.signed()).await.is_refused(401, 700_229);
    let of_an_app = Draft::federated(&issuer, SUBJECT, AUDIENCE).claim("idtyp", json!("app"));
    assert_eq!(bench.with_assertion(&of_an_app.signed()).await.status, 200);
}

#[tokio::test]
async fn a_federated_credential_can_be_put_by_the_control_api() {
    let bench = Bench::new().await;
    let url = format!("{}/simulator/apps/{TENANT}/{APP}", bench.running.base);
    let key = String::from_utf8_lossy(ISSUER_PUBLIC);
    let body = json!({"federated": [{"issuer": ISSUER, "subject": SUBJECT, "publicKey": key}]});
    assert_eq!(bench.http.put(url).json(&body).send().await.unwrap().status(), 204);
    let signed = Draft::federated(ISSUER, SUBJECT, AUDIENCE).signed();
    assert_eq!(bench.with_assertion(&signed).await.status, 200);
}
