//! The second factor of people: set up, asked for wherever a password is given, removed, and taken away by others.

use chrono::TimeDelta;
use intune_connector::config::SecondFactorRule;
use intune_connector::model::RightScope;
use intune_connector::sics::{LoginLimits, SicsLimits};
use intune_connector::store::OperatorKind;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::bus::{Bus, PASSWORD, problem, status};
use super::jobs::office::{Office, refs};
use crate::support::totp::code_at;

const FACTOR: &str = "/sics/v1/second-factor";
const CONFIRM: &str = "/sics/v1/second-factor/confirm";
const REMOVE: &str = "/sics/v1/second-factor/remove";

/// A person's app, and their recovery codes.
struct App {
    secret: String,
    recovery: Vec<String>,
}

impl App {
    /// Set up with name and password alone; the code of the present step is used up by it.
    async fn set_up(ask: impl Fn(&str, Value) -> RequestBuilder, seconds: i64) -> App {
        let draft = status(ask(FACTOR, json!({"password": PASSWORD})), 200).await;
        let secret = draft["secret"].as_str().unwrap().to_owned();
        let uri = draft["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(&secret), "{uri}");
        let told = status(ask(CONFIRM, json!({"code": code_at(&secret, seconds)})), 200).await;
        let recovery: Vec<String> = serde_json::from_value(told["codes"].clone()).unwrap();
        assert_eq!(recovery.len(), 10);
        App { secret, recovery }
    }

    async fn on(bus: &Bus, name: &str) -> App {
        let ask = |path: &str, body: Value| {
            let request = bus.open_request(Method::POST, path);
            request.basic_auth(name, Some(PASSWORD)).json(&body)
        };
        App::set_up(ask, seconds(bus)).await
    }

    fn code(&self, bus: &Bus) -> String {
        code_at(&self.secret, seconds(bus))
    }

    /// After half a minute: the codes before were used.
    fn next_code(&self, bus: &Bus) -> String {
        bus.shelf.clock.advance(TimeDelta::seconds(30));
        self.code(bus)
    }
}

fn seconds(bus: &Bus) -> i64 {
    bus.shelf.clock.now().timestamp()
}

#[tokio::test]
async fn a_password_alone_lets_nobody_in_who_has_a_second_factor() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let (own, other) = (bus.session("anna").await, bus.session("anna").await);
    let wrong = bus.post(&own, FACTOR, json!({"password": "wrong one"}));
    assert_eq!(problem(wrong, 401).await, "signInFailed");
    assert_eq!(
        problem(bus.post(&own, CONFIRM, json!({"code": "123456"})), 409).await,
        "secondFactorNotBegun"
    );
    let draft = status(bus.post(&own, FACTOR, json!({"password": PASSWORD})), 200).await;
    let secret = draft["secret"].as_str().unwrap();
    // It counts for nothing before a code of it was right.
    status(bus.sign_in("anna", PASSWORD, None), 201).await;
    assert_eq!(
        problem(bus.post(&own, CONFIRM, json!({"code": "abcdef"})), 401).await,
        "secondFactorWrong"
    );
    let first = code_at(secret, seconds(&bus));
    let told = status(bus.post(&own, CONFIRM, json!({"code": first})), 200).await;
    let app = App {
        secret: secret.to_owned(),
        recovery: serde_json::from_value(told["codes"].clone()).unwrap(),
    };
    // The session in which that was done goes on, the others end.
    assert_eq!(status(bus.get(&own, "/sics/v1"), 200).await["secondFactor"], true);
    assert_eq!(problem(bus.get(&other, "/sics/v1"), 401).await, "sessionExpired");
    assert_eq!(
        status(bus.get(&bus.admin, "/sics/v1/operators/anna"), 200).await["secondFactor"],
        true
    );
    assert_eq!(
        problem(bus.post(&own, FACTOR, json!({"password": PASSWORD})), 409).await,
        "secondFactorSet"
    );

    assert_eq!(
        problem(bus.sign_in("anna", PASSWORD, None), 401).await,
        "secondFactorNeeded"
    );
    assert_eq!(
        problem(bus.sign_in("anna", "wrong one", None), 401).await,
        "signInFailed",
        "no more is told"
    );
    assert_eq!(
        problem(bus.sign_in("anna", PASSWORD, Some(&first)), 401).await,
        "secondFactorWrong",
        "used up"
    );
    let code = app.next_code(&bus);
    assert_eq!(
        problem(bus.sign_in("anna", "wrong one", Some(&code)), 401).await,
        "signInFailed"
    );
    let begun = status(bus.sign_in("anna", PASSWORD, Some(&code)), 201).await;
    status(bus.get(begun["token"].as_str().unwrap(), "/sics/v1/devices"), 200).await;
    assert_eq!(
        problem(bus.sign_in("anna", PASSWORD, Some(&code)), 401).await,
        "secondFactorWrong",
        "once"
    );

    // Recovery codes, however they are typed, once each.
    let typed = app.recovery[0].to_uppercase().replace('-', " ");
    status(bus.sign_in("anna", PASSWORD, Some(&typed)), 201).await;
    assert_eq!(
        problem(bus.sign_in("anna", PASSWORD, Some(&app.recovery[0])), 401).await,
        "secondFactorWrong"
    );
    let trail = bus.trail().await;
    for line in ["anna secondFactor.set anna", "anna recoveryCode.used anna"] {
        assert!(trail.iter().any(|row| row == line), "{trail:?}");
    }
    // Neither seed nor codes stand in the store.
    bus.shelf
        .store
        .write_backup(&bus.shelf.folder.path().join("copy.db"))
        .await
        .unwrap();
    let bytes = std::fs::read(bus.shelf.folder.path().join("copy.db")).unwrap();
    for hidden in [
        &app.secret,
        &app.recovery[1],
        &app.recovery[1].to_uppercase().replace('-', ""),
    ] {
        assert!(
            !bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()),
            "{hidden}"
        );
    }
}

#[tokio::test]
async fn basic_needs_the_code_in_a_header_of_its_own() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let app = App::on(&bus, "anna").await;
    let ask = || {
        bus.open_request(Method::GET, "/sics/v1")
            .basic_auth("anna", Some(PASSWORD))
    };
    assert_eq!(problem(ask(), 401).await, "secondFactorNeeded");
    let code = app.next_code(&bus);
    status(ask().header("x-second-factor", &code), 200).await;
    assert_eq!(
        problem(ask().header("x-second-factor", &code), 401).await,
        "secondFactorWrong"
    );
    let code = app.next_code(&bus);
    let twice = ask().header("x-second-factor", &code).header("x-second-factor", &code);
    assert_eq!(problem(twice, 401).await, "signInFailed");
    // A token of hers works without: whoever made it had the code.
    let operator = bus.shelf.store.find_operator_by_name("anna").await.unwrap().unwrap();
    let token = bus.token(operator.id, None).await;
    status(bus.get(&token, "/sics/v1"), 200).await;
}

#[tokio::test]
async fn e8_codes_are_guessed_at_slowly_whoever_knows_the_password() {
    let bus = Bus::with(SicsLimits {
        login: LoginLimits {
            failures_per_name: 3,
            failures_per_address: 4,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    })
    .await;
    bus.person("anna", &["Devices_Read"]).await;
    bus.person("ben", &["Devices_Read"]).await;
    let app = App::on(&bus, "anna").await;
    // A right password whose code is to come is no failure, however often.
    for _ in 0..10 {
        assert_eq!(
            problem(bus.sign_in("anna", PASSWORD, None), 401).await,
            "secondFactorNeeded"
        );
    }
    let mut codes = Vec::new();
    for _ in 0..6 {
        let answer = bus.sign_in("anna", PASSWORD, Some("abcdef")).send().await.unwrap();
        codes.push(answer.status().as_u16());
    }
    assert_eq!(codes[0], 401);
    assert_eq!(codes[5], 429, "{codes:?}");
    // Nobody else is held up by it, and she gets in when its time has passed.
    status(bus.sign_in("ben", PASSWORD, None), 201).await;
    bus.shelf.clock.advance(TimeDelta::minutes(5));
    status(bus.sign_in("anna", PASSWORD, Some(&app.code(&bus))), 201).await;
}

#[tokio::test]
async fn its_owner_removes_it_with_password_and_code() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    let app = App::on(&bus, "anna").await;
    let begun = status(bus.sign_in("anna", PASSWORD, Some(&app.next_code(&bus))), 201).await;
    let session = begun["token"].as_str().unwrap();
    bus.shelf.clock.advance(TimeDelta::minutes(5));
    let remove = |password: &str, code: &str| bus.post(session, REMOVE, json!({"password": password, "code": code}));
    assert_eq!(problem(remove(PASSWORD, "abcdef"), 401).await, "secondFactorWrong");
    assert_eq!(problem(remove(PASSWORD, ""), 401).await, "secondFactorNeeded");
    assert_eq!(problem(remove("wrong one", &app.code(&bus)), 401).await, "signInFailed");
    status(remove(PASSWORD, &app.code(&bus)), 204).await;
    status(bus.get(session, "/sics/v1"), 200).await;
    assert_eq!(problem(remove(PASSWORD, "1"), 409).await, "secondFactorNotSet");
    status(bus.sign_in("anna", PASSWORD, None), 201).await;
    // Machines have none.
    bus.with_password("acmp").await;
    assert_eq!(
        problem(bus.post(&bus.acmp, FACTOR, json!({"password": PASSWORD})), 403).await,
        "notAPerson"
    );
}

#[tokio::test]
async fn a9_taking_it_away_from_somebody_with_power_waits_and_from_others_is_done_at_once() {
    let bus = Bus::new().await;
    bus.person("anna", &["Devices_Read"]).await;
    bus.person("chief", &["*"]).await;
    bus.shelf.clock.advance(TimeDelta::hours(2));
    for name in ["anna", "chief"] {
        App::on(&bus, name).await;
    }
    let clerk = bus.operator("clerk", &["Operators_*"], RightScope::default()).await;
    let reset = |token: &str, name: &str| {
        let path = format!("/sics/v1/operators/{name}/second-factor");
        bus.open_request(Method::DELETE, &path).bearer_auth(token)
    };
    assert_eq!(problem(reset(&clerk, "chief"), 403).await, "beyondYours");
    let changed = status(reset(&bus.admin, "anna"), 200).await;
    assert_eq!(changed["secondFactor"], false, "{changed}");
    assert_eq!(problem(reset(&bus.admin, "anna"), 409).await, "secondFactorNotSet");
    let waits = status(reset(&bus.admin, "chief"), 202).await;
    let sentence = waits["waits"]["change"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("account chief loses its second factor"), "{sentence}");
    assert_eq!(
        problem(bus.sign_in("chief", PASSWORD, None), 401).await,
        "secondFactorNeeded"
    );
    let controls = bus.shelf.store.list_controls().await.unwrap();
    assert!(
        controls.iter().any(|control| control.kind.name() == "secondFactor"),
        "{controls:?}"
    );
}

fn privileged() -> SicsLimits {
    SicsLimits {
        login: LoginLimits {
            second_factor: SecondFactorRule::Privileged,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    }
}

/// bob of an [`Office`], who may approve, with his app.
async fn bobs_app(office: &Office) -> App {
    let ask = |path: &str, body: Value| {
        let request = office.http.post(format!("http://{}{path}", office.address));
        request.basic_auth("bob", Some(PASSWORD)).json(&body)
    };
    App::set_up(ask, office.shop.rig.shelf.clock.now().timestamp()).await
}

/// A wipe that waits: its path and what was shown of it.
async fn waiting_wipe(office: &Office) -> (String, Value) {
    office.shop.bus_policy(500, 3).await;
    let ids = office.laptops(4).await;
    let receipt = office.job("wipe", &refs(&ids), json!({})).await;
    assert_eq!(receipt["needsApproval"], true, "{receipt}");
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let shown = status(office.get(&office.admin, &path), 200).await;
    (path, shown["approvalDigest"].clone())
}

fn approve(office: &Office, (path, digest): &(String, Value), code: Option<&str>) -> RequestBuilder {
    let mut body = json!({"name": "bob", "password": PASSWORD, "digest": digest});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    office.post(&office.admin, &format!("{path}/approve"), body)
}

#[tokio::test]
async fn a9_who_agrees_shows_their_second_factor_whatever_connection_is_in_use() {
    let office = Office::new().await;
    let wipe = waiting_wipe(&office).await;
    let app = bobs_app(&office).await;
    assert_eq!(problem(approve(&office, &wipe, None), 401).await, "secondFactorNeeded");
    assert_eq!(
        problem(approve(&office, &wipe, Some("abcdef")), 401).await,
        "secondFactorWrong"
    );
    office.shop.rig.advance(TimeDelta::seconds(30));
    let code = code_at(&app.secret, office.shop.rig.shelf.clock.now().timestamp());
    assert_eq!(
        status(approve(&office, &wipe, Some(&code)), 200).await["approval"],
        "approved"
    );
}

#[tokio::test]
async fn where_the_bus_wants_a_second_factor_privileged_people_do_nothing_without_one() {
    let office = Office::with(privileged()).await;
    let wipe = waiting_wipe(&office).await;
    assert_eq!(
        problem(approve(&office, &wipe, None), 403).await,
        "secondFactorRequired"
    );
    // A person's own job, by a token; machines, as the server that sent the other, are exempt.
    let rights = ["Jobs_*", "Actions_*", "KillSwitch_*", "Devices_Read"];
    let carol = office.account("carol", OperatorKind::Person, &rights, true).await;
    let ids = office.laptops(1).await;
    let wipes = office.shop.body("wipe", &refs(&ids), json!({})).await;
    let refused = office.post(&carol, "/sics/v1/jobs", wipes);
    assert_eq!(problem(refused, 403).await, "secondFactorRequired");
    let syncs = office.shop.body("sync", &refs(&ids), json!({})).await;
    status(office.post(&carol, "/sics/v1/jobs", syncs), 202).await;
    // The kill switch goes on at once, and off by who has shown one.
    let on = json!({"on": true, "reason": "look first"});
    status(office.send(Method::PUT, &carol, "/sics/v1/killswitch", on), 200).await;
    let off = office.send(Method::PUT, &carol, "/sics/v1/killswitch", json!({"on": false}));
    assert_eq!(problem(off, 403).await, "secondFactorRequired");
    let app = bobs_app(&office).await;
    office.shop.rig.advance(TimeDelta::seconds(30));
    let code = code_at(&app.secret, office.shop.rig.shelf.clock.now().timestamp());
    let body = json!({"name": "bob", "password": PASSWORD, "code": code});
    let begun = office
        .http
        .post(format!("http://{}/sics/v1/sessions", office.address))
        .json(&body);
    let session = status(begun, 201).await["token"].as_str().unwrap().to_owned();
    let asked = office.send(Method::PUT, &session, "/sics/v1/killswitch", json!({"on": false}));
    assert_eq!(
        problem(asked, 403).await,
        "missingRight",
        "bob may not, whatever he shows"
    );
    // In his own session, confirmed just now, the password is enough.
    let (path, digest) = &wipe;
    let body = json!({"name": "bob", "password": PASSWORD, "digest": digest});
    let approved = office.post(&session, &format!("{path}/approve"), body);
    assert_eq!(status(approved, 200).await["approval"], "approved");
}
