//! Management servers: announced, accepted, limited, removed.

use intune_connector::model::RightScope;
use intune_connector::sics::SicsLimits;
use reqwest::Method;
use serde_json::json;

use super::bus::{Bus, confirmed, problem, status};
use crate::support::shelf::device;

#[tokio::test]
async fn f7_a_server_id_belongs_to_the_operator_that_announced_it_first() {
    let bus = Bus::new().await;
    let put = |token: &str, name: &str| {
        bus.send(
            Method::PUT,
            token,
            "/sics/v1/servers/cmdb",
            json!({"displayName": name, "accepts": {"v": 1}}),
        )
    };
    let first = status(put(&bus.acmp, "CMDB"), 201).await;
    assert_eq!((&first["accepted"], &first["owner"]), (&json!(false), &json!("acmp")));
    let again = status(put(&bus.acmp, "CMDB 2"), 200).await;
    assert_eq!(
        (&again["displayName"], &again["accepts"]["v"]),
        (&json!("CMDB 2"), &json!(1))
    );
    let other = bus
        .operator("other", &["Servers_Announce"], RightScope::default())
        .await;
    assert_eq!(problem(put(&other, "Mine"), 403).await, "belongsToAnother");
    let listed = status(bus.get(&other, "/sics/v1/servers"), 200).await;
    assert_eq!(listed["servers"], json!([]), "only one's own without Servers_Read");
    assert_eq!(problem(bus.get(&other, "/sics/v1/servers/cmdb"), 403).await, "notYours");
    let listed = status(bus.get(&bus.admin, "/sics/v1/servers"), 200).await;
    assert_eq!(listed["servers"][0]["id"], "cmdb");
    let trail = bus.trail().await;
    assert_eq!(
        trail.iter().filter(|entry| entry.contains("server.announced")).count(),
        1
    );
}

#[tokio::test]
async fn wn_65_who_may_not_have_a_server_is_told_who_can_change_that_and_that_of_a_target_is_nobodys() {
    let bus = Bus::new().await;
    let other = bus
        .operator("other", &["Servers_Announce"], RightScope::default())
        .await;
    for (id, accepts, words) in [
        ("cmdb", json!({"v": 1}), "intune-connector servers remove cmdb"),
        (
            "IntuneTargetFile_3",
            json!({"target": "file"}),
            "intune-connector targets show IntuneTargetFile_3",
        ),
    ] {
        let path = format!("/sics/v1/servers/{id}");
        let body = json!({"displayName": id, "accepts": accepts});
        status(bus.send(Method::PUT, &bus.acmp, &path, body.clone()), 201).await;
        let refused = status(bus.send(Method::PUT, &other, &path, body), 403).await;
        assert_eq!(refused["code"], "belongsToAnother");
        assert!(refused["advice"].as_str().unwrap().contains(words), "{refused}");
        let refused = status(bus.get(&other, &path), 403).await;
        assert_eq!(refused["code"], "notYours");
        assert!(refused["advice"].as_str().unwrap().contains(words), "{refused}");
    }
}

#[tokio::test]
async fn f7_a_new_server_is_accepted_at_once_where_that_is_switched_on() {
    let bus = Bus::auto_accepting().await;
    let announce = bus.send(
        Method::PUT,
        &bus.acmp,
        "/sics/v1/servers/cmdb",
        json!({"displayName": "CMDB"}),
    );
    assert_eq!(status(announce, 201).await["accepted"], true);
}

#[tokio::test]
async fn f7_limits_show_how_many_devices_they_concern_and_want_that_number() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let patch = |query: &str, body| {
        bus.send(
            Method::PATCH,
            &bus.admin,
            &format!("/sics/v1/servers/cmdb{query}"),
            body,
        )
    };
    let fields = json!({"fields": ["deviceName"]});
    let refused = status(patch("", fields.clone()), 409).await;
    assert_eq!(
        (&refused["code"], &refused["count"]),
        (&json!("confirmationNeeded"), &json!(2))
    );
    assert_eq!(
        problem(patch("?confirm=1", fields.clone()), 409).await,
        "confirmationNeeded"
    );
    let done = confirmed(|query| patch(query, fields.clone()), 200).await;
    assert_eq!(done["fields"], json!(["deviceName"]));
    let seen = bus.changes("cmdb", "").await;
    let device = seen["changes"][1]["device"].as_object().unwrap();
    assert_eq!(device.keys().collect::<Vec<_>>(), ["id", "deviceName"]);

    let ranges = json!({"ranges": ["127.0.0.0/8"]});
    status(patch("", ranges), 200).await;
    let none = confirmed(|query| patch(query, json!({"fields": null})), 200).await;
    assert_eq!(none["fields"], json!(null));
    assert_eq!(none["ranges"], json!(["127.0.0.0/8"]));
}

#[tokio::test]
async fn f8_a_filter_shows_how_many_devices_it_takes_away_and_then_does() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf
        .full(
            ["one", "two", "three"]
                .iter()
                .zip(1..)
                .map(|(name, n)| device(n, name))
                .collect(),
        )
        .await;
    let patch = |query: &str, filter| {
        let path = format!("/sics/v1/servers/cmdb{query}");
        bus.send(Method::PATCH, &bus.admin, &path, json!({"filter": filter}))
    };
    let t = "deviceName.startsWith(\"t\")";
    assert_eq!(status(patch("", json!(t)), 409).await["count"], 1);
    assert_eq!(confirmed(|query| patch(query, json!(t)), 200).await["filter"], t);
    let held = |answer: &serde_json::Value| {
        let changes = answer["changes"].as_array().unwrap().clone();
        let names = changes
            .iter()
            .filter_map(|change| change["device"]["deviceName"].as_str().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    assert_eq!(held(&bus.changes("cmdb", "").await), ["two", "three"]);
    // Narrower yet: counted against what it holds now. Wider: nobody loses a device, nothing to confirm.
    let only_two = "deviceName == \"two\"";
    assert_eq!(status(patch("", json!(only_two)), 409).await["count"], 1);
    status(patch("", json!(null)), 200).await;
    assert_eq!(held(&bus.changes("cmdb", "").await), ["one", "two", "three"]);
}

#[tokio::test]
async fn e10_devices_that_a_servers_filter_can_not_judge_are_told_with_its_status_and_count_against_complete() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A1"), device(2, "B2")]).await;
    let progress = async || {
        let listed = status(bus.get(&bus.admin, "/sics/v1/servers"), 200).await;
        let shown = status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await;
        assert_eq!(listed["servers"][0]["instances"], shown["instances"]);
        shown["instances"][0].clone()
    };
    let read = async || {
        let cursor = bus.changes("cmdb", "").await["cursor"].clone();
        let path = "/sics/v1/servers/cmdb/changes/ack";
        let told = bus.post(&bus.acmp, path, json!({ "cursor": cursor }));
        assert!(told.send().await.unwrap().status().is_success());
    };
    read().await;
    let before = progress().await;
    assert_eq!(
        (&before["complete"], &before["unjudged"]["count"]),
        (&json!(true), &json!(0)),
        "{before}"
    );
    let path = "/sics/v1/servers/cmdb";
    let filter = json!({"filter": "deviceName.startsWith('A') || model.startsWith('X')"});
    status(bus.send(Method::PATCH, &bus.admin, path, filter), 200).await;
    read().await;
    let after = progress().await;
    assert_eq!(
        (&after["complete"], &after["unjudged"]["count"]),
        (&json!(false), &json!(1)),
        "{after}"
    );
    let first = &after["unjudged"]["devices"][0];
    assert_eq!(first["deviceId"], json!(crate::support::shelf::id(2)));
    assert!(first["problem"].as_str().unwrap().contains("empty"), "{first}");
    bus.shelf.put(vec![device(1, "A1"), device(2, "A2")]).await;
    read().await;
    let judged = progress().await;
    assert_eq!(
        (&judged["complete"], &judged["unjudged"]["count"]),
        (&json!(true), &json!(0)),
        "{judged}"
    );
}

#[tokio::test]
async fn wrong_limits_are_refused_with_advice() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let patch = |body| bus.send(Method::PATCH, &bus.admin, "/sics/v1/servers/cmdb", body);
    let wrong = status(patch(json!({"fields": ["devicename"]})), 422).await;
    assert_eq!((&wrong["code"], &wrong["key"]), (&json!("settings"), &json!("fields")));
    assert_eq!(
        problem(patch(json!({"filter": "x".repeat(2_000)})), 422).await,
        "settings"
    );
    assert_eq!(problem(patch(json!({"ranges": ["nowhere"]})), 400).await, "wrongBody");
    assert_eq!(problem(patch(json!({"owner": "me"})), 400).await, "wrongBody");
    let none = bus.send(Method::PATCH, &bus.admin, "/sics/v1/servers/none", json!({}));
    assert_eq!(problem(none, 404).await, "unknown");
}

#[tokio::test]
async fn a_server_may_only_come_from_its_address_ranges() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let ranges = json!({"ranges": ["192.0.2.0/24", "2001:db8::/32"]});
    status(
        bus.send(Method::PATCH, &bus.admin, "/sics/v1/servers/cmdb", ranges),
        200,
    )
    .await;
    let path = "/sics/v1/servers/cmdb";
    for request in [
        bus.get(&bus.acmp, &format!("{path}/changes")),
        bus.get(&bus.acmp, &format!("{path}/changes"))
            .header("x-forwarded-for", "192.0.2.7"),
        bus.post(&bus.acmp, &format!("{path}/changes/ack"), json!({"cursor": "x"})),
        bus.post(&bus.acmp, &format!("{path}/resync"), json!({})),
        bus.send(Method::PUT, &bus.acmp, path, json!({"displayName": "X"})),
    ] {
        assert_eq!(problem(request, 403).await, "wrongAddress");
    }
    status(bus.get(&bus.admin, path), 200).await;
}

#[tokio::test]
async fn f7_removing_a_server_shows_its_count_first_and_a_new_one_of_that_name_begins_anew() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let cursor = bus.changes("cmdb", "").await["cursor"].as_str().unwrap().to_owned();
    let delete = |query: &str| {
        bus.send(
            Method::DELETE,
            &bus.admin,
            &format!("/sics/v1/servers/cmdb{query}"),
            json!({}),
        )
    };
    assert_eq!(problem(delete(""), 409).await, "confirmationNeeded");
    confirmed(delete, 204).await;
    assert_eq!(problem(delete(""), 404).await, "unknown");
    bus.server("cmdb").await;
    let old = bus.get(&bus.acmp, &format!("/sics/v1/servers/cmdb/changes?cursor={cursor}"));
    assert_eq!(problem(old, 410).await, "cursorOutdated");
}

#[tokio::test]
async fn an_operator_announces_a_bounded_number_of_servers() {
    let limits = SicsLimits {
        servers_per_operator: 2,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let put = |id: &str| {
        bus.send(
            Method::PUT,
            &bus.acmp,
            &format!("/sics/v1/servers/{id}"),
            json!({"displayName": "X"}),
        )
    };
    status(put("a"), 201).await;
    status(put("b"), 201).await;
    assert_eq!(problem(put("c"), 409).await, "tooManyServers");
    status(put("a"), 200).await;
}
