//! Connections that end badly: before, during and after the answer; over plain HTTP, TLS, HTTP/2 and the proxy.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use simulated_tenant::{Options, ProxyOptions, Running, Tls, start};

use super::support::trusting;
use crate::support::wait::PATIENCE;

async fn arm(base: &str, client: &reqwest::Client, fault: Value) {
    let rule = json!({"fault": fault, "path": "/v1.0/deviceManagement/managedDevices", "times": 1});
    let put = client
        .post(format!("{base}/simulator/faults"))
        .json(&rule)
        .send()
        .await
        .unwrap();
    assert!(put.status().is_success(), "{}", put.text().await.unwrap());
}

fn token(running: &Running) -> String {
    let own = &running.registration;
    let now = running.simulated.clock().now();
    running
        .simulated
        .directory()
        .issue(&own.tenant_id, &own.client_id, now)
        .unwrap()
}

/// Asks by a bare socket over HTTP/1.1 and keeps all that came, and how it ended.
async fn by_socket(running: &Running) -> (String, std::io::Result<()>) {
    let (address, token) = (running.address, token(running));
    let asked = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            socket,
            "GET /v1.0/deviceManagement/managedDevices HTTP/1.1\r\nHost: graph\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut seen = Vec::new();
        let end = socket.read_to_end(&mut seen).map(drop);
        (String::from_utf8_lossy(&seen).into_owned(), end)
    });
    asked.await.unwrap()
}

#[tokio::test]
async fn a_reset_before_the_answer_leaves_nothing() {
    let running = start(Options::quick(20, 1)).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    arm(&running.base, &client, json!({"kind": "reset", "when": "before"})).await;
    let (seen, end) = by_socket(&running).await;
    assert_eq!(seen, "");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_during_the_answer_leaves_its_beginning() {
    let running = start(Options::quick(20, 1)).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    arm(
        &running.base,
        &client,
        json!({"kind": "reset", "when": "during", "bytes": 500}),
    )
    .await;
    let (seen, end) = by_socket(&running).await;
    assert!(
        seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.contains("\"@odata.context\""),
        "{seen}"
    );
    assert!(!seen.ends_with("0\r\n\r\n"), "{seen}");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_after_the_answer_leaves_it_whole() {
    let running = start(Options::quick(20, 1)).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    arm(&running.base, &client, json!({"kind": "reset", "when": "after"})).await;
    let (seen, end) = by_socket(&running).await;
    let body = seen.split_once("\r\n\r\n").unwrap().1;
    let page: Value = serde_json::from_str(body).unwrap();
    assert_eq!(page["value"].as_array().unwrap().len(), 20);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn resets_reach_clients_over_tls_and_http2_and_the_proxy() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let proxy = Some(ProxyOptions {
        listen,
        credentials: None,
        inspect: false,
    });
    let options = Options {
        tls: Tls::Temporary,
        proxy,
        ..Options::quick(20, 1)
    };
    let running = start(options).await.unwrap();
    let control = trusting(running.ca.as_deref()).build().unwrap();
    let through = reqwest::Proxy::all(format!("http://{}", running.proxy.unwrap())).unwrap();
    let clients = [
        (trusting(running.ca.as_deref()).build().unwrap(), running.base.clone()),
        (
            trusting(running.ca.as_deref()).http1_only().build().unwrap(),
            running.base.clone(),
        ),
        (
            trusting(running.ca.as_deref()).proxy(through).build().unwrap(),
            "https://graph.microsoft.com".to_owned(),
        ),
    ];
    for (client, base) in clients {
        for when in ["before", "during"] {
            arm(
                &running.base,
                &control,
                json!({"kind": "reset", "when": when, "bytes": 500}),
            )
            .await;
            let url = format!("{base}/v1.0/deviceManagement/managedDevices");
            let asked = client.get(&url).bearer_auth(token(&running)).send().await;
            match when {
                "before" => assert!(asked.is_err()),
                _ => assert!(asked.unwrap().bytes().await.is_err()),
            }
            let again = client.get(&url).bearer_auth(token(&running)).send().await.unwrap();
            assert_eq!(again.status(), 200);
        }
    }
}
