//! The first person of a bus, and links that sign in once.

use std::os::unix::fs::PermissionsExt;

use chrono::TimeDelta;
use intune_connector::sics::SETUP_FILE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::bus::PASSWORD;
use crate::whole::Whole;

const SETUP: &str = "/sics/v1/setup";

/// Without any sign-in.
async fn stranger(whole: &Whole, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let request = whole.http.request(method, format!("{}{path}", whole.bus().local.url));
    let answer = request.json(&body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn is_needed(whole: &Whole) -> bool {
    let (status, told) = stranger(whole, Method::GET, SETUP, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told["needed"].as_bool().unwrap()
}

/// What the owner of the data folder reads.
fn read_token(whole: &Whole) -> String {
    let text = std::fs::read_to_string(whole.data().join(SETUP_FILE)).unwrap();
    let link = text.lines().next().unwrap();
    assert!(text.contains("ssh -L "), "{text}");
    let (page, token) = link.split_once("#token=").unwrap();
    assert_eq!(page, format!("{}/setup", whole.bus().local.console.as_ref().unwrap()));
    token.to_owned()
}

fn first(token: &str, name: &str) -> Value {
    json!({"token": token, "name": name, "password": PASSWORD})
}

#[tokio::test]
async fn the_first_person_is_made_by_who_reads_the_data_folder() {
    let mut whole = Whole::new(1, &[]).await;
    let file = whole.data().join(SETUP_FILE);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(is_needed(&whole).await);
    let token = read_token(&whole);
    for wrong in ["", "ico_nonsense", &token[..token.len() - 1]] {
        let (status, told) = stranger(&whole, Method::POST, SETUP, first(wrong, "anna")).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNAUTHORIZED, &json!("signInFailed")),
            "{told}"
        );
    }
    for (body, code) in [
        (first(&token, "a name"), "wrongName"),
        (json!({"token": token, "name": "anna", "password": "short"}), "password"),
    ] {
        let (status, told) = stranger(&whole, Method::POST, SETUP, body).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)),
            "{told}"
        );
    }
    // An hour after the start it is over; the next start has another.
    whole.advance(TimeDelta::hours(1));
    let (status, told) = stranger(&whole, Method::POST, SETUP, first(&token, "anna")).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::CONFLICT, &json!("setupOver")),
        "{told}"
    );
    whole.stop().await;
    assert!(!file.exists());
    whole.start().await;
    let renewed = read_token(&whole);
    assert_ne!(renewed, token);
    let (status, told) = stranger(&whole, Method::POST, SETUP, first(&renewed, "anna")).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    assert!(!file.exists() && !is_needed(&whole).await);
    let session = told["token"].as_str().unwrap();
    let seen = whole
        .http
        .get(format!("{}/sics/v1", whole.bus().local.url))
        .bearer_auth(session);
    let seen: Value = seen.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&seen["operator"], &seen["signedInBy"]),
        (&json!("anna"), &json!("session"))
    );
    assert_eq!(seen["roles"][0]["role"], "administrator", "{seen}");
    assert_eq!(seen["passwordChangeNeeded"], false);
    // Once.
    let (status, told) = stranger(&whole, Method::POST, SETUP, first(&renewed, "eve")).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::CONFLICT, &json!("alreadySetUp")),
        "{told}"
    );
    let notices = whole.get("/sics/v1/notices").await.to_string();
    assert!(
        notices.contains("account anna was created with the role administrator"),
        "{notices}"
    );
    let trail = whole.get("/sics/v1/audit?limit=1000").await.to_string();
    assert!(trail.contains("\"setUp\"") && !trail.contains(&renewed) && !trail.contains(PASSWORD));
    // Who is there at a start needs no first one.
    whole.stop().await;
    whole.start().await;
    assert!(!file.exists() && !is_needed(&whole).await);
    whole.stop().await;
}

#[tokio::test]
async fn who_was_made_by_a_command_meanwhile_is_the_first() {
    let mut whole = Whole::new(1, &[]).await;
    let token = read_token(&whole);
    let body = json!({"name": "anna", "kind": "person", "password": PASSWORD, "rights": ["Devices_Read"]});
    whole.post("/sics/v1/operators", body).await;
    assert!(!is_needed(&whole).await);
    let (status, told) = stranger(&whole, Method::POST, SETUP, first(&token, "eve")).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::CONFLICT, &json!("alreadySetUp")),
        "{told}"
    );
    assert!(!whole.data().join(SETUP_FILE).exists());
    let (status, _) = whole.ask(Method::GET, "/sics/v1/operators/eve", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    whole.stop().await;
}

/// What a token is worth that is wrong, or over, is nothing to tell where nobody is to be made.
#[tokio::test]
async fn wi_35_a_bus_that_has_people_says_so_whatever_the_token_is() {
    let mut whole = Whole::new(1, &[]).await;
    let body = json!({"name": "anna", "kind": "person", "password": PASSWORD, "rights": ["Devices_Read"]});
    whole.post("/sics/v1/operators", body).await;
    for _ in 0..2 {
        let (status, told) = stranger(&whole, Method::POST, SETUP, first("ico_nonsense", "eve")).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::CONFLICT, &json!("alreadySetUp")),
            "{told}"
        );
    }
    assert!(!whole.data().join(SETUP_FILE).exists());
    whole.stop().await;
}

const LINKS: &str = "/sics/v1/sessions/links";
const LINK: &str = "/sics/v1/sessions/link";

#[tokio::test]
async fn a_link_of_the_data_folder_signs_a_person_in_once_and_is_told() {
    let mut whole = Whole::new(1, &[]).await;
    let (status, told) = whole.ask(Method::POST, LINKS, json!({})).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::CONFLICT, &json!("noPerson")),
        "{told}"
    );
    let person = |name: &str| json!({"name": name, "kind": "person", "password": PASSWORD, "rights": ["*"]});
    whole.post("/sics/v1/operators", person("anna")).await;
    let made = whole.post(LINKS, json!({})).await;
    assert_eq!(made["operator"], "anna", "the only one: {made}");
    whole.post("/sics/v1/operators", person("ben")).await;
    let (_, told) = whole.ask(Method::POST, LINKS, json!({})).await;
    assert_eq!(told["code"], "severalPersons", "{told}");
    for (nobody, refused) in [("carol", StatusCode::NOT_FOUND), ("local", StatusCode::CONFLICT)] {
        let (status, told) = whole.ask(Method::POST, LINKS, json!({"operator": nobody})).await;
        assert_eq!(status, refused, "{told}");
    }
    let redeem = |token: &Value| stranger(&whole, Method::POST, LINK, json!({"token": token}));
    let (status, told) = redeem(&made["token"]).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let session = told["token"].as_str().unwrap().to_owned();
    // It shows nothing that anna knows, so it makes no token.
    let mine = whole
        .http
        .post(format!("{}/sics/v1/operators/anna/tokens", whole.bus().local.url))
        .bearer_auth(&session)
        .json(&json!({"name": "mine"}));
    let refused: Value = mine.send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["code"], "sessionNotConfirmed", "{refused}");
    assert_eq!(told["session"]["confirmedUntil"], json!(null), "{told}");
    for used in [&made["token"], &json!("ico_nonsense"), &json!(session)] {
        let (status, told) = redeem(used).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNAUTHORIZED, &json!("signInFailed")),
            "{told}"
        );
    }
    // Whoever has all rights is not the data folder.
    let by_anna = whole
        .http
        .post(format!("{}{LINKS}", whole.bus().local.url))
        .bearer_auth(&session)
        .json(&json!({"operator": "ben"}));
    assert_eq!(by_anna.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let notices = whole.get("/sics/v1/notices").await.to_string();
    assert!(notices.contains("made a link that signs in as anna once"), "{notices}");
    // Ten minutes.
    let late = whole.post(LINKS, json!({"operator": "ben"})).await;
    whole.advance(TimeDelta::minutes(10));
    assert_eq!(redeem(&late["token"]).await.0, StatusCode::UNAUTHORIZED);
    let trail = whole.get("/sics/v1/audit?limit=1000").await.to_string();
    for action in ["signInLink.made", "signInLink.used"] {
        assert!(trail.contains(action), "{trail}");
    }
    whole.stop().await;
}
