//! Ways to get in that don't lead in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intune_connector::model::RightScope;
use intune_connector::sics::{LoginLimits, SicsLimits};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use crate::sics::bus::{Bus, PASSWORD, problem, status};
use crate::whole::Whole;

async fn kate(limits: SicsLimits) -> Bus {
    let bus = Bus::with(limits).await;
    bus.operator("kate", &["Devices_Read"], RightScope::default()).await;
    bus.with_password("kate").await;
    bus
}

/// No attempt of a test is held because of those before it.
fn patient() -> SicsLimits {
    SicsLimits {
        login: LoginLimits {
            failures_per_name: 1_000,
            failures_per_address: 1_000,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    }
}

fn basic(pair: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn sign_in(bus: &Bus, header: &str) -> RequestBuilder {
    bus.open_request(Method::GET, "/sics/v1")
        .header("authorization", header)
}

#[tokio::test]
async fn a_name_that_only_looks_like_an_account_is_none() {
    let bus = kate(patient()).await;
    // As with every account, the case of ASCII letters does not count.
    for name in ["kate", "KATE", "Kate"] {
        status(sign_in(&bus, &basic(format!("{name}:{PASSWORD}").as_bytes())), 200).await;
    }
    let look_alikes = [
        "kate ",
        " kate",
        "\tkate",
        "ka\u{200b}te",
        "\u{212a}ate",
        "kate\0",
        "kate\n",
        "k\u{430}te",
        "ｋate",
        "",
        " ",
    ];
    for name in look_alikes {
        let answer = sign_in(&bus, &basic(format!("{name}:{PASSWORD}").as_bytes()));
        assert_eq!(problem(answer, 401).await, "signInFailed", "{name:?}");
        let body = json!({"name": name, "kind": "person", "rights": []});
        let added = bus.post(&bus.admin, "/sics/v1/operators", body).send().await.unwrap();
        assert!(added.status().is_client_error(), "{name:?}: {}", added.status());
    }
    for name in ["KATE", "Kate"] {
        let body = json!({"name": name, "kind": "person", "rights": []});
        let added = bus.post(&bus.admin, "/sics/v1/operators", body).send().await.unwrap();
        assert_eq!(added.status(), StatusCode::CONFLICT, "{name}");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_written_otherwise_is_none() {
    let bus = kate(patient()).await;
    let good = basic(format!("kate:{PASSWORD}").as_bytes());
    status(sign_in(&bus, &good), 200).await;
    let other = format!("Bearer {}", bus.acmp);
    for (first, second) in [(&good, &other), (&other, &good), (&good, &good)] {
        let two = sign_in(&bus, first).header("authorization", second);
        assert_eq!(problem(two, 401).await, "signInFailed", "two headers");
    }
    let latin = [b"kate:".as_slice(), b"gr\xfcn", PASSWORD.as_bytes()].concat();
    for (what, header) in [
        ("no colon", basic(format!("kate{PASSWORD}").as_bytes())),
        ("a zero before", basic(format!("\0kate:{PASSWORD}").as_bytes())),
        ("a zero behind", basic(format!("kate:{PASSWORD}\0").as_bytes())),
        ("Latin-1", basic(&latin)),
        ("no base64", format!("Basic kate:{PASSWORD}")),
        ("two schemes", format!("Basic {good}")),
        ("a list", format!("{good}, {other}")),
        ("a token as a password", basic(format!("acmp:{}", bus.acmp).as_bytes())),
        ("a password as a token", format!("Bearer {PASSWORD}")),
        (
            "a part of a token",
            format!("Bearer {}", &bus.acmp[..bus.acmp.len() - 1]),
        ),
        ("more than a token", format!("Bearer {}x", bus.acmp)),
    ] {
        assert_eq!(problem(sign_in(&bus, &header), 401).await, "signInFailed", "{what}");
    }
    let token = &bus.acmp;
    for query in [
        format!("?token={token}"),
        format!("?access_token={token}"),
        format!("?authorization=Bearer%20{token}"),
    ] {
        let asked = bus.open_request(Method::GET, &format!("/sics/v1{query}"));
        assert_eq!(problem(asked, 401).await, "notSignedIn", "{query}");
    }
    for header in [
        "x-forwarded-user",
        "x-remote-user",
        "x-original-user",
        "remote-user",
        "cookie",
        "proxy-authorization",
    ] {
        let asked = bus.open_request(Method::GET, "/sics/v1").header(header, &good);
        assert_eq!(problem(asked, 401).await, "notSignedIn", "{header}");
    }
}

/// Whoever guesses at one name is held up wherever they come from, and whatever they say about where that is.
#[tokio::test]
async fn a_name_is_held_over_many_addresses_and_forwarding_headers() {
    let limits = SicsLimits {
        login: LoginLimits {
            failures_per_name: 5,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    };
    let bus = kate(limits).await;
    let at = |last: u8| {
        let from = std::net::IpAddr::from([127, 0, 1, last]);
        reqwest::Client::builder()
            .no_proxy()
            .local_address(from)
            .build()
            .unwrap()
    };
    let guess = async |last: u8, name: &str, password: &str| {
        let claimed = format!("198.51.100.{last}");
        let asked = at(last).get(bus.url("/sics/v1")).basic_auth(name, Some(password));
        let asked = asked
            .header("x-forwarded-for", &claimed)
            .header("forwarded", format!("for={claimed}"))
            .header("x-real-ip", &claimed);
        asked.send().await.unwrap().status().as_u16()
    };
    let mut codes = Vec::new();
    for last in 1..=12 {
        let name = ["kate", "KATE", "Kate"][usize::from(last) % 3];
        codes.push(guess(last, name, "wrong horse battery").await);
    }
    let let_through = codes.iter().filter(|code| **code == 401).count();
    assert!(let_through <= 5 && codes[11] == 429, "{codes:?}");
    assert_eq!(
        guess(200, "kate", PASSWORD).await,
        429,
        "the right one from a new address has to wait as well"
    );
}

#[tokio::test]
async fn a_token_sets_no_password_and_makes_no_wider_token() {
    let bus = kate(patient()).await;
    let none = bus.operator("none", &["Devices_Read"], RightScope::default()).await;
    for (who, body) in [
        ("none", json!({"password": "another long one"})),
        ("kate", json!({"password": "another long one"})),
    ] {
        let set = bus.send(Method::PATCH, &none, &format!("/sics/v1/operators/{who}"), body);
        let answer = set.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{who}");
    }
    for who in ["none", "kate"] {
        let made = bus.post(&none, &format!("/sics/v1/operators/{who}/tokens"), json!({"name": "x"}));
        assert_eq!(made.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{who}");
    }
    status(sign_in(&bus, &basic(format!("kate:{PASSWORD}").as_bytes())), 200).await;
}

/// The account of the commands on the machine has no password that could be guessed, and its token lies where only the
/// owner of the folder reads it, as long as the bus runs.
#[tokio::test]
async fn the_local_account_has_no_password_and_its_token_goes_with_the_bus() {
    use std::os::unix::fs::PermissionsExt;
    let mut whole = Whole::new(1, &[]).await;
    let file = whole.data().join("local-connection.json");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (url, token) = (whole.bus().local.url.clone(), whole.bus().local.token.clone());
    for password in ["", "local", PASSWORD, &token] {
        let asked = whole
            .http
            .get(format!("{url}/sics/v1"))
            .basic_auth("local", Some(password));
        assert_eq!(
            asked.send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED,
            "{password}"
        );
    }
    let set = whole.ask(
        Method::PATCH,
        "/sics/v1/operators/local",
        json!({"password": "another long one"}),
    );
    assert!(set.await.0.is_client_error());
    whole.stop().await;
    assert!(!file.exists());
    whole.start().await;
    assert_ne!(whole.bus().local.token, token);
    let asked = whole
        .http
        .get(format!("{}/sics/v1", whole.bus().local.url))
        .bearer_auth(&token);
    assert_eq!(
        asked.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED,
        "the token of the life before"
    );
    whole.stop().await;
}
