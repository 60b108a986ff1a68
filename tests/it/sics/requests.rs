//! Wrong requests, and the bounds of right ones.

use std::time::Duration;

use intune_connector::sics::SicsLimits;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::bus::{Bus, problem, status};

#[tokio::test]
async fn wrong_requests_get_the_problem_they_should() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let changes = "/sics/v1/servers/cmdb/changes";
    let ack = format!("{changes}/ack");
    let post = |path: &str| bus.open_request(Method::POST, path).bearer_auth(&bus.acmp);
    let json_text = |text: &'static str| post(&ack).header("content-type", "application/json").body(text);
    for (request, expected, code) in [
        (bus.get(&bus.acmp, "/"), 404, "noSuchRoute"),
        (bus.get(&bus.acmp, "/sics/v2"), 404, "noSuchRoute"),
        (bus.get(&bus.acmp, "/sics/v1/"), 404, "noSuchRoute"),
        (
            bus.send(Method::DELETE, &bus.acmp, "/sics/v1", json!({})),
            405,
            "wrongMethod",
        ),
        (bus.get(&bus.acmp, &format!("{changes}?limit=0")), 400, "wrongLimit"),
        (bus.get(&bus.acmp, &format!("{changes}?limit=5001")), 400, "wrongLimit"),
        (bus.get(&bus.acmp, &format!("{changes}?limit=-1")), 400, "wrongQuery"),
        (
            bus.get(&bus.acmp, &format!("{changes}?limit=1&limit=2")),
            400,
            "wrongQuery",
        ),
        (
            bus.get(&bus.acmp, &format!("{changes}?wait_ms=60001")),
            400,
            "wrongWait",
        ),
        (bus.get(&bus.acmp, &format!("{changes}?waitMs=1")), 400, "wrongQuery"),
        (
            bus.get(&bus.acmp, &format!("{changes}?cursor=abc")),
            400,
            "cursorMalformed",
        ),
        (bus.get(&bus.acmp, "/sics/v1/servers/a%20b"), 400, "wrongPath"),
        (bus.get(&bus.acmp, "/sics/v1/servers/%FF"), 400, "wrongPath"),
        (post(&ack), 415, "notJson"),
        (
            post(&ack).header("content-type", "text/plain").body("{}"),
            415,
            "notJson",
        ),
        (json_text("{"), 400, "wrongBody"),
        (json_text("[]"), 400, "wrongBody"),
        (json_text("{}"), 400, "wrongBody"),
        (json_text("{\"cursor\":\"x\",\"more\":1}"), 400, "wrongBody"),
        (json_text("{\"cursor\":\"x\",\"cursor\":\"y\"}"), 400, "keyTwice"),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(problem(request, expected).await, code, "{shown}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_it_says_its_length_or_not() {
    let limits = SicsLimits {
        body_bytes: 1_000,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let put = || {
        bus.open_request(Method::PUT, "/sics/v1/servers/cmdb")
            .bearer_auth(&bus.acmp)
    };
    let body = json!({"displayName": "x".repeat(2_000)}).to_string();
    let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    assert_eq!(problem(json(put()).body(body.clone()), 413).await, "bodyTooBig");
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let streamed = reqwest::Body::wrap_stream(pieces);
    assert_eq!(problem(json(put()).body(streamed), 413).await, "bodyTooBig");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = SicsLimits {
        body_timeout: Duration::from_millis(20),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let mut raw = TcpStream::connect(bus.address).await.unwrap();
    let head = format!(
        "PUT /sics/v1/servers/cmdb HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        bus.acmp
    );
    raw.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    raw.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_long_name_or_much_that_is_accepted_is_refused() {
    let bus = Bus::new().await;
    for body in [
        json!({"displayName": "x".repeat(1_001)}),
        json!({"displayName": "x", "accepts": "x".repeat(20_000)}),
    ] {
        let put = bus.send(Method::PUT, &bus.acmp, "/sics/v1/servers/cmdb", body);
        assert_eq!(problem(put, 400).await, "tooLong");
    }
}

#[tokio::test]
async fn wi_19_a_body_that_is_marked_as_compressed_is_refused_as_that() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let ack = |encoding: &str| {
        bus.open_request(Method::POST, "/sics/v1/servers/cmdb/changes/ack")
            .bearer_auth(&bus.acmp)
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .body("{}")
    };
    for encoding in ["gzip", "br"] {
        assert_eq!(problem(ack(encoding), 415).await, "encodedBody", "{encoding}");
    }
    assert_eq!(problem(ack("identity"), 400).await, "wrongBody");
}

#[tokio::test]
async fn wi_18_bytes_that_are_no_text_are_not_looked_for() {
    let bus = Bus::new().await;
    let search = |text: &str| bus.get(&bus.admin, &format!("/sics/v1/devices?search={text}"));
    assert_eq!(problem(search("m%FCller"), 400).await, "wrongQuery");
    status(search("m%C3%BCller"), 200).await;
}

#[tokio::test]
async fn wi_20_what_is_too_long_names_the_bound() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let long = "x".repeat(1_001);
    for request in [
        bus.get(&bus.admin, &format!("/sics/v1/devices?filter={long}")),
        bus.get(&bus.admin, &format!("/sics/v1/log?text={long}")),
        bus.send(
            Method::PUT,
            &bus.acmp,
            "/sics/v1/servers/cmdb",
            json!({"displayName": long}),
        ),
    ] {
        let told = status(request, 400).await;
        for part in ["detail", "advice"] {
            assert!(told[part].as_str().unwrap().contains("1000 characters"), "{told}");
        }
    }
}

#[tokio::test]
async fn answers_are_not_to_be_kept_or_guessed_at() {
    let bus = Bus::new().await;
    for path in ["/sics/v1", "/healthz", "/nowhere"] {
        let response = bus.get(&bus.acmp, path).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    status(bus.get(&bus.acmp, "/sics/v1"), 200).await;
}
