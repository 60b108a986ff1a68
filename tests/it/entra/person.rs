//! PN-13, PN-14: signing in as a person, as a compliance node does where it is told to.

use super::*;

use serde_json::json;
use simulated_tenant::{Options, Running, start};

const NAME: &str = "canary.reader@fixture.example";
const PASSWORD: &str = "canary päss+&=";

fn person(settings: &InstanceSettings, name: &str, password: &str) -> TokenSource {
    let password = SecretString::from(password);
    let clock = Clock::manual(noon());
    TokenSource::for_user_with_policy(settings, name, &password, clock, quick()).unwrap()
}

#[tokio::test]
async fn pn13_it_asks_for_one_right_in_the_persons_name_with_the_apps_own_proof() {
    let server = granting().await;
    let settings = server.settings(&[]);
    person(&settings, NAME, PASSWORD).obtain_token().await.unwrap();
    let heard = server.heard();
    let sent = |key| form(&heard[0], key);
    assert_eq!(sent("grant_type").as_deref(), Some("password"));
    assert_eq!(sent("username").as_deref(), Some(NAME));
    assert_eq!(sent("password").as_deref(), Some(PASSWORD));
    assert!(sent("client_secret").is_some());
    let scope = sent("scope").unwrap();
    assert!(scope.ends_with("/DeviceManagementManagedDevices.Read.All"), "{scope}");
}

#[tokio::test]
async fn pn14_one_token_per_tenant_application_and_person() {
    let server = granting().await;
    let settings = server.settings(&[]);
    let app = source(&settings, &Clock::manual(noon()));
    let (one, again, other) = (
        person(&settings, NAME, PASSWORD),
        person(&settings, &NAME.to_uppercase(), PASSWORD),
        person(&settings, "other@fixture.example", PASSWORD),
    );
    let new_password = person(&settings, NAME, "changed");
    let mut tokens = Vec::new();
    for source in [&app, &one, &again, &other, &new_password, &one, &app] {
        tokens.push(source.obtain_token().await.unwrap().secret().to_owned());
    }
    assert_eq!(tokens[1], tokens[2], "the case of a name makes no other person");
    assert_eq!((&tokens[0], &tokens[1]), (&tokens[6], &tokens[5]), "from the cache");
    tokens.sort();
    tokens.dedup();
    assert_eq!((tokens.len(), server.heard().len()), (4, 4), "nobody got another's");
}

#[tokio::test]
async fn e1_neither_name_nor_password_is_in_any_error_or_debug_print() {
    let server = Scripted::start(|_, heard| {
        let body = json!({"error": "invalid_grant", "error_codes": [4711],
            "error_description": format!("you said {}", heard.body)});
        json_answer(400, &body)
    })
    .await;
    let settings = server.settings(&[]);
    let source = person(&settings, NAME, PASSWORD);
    let error = source.obtain_token().await.unwrap_err();
    for text in [format!("{error} {error:?} {source:?}"), error.advice()] {
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
}

fn json_answer(status: u16, body: &serde_json::Value) -> Say {
    crate::support::scripted::json(status, body)
}

async fn tenant() -> (Running, InstanceSettings) {
    let running = start(Options::quick(1, 3)).await.unwrap();
    let who = &running.registration;
    let of = [
        ("tenant_id", who.tenant_id.as_str()),
        ("client_id", who.client_id.as_str()),
    ];
    let mut settings = crate::support::scripted::settings(&running.base, &of);
    settings.credential.kind = CredentialKind::Secret(SecretString::from(who.client_secret.as_str()));
    settings.credential.client_id = who.client_id.clone();
    (running, settings)
}

#[tokio::test]
async fn the_simulated_tenant_grants_it_and_says_why_not() {
    let (running, settings) = tenant().await;
    let who = running.registration.clone();
    let now = Clock::system();
    let ask = async |name: &str, password: &str| {
        let password = SecretString::from(password);
        let source = TokenSource::for_user_with_policy(&settings, name, &password, now.clone(), quick()).unwrap();
        source
            .prove_credential()
            .await
            .map_err(|error| (error.code(), error.advice()))
    };
    let token = ask(&who.user_name, &who.user_password).await.unwrap();
    assert!(
        token
            .roles()
            .iter()
            .any(|right| right == "DeviceManagementManagedDevices.Read.All")
    );
    let (code, advice) = ask(&who.user_name, "wrong").await.unwrap_err();
    assert!(
        code == "AADSTS50126" && advice.contains("user_password_file"),
        "{code}: {advice}"
    );
    let control = format!(
        "{}/simulator/accounts/{}/{}",
        running.base, who.tenant_id, who.user_name
    );
    let http = reqwest::Client::new();
    for (standing, expected) in [
        ("mfa", "AADSTS50076"),
        ("federated", "AADSTS50126"),
        ("blocked", "AADSTS53003"),
    ] {
        http.put(&control)
            .json(&json!({"standing": standing}))
            .send()
            .await
            .unwrap();
        let (code, advice) = ask(&who.user_name, &who.user_password).await.unwrap_err();
        assert_eq!(code, expected);
        assert!(advice.len() > 20, "{advice}");
    }
    running.stop().await;
}
