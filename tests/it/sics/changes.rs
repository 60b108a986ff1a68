//! Reading changes by pull, and acknowledging them.

use intune_connector::model::{GoneReason, RightScope};
use intune_connector::sics::SicsLimits;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};
use crate::support::shelf::{device, id};
use crate::support::wait::{PATIENCE, within};

fn kinds(answer: &Value) -> Vec<&str> {
    answer["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect()
}

fn cursor(answer: &Value) -> String {
    answer["cursor"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn f4_a_first_read_is_a_snapshot_and_then_changes_follow() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let first = bus.changes("cmdb", "").await;
    assert_eq!(kinds(&first), ["snapshotBegin", "upsert", "upsert", "snapshotEnd"]);
    assert_eq!(first["more"], false);
    let upsert = &first["changes"][1];
    assert_eq!(upsert["instance"], bus.shelf.instance.name.as_str());
    assert_eq!(upsert["device"]["deviceName"], "A");
    assert_eq!(upsert["deviceId"], upsert["device"]["id"]);
    assert!(upsert["seq"].is_i64() && upsert["changedAt"].is_string() && upsert.get("reason").is_none());

    bus.shelf.full(vec![device(1, "A"), device(2, "C")]).await;
    bus.shelf.bury(&[1], GoneReason::Deleted).await;
    let next = bus.changes("cmdb", &format!("?cursor={}", cursor(&first))).await;
    assert_eq!(kinds(&next), ["upsert", "gone"]);
    assert_eq!(next["changes"][1]["reason"], "deleted");
}

#[tokio::test]
async fn reading_moves_nothing_and_the_acknowledgement_does() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let first = bus.changes("cmdb", "").await;
    assert_eq!(kinds(&bus.changes("cmdb", "").await), kinds(&first), "told again");
    let ack = |cursor: String| {
        bus.post(
            &bus.acmp,
            "/sics/v1/servers/cmdb/changes/ack",
            json!({"cursor": cursor}),
        )
    };
    assert_eq!(status(ack(cursor(&first)), 200).await["moved"], true);
    assert!(kinds(&bus.changes("cmdb", "").await).is_empty());
    let server = status(bus.get(&bus.acmp, "/sics/v1/servers/cmdb"), 200).await;
    assert_eq!(server["instances"][0]["phase"], "live");
    assert_eq!(problem(ack("nonsense".into()), 400).await, "cursorMalformed");
}

#[tokio::test]
async fn a_page_in_pieces_reads_like_one_in_one_go() {
    let limits = SicsLimits {
        changes_per_chunk: 3,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    bus.server("cmdb").await;
    bus.shelf
        .full((1..=20).map(|n| device(n, &format!("A{n}"))).collect())
        .await;
    let whole = bus.changes("cmdb", "").await;
    assert_eq!(whole["changes"].as_array().unwrap().len(), 22);
    assert_eq!(whole["more"], false);
    let names: Vec<&str> = whole["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|change| change["device"]["deviceName"].as_str())
        .collect();
    let expected: Vec<String> = (1..=20).map(|n| format!("A{n}")).collect();
    assert_eq!(names, expected);
    let part = bus.changes("cmdb", "?limit=7").await;
    assert_eq!(part["changes"].as_array().unwrap().len(), 7);
    assert_eq!(part["more"], true);
    let rest = bus.changes("cmdb", &format!("?cursor={}", cursor(&part))).await;
    assert_eq!(rest["changes"].as_array().unwrap().len(), 15);
}

#[tokio::test]
async fn a_waiting_read_is_woken_by_a_change() {
    let limits = SicsLimits {
        waiting_per_server: 1,
        wait_max: PATIENCE * 5,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let cursor = cursor(&bus.changes("cmdb", "").await);
    let path = format!("/sics/v1/servers/cmdb/changes?wait_ms=600000&cursor={cursor}");
    let mut reads: Vec<_> = (0..2).map(|_| tokio::spawn(bus.get(&bus.acmp, &path).send())).collect();
    // One place to wait: whoever comes second is refused, and that proves that the first one waits.
    let (refused, index, _) = futures_util::future::select_all(reads.iter_mut()).await;
    assert_eq!(refused.unwrap().unwrap().status(), 429);
    let waiting = reads.remove(1 - index);
    assert!(!waiting.is_finished());
    bus.shelf.full(vec![device(1, "B")]).await;
    // Long before its own time is over.
    let answer = within("it is woken", waiting).await;
    let answer: Value = answer.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["changes"][0]["device"]["deviceName"], "B");
}

#[tokio::test]
async fn a_waiting_read_answers_when_its_time_is_over_and_when_the_bus_stops() {
    let limits = SicsLimits {
        waiting_per_server: 1,
        wait_max: PATIENCE * 5,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![]).await;
    let at = cursor(&bus.changes("cmdb", "").await);
    let over = bus.changes("cmdb", &format!("?wait_ms=10&cursor={at}")).await;
    assert_eq!((kinds(&over).len(), cursor(&over)), (0, at.clone()));

    let path = format!("/sics/v1/servers/cmdb/changes?wait_ms=600000&cursor={at}");
    let mut reads: Vec<_> = (0..2).map(|_| tokio::spawn(bus.get(&bus.acmp, &path).send())).collect();
    let (_, index, _) = futures_util::future::select_all(reads.iter_mut()).await;
    let waiting = reads.remove(1 - index);
    bus.stop().await;
    let answer = within("it is answered", waiting).await;
    assert_eq!(answer.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn f3_a_cursor_from_before_a_resync_gets_410_and_reading_without_one_a_snapshot() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let old = cursor(&bus.changes("cmdb", "").await);
    status(bus.post(&bus.acmp, "/sics/v1/servers/cmdb/resync", json!({})), 200).await;
    let path = format!("/sics/v1/servers/cmdb/changes?cursor={old}");
    assert_eq!(problem(bus.get(&bus.acmp, &path), 410).await, "cursorOutdated");
    let streamed = bus.get(&bus.acmp, &path).header("accept", "text/event-stream");
    assert_eq!(problem(streamed, 410).await, "cursorOutdated");
    let ack = bus.post(&bus.acmp, "/sics/v1/servers/cmdb/changes/ack", json!({"cursor": old}));
    assert_eq!(problem(ack, 410).await, "cursorOutdated");
    assert_eq!(
        kinds(&bus.changes("cmdb", "").await),
        ["snapshotBegin", "upsert", "snapshotEnd"]
    );
}

#[tokio::test]
async fn f3_rewind_tells_again_what_was_acknowledged() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let first = bus.changes("cmdb", "").await;
    let ack = json!({"cursor": cursor(&first)});
    status(bus.post(&bus.acmp, "/sics/v1/servers/cmdb/changes/ack", ack), 200).await;
    let to = first["changes"][1]["seq"].as_i64().unwrap();
    status(
        bus.post(&bus.acmp, "/sics/v1/servers/cmdb/rewind", json!({"to": to})),
        200,
    )
    .await;
    let again = bus.changes("cmdb", "").await;
    assert_eq!(kinds(&again), ["upsert"]);
    assert_eq!(again["changes"][0]["device"]["deviceName"], "B");
    let wrong = bus.post(&bus.acmp, "/sics/v1/servers/cmdb/rewind", json!({"to": -1}));
    assert_eq!(problem(wrong, 400).await, "wrongBody");
}

#[tokio::test]
async fn f7_only_the_owner_reads_and_only_once_accepted() {
    let bus = Bus::new().await;
    let announce = json!({"displayName": "CMDB"});
    status(
        bus.send(reqwest::Method::PUT, &bus.acmp, "/sics/v1/servers/cmdb", announce),
        201,
    )
    .await;
    let path = "/sics/v1/servers/cmdb/changes";
    assert_eq!(problem(bus.get(&bus.acmp, path), 403).await, "notAccepted");
    status(bus.post(&bus.admin, "/sics/v1/servers/cmdb/accept", json!({})), 200).await;
    status(bus.get(&bus.acmp, path), 200).await;
    assert_eq!(problem(bus.get(&bus.admin, path), 403).await, "notYours");
    let other = bus
        .operator("other", &["Changes_Read", "Servers_Announce"], RightScope::default())
        .await;
    assert_eq!(problem(bus.get(&other, path), 403).await, "notYours");
    assert_eq!(
        problem(bus.get(&bus.acmp, "/sics/v1/servers/none/changes"), 404).await,
        "unknown"
    );
}

#[tokio::test]
async fn f7_everybody_means_those_whose_operator_may_read_the_instance() {
    let bus = Bus::auto_accepting().await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: None,
    };
    let blind = bus
        .operator("blind", &["Changes_Read", "Servers_Announce"], elsewhere)
        .await;
    let announce = json!({"displayName": "X"});
    status(
        bus.send(reqwest::Method::PUT, &blind, "/sics/v1/servers/blind", announce),
        201,
    )
    .await;
    let seen = status(bus.get(&blind, "/sics/v1/servers/blind/changes"), 200).await;
    assert_eq!(kinds(&seen), Vec::<&str>::new());
}

#[tokio::test]
async fn f7_a_server_taken_out_of_the_audience_is_told_that_all_have_gone() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let first = bus.changes("cmdb", "").await;
    let other = vec!["other".parse().unwrap()];
    bus.shelf
        .store
        .set_audience(bus.shelf.instance_id(), Some(other))
        .await
        .unwrap();
    let then = bus.changes("cmdb", &format!("?cursor={}", cursor(&first))).await;
    assert_eq!(kinds(&then), ["gone", "gone"]);
    assert_eq!(then["changes"][0]["reason"], "unassigned");
}

fn ids_of(answer: &Value) -> Vec<String> {
    let changes = answer["changes"].as_array().unwrap().iter();
    changes
        .filter_map(|change| Some(change["deviceId"].as_str()?.to_owned()))
        .collect()
}

/// B-15: one device that a server cannot process holds up no other, is not forgotten, and is sent again.
#[tokio::test]
async fn b15_a_change_that_a_server_cannot_process_is_kept_shown_and_sent_again() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let first = bus.changes("cmdb", "").await;
    let (instance, bad) = (bus.shelf.instance.name.to_string(), first["changes"][1].clone());
    let report = |seq: &Value, reason: &str| {
        let reject = json!({"instance": instance, "deviceId": bad["deviceId"], "seq": seq, "reason": reason});
        let other = json!({"instance": instance, "deviceId": id(99), "seq": seq, "reason": reason});
        bus.post(
            &bus.acmp,
            "/sics/v1/servers/cmdb/changes/rejects",
            json!({"rejects": [reject, other]}),
        )
    };
    let kept = status(report(&bad["seq"], "the name is too long"), 200).await;
    assert_eq!(kept, json!({"kept": 1, "unknown": [id(99)], "leftOut": 0}));
    let ack = |answer: &Value| {
        let body = json!({"cursor": cursor(answer)});
        bus.post(&bus.acmp, "/sics/v1/servers/cmdb/changes/ack", body)
    };
    // The feed goes on.
    assert_eq!(status(ack(&first), 200).await["moved"], true);
    let listed = async || status(bus.get(&bus.admin, "/sics/v1/servers/cmdb/changes/rejects"), 200).await;
    let one = listed().await["rejects"][0].clone();
    assert_eq!(
        (&one["deviceId"], &one["reason"], &one["follows"]),
        (&bad["deviceId"], &json!("the name is too long"), &json!(false))
    );
    let server = status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await;
    let progress = &server["instances"][0];
    assert_eq!(
        (&progress["behind"], &progress["unprocessed"], &progress["complete"]),
        (&json!(0), &json!(1), &json!(false))
    );
    // The same again is nothing new for the trail.
    status(report(&bad["seq"], "the name is too long"), 200).await;
    let trail = status(bus.get(&bus.admin, "/sics/v1/audit?limit=1000"), 200).await;
    let entries = trail["entries"].as_array().unwrap().iter();
    let told: Vec<&Value> = entries.filter(|entry| entry["action"] == "change.rejected").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["detail"]["first"][0]["reason"], "the name is too long");

    // Sent again, it comes behind what was acknowledged, and is done with once that is acknowledged.
    let body = json!({"deviceId": bad["deviceId"]});
    let resent = bus.post(&bus.admin, "/sics/v1/servers/cmdb/changes/resend", body);
    assert_eq!(status(resent, 200).await["resent"][0]["instance"], instance.as_str());
    let again = bus.changes("cmdb", "").await;
    assert_eq!(ids_of(&again), [bad["deviceId"].as_str().unwrap()]);
    assert_eq!(listed().await["rejects"][0]["follows"], true);
    let seq = again["changes"][0]["seq"].clone();
    status(report(&seq, "still too long"), 200).await;
    status(ack(&again), 200).await;
    assert_eq!(
        listed().await["rejects"][0]["reason"],
        "still too long",
        "it failed once more"
    );
    // The device changes: that change is processed.
    bus.shelf.full(vec![device(1, "a"), device(2, "B")]).await;
    let changed = bus.changes("cmdb", "").await;
    assert_eq!(ids_of(&changed), [bad["deviceId"].as_str().unwrap()]);
    status(ack(&changed), 200).await;
    assert_eq!(listed().await["rejects"], json!([]));
}

#[tokio::test]
async fn b15_what_is_told_anew_is_no_longer_kept_and_nobody_else_reports_for_a_server() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let first = bus.changes("cmdb", "").await;
    let change = &first["changes"][1];
    let path = "/sics/v1/servers/cmdb/changes/rejects";
    let body = json!({"rejects": [{
        "instance": change["instance"], "deviceId": change["deviceId"], "seq": change["seq"], "reason": "no",
    }]});
    let stranger = bus
        .operator("itam", &["Servers_Announce", "Changes_Read"], RightScope::default())
        .await;
    let refused = bus.post(&stranger, path, body.clone()).send().await.unwrap();
    assert!(refused.status().is_client_error(), "{}", refused.status());
    status(bus.post(&bus.acmp, path, body), 200).await;
    let count = async || {
        let listed = status(bus.get(&bus.admin, path), 200).await;
        listed["rejects"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    status(bus.post(&bus.acmp, "/sics/v1/servers/cmdb/resync", json!({})), 200).await;
    assert_eq!(count().await, 0);
}
