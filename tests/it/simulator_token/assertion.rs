//! Certificate assertions, good and bad.

use chrono::TimeDelta;
use openssl::hash::MessageDigest;
use serde_json::json;

use super::support::{
    APP, Bench, CERTIFICATE, Draft, EXPIRED_CERTIFICATE, OTHER_KEY, TENANT, app, claims, noon, padded, standard,
    thumbprint,
};
use simulated_tenant::directory::{App, Certificate};

#[tokio::test]
async fn ps256_and_rs256_both_sign_in() {
    let bench = Bench::new().await;
    for draft in [Draft::ps256(&bench.token_url()), Draft::rs256(&bench.token_url())] {
        let answer = bench.with_assertion(&draft.signed()).await;
        assert_eq!(claims(answer.token())["appid"], APP, "{}", draft.header);
    }
}

#[tokio::test]
async fn thumbprints_are_taken_as_the_libraries_write_them() {
    let bench = Bench::new().await;
    let url = bench.token_url();
    let (sha1, sha256) = (thumbprint(MessageDigest::sha1()), thumbprint(MessageDigest::sha256()));
    let drafts = [
        Draft::ps256(&url).header("x5t#S256", json!(padded(&sha256))),
        Draft::rs256(&url).header("x5t", json!(padded(&sha1))),
        Draft::rs256(&url).header("x5t", json!(standard(&sha1))),
        Draft::ps256(&url).header("x5t", json!(standard(&sha1))),
    ];
    for draft in drafts {
        assert_eq!(
            bench.with_assertion(&draft.signed()).await.status,
            200,
            "{}",
            draft.header
        );
    }
}

#[tokio::test]
async fn an_assertion_may_be_padded_as_azure_identity_for_python_pads_it() {
    let bench = Bench::new().await;
    let draft = Draft::ps256(&bench.token_url());
    assert!(draft.signed_and_padded().contains('='));
    assert_eq!(bench.with_assertion(&draft.signed_and_padded()).await.status, 200);
}

#[tokio::test]
async fn a_thumbprint_that_is_wrong_or_wrongly_written_names_no_key() {
    let bench = Bench::new().await;
    let url = bench.token_url();
    let sha256 = thumbprint(MessageDigest::sha256());
    assert!(
        standard(&sha256).contains(['+', '/']),
        "the fixture's thumbprint must tell the alphabets apart"
    );
    let drafts = [
        Draft::ps256(&url).header("x5t#S256", json!(standard(&sha256))),
        Draft::ps256(&url).header("x5t#S256", json!(padded(&[7; 32]))),
        Draft::ps256(&url).header("x5t#S256", json!("")),
        Draft::ps256(&url).header("x5t#S256", json!(null)),
        Draft::ps256(&url).header("x5t", json!(padded(&[7; 20]))),
        Draft::rs256(&url).header("x5t", json!(hex::encode(thumbprint(MessageDigest::sha1())))),
    ];
    for draft in drafts {
        let answer = bench.with_assertion(&draft.signed()).await;
        answer.is_refused(401, 700_027);
        let text = answer.body["error_description"].as_str().unwrap();
        assert!(text.contains("The key was not found."), "{text}");
    }
}

#[tokio::test]
async fn a_signature_by_another_key_is_none() {
    let bench = Bench::new().await;
    for draft in [Draft::ps256(&bench.token_url()), Draft::rs256(&bench.token_url())] {
        bench
            .with_assertion(&draft.key(OTHER_KEY).signed())
            .await
            .is_refused(401, 700_027);
    }
}

#[tokio::test]
async fn a_signature_by_another_algorithm_than_the_header_says_is_none() {
    let bench = Bench::new().await;
    let honest = Draft::rs256(&bench.token_url());
    for algorithm in ["PS256", "none", "HS256", "RS512"] {
        let signed = honest.signed();
        let renamed = Draft::rs256(&bench.token_url())
            .header("alg", json!(algorithm))
            .signed();
        let header = renamed.split('.').next().unwrap();
        let rest = signed.split_once('.').unwrap().1;
        bench
            .with_assertion(&format!("{header}.{rest}"))
            .await
            .is_refused(401, 700_027);
    }
}

#[tokio::test]
async fn si_4_1_1_the_audience_is_the_token_endpoint_at_a_login_host_of_the_tenants_cloud() {
    let bench = Bench::new().await;
    let at = |host: &str| Draft::ps256(&format!("https://{host}/{TENANT}/oauth2/v2.0/token")).signed();
    let clouds = [
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
    ];
    for home in clouds {
        assert!(bench.directory.set_login_host(TENANT, Some(home)));
        for host in clouds {
            let scope = match home {
                "login.microsoftonline.com" => "https://graph.microsoft.com/.default",
                "login.microsoftonline.us" => "https://graph.microsoft.us/.default",
                _ => "https://microsoftgraph.chinacloudapi.cn/.default",
            };
            let answer = bench.with_assertion_for(scope, &at(host)).await;
            if home == host {
                answer.token();
            } else {
                answer.is_refused(401, 700_023);
            }
        }
    }
    bench.directory.set_login_host(TENANT, None);
    bench.with_assertion(&at("login.windows.net")).await.token();
    let base = &bench.running.base;
    let bad = [
        format!("https://login.example.com/{TENANT}/oauth2/v2.0/token"),
        format!("http://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"),
        format!("https://login.microsoftonline.com/{APP}/oauth2/v2.0/token"),
        format!("https://login.microsoftonline.com/{TENANT}"),
        "https://graph.microsoft.com".to_owned(),
        format!("{base}.example.com/{TENANT}/oauth2/v2.0/token"),
        String::new(),
    ];
    for audience in bad {
        bench
            .with_assertion(&Draft::ps256(&audience).signed())
            .await
            .is_refused(401, 700_023);
    }
}

#[tokio::test]
async fn an_assertion_has_its_time() {
    let bench = Bench::new().await;
    let url = bench.token_url();
    let now_s = noon().timestamp();
    let ended = Draft::ps256(&url).claim("exp", json!(now_s - 1));
    let too_early = Draft::ps256(&url)
        .claim("nbf", json!(now_s + 600))
        .claim("exp", json!(now_s + 1200));
    for draft in [ended, too_early] {
        bench.with_assertion(&draft.signed()).await.is_refused(401, 700_024);
    }
    let a_little_ahead = Draft::ps256(&url).claim("nbf", json!(now_s + 240));
    assert_eq!(bench.with_assertion(&a_little_ahead.signed()).await.status, 200);
    let endless = Draft::ps256(&url).claim("exp", json!(null));
    bench.with_assertion(&endless.signed()).await.is_refused(401, 50_027);
}

#[tokio::test]
async fn a_clock_ten_minutes_off_can_not_sign_in() {
    let bench = Bench::new().await;
    for minutes in [10, -10] {
        let draft = Draft::ps256(&bench.token_url());
        bench.clock.set(noon() + TimeDelta::minutes(minutes));
        bench.with_assertion(&draft.signed()).await.is_refused(401, 700_024);
    }
}

#[tokio::test]
async fn si_1_an_assertion_is_taken_again_while_it_lives_unless_the_control_api_says_otherwise() {
    let bench = Bench::new().await;
    let signed = Draft::ps256(&bench.token_url()).signed();
    for _ in 0..3 {
        bench.with_assertion(&signed).await.token();
    }
    let url = format!("{}/simulator/apps/{TENANT}", bench.running.base);
    let allow = async |allowed: bool| {
        let wanted = json!({"replayAllowed": allowed});
        assert_eq!(bench.http.patch(&url).json(&wanted).send().await.unwrap().status(), 204);
    };
    allow(false).await;
    bench.with_assertion(&signed).await.is_refused(401, 50_013);
    let once = Draft::ps256(&bench.token_url()).signed();
    bench.with_assertion(&once).await.token();
    bench.with_assertion(&once).await.is_refused(401, 50_013);
    allow(true).await;
    bench.with_assertion(&once).await.token();
    bench.clock.advance(TimeDelta::seconds(300));
    bench.with_assertion(&once).await.is_refused(401, 700_024);
}

#[tokio::test]
async fn a_refused_assertion_does_not_use_up_its_jti() {
    let bench = Bench::new().await;
    bench.directory.allow_replay(false);
    let draft = Draft::ps256(&bench.token_url());
    let forged = Draft::ps256(&bench.token_url())
        .claim("jti", draft.claims["jti"].clone())
        .key(OTHER_KEY);
    bench.with_assertion(&forged.signed()).await.is_refused(401, 700_027);
    assert_eq!(bench.with_assertion(&draft.signed()).await.status, 200);
}

#[tokio::test]
async fn issuer_and_subject_are_the_client() {
    let bench = Bench::new().await;
    for name in ["iss", "sub"] {
        let draft = Draft::ps256(&bench.token_url()).claim(name, json!(TENANT));
        bench.with_assertion(&draft.signed()).await.is_refused(401, 700_021);
    }
}

#[tokio::test]
async fn a_certificate_that_has_ended_proves_nothing() {
    let bench = Bench::new().await;
    let expired = Certificate::read(EXPIRED_CERTIFICATE).unwrap();
    let named = json!(padded(&expired.sha256));
    bench.directory.add_app(TENANT, app().with_certificate(expired));
    let draft = Draft::ps256(&bench.token_url()).header("x5t#S256", named);
    let answer = bench.with_assertion(&draft.signed()).await;
    answer.is_refused(401, 700_027);
    assert!(
        answer.body["error_description"]
            .as_str()
            .unwrap()
            .contains("The key used is expired.")
    );
}

#[tokio::test]
async fn a_certificate_works_from_the_moment_it_is_registered() {
    let bench = Bench::new().await;
    bench
        .directory
        .add_app(TENANT, App::new(APP).with_secret("s3cret~value", None));
    let draft = Draft::ps256(&bench.token_url());
    bench.with_assertion(&draft.signed()).await.is_refused(401, 700_027);
    let url = format!("{}/simulator/apps/{TENANT}/{APP}", bench.running.base);
    let body = json!({"roles": ["User.Read.All"], "certificates": [String::from_utf8_lossy(CERTIFICATE)]});
    assert_eq!(bench.http.put(url).json(&body).send().await.unwrap().status(), 204);
    let answer = bench.with_assertion(&draft.signed()).await;
    assert_eq!(claims(answer.token())["roles"], json!(["User.Read.All"]));
}

#[tokio::test]
async fn what_is_no_jwt_is_malformed() {
    let bench = Bench::new().await;
    let three = Draft::ps256(&bench.token_url()).signed();
    let long = "a".repeat(40_000);
    for text in ["x", "a.b", "a.b.c.d", "!.!.!", long.as_str(), &format!("{three}.more")] {
        bench.with_assertion(text).await.is_refused(401, 50_027);
    }
}
