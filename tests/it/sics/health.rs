//! Alive, ready, numbers.

use reqwest::Method;
use serde_json::json;

use super::bus::{Bus, problem, status};

#[tokio::test]
async fn health_is_open_and_tells_no_details() {
    let bus = Bus::new().await;
    assert_eq!(
        status(bus.open_request(Method::GET, "/healthz"), 200).await,
        json!({"alive": true})
    );
    *bus.engine.cause.lock().unwrap() = Some("AADSTS7000215".into());
    let mut expected = json!({"ready": true, "store": {"writable": true, "cause": null}, "instances": []});
    let ready = status(bus.open_request(Method::GET, "/readyz"), 200).await;
    assert_eq!(ready, expected, "whoever has not signed in learns no name");
    expected["instances"] = json!([{"instance": bus.shelf.instance.name, "state": "failing", "cause": "AADSTS7000215", "complete": true,
        "unread": 0}]);
    assert_eq!(
        status(bus.get(&bus.admin, "/readyz"), 200).await,
        expected,
        "a tenant that can't sign in is shown, and no reason to be out of service"
    );
    assert_eq!(problem(bus.get("icp_nonsense", "/readyz"), 401).await, "signInFailed");
}

#[tokio::test]
async fn cr_d3_e3_what_a_scan_said_of_the_disk_ends_as_soon_as_something_is_written() {
    let bus = Bus::new().await;
    for cause in ["diskFull", "diskFailed"] {
        *bus.engine.cause.lock().unwrap() = Some(cause.into());
        bus.shelf.clock.advance(chrono::TimeDelta::seconds(5));
        let ready = status(bus.open_request(Method::GET, "/readyz"), 200).await;
        assert_eq!(
            ready["store"],
            json!({"writable": true, "cause": null}),
            "{cause}: {ready}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(bus.shelf.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn metrics_need_their_right_and_count_requests_by_declared_route() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.changes("cmdb", "").await;
    assert_eq!(
        problem(bus.open_request(Method::GET, "/metrics"), 401).await,
        "notSignedIn"
    );
    assert_eq!(problem(bus.get(&bus.acmp, "/metrics"), 403).await, "missingRight");
    let response = bus.get(&bus.admin, "/metrics").send().await.unwrap();
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = response.text().await.unwrap();
    let line = "intune_connector_http_requests_total{method=\"GET\",route=\"/sics/v1/servers/{server}/changes\",status=\"200\"} 1";
    assert!(text.lines().any(|known| known == line), "{text}");
    assert!(text.contains("intune_connector_store_writable 1"), "{text}");
}
