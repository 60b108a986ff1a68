//! Bytes as no client library would send them: requests that two readers would understand differently.

use std::net::SocketAddr;
use std::time::Duration;

use intune_connector::sics::SicsLimits;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sics::bus::{Bus, status};

pub struct Wire {
    address: SocketAddr,
}

impl Wire {
    pub fn of(bus: &Bus) -> Wire {
        Wire { address: bus.address }
    }

    /// What comes back until the bus closes the connection.
    pub async fn says(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The bus may have had enough before the end.
        let _ = stream.write_all(bytes).await;
        let mut seen = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut seen)).await;
        // A reset is an end as well.
        assert!(
            read.is_ok(),
            "the connection was left open after {:?}",
            String::from_utf8_lossy(&seen)
        );
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Status and text of one request for this path, as it stands; 0: closed without an answer.
    pub async fn get(&self, path: &str, token: &str) -> (u16, String) {
        let signed = match token {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        let text = self
            .says(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{signed}connection: close\r\n\r\n").as_bytes())
            .await;
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.unwrap_or_default(), text)
    }
}

fn hasty() -> SicsLimits {
    SicsLimits {
        header_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(300),
        ..SicsLimits::default()
    }
}

/// Behind each head stands, for whoever sees an end there, a second request that removes a server. A proxy in front would
/// have taken it for the body of the first.
#[tokio::test]
async fn what_two_readers_would_cut_differently_is_never_two_requests() {
    let bus = Bus::with(hasty()).await;
    bus.server("cmdb").await;
    let signed = format!("host: 127.0.0.1\r\nauthorization: Bearer {}\r\n", bus.admin);
    let hidden = format!("DELETE /sics/v1/servers/cmdb HTTP/1.1\r\n{signed}\r\n");
    let ended = format!("0\r\n\r\n{hidden}");
    let heads = [
        (
            "both lengths",
            format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", ended.len()),
            &ended,
        ),
        (
            "both lengths, turned",
            format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n", ended.len()),
            &ended,
        ),
        (
            "an unknown coding",
            format!("content-length: {}\r\ntransfer-encoding: xchunked\r\n", ended.len()),
            &ended,
        ),
        (
            "a blank before the colon",
            format!("content-length: {}\r\ntransfer-encoding : chunked\r\n", ended.len()),
            &ended,
        ),
        (
            "a tab in it",
            format!("content-length: {}\r\ntransfer-encoding:\tchunked\r\n", ended.len()),
            &ended,
        ),
        (
            "two codings",
            format!(
                "content-length: {}\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
                ended.len()
            ),
            &ended,
        ),
        (
            "quoted",
            format!("content-length: {}\r\ntransfer-encoding: \"chunked\"\r\n", ended.len()),
            &ended,
        ),
        (
            "a folded line",
            format!("content-length: {}\r\ntransfer-encoding:\r\n chunked\r\n", ended.len()),
            &ended,
        ),
        (
            "two different lengths",
            format!("content-length: 0\r\ncontent-length: {}\r\n", hidden.len()),
            &hidden,
        ),
        (
            "a list of lengths",
            format!("content-length: 0, {}\r\n", hidden.len()),
            &hidden,
        ),
        ("a length with a sign", "content-length: +0\r\n".to_owned(), &hidden),
        ("a negative length", "content-length: -1\r\n".to_owned(), &hidden),
        (
            "a length in hexadecimal digits",
            "content-length: 0x0\r\n".to_owned(),
            &hidden,
        ),
        (
            "a length with a blank in it",
            "content-length: 0 0\r\n".to_owned(),
            &hidden,
        ),
        (
            "a line feed alone",
            format!("x: y\ncontent-length: {}\r\n", hidden.len()),
            &hidden,
        ),
    ];
    for (what, head, rest) in heads {
        let request =
            format!("POST /sics/v1/jobs HTTP/1.1\r\n{signed}content-type: application/json\r\n{head}\r\n{rest}");
        let answer = bus_says(&bus, &request).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{what}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 2"), "{what}: {answer}");
        status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await;
    }
}

async fn bus_says(bus: &Bus, request: &str) -> String {
    Wire::of(bus).says(request.as_bytes()).await
}

#[tokio::test]
async fn a_head_without_measure_is_refused_and_the_next_caller_is_served() {
    let bus = Bus::with(hasty()).await;
    let many: String = (0..500).map(|n| format!("x-{n}: y\r\n")).collect();
    let heads = [
        (
            "200 kB in a header",
            format!(
                "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
                "y".repeat(200_000)
            ),
        ),
        (
            "500 headers",
            format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"),
        ),
        (
            "200 kB of path",
            format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "y".repeat(200_000)),
        ),
        ("no protocol", "GET /healthz\r\n\r\n".to_owned()),
        (
            "a protocol of the future",
            "GET /healthz HTTP/9.9\r\nhost: localhost\r\n\r\n".to_owned(),
        ),
        (
            "a folded header",
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: y\r\n z\r\n\r\n".to_owned(),
        ),
        (
            "a zero in a header",
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n".to_owned(),
        ),
        ("no header at all", "\r\n\r\n\r\n\r\n".to_owned()),
        ("TLS where there is none", "\x16\x03\x01\x02\0\x01\0\x01".to_owned()),
    ];
    for (what, head) in heads {
        let answer = bus_says(&bus, &head).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4"),
            "{what}: {answer}"
        );
        status(bus.open_request(Method::GET, "/healthz"), 200).await;
    }
}

/// The parser of HTTP answers before the program does, so the document says what programs get then.
#[tokio::test]
async fn wi_39_that_a_head_is_too_large_is_told_without_a_body_and_the_document_says_so() {
    let bus = Bus::with(hasty()).await;
    let head = format!(
        "GET /sics/v1 HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "y".repeat(100_000)
    );
    let answer = bus_says(&bus, &head).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 ") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let document = include_str!("../../../../docs/openapi.json");
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let told = document["info"]["description"].as_str().unwrap();
    assert!(
        told.contains("64 KiB") && told.contains("(431)") && told.contains("without a body"),
        "{told}"
    );
}

/// An upgrade in clear is not taken up: what follows is not read as HTTP/2 behind the back of whoever let the first pass.
#[tokio::test]
async fn no_upgrade_to_http2_gets_around_whoever_stands_in_front() {
    let bus = Bus::with(hasty()).await;
    bus.server("cmdb").await;
    for upgrade in ["h2c", "websocket", "TLS/1.2"] {
        let request = format!(
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings, close\r\nupgrade: {upgrade}\r\n\
             http2-settings: AAMAAABkAAQAAP__\r\n\r\n"
        );
        let answer = bus_says(&bus, &request).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && !answer.contains("101"),
            "{upgrade}: {answer}"
        );
    }
}

/// A page token is taken apart, never into a question to the store.
#[tokio::test]
async fn what_stands_in_a_query_is_never_part_of_a_question_to_the_store() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let hostile = [
        "1;DROP TABLE server",
        "1 OR 1=1",
        "' OR ''='",
        "1 UNION SELECT password_hash FROM operator",
        "%00",
        "9e9",
        "\u{2028}",
    ];
    for text in hostile {
        for path in ["/sics/v1/devices", "/sics/v1/audit", "/sics/v1/jobs", "/sics/v1/runs"] {
            for key in ["after", "before", "limit"] {
                let asked = bus.get(&bus.admin, path).query(&[(key, text)]);
                let answer = asked.send().await.unwrap();
                let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
                assert_eq!(status, 400, "{path}?{key}={text}: {body}");
            }
        }
        let found = bus.get(&bus.admin, "/sics/v1/devices").query(&[("search", text)]);
        let found = found.send().await.unwrap();
        let (code, body) = (found.status().as_u16(), found.text().await.unwrap());
        // What can't be seen is refused; the rest is searched for, letter by letter.
        assert!(
            code == 400 || (code == 200 && body.contains("\"devices\":[]")),
            "{text}: {code} {body}"
        );
    }
    status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await;
}
