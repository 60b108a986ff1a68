//! Bounds: of a body, compressed or not, and of time.

use std::io::Write as _;
use std::time::Duration;

use super::{graph_with, page, walk};
use crate::support::scripted::{Say, Scripted, answer};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Compressed by the `gzip` command, which every test machine has.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut child = std::process::Command::new("gzip")
        .arg("-9")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = body.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&body).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let blanks = " ".repeat(100_000);
    let body = format!("{{\"value\":[]{blanks}}}");
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let announced =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{".to_owned();
    let bomb = gzip(body.as_bytes());
    assert!(bomb.len() < 1_000, "small on the way");
    for say in [
        answer(200, &[JSON], body.as_bytes()),
        Say::This(chunked.into_bytes()),
        Say::ThenSilence(announced.into_bytes()),
        answer(200, &[JSON, ("Content-Encoding", "gzip")], &bomb),
    ] {
        let server = Scripted::graph(vec![say]).await;
        let error = walk(&graph_with(&server, |limits| limits.max_body_bytes = 50_000))
            .await
            .1
            .unwrap();
        assert_eq!(error.code(), "bodyTooLarge");
        assert_eq!(server.asked().len(), 1, "asking again would not make it smaller");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_a_cut_one_is_not() {
    let body = br#"{"value":[{"id":5}]}"#;
    let whole = gzip(body);
    let encoding = ("Content-Encoding", "gzip");
    let server = Scripted::graph(vec![answer(200, &[JSON, encoding], &whole)]).await;
    assert_eq!(walk(&graph_with(&server, |_| ())).await.0, [5]);
    assert!(server.asked()[0].header("accept-encoding").unwrap().contains("gzip"));

    let server = Scripted::graph(vec![answer(200, &[JSON, encoding], &whole[..whole.len() / 2])]).await;
    assert_eq!(walk(&graph_with(&server, |_| ())).await.1.unwrap().code(), "brokenOff");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"value\":[".to_vec();
    for say in [Say::ThenSilence(Vec::new()), Say::ThenSilence(half)] {
        let server = Scripted::graph(vec![say, page(&[1], None)]).await;
        let graph = graph_with(&server, |limits| {
            limits.request_timeout = Duration::from_millis(300);
            limits.retry.attempts = 1;
        });
        assert_eq!(walk(&graph).await.1.unwrap().code(), "timedOut");
    }
}

#[tokio::test]
async fn the_time_limit_holds_for_links_that_are_sent_by_hand_too() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"value\":[".to_vec();
    for say in [Say::ThenSilence(Vec::new()), Say::ThenSilence(half)] {
        let next = "{base}/v1.0/deviceManagement/managedDevices?$skiptoken='2'";
        let server = Scripted::graph(vec![page(&[1], Some(next)), say]).await;
        let graph = graph_with(&server, |limits| {
            limits.request_timeout = Duration::from_millis(300);
            limits.retry.attempts = 1;
        });
        assert_eq!(walk(&graph).await.1.unwrap().code(), "timedOut");
    }
}
