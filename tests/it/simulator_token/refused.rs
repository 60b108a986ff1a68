//! Every row of Entra's errors: those that a request can cause are caused, and all of them are injected.

use serde_json::json;
use simulated_tenant::token::ERRORS;

use super::support::{APP, Bench, JWT_BEARER, TENANT, app, read, secret_form};

/// The rows of F.4 as the connector must know them: code, status, `error`.
const F4: &[(u32, u16, &str)] = &[
    (7_000_215, 401, "invalid_client"),
    (7_000_222, 401, "invalid_client"),
    (700_016, 400, "unauthorized_client"),
    (90_002, 400, "invalid_request"),
    (900_023, 400, "invalid_request"),
    (700_027, 401, "invalid_client"),
    (700_024, 401, "invalid_client"),
    (7_000_216, 401, "invalid_client"),
    (7_000_218, 401, "invalid_client"),
    (700_025, 401, "invalid_client"),
    (7_000_112, 400, "unauthorized_client"),
    (70_001, 400, "unauthorized_client"),
    (70_011, 400, "invalid_scope"),
    (1_002_012, 400, "invalid_scope"),
    (500_011, 400, "invalid_resource"),
    (70_021, 401, "invalid_client"),
    (700_211, 401, "invalid_client"),
    (700_212, 401, "invalid_client"),
    (700_213, 401, "invalid_client"),
    (700_229, 401, "invalid_client"),
    (50_126, 400, "invalid_grant"),
    (65_001, 400, "invalid_grant"),
    (50_076, 400, "invalid_grant"),
    (50_079, 400, "interaction_required"),
    (53_003, 400, "invalid_grant"),
    (50_034, 400, "invalid_grant"),
    (50_196, 400, "invalid_grant"),
    (90_033, 503, "temporarily_unavailable"),
    (90_006, 503, "temporarily_unavailable"),
    (90_024, 503, "temporarily_unavailable"),
    (90_012, 503, "temporarily_unavailable"),
    (90_055, 429, "temporarily_unavailable"),
    (900_144, 400, "invalid_request"),
    (90_038, 400, "invalid_request"),
    (900_382, 400, "invalid_request"),
];

#[tokio::test]
async fn every_row_can_be_injected_and_has_the_shape_of_entras_errors() {
    let bench = Bench::new().await;
    for (code, status, error) in F4 {
        let url = format!("{}/simulator/faults", bench.running.base);
        let rule = json!({"fault": {"kind": "entraError", "code": code}, "path": "/*/oauth2/v2.0/token", "times": 1});
        let put = bench.http.post(url).json(&rule).send().await.unwrap();
        assert!(put.status().is_success(), "{}", put.text().await.unwrap());
        let answer = bench.with_secret("s3cret~value").await;
        answer.is_refused(*status, u64::from(*code));
        assert!(answer.headers.contains_key("x-simulator-fault"));
        assert_eq!(answer.body["error"], *error);
        let text = answer.body["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
        assert!(
            text.contains(" Trace ID: ") && text.contains(" Correlation ID: "),
            "{text}"
        );
        assert!(text.ends_with(" Timestamp: 2026-11-20 12:00:00Z"), "{text}");
        assert_eq!(answer.body["timestamp"], "2026-11-20 12:00:00Z");
        assert!(uuid::Uuid::parse_str(answer.body["trace_id"].as_str().unwrap()).is_ok());
        assert!(
            answer.body["error_uri"]
                .as_str()
                .unwrap()
                .ends_with(&format!("code={code}"))
        );
        assert_eq!(
            bench.with_secret("s3cret~value").await.status,
            200,
            "the fault lasts for one request"
        );
    }
}

#[test]
fn the_table_covers_f4() {
    for (code, status, error) in F4 {
        let row = ERRORS.iter().find(|row| row.code == *code);
        assert_eq!(
            row.map(|row| (row.status, row.error)),
            Some((*status, *error)),
            "{code}"
        );
    }
}

#[tokio::test]
async fn what_a_request_can_get_wrong_is_refused_with_its_own_code() {
    let bench = Bench::new().await;
    let good = secret_form("s3cret~value");
    let with = |at: usize, value: &'static str| {
        let mut form = good;
        form[at].1 = value;
        form
    };
    let cases = [
        (with(0, ""), 400, 900_144),
        (with(0, "password"), 400, 900_144),
        (with(0, "device_code"), 400, 70_003),
        (with(0, "refresh_token"), 400, 900_144),
        (with(1, ""), 400, 900_144),
        (with(1, "12345678-bbbb-4ccc-8ddd-eeeeeeeeeeee"), 400, 700_016),
        (with(1, "not-a-guid"), 400, 700_016),
        (with(2, ""), 400, 900_144),
        (with(2, "https://graph.microsoft.com/User.Read"), 400, 1_002_012),
        (
            with(2, "https://graph.microsoft.com/.default offline_access"),
            400,
            70_011,
        ),
        (with(2, "https://vault.example.com/.default"), 400, 500_011),
        (with(2, "https://graph.microsoft.us/.default"), 400, 500_011),
        (with(2, "nonsense/.default"), 400, 500_011),
        (with(3, ""), 401, 7_000_216),
        (with(3, "S3cret~value"), 401, 7_000_215),
    ];
    for (form, status, code) in cases {
        let answer = bench.ask(&form).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{form:?} {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn tenants_that_are_wrong_are_told_apart() {
    let bench = Bench::new().await;
    let form = secret_form("s3cret~value");
    let cases = [
        ("00000000-2222-4333-8444-555555555555", 90_002),
        ("nobody.onmicrosoft.com", 90_002),
        ("not-a-guid", 900_023),
        ("common", 50_059),
        ("organizations", 50_059),
    ];
    for (tenant, code) in cases {
        let url = bench.token_url().replace(TENANT, tenant);
        bench.ask_at(&url, &form).await.is_refused(400, code);
    }
}

#[tokio::test]
async fn apps_that_may_not_sign_in_are_told_why() {
    let bench = Bench::new().await;
    bench.directory.change_app(TENANT, APP, |app| app.disabled = true);
    bench.with_secret("s3cret~value").await.is_refused(400, 7_000_112);
    bench.directory.add_app(TENANT, app());
    bench.directory.change_app(TENANT, APP, |app| app.public = true);
    bench.with_secret("s3cret~value").await.is_refused(401, 700_025);
    assert!(bench.directory.remove_app(TENANT, APP));
    bench.with_secret("s3cret~value").await.is_refused(400, 700_016);
}

#[tokio::test]
async fn an_assertion_comes_with_its_type() {
    let bench = Bench::new().await;
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_assertion", "a.b.c"),
    ];
    bench.ask(&form).await.is_refused(400, 900_144);
    form.push((
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
    ));
    bench.ask(&form).await.is_refused(401, 50_027);
    form.pop();
    form.push(("client_assertion_type", JWT_BEARER));
    bench.ask(&form).await.is_refused(401, 50_027);
}

#[tokio::test]
async fn a_body_that_is_no_form_lacks_everything() {
    let bench = Bench::new().await;
    let request = bench
        .http
        .post(bench.token_url())
        .json(&json!({"grant_type": "client_credentials"}));
    read(request.send().await.unwrap()).await.is_refused(400, 900_144);
    read(bench.http.get(bench.token_url()).send().await.unwrap())
        .await
        .is_refused(400, 900_561);
    let huge = bench.http.post(bench.token_url()).body("x".repeat(100_000));
    assert_eq!(huge.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn the_clients_own_request_id_is_the_correlation_id() {
    let bench = Bench::new().await;
    let id = "5bd1e8a8-8e2c-4a3f-9a86-0f6f2f2b7a11";
    let request = bench
        .http
        .post(bench.token_url())
        .header("client-request-id", id)
        .form(&secret_form("wrong"));
    let answer = read(request.send().await.unwrap()).await;
    assert_eq!(answer.body["correlation_id"], id);
    assert_eq!(answer.headers["client-request-id"], id);
}

#[tokio::test]
async fn a_throttled_tenant_is_told_when_to_come_back() {
    let bench = Bench::new().await;
    let url = format!("{}/simulator/faults", bench.running.base);
    let rule = json!({"fault": {"kind": "entraError", "code": 90_055}, "times": 1});
    bench.http.post(url).json(&rule).send().await.unwrap();
    let answer = bench.with_secret("s3cret~value").await;
    answer.is_refused(429, 90_055);
    assert_eq!(answer.headers["retry-after"], "5");
}
