//! Answers that are none: cut off, swollen, from somebody else, leading elsewhere.

use intune_connector::model::DeviceId;
use serde_json::json;

use super::{graph, page, walk};
use crate::support::scripted::{Say, Scripted, answer, json as say_json};

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn device() -> DeviceId {
    "7809c88c-0000-4000-8000-000000000001".parse().unwrap()
}

fn chunked(body: &str, finished: bool) -> Vec<u8> {
    let end = if finished { "0\r\n\r\n" } else { "" };
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n{end}", body.len()).into_bytes()
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_and_never_taken_for_whole() {
    let cut = r#"{"value":[{"id":1},{"id":"#;
    let Say::This(short_of_length) = answer(200, &[JSON], br#"{"value":[{"id":1}]}"#) else {
        unreachable!()
    };
    for failure in [
        Say::This(Vec::new()),
        Say::ThenReset(Vec::new()),
        Say::ThenReset(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
        Say::This(short_of_length[..short_of_length.len() - 4].to_vec()),
        Say::ThenReset(short_of_length[..short_of_length.len() - 4].to_vec()),
        Say::This(chunked(cut, false)),
        // Whole as far as HTTP can tell:
        Say::This(chunked(cut, true)),
        answer(200, &[JSON], b""),
    ] {
        let server = Scripted::graph(vec![failure.clone(), page(&[7], None)]).await;
        let (found, error) = walk(&graph(&server)).await;
        assert_eq!((found, error.map(|e| e.to_string())), (vec![7], None), "{failure:?}");

        let server = Scripted::graph(vec![failure.clone()]).await;
        let (found, error) = walk(&graph(&server)).await;
        let code = error.unwrap().code();
        assert!(
            found.is_empty() && (code == "brokenOff" || code == "connectionReset"),
            "{failure:?}: {code}"
        );
    }
}

#[tokio::test]
async fn s1_only_a_real_end_of_the_list_is_one() {
    for body in [
        json!({}),
        json!({"value": {}}),
        json!({"value": null}),
        json!([]),
        json!({"value": "x"}),
        json!(null),
    ] {
        let server = Scripted::graph(vec![say_json(200, &body)]).await;
        let (found, error) = walk(&graph(&server)).await;
        assert_eq!(
            (found.len(), error.unwrap().code()),
            (0, "unreadable".to_owned()),
            "{body}"
        );
    }
    let server = Scripted::graph(vec![answer(200, &[JSON], b"{\"value\":[]} trailing")]).await;
    assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), "unreadable");
    let server = Scripted::graph(vec![answer(200, &[JSON], b"{\"value\":[\"\xff\"]}")]).await;
    assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), "unreadable");
}

#[tokio::test]
async fn what_is_not_json_is_not_graphs() {
    for headers in [
        &[("Content-Type", "text/html; charset=utf-8")][..],
        &[("Content-Type", "application/octet-stream")],
        &[],
    ] {
        let server = Scripted::graph(vec![answer(200, headers, br#"{"value":[]}"#)]).await;
        let (found, error) = walk(&graph(&server)).await;
        assert_eq!(
            (found.len(), error.unwrap().code()),
            (0, "notJson".to_owned()),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Scripted::graph(vec![page(&[9], None)]).await;
    let to = format!("{}/v1.0/deviceManagement/managedDevices?secret=1", other.base());
    for status in [301, 302, 303, 307, 308] {
        let server = Scripted::graph(vec![answer(status, &[("Location", &to)], b"")]).await;
        let error = walk(&graph(&server)).await.1.unwrap();
        assert_eq!((error.code().as_str(), error.status()), ("redirect", Some(status)));
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn s1_only_http_404_says_that_a_device_has_gone() {
    let not_found = json!({"error": {"code": "ResourceNotFound", "message": "not found"}});
    for status in [400, 403, 410, 429, 500, 503] {
        let server = Scripted::graph(vec![say_json(status, &not_found)]).await;
        let error = graph(&server).read_device(device(), None).await.unwrap_err();
        assert!(!error.is_not_found(), "{status}");
    }
    for body in [
        &b""[..],
        b"<html>",
        br#"{"error":{"code":"InternalError","message":"x"}}"#,
    ] {
        let server = Scripted::graph(vec![answer(404, &[("Content-Type", "text/html")], body)]).await;
        assert!(
            graph(&server)
                .read_device(device(), None)
                .await
                .unwrap_err()
                .is_not_found()
        );
    }
    for body in [json!([]), json!("gone"), json!(null)] {
        let server = Scripted::graph(vec![say_json(200, &body)]).await;
        let error = graph(&server).read_device(device(), None).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.is_not_found()), ("unreadable", false));
    }
}

#[tokio::test]
async fn a_device_is_read_with_the_fields_that_were_chosen() {
    let server = Scripted::graph(vec![say_json(200, &json!({"id": device().to_string(), "imei": "1"}))]).await;
    let reading = graph(&server).read_device(device(), Some("id,imei")).await.unwrap();
    assert_eq!(&reading.body[..1], b"{");
    let target = format!("/v1.0/deviceManagement/managedDevices/{}?$select=id,imei", device());
    assert_eq!(server.asked()[0].target(), target);
}

#[tokio::test]
async fn the_number_of_enrolled_devices_is_a_number_or_an_error() {
    let server = Scripted::graph(vec![say_json(200, &json!({"enrolledDeviceCount": 18_970, "id": "x"}))]).await;
    assert_eq!(graph(&server).read_device_count().await.unwrap(), 18_970);
    for body in [
        json!({}),
        json!({"enrolledDeviceCount": null}),
        json!({"enrolledDeviceCount": -1}),
    ] {
        let server = Scripted::graph(vec![say_json(200, &body)]).await;
        assert_eq!(
            graph(&server).read_device_count().await.unwrap_err().code(),
            "unreadable"
        );
    }
}

#[tokio::test]
async fn nobody_there_is_told_apart() {
    let server = Scripted::graph(vec![page(&[1], None)]).await;
    let settings = server.settings(&[("graph_url", "http://127.0.0.1:9"), ("login_url", &server.base())]);
    let clock = intune_connector::observe::Clock::system();
    let tokens = intune_connector::entra::TokenSource::new(
        &settings,
        intune_connector::entra::TokenPurpose::Scan,
        clock.clone(),
    );
    let limits = intune_connector::graph::GraphLimits {
        retry: super::quick(),
        ..intune_connector::graph::GraphLimits::from_settings(&settings)
    };
    let budget = intune_connector::graph::RateBudget::unshared(100);
    let graph =
        intune_connector::graph::GraphClient::with_limits(&settings, tokens.unwrap(), budget, clock, limits).unwrap();
    assert_eq!(walk(&graph).await.1.unwrap().code(), "connectionRefused");
}
