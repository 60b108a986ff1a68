//! Sessions of the console: by whom they are begun, what they are good for, and what ends them.

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::sics::{LoginLimits, SicsLimits};
use intune_connector::store::NewToken;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use super::bus::{Bus, PASSWORD, problem, status};

const SESSIONS: &str = "/sics/v1/sessions";
const CURRENT: &str = "/sics/v1/sessions/current";
const CONFIRM: &str = "/sics/v1/sessions/current/confirm";
const OWN: &str = "nobody else knows it";

fn end(bus: &Bus, token: &str, path: &str) -> reqwest::RequestBuilder {
    bus.open_request(Method::DELETE, path).bearer_auth(token)
}

#[tokio::test]
async fn a_session_signs_its_person_in_until_they_end_it() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let begun = bus.sign_in("ANNA", PASSWORD, None).header("user-agent", "Mozilla/5.0");
    let begun = status(begun, 201).await;
    let token = begun["token"].as_str().unwrap();
    assert!(token.starts_with("ics_") && token.len() == 47, "{token}");
    let session = &begun["session"];
    assert_eq!(
        (
            &session["operator"],
            &session["current"],
            &session["userAgent"],
            &session["address"]
        ),
        (&json!("anna"), &json!(true), &json!("Mozilla/5.0"), &json!("127.0.0.1"))
    );
    let seen = status(bus.get(token, "/sics/v1"), 200).await;
    assert_eq!(
        (&seen["signedInBy"], &seen["operator"]),
        (&json!("session"), &json!("anna"))
    );
    assert_eq!(seen["session"], *session);
    assert_eq!(
        (&seen["secondFactor"], &seen["passwordChangeNeeded"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        status(bus.get(&bus.acmp, "/sics/v1"), 200).await["session"],
        json!(null)
    );
    status(bus.get(token, "/sics/v1/devices"), 200).await;
    assert_eq!(problem(bus.get(token, "/sics/v1/operators"), 403).await, "missingRight");
    status(bus.get(token, "/sics/v1/operators/anna"), 200).await;
    let listed = status(bus.get(token, SESSIONS), 200).await;
    assert_eq!(listed["sessions"], json!([session]));

    status(end(&bus, token, CURRENT), 204).await;
    assert_eq!(problem(bus.get(token, "/sics/v1"), 401).await, "sessionExpired");
    let nonsense = format!("ics_{}", "A".repeat(43));
    assert_eq!(
        problem(bus.get(&nonsense, "/sics/v1"), 401).await,
        "signInFailed",
        "nobody had it"
    );
    let no_session = bus
        .open_request(Method::DELETE, CURRENT)
        .basic_auth("anna", Some(PASSWORD));
    assert_eq!(problem(no_session, 409).await, "notASession");
    let trail = bus.trail().await;
    for line in ["anna session.begun anna", "anna session.ended anna"] {
        assert!(trail.iter().any(|row| row == line), "{trail:?}");
    }
    let rows = serde_json::to_string(&bus.shelf.store.list_audit_entries(0, 100).await.unwrap()).unwrap();
    assert!(!rows.contains(token) && !rows.contains(PASSWORD), "{rows}");
    let accounts = status(bus.get(&bus.admin, "/sics/v1/operators/anna"), 200).await;
    assert!(accounts["lastSignInAt"].is_string(), "{accounts}");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_twelve_hours_after_it_began() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let idle = bus.session("anna").await;
    bus.shelf.clock.advance(TimeDelta::minutes(59));
    status(bus.get(&idle, "/sics/v1"), 200).await;
    bus.shelf.clock.advance(TimeDelta::minutes(59));
    status(bus.get(&idle, "/sics/v1"), 200).await;
    bus.shelf.clock.advance(TimeDelta::minutes(60));
    assert_eq!(problem(bus.get(&idle, "/sics/v1"), 401).await, "sessionExpired");

    let busy = bus.session("anna").await;
    for _ in 0..14 {
        bus.shelf.clock.advance(TimeDelta::minutes(50));
        status(bus.get(&busy, "/sics/v1"), 200).await;
    }
    bus.shelf.clock.advance(TimeDelta::minutes(20));
    assert_eq!(
        problem(bus.get(&busy, "/sics/v1"), 401).await,
        "sessionExpired",
        "twelve hours"
    );
    // A day later nobody knows it any more.
    bus.shelf.clock.advance(TimeDelta::hours(25));
    bus.session("anna").await;
    assert_eq!(problem(bus.get(&busy, "/sics/v1"), 401).await, "signInFailed");
}

#[tokio::test]
async fn the_times_of_sessions_are_settings() {
    let bus = Bus::with(SicsLimits {
        login: LoginLimits {
            session_idle: std::time::Duration::from_secs(600),
            session_duration: std::time::Duration::from_secs(3_600),
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    })
    .await;
    bus.person("anna", &["Devices_Read"]).await;
    let token = bus.session("anna").await;
    bus.shelf.clock.advance(TimeDelta::minutes(10));
    assert_eq!(problem(bus.get(&token, "/sics/v1"), 401).await, "sessionExpired");
}

#[tokio::test]
async fn a9_what_an_account_signs_in_with_is_what_its_sessions_hold_with() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let (own, other) = (bus.session("anna").await, bus.session("anna").await);
    // One's own new password: the session that set it goes on, the others end.
    let path = "/sics/v1/operators/anna";
    let without = bus.send(Method::PATCH, &own, path, json!({"password": OWN}));
    assert_eq!(problem(without, 403).await, "currentPasswordNeeded");
    let renewed = json!({"password": OWN, "currentPassword": PASSWORD});
    status(bus.send(Method::PATCH, &own, path, renewed), 200).await;
    status(bus.get(&own, "/sics/v1"), 200).await;
    assert_eq!(problem(bus.get(&other, "/sics/v1"), 401).await, "sessionExpired");
    // One that somebody else sets ends all.
    let reset = json!({"password": "somebody else set it"});
    status(bus.send(Method::PATCH, &bus.admin, path, reset), 200).await;
    assert_eq!(problem(bus.get(&own, "/sics/v1"), 401).await, "sessionExpired");
    // Its owner begins one with it, and sets another before anything.
    let begun = status(bus.sign_in("anna", "somebody else set it", None), 201).await;
    let given = begun["token"].as_str().unwrap();
    assert_eq!(
        status(bus.get(given, "/sics/v1"), 200).await["passwordChangeNeeded"],
        true
    );
    assert_eq!(
        problem(bus.get(given, "/sics/v1/devices"), 403).await,
        "passwordChangeNeeded"
    );
    let renewed = json!({"password": OWN, "currentPassword": "somebody else set it"});
    status(bus.send(Method::PATCH, given, path, renewed), 200).await;
    status(bus.get(given, "/sics/v1/devices"), 200).await;
    // Disabled, and removed.
    status(
        bus.send(Method::PATCH, &bus.admin, path, json!({"disabled": true})),
        200,
    )
    .await;
    assert_eq!(problem(bus.get(given, "/sics/v1"), 401).await, "sessionExpired");
    status(bus.send(Method::DELETE, &bus.admin, path, json!({})), 204).await;
    assert_eq!(
        problem(bus.get(given, "/sics/v1"), 401).await,
        "signInFailed",
        "nothing is left of it"
    );
}

#[tokio::test]
async fn who_may_not_begin_a_session_begins_none() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    bus.with_password("acmp").await;
    for (name, password) in [("anna", "wrong one"), ("nobody", PASSWORD), ("", "")] {
        assert_eq!(
            problem(bus.sign_in(name, password, None), 401).await,
            "signInFailed",
            "{name}"
        );
    }
    assert_eq!(problem(bus.sign_in("acmp", PASSWORD, None), 403).await, "notAPerson");
    for (header, page) in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")] {
        let foreign = bus.sign_in("anna", PASSWORD, None).header(header, page);
        assert_eq!(problem(foreign, 403).await, "foreignPage", "{header}");
    }
    let long = bus.sign_in("anna", &"x".repeat(20_000), None);
    assert_eq!(problem(long, 413).await, "bodyTooBig");
    let more = bus
        .open_request(Method::POST, SESSIONS)
        .json(&json!({"name": "anna", "password": PASSWORD, "for": "ever"}));
    assert_eq!(problem(more, 400).await, "wrongBody");
    assert!(!bus.trail().await.iter().any(|row| row.contains("session.begun")));
}

#[tokio::test]
async fn e8_guessing_at_sessions_is_slowed_like_any_other() {
    let bus = Bus::with(SicsLimits {
        login: LoginLimits {
            failures_per_name: 3,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    })
    .await;
    bus.person("anna", &["Devices_Read"]).await;
    for _ in 0..3 {
        assert_eq!(
            problem(bus.sign_in("anna", "wrong one", None), 401).await,
            "signInFailed"
        );
    }
    assert_eq!(
        problem(bus.sign_in("anna", "wrong one", None), 429).await,
        "signInSlowed"
    );
}

#[tokio::test]
async fn an_account_has_twenty_sessions_and_the_oldest_goes() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let first = bus.session("anna").await;
    let second = bus.session("anna").await;
    for _ in 0..18 {
        bus.session("anna").await;
    }
    status(bus.get(&first, "/sics/v1"), 200).await;
    bus.session("anna").await;
    assert_eq!(problem(bus.get(&first, "/sics/v1"), 401).await, "sessionExpired");
    let listed = status(bus.get(&second, SESSIONS), 200).await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn sessions_of_others_are_seen_and_ended_by_those_who_manage_accounts() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    bus.person("ben", &["Devices_Read"]).await;
    bus.person("chief", &["*"]).await;
    let (anna, ben, chief) = (
        bus.session("anna").await,
        bus.session("ben").await,
        bus.session("chief").await,
    );
    let listed = status(bus.get(&chief, SESSIONS), 200).await;
    let names: Vec<&str> = listed["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["operator"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["chief", "ben", "anna"]);
    let id = status(bus.get(&anna, SESSIONS), 200).await["sessions"][0]["id"].clone();
    let path = format!("{SESSIONS}/{id}");
    for (who, path) in [
        (&ben, path.clone()),
        (&ben, format!("{SESSIONS}/990")),
        (&ben, format!("{SESSIONS}/x")),
    ] {
        assert_eq!(problem(end(&bus, who, &path), 404).await, "unknown", "{path}");
    }
    status(end(&bus, &chief, &path), 204).await;
    assert_eq!(problem(end(&bus, &chief, &path), 404).await, "unknown", "it has ended");
    assert_eq!(problem(bus.get(&anna, "/sics/v1"), 401).await, "sessionExpired");
    assert!(bus.trail().await.iter().any(|row| row == "chief session.ended anna"));
    // A token for a part of the account is not the account.
    let operator = bus.shelf.store.find_operator_by_name("ben").await.unwrap().unwrap();
    let token = ApiToken::new().unwrap();
    let narrow = NewToken {
        operator: operator.id,
        name: "narrow".into(),
        sha256: token.sha256,
        scope: RightScope {
            instances: Some(Vec::new()),
            servers: None,
        },
        expires_at: None,
    };
    bus.shelf.store.add_token(narrow).await.unwrap();
    let narrow = token.text.expose_secret().to_owned();
    assert_eq!(status(bus.get(&narrow, SESSIONS), 200).await["sessions"], json!([]));
    let own = status(bus.get(&ben, SESSIONS), 200).await["sessions"][0]["id"].clone();
    assert_eq!(
        problem(end(&bus, &narrow, &format!("{SESSIONS}/{own}")), 404).await,
        "unknown"
    );
}

#[tokio::test]
async fn a9_a_session_makes_a_token_for_five_minutes_after_its_password_was_given() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let session = bus.session("anna").await;
    let tokens = "/sics/v1/operators/anna/tokens";
    let add = || bus.post(&session, tokens, json!({"name": "mine"}));
    status(add(), 201).await;
    bus.shelf.clock.advance(TimeDelta::minutes(5));
    assert_eq!(problem(add(), 403).await, "sessionNotConfirmed");
    assert_eq!(
        status(bus.get(&session, "/sics/v1"), 200).await["session"]["confirmedUntil"],
        json!(null)
    );
    let confirm = |password: &str| bus.post(&session, CONFIRM, json!({"password": password}));
    assert_eq!(problem(confirm("wrong one"), 401).await, "signInFailed");
    assert_eq!(problem(add(), 403).await, "sessionNotConfirmed");
    let confirmed = status(confirm(PASSWORD), 200).await;
    assert!(confirmed["confirmedUntil"].is_string(), "{confirmed}");
    let token = status(add(), 201).await;
    let text = token["token"].as_str().unwrap();
    assert_eq!(
        problem(bus.post(text, CONFIRM, json!({"password": PASSWORD})), 409).await,
        "notASession"
    );
    assert_eq!(
        problem(bus.post(text, tokens, json!({"name": "more"})), 403).await,
        "passwordNeeded"
    );
    assert!(bus.trail().await.iter().any(|row| row == "anna session.confirmed anna"));
}
