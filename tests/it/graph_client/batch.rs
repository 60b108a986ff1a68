//! Several devices by one request.

use intune_connector::model::DeviceId;
use serde_json::{Value, json};

use super::graph;
use crate::support::scripted::{Scripted, json as say_json};

fn device(n: usize) -> DeviceId {
    format!("7809c88c-0000-4000-8000-{n:012}").parse().unwrap()
}

fn part(id: &str, status: u16, body: Value) -> Value {
    json!({"id": id, "status": status, "headers": {"Content-Type": "application/json"}, "body": body})
}

fn requests(heard: &crate::support::scripted::Heard) -> Vec<(String, String)> {
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    let text = |request: &Value, key: &str| request[key].as_str().unwrap().to_owned();
    body["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| (text(request, "id"), text(request, "url")))
        .collect()
}

#[tokio::test]
async fn answers_are_in_the_order_of_the_question_and_stand_for_themselves() {
    let not_found = json!({"error": {"code": "x", "message": "y"}});
    let answer = json!({"responses": [
        part("3", 200, json!({"id": "c"})), part("1", 200, json!({"id": "a"})), part("2", 404, not_found)]});
    let server = Scripted::graph(vec![say_json(200, &answer)]).await;
    let ids = [device(1), device(2), device(3)];
    let found = graph(&server).read_devices_batch(&ids, Some("id")).await.unwrap();
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    assert_eq!(&found[0].1.as_ref().unwrap().body[..], br#"{"id":"a"}"#);
    assert!(found[1].1.as_ref().unwrap_err().is_not_found());
    assert_eq!(&found[2].1.as_ref().unwrap().body[..], br#"{"id":"c"}"#);
    let heard = &server.asked()[0];
    assert_eq!(heard.line, "POST /v1.0/$batch HTTP/1.1");
    let url = format!("/deviceManagement/managedDevices/{}?$select=id", device(2));
    assert_eq!(requests(heard)[1], ("2".to_owned(), url));
}

#[tokio::test]
async fn the_users_of_several_devices_are_asked_for_at_once() {
    let denied = json!({"error": {"code": "Forbidden", "message": "y"}});
    let answer = json!({"responses": [part("1", 200, json!({"value": []})), part("2", 403, denied)]});
    let server = Scripted::graph(vec![say_json(200, &answer)]).await;
    let found = graph(&server)
        .read_device_users_batch(&[device(1), device(2)])
        .await
        .unwrap();
    assert_eq!(&found[0].1.as_ref().unwrap().body[..], br#"{"value":[]}"#);
    assert_eq!(found[1].1.as_ref().unwrap_err().status(), Some(403));
    let url = format!(
        "/deviceManagement/managedDevices/{}/users?$select=id,userPrincipalName,displayName,mail",
        device(2)
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "a refusal of one is not asked again");
    assert_eq!(requests(&asked[0])[1], ("2".to_owned(), url));
}

#[tokio::test]
async fn only_what_was_throttled_is_asked_again() {
    let throttled = json!({"id": "2", "status": 429, "headers": {"retry-after": "0"}, "body": {"error": {"code": "TooManyRequests"}}});
    let first = json!({"responses": [part("1", 200, json!({"id": "a"})), throttled]});
    let second = json!({"responses": [part("2", 200, json!({"id": "b"}))]});
    let server = Scripted::graph(vec![say_json(200, &first), say_json(200, &second)]).await;
    let found = graph(&server)
        .read_devices_batch(&[device(1), device(2)], None)
        .await
        .unwrap();
    assert!(found.iter().all(|(_, reading)| reading.is_ok()));
    let asked: Vec<_> = server.asked().iter().map(|heard| requests(heard).len()).collect();
    assert_eq!(asked, [2, 1]);
}

#[tokio::test]
async fn what_stays_missing_or_broken_is_an_error_of_that_device_alone() {
    let answer = json!({"responses": [part("1", 200, json!({"id": "a"})), part("3", 200, json!("?")),
        {"id": "4", "status": 200}, {"id": "5", "status": 503, "headers": {"request-id": "inner-id"}, "body": null}]});
    let server = Scripted::graph(vec![say_json(200, &answer)]).await;
    let ids: Vec<DeviceId> = (1..=5).map(device).collect();
    let found = graph(&server).read_devices_batch(&ids, None).await.unwrap();
    let codes: Vec<_> = found
        .iter()
        .map(|(_, r)| r.as_ref().err().map(|error| error.code()))
        .collect();
    let expected = [
        None,
        Some("brokenOff"),
        Some("unreadable"),
        Some("brokenOff"),
        Some("unavailable"),
    ];
    assert_eq!(codes, expected.map(|code| code.map(str::to_owned)));
    assert!(found[4].1.as_ref().unwrap_err().to_string().contains("inner-id"));
    assert_eq!(server.asked().len(), 3, "tried as often as any read");
}

#[tokio::test]
async fn a_batch_has_a_most_and_none_needs_no_request() {
    let server = Scripted::graph(vec![say_json(200, &json!({"responses": []}))]).await;
    let many: Vec<DeviceId> = (0..21).map(device).collect();
    assert_eq!(
        graph(&server).read_devices_batch(&many, None).await.unwrap_err().code(),
        "batchTooLarge"
    );
    assert!(graph(&server).read_devices_batch(&[], None).await.unwrap().is_empty());
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn each_device_of_a_batch_counts() {
    let answer = json!({"responses": [part("1", 404, json!({})), part("2", 404, json!({}))]});
    let server = Scripted::graph(vec![say_json(200, &answer)]).await;
    let graph = graph(&server);
    graph.read_devices_batch(&[device(1), device(2)], None).await.unwrap();
    assert_eq!(graph.budget().read_gauge().used, 2);
}
