//! The next credential is proven before the present one is dropped (issue: present and next).

use base64::Engine as _;
use chrono::TimeDelta;
use intune_connector::config::InstanceSettings;
use intune_connector::entra::CredentialRollover;
use intune_connector::observe::Clock;

use super::{form, noon, refusal, secret, source};
use crate::support::scripted::{Say, Scripted, token};

const READ: &str = "DeviceManagementManagedDevices.Read.All";

fn rolling(server: &Scripted) -> InstanceSettings {
    let mut settings = server.settings(&[]);
    settings.credential = secret(&settings.credential, "present");
    settings.next_credential = Some(secret(&settings.credential, "next"));
    settings
}

/// A token for those secrets that work at the moment of this request.
async fn working(works: impl Fn(usize, &str) -> bool + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |n, heard| {
        let secret = form(heard, "client_secret").unwrap();
        if works(n, &secret) {
            token(&secret, 3599)
        } else {
            refusal(401, "invalid_client", 7_000_215)
        }
    })
    .await
}

#[tokio::test]
async fn the_next_credential_is_taken_as_soon_as_it_works() {
    let server = working(|_, _| true).await;
    let source = source(&rolling(&server), &Clock::manual(noon()));
    assert_eq!(source.rollover(), CredentialRollover::Untried);
    assert_eq!(source.obtain_token().await.unwrap().secret(), "next");
    assert_eq!(source.rollover(), CredentialRollover::Proven { at: noon() });
}

#[tokio::test]
async fn until_it_works_the_present_one_goes_on_and_it_is_tried_every_ten_minutes() {
    let server = working(|n, secret| secret == "present" || n > 2).await;
    let clock = Clock::manual(noon());
    let source = source(&rolling(&server), &clock);
    assert_eq!(source.obtain_token().await.unwrap().secret(), "present");
    let CredentialRollover::Waiting { code, tried_at, .. } = source.rollover() else {
        panic!("{:?}", source.rollover())
    };
    assert_eq!((code.as_str(), tried_at), ("AADSTS7000215", noon()));
    clock.advance(TimeDelta::minutes(9));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "present");
    assert_eq!(server.heard().len(), 2);
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        source.obtain_token().await.unwrap().secret(),
        "present",
        "tried, and still wrong"
    );
    assert_eq!(server.heard().len(), 3);
    clock.advance(TimeDelta::minutes(10));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "next");
    assert!(matches!(source.rollover(), CredentialRollover::Proven { .. }));
}

#[tokio::test]
async fn the_present_one_may_end_once_the_next_is_proven() {
    let server = working(|_, secret| secret == "next").await;
    let source = source(&rolling(&server), &Clock::manual(noon()));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "next");
}

#[tokio::test]
async fn where_neither_works_the_present_ones_trouble_is_told() {
    let server = Scripted::start(|_, heard| {
        let expired = form(heard, "client_secret").unwrap() == "present";
        refusal(401, "invalid_client", if expired { 7_000_222 } else { 7_000_215 })
    })
    .await;
    let source = source(&rolling(&server), &Clock::manual(noon()));
    assert_eq!(source.obtain_token().await.unwrap_err().code(), "AADSTS7000222");
}

#[tokio::test]
async fn a_proven_one_that_stops_working_falls_back() {
    let server = working(|n, secret| secret == "present" || n == 0).await;
    let clock = Clock::manual(noon());
    let source = source(&rolling(&server), &clock);
    assert_eq!(source.obtain_token().await.unwrap().secret(), "next");
    clock.advance(TimeDelta::hours(2));
    assert_eq!(source.obtain_token().await.unwrap().secret(), "present");
    assert!(matches!(source.rollover(), CredentialRollover::Waiting { .. }));
}

#[tokio::test]
async fn another_application_without_the_rights_is_not_taken() {
    let jwt = |roles: &[&str]| {
        let claims = serde_json::json!({ "roles": roles }).to_string();
        format!(
            "h.{}.s",
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims)
        )
    };
    let (poor, rich) = (jwt(&[]), jwt(&[READ, "Other.Right"]));
    let say = move |heard: &crate::support::scripted::Heard| -> Say {
        token(
            if form(heard, "client_secret").unwrap() == "next" {
                &poor
            } else {
                &rich
            },
            3599,
        )
    };
    let server = Scripted::start(move |_, heard| say(heard)).await;
    let mut settings = rolling(&server);
    settings.next_credential.as_mut().unwrap().client_id = "c11e0000-0000-4000-8000-000000000002".into();
    let source = source(&settings, &Clock::manual(noon()));
    assert_eq!(source.obtain_token().await.unwrap().roles(), [READ, "Other.Right"]);
    let CredentialRollover::Waiting { code, why, .. } = source.rollover() else {
        panic!("{:?}", source.rollover())
    };
    assert_eq!(code, "rightsMissing");
    assert!(why.contains(READ) && !why.contains("Other"), "{why}");
}
