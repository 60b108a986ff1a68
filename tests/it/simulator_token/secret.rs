//! Signing in with a secret, and what the token says.

use chrono::TimeDelta;
use serde_json::json;

use super::support::{APP, Bench, ROLE, TENANT, app, claims, read, secret_form};

#[tokio::test]
async fn a_secret_earns_a_token_that_carries_the_roles() {
    let bench = Bench::new().await;
    let answer = bench.with_secret("s3cret~value").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3599);
    assert_eq!(answer.body["ext_expires_in"], 3599);
    assert_eq!(answer.headers["cache-control"], "no-store, no-cache");
    let claims = claims(answer.token());
    assert_eq!(claims["roles"], json!([ROLE]));
    assert_eq!((&claims["appid"], &claims["tid"]), (&json!(APP), &json!(TENANT)));
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(claims["idtyp"], "app");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3599);
}

#[tokio::test]
async fn a_secret_may_come_by_http_basic() {
    let bench = Bench::new().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let request = bench
        .http
        .post(bench.token_url())
        .form(&form)
        .basic_auth(APP, Some("s3cret~value"));
    assert_eq!(read(request.send().await.unwrap()).await.status, 200);
    let request = bench
        .http
        .post(bench.token_url())
        .form(&form)
        .basic_auth(APP, Some("wrong"));
    read(request.send().await.unwrap()).await.is_refused(401, 7_000_215);
}

#[tokio::test]
async fn the_way_to_the_endpoint_is_its_path_alone() {
    let bench = Bench::new().await;
    let url = format!("{}?api-version=1.0&client-request-id=x", bench.token_url());
    assert_eq!(bench.ask_at(&url, &secret_form("s3cret~value")).await.status, 200);
    let by_domain = bench.token_url().replace(TENANT, "fixture.onmicrosoft.com");
    let answer = bench.ask_at(&by_domain, &secret_form("s3cret~value")).await;
    assert_eq!(claims(answer.token())["tid"], TENANT);
}

#[tokio::test]
async fn an_app_without_rights_gets_a_token_without_roles_and_then_a_403_from_graph() {
    let bench = Bench::new().await;
    bench.directory.set_roles(TENANT, APP, Vec::new());
    let answer = bench.with_secret("s3cret~value").await;
    assert_eq!(claims(answer.token()).get("roles"), None);
    let url = format!("{}/v1.0/deviceManagement/managedDevices", bench.running.base);
    let list = bench.http.get(url).bearer_auth(answer.token()).send().await.unwrap();
    assert_eq!(list.status(), 403);
}

#[tokio::test]
async fn a_token_ends_when_it_said_it_would() {
    let bench = Bench::new().await;
    let answer = bench.with_secret("s3cret~value").await;
    let check = || bench.directory.check(answer.token(), bench.clock.now());
    assert_eq!(check().unwrap().client_id, APP);
    bench.clock.advance(TimeDelta::seconds(3598));
    assert!(check().is_ok());
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        check().unwrap_err().to_string(),
        "lifetime validation failed, the token is expired"
    );
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_none() {
    let bench = Bench::new().await;
    let answer = bench.with_secret("s3cret~value").await;
    let mut parts: Vec<String> = answer.token().split('.').map(str::to_owned).collect();
    let mut claims = claims(answer.token());
    claims["roles"] = json!(["Everything.ReadWrite.All"]);
    parts[1] = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims.to_string());
    let problem = bench.directory.check(&parts.join("."), bench.clock.now()).unwrap_err();
    assert_eq!(problem.to_string(), "signature is invalid");
    assert!(bench.directory.check("", bench.clock.now()).is_err());
    assert!(bench.directory.check("no token", bench.clock.now()).is_err());
}

#[tokio::test]
async fn a_secret_that_has_ended_says_so_and_its_successor_works() {
    let bench = Bench::new().await;
    let ends = bench.clock.now() + TimeDelta::hours(1);
    let two = app().with_secret("old", Some(ends)).with_secret("new", None);
    bench.directory.add_app(TENANT, two);
    assert_eq!(bench.with_secret("old").await.status, 200);
    bench.clock.advance(TimeDelta::hours(1));
    bench.with_secret("old").await.is_refused(401, 7_000_222);
    assert_eq!(bench.with_secret("new").await.status, 200);
}

#[tokio::test]
async fn tenants_and_apps_are_kept_apart() {
    let bench = Bench::new().await;
    let other = "99999999-2222-4333-8444-555555555555";
    bench.directory.add_tenant(other, &[]);
    let url = bench.token_url().replace(TENANT, other);
    bench
        .ask_at(&url, &secret_form("s3cret~value"))
        .await
        .is_refused(400, 700_016);
    let own = bench.running.registration.clone();
    let url = bench.token_url().replace(TENANT, &own.tenant_id);
    let mut form = secret_form(&own.client_secret);
    form[1] = ("client_id", &own.client_id);
    assert_eq!(bench.ask_at(&url, &form).await.status, 200);
}

#[tokio::test]
async fn openid_configuration_and_instance_discovery_lead_back_here() {
    let bench = Bench::new().await;
    let base = &bench.running.base;
    let url = format!("{base}/{TENANT}/v2.0/.well-known/openid-configuration");
    let found = read(bench.http.get(url).send().await.unwrap()).await;
    assert_eq!(found.body["token_endpoint"], bench.token_url());
    assert_eq!(found.body["issuer"], format!("{base}/{TENANT}/v2.0"));
    let url = format!("{base}/no.such.tenant/v2.0/.well-known/openid-configuration");
    read(bench.http.get(url).send().await.unwrap())
        .await
        .is_refused(400, 90_002);
    let ask = |host: &str| {
        let endpoint = format!("https://{host}/{TENANT}/oauth2/v2.0/authorize");
        let query = [("api-version", "1.1"), ("authorization_endpoint", endpoint.as_str())];
        bench
            .http
            .get(format!("{base}/common/discovery/instance"))
            .query(&query)
            .send()
    };
    let known = read(ask("login.microsoftonline.us").await.unwrap()).await;
    assert_eq!(known.status, 200);
    assert_eq!(
        known.body["tenant_discovery_endpoint"],
        format!("https://login.microsoftonline.us/{TENANT}/v2.0/.well-known/openid-configuration")
    );
    let unknown = read(ask("login.example.com").await.unwrap()).await;
    assert_eq!(
        (unknown.status, &unknown.body["error"]),
        (400, &json!("invalid_instance"))
    );
}
