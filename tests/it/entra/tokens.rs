//! Cached, renewed in time, one request at a time.

use chrono::TimeDelta;
use intune_connector::entra::{TokenPurpose, TokenSource};
use intune_connector::observe::Clock;

use super::{entra, form, granting, noon, quick, refusal, secret, source};
use crate::support::scripted::{Scripted, json, token};

#[tokio::test]
async fn a_token_is_asked_for_as_entra_wants_it() {
    let server = granting().await;
    let settings = server.settings(&[]);
    source(&settings, &Clock::manual(noon())).obtain_token().await.unwrap();
    let heard = &server.heard()[0];
    assert_eq!(
        heard.line,
        format!("POST /{}/oauth2/v2.0/token HTTP/1.1", settings.tenant_id)
    );
    assert_eq!(heard.header("content-type"), Some("application/x-www-form-urlencoded"));
    let expected = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", settings.client_id.clone()),
        ("scope", format!("{}/.default", server.base())),
        ("client_secret", crate::support::canary::SECRET.to_owned()),
    ];
    for (key, value) in expected {
        assert_eq!(form(heard, key), Some(value), "{key}");
    }
}

#[tokio::test]
async fn it_is_kept_and_renewed_before_its_end() {
    let server = granting().await;
    let clock = Clock::manual(noon());
    let source = source(&server.settings(&[]), &clock);
    assert_eq!(source.obtain_token().await.unwrap().secret(), "token-1");
    clock.advance(TimeDelta::minutes(54));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "token-1");
    clock.advance(TimeDelta::minutes(1));
    let renewed = source.obtain_token().await.unwrap();
    assert_eq!(renewed.secret(), "token-2");
    assert_eq!(renewed.expires_at(), clock.now() + TimeDelta::seconds(3599));
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_request() {
    let server = granting().await;
    let clock = Clock::manual(noon());
    let settings = server.settings(&[]);
    let (one, other) = (source(&settings, &clock), source(&settings, &clock));
    let mut asking = tokio::task::JoinSet::new();
    for i in 0..50 {
        let source = if i % 2 == 0 { one.clone() } else { other.clone() };
        asking.spawn(async move { source.obtain_token().await.unwrap().secret().to_owned() });
    }
    assert!(asking.join_all().await.iter().all(|token| token == "token-1"));
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_failure() {
    let server = entra(refusal(401, "invalid_client", 7_000_215)).await;
    let clock = Clock::manual(noon());
    let source = source(&server.settings(&[]), &clock);
    let asking: Vec<_> = (0..20).map(|_| source.obtain_token()).collect();
    for result in futures_util::future::join_all(asking).await {
        assert_eq!(result.unwrap_err().code(), "AADSTS7000215");
    }
    assert_eq!(server.heard().len(), 1);
    source.obtain_token().await.unwrap_err();
    assert_eq!(server.heard().len(), 1, "it is remembered");
    clock.advance(TimeDelta::seconds(5));
    source.obtain_token().await.unwrap_err();
    assert_eq!(server.heard().len(), 2, "who asks later asks anew");
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_however_many_reject_it() {
    let server = granting().await;
    let source = source(&server.settings(&[]), &Clock::manual(noon()));
    let first = source.obtain_token().await.unwrap();
    source.reject_token(&first);
    let second = source.obtain_token().await.unwrap();
    source.reject_token(&first);
    assert_eq!(source.obtain_token().await.unwrap().secret(), second.secret());
    assert_eq!(server.heard().len(), 2);
}

#[tokio::test]
async fn while_a_renewal_fails_the_old_token_goes_on_to_its_end() {
    let server = Scripted::start(|n, _| {
        if n == 0 {
            token("old", 3599)
        } else {
            refusal(503, "temporarily_unavailable", 90_033)
        }
    })
    .await;
    let clock = Clock::manual(noon());
    let source = source(&server.settings(&[]), &clock);
    source.obtain_token().await.unwrap();
    clock.advance(TimeDelta::minutes(56));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "old");
    let asked = server.heard().len();
    assert_eq!(source.obtain_token().await.unwrap().secret(), "old");
    assert_eq!(server.heard().len(), asked, "not asked for again at once");
    clock.advance(TimeDelta::minutes(4));
    assert_eq!(source.obtain_token().await.unwrap_err().code(), "AADSTS90033");
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    let server = Scripted::start(|n, _| {
        if n < 2 {
            refusal(400, "temporarily_unavailable", 90_033)
        } else {
            token("t", 3599)
        }
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
    let server = entra(json(429, &serde_json::json!({}))).await;
    assert_eq!(
        source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap_err()
            .code(),
        "signInThrottled"
    );
    assert_eq!(server.heard().len(), 3);
}

#[tokio::test]
async fn e4_each_purpose_gets_its_own_token_only() {
    let server = Scripted::start(|_, heard| token(&form(heard, "client_secret").unwrap(), 3599)).await;
    let mut settings = server.settings(&[]);
    settings.actions_credential = Some(secret(&settings.credential, "for-actions"));
    settings.next_credential = Some(secret(&settings.credential, "next"));
    let clock = Clock::manual(noon());
    let of = async |purpose| {
        let source = TokenSource::with_retry_policy(&settings, purpose, clock.clone(), quick()).unwrap();
        source.obtain_token().await.unwrap().secret().to_owned()
    };
    assert_eq!(of(TokenPurpose::Actions).await, "for-actions");
    assert_eq!(of(TokenPurpose::Scan).await, "next");
    assert_eq!(
        of(TokenPurpose::Orders).await,
        "next",
        "without one of its own it has the instance's"
    );
}

#[tokio::test]
async fn the_rights_are_read_from_the_token() {
    use base64::Engine as _;
    let claims = serde_json::json!({"roles": ["A.Read", "B.Write"], "aud": "x"}).to_string();
    let jwt = format!(
        "eyJ9.{}.sig",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims)
    );
    let server = entra(token(&jwt, 3599)).await;
    let got = source(&server.settings(&[]), &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap();
    assert_eq!(got.roles(), ["A.Read", "B.Write"]);
    let server = entra(token("opaque", 3599)).await;
    assert!(
        source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap()
            .roles()
            .is_empty()
    );
}

#[tokio::test]
async fn settings_with_another_way_out_are_not_answered_out_of_the_cache() {
    let server = granting().await;
    let clock = Clock::manual(noon());
    let settings = server.settings(&[]);
    let working = source(&settings, &clock);
    working.obtain_token().await.unwrap();
    let mut other = settings.clone();
    other.network.proxy = Some("http://127.0.0.1:9".parse().unwrap());
    assert_eq!(
        source(&other, &clock).obtain_token().await.unwrap_err().code(),
        "proxyUnreachable"
    );
}

#[tokio::test]
async fn proving_asks_anew_whatever_is_cached() {
    let server = Scripted::start(|n, _| {
        if n == 0 {
            token("t", 3599)
        } else {
            refusal(401, "x", 7_000_222)
        }
    })
    .await;
    let source = source(&server.settings(&[]), &Clock::manual(noon()));
    source.obtain_token().await.unwrap();
    assert_eq!(source.prove_credential().await.unwrap_err().code(), "AADSTS7000222");
}
