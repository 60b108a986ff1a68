//! The two versions of Entra's endpoints: what differs between them, and what a resource has the same of both.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;
use serde_json::{Value, json};
use simulated_tenant::directory::Account;

use super::support::{APP, Answer, Bench, Draft, JWT_BEARER, ROLE, TENANT, app, claims, noon, read};

const GRAPH: &str = "https://graph.microsoft.com";
const READER: &str = "reader@fixture.onmicrosoft.com";
const PASSWORD: &str = "päss wörd";

async fn get(bench: &Bench, path: &str) -> Value {
    let url = format!("{}/{path}", bench.running.base);
    read(bench.http.get(url).send().await.unwrap()).await.body
}

/// At the endpoint of version 1, as this app with its secret.
async fn ask_v1(bench: &Bench, grant: &str, more: &[(&str, &str)]) -> Answer {
    let url = format!("{}/{TENANT}/oauth2/token", bench.running.base);
    let mut form = vec![
        ("grant_type", grant),
        ("client_id", APP),
        ("client_secret", "s3cret~value"),
    ];
    form.extend_from_slice(more);
    bench.ask_at(&url, &form).await
}

fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn si_2_an_access_token_is_of_version_1_and_its_issuer_is_too() {
    let bench = Bench::new().await;
    let of_v2 = bench.with_secret("s3cret~value").await.token().to_owned();
    let of_v1 = ask_v1(&bench, "client_credentials", &[("resource", GRAPH)]).await;
    for token in [of_v2.as_str(), of_v1.token()] {
        let claims = claims(token);
        assert_eq!(claims["ver"], "1.0");
        assert_eq!(claims["iss"], format!("https://sts.windows.net/{TENANT}/"));
        assert_eq!((&claims["appid"], claims.get("azp")), (&json!(APP), None));
    }
    let found = get(&bench, &format!("{TENANT}/.well-known/openid-configuration")).await;
    assert_eq!(found["issuer"], claims(&of_v2)["iss"]);
    // China's tokens are in the name of a host of their own.
    bench
        .directory
        .set_login_host(TENANT, Some("login.partner.microsoftonline.cn"));
    let china = ask_v1(
        &bench,
        "client_credentials",
        &[("resource", "https://microsoftgraph.chinacloudapi.cn")],
    )
    .await;
    let issuer = format!("https://sts.chinacloudapi.cn/{TENANT}/");
    assert_eq!(claims(china.token())["iss"], issuer);
}

#[tokio::test]
async fn si_2_a_published_key_comes_with_its_certificate_by_which_tokens_are_verified() {
    let bench = Bench::new().await;
    let token = bench.with_secret("s3cret~value").await.token().to_owned();
    for path in [
        format!("{TENANT}/discovery/v2.0/keys"),
        "common/discovery/keys".to_owned(),
    ] {
        let keys = get(&bench, &path).await;
        let key = &keys["keys"][0];
        assert_eq!((&key["kid"], &key["x5t"]), (&header(&token)["kid"], &key["kid"]));
        let der = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
        let certificate = X509::from_der(&der).unwrap();
        let thumbprint = certificate.digest(MessageDigest::sha1()).unwrap();
        assert_eq!(key["x5t"], URL_SAFE_NO_PAD.encode(thumbprint));
        let public = certificate.public_key().unwrap();
        let modulus = public.rsa().unwrap().n().to_vec();
        assert_eq!(key["n"], URL_SAFE_NO_PAD.encode(modulus));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut verifier = Verifier::new(MessageDigest::sha256(), &public).unwrap();
        assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap());
    }
}

#[tokio::test]
async fn si_4_2_5_the_first_version_of_the_token_endpoint_takes_a_resource() {
    let bench = Bench::new().await;
    for resource in [
        GRAPH,
        "https://graph.microsoft.com/",
        "00000003-0000-0000-c000-000000000000",
        "https://management.core.windows.net/",
    ] {
        let answer = ask_v1(&bench, "client_credentials", &[("resource", resource)]).await;
        let claims = claims(answer.token());
        assert_eq!((&claims["aud"], &claims["roles"]), (&json!(resource), &json!([ROLE])));
        let ends_s = noon().timestamp() + 3599;
        assert_eq!(answer.body["expires_in"], "3599");
        assert_eq!(answer.body["expires_on"], ends_s.to_string());
        assert_eq!(answer.body["not_before"], noon().timestamp().to_string());
        assert_eq!(answer.body["resource"], resource);
    }
    let scope = ("scope", "https://graph.microsoft.com/.default");
    ask_v1(&bench, "client_credentials", &[scope])
        .await
        .is_refused(400, 900_144);
    ask_v1(
        &bench,
        "client_credentials",
        &[("resource", "https://graph.example.com")],
    )
    .await
    .is_refused(400, 500_011);

    let url = format!("{}/{TENANT}/oauth2/token", bench.running.base);
    let assertion = Draft::ps256(&url).signed();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("resource", GRAPH),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    bench.ask_at(&url, &form).await.token();
    let found = get(&bench, &format!("{TENANT}/.well-known/openid-configuration")).await;
    assert_eq!(found["token_endpoint"], url);
    let by_get = read(bench.http.get(&url).send().await.unwrap()).await;
    by_get.is_refused(400, 900_561);
}

#[tokio::test]
async fn si_4_2_5_a_person_of_version_1_has_a_refresh_token_unasked() {
    let bench = Bench::new().await;
    bench.directory.add_app(TENANT, app().with_delegated(&[ROLE]));
    bench.directory.add_account(TENANT, Account::new(READER, PASSWORD));
    let person = [("username", READER), ("password", PASSWORD), ("resource", GRAPH)];
    let plain = ask_v1(&bench, "password", &person).await;
    assert_eq!(claims(plain.token())["scp"], ROLE);
    assert_eq!((&plain.body["scope"], plain.body.get("id_token")), (&json!(ROLE), None));
    let mut with_id = person.to_vec();
    with_id.push(("scope", "openid"));
    let known = ask_v1(&bench, "password", &with_id).await;
    let id = claims(known.body["id_token"].as_str().unwrap());
    assert_eq!(
        (&id["ver"], &id["upn"], &id["iss"]),
        (
            &json!("1.0"),
            &json!(READER),
            &json!(format!("https://sts.windows.net/{TENANT}/"))
        )
    );

    let token = plain.body["refresh_token"].as_str().unwrap();
    let again = ask_v1(&bench, "refresh_token", &[("refresh_token", token)]).await;
    assert_eq!(claims(again.token())["aud"], GRAPH);
    // It is good for another resource too.
    let management = "https://management.core.windows.net/";
    let other = [("refresh_token", token), ("resource", management)];
    let other = ask_v1(&bench, "refresh_token", &other).await;
    assert_eq!(claims(other.token())["aud"], management);
}
