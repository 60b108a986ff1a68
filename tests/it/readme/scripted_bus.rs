//! What the simulated tenant would be too well behaved to bring about: a bus that says, page by page, what a test wants.

use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::servers::{EXAMPLES, example};
use super::terminal::{Terminal, require_tools};
use crate::cli::beside;
use crate::support::scripted::{Say, Scripted, json as answer};
use crate::support::wait::until_blocking;

fn upsert(seq: u64, device: &str, name: &str) -> Value {
    json!({"instance": "I_1", "kind": "upsert", "seq": seq, "deviceId": device, "device": {"deviceName": name}})
}

fn mark(kind: &str, set_aside: &[&str]) -> Value {
    json!({"instance": "I_1", "kind": kind, "setAside": set_aside})
}

/// The pages, in the order in which they are sent; the cursor of each is its number.
fn pages() -> Vec<Vec<Value>> {
    let gone = |seq: u64, device: &str| json!({"instance": "I_1", "kind": "gone", "seq": seq, "deviceId": device});
    vec![
        vec![mark("snapshotBegin", &[]), upsert(1, "a", "Ä"), upsert(2, "b", "b")],
        vec![upsert(3, "c", "c"), upsert(4, "d", "d"), mark("snapshotEnd", &[])],
        // An older one of a device that is held, and an end without a beginning: nothing of it counts.
        vec![
            upsert(9, "a", "new"),
            upsert(8, "a", "old"),
            gone(8, "a"),
            mark("snapshotEnd", &[]),
        ],
        // Of another life of the store: its numbers begin anew. `c` could not be read, `d` is not there any more.
        vec![mark("snapshotBegin", &[]), upsert(1, "a", "again"), gone(2, "b")],
        vec![mark("snapshotEnd", &["c"])],
        vec![upsert(2, "c", "read again")],
    ]
}

/// Number of a cursor in a target; none begins.
fn place(target: &str) -> usize {
    let cursor = target.split_once("cursor=").map(|(_, rest)| rest);
    cursor.map_or(0, |text| text.trim_start_matches('c').parse().unwrap())
}

/// A bus with these pages. It holds each acknowledgement against the file: nothing may be acknowledged that is not kept.
async fn bus(state: PathBuf, early: std::sync::Arc<Mutex<Vec<String>>>) -> Scripted {
    let pages = pages();
    Scripted::start(move |_, heard| {
        let target = heard.target();
        if heard.line.starts_with("PUT") {
            return answer(200, &json!({"id": "itam", "acknowledgedAt": null}));
        }
        if target.ends_with("/changes/ack") {
            let kept: Value = serde_json::from_str(&std::fs::read_to_string(&state).unwrap()).unwrap();
            let body: Value = serde_json::from_str(&heard.body).unwrap();
            if kept["cursor"] != body["cursor"] {
                early.lock().unwrap().push(heard.body.clone());
            }
            return answer(200, &json!({"moved": true}));
        }
        if target.contains("/results?") {
            return answer(
                200,
                &json!({"brokenGlass": [], "results": [], "position": null, "more": false}),
            );
        }
        let place = place(target);
        page(&pages, place)
    })
    .await
}

fn page(pages: &[Vec<Value>], place: usize) -> Say {
    match pages.get(place) {
        Some(changes) => answer(
            200,
            &json!({"changes": changes, "cursor": format!("c{}", place + 1), "more": true}),
        ),
        // The end of the story. Whoever is told this comes back after a pause.
        None => answer(503, &json!({"code": "closing"})),
    }
}

async fn applies((program, name): (&'static str, &'static str)) {
    require_tools(&["bash", "curl", "jq", "python3"]);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("itam.json");
    std::fs::write(folder.path().join("itam.token"), "token\r\n").unwrap();
    let early = std::sync::Arc::<Mutex<Vec<String>>>::default();
    let bus = bus(state.clone(), std::sync::Arc::clone(&early)).await;
    let line = format!(
        "exec {program} {} {} itam itam.token itam.json",
        example(name),
        bus.base()
    );
    let held: Value = beside(move || {
        let mut running = Terminal::open(folder.path());
        running.type_line(&line);
        let read = || {
            let text = std::fs::read_to_string(&state).unwrap_or_default();
            serde_json::from_str::<Value>(&text).unwrap_or_default()
        };
        until_blocking("every page is kept", || {
            read()["cursor"] == format!("c{}", pages().len())
        });
        running.wait_for("trying again").unwrap();
        running.stop();
        read()
    })
    .await;
    let fleet = &held["instances"]["I_1"];
    assert_eq!(fleet["snapshot"], false);
    let devices = fleet["devices"].as_object().unwrap();
    let names: Vec<(&str, &str)> = devices
        .iter()
        .map(|(id, held)| (id.as_str(), held["device"]["deviceName"].as_str().unwrap()))
        .collect();
    assert_eq!(names, [("a", "again"), ("c", "read again")], "{name}");
    assert_eq!(*early.lock().unwrap(), [""; 0]);
    let heard = bus.heard();
    let signs_in = |heard: &crate::support::scripted::Heard| heard.header("authorization") == Some("Bearer token");
    assert!(heard.iter().all(signs_in), "{heard:?}");
    let acknowledged = heard
        .iter()
        .filter(|heard| heard.target().ends_with("/changes/ack"))
        .count();
    assert_eq!(acknowledged, pages().len());
}

/// Killed between keeping and acknowledging, it acknowledges after the next start, though nothing new has come. The first
/// answer breaks off in the middle.
async fn acknowledges_after_a_kill((program, name): (&'static str, &'static str)) {
    require_tools(&["bash", "curl", "jq", "python3"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("itam.token"), "token").unwrap();
    let kept = json!({"instances": {}, "results": {}, "cursor": "c6", "position": "p3"});
    std::fs::write(folder.path().join("itam.json"), kept.to_string()).unwrap();
    let bus = Scripted::start(move |count, heard| {
        let target = heard.target();
        if count == 0 {
            return Say::This(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\"".to_vec());
        }
        let said = match target {
            _ if heard.line.starts_with("PUT") => json!({"id": "itam", "acknowledgedAt": null}),
            _ if target.contains("/changes?") => json!({"changes": [], "cursor": "c6", "more": false}),
            _ if target.contains("/results?") => {
                json!({"brokenGlass": [], "results": [], "position": "p3", "more": false})
            }
            _ => json!({"moved": true, "acknowledged": "p3"}),
        };
        answer(200, &said)
    })
    .await;
    let line = format!(
        "exec {program} {} {} itam itam.token itam.json",
        example(name),
        bus.base()
    );
    let bus = beside(move || {
        let mut running = Terminal::open(folder.path());
        running.type_line(&line);
        let acknowledged = |what: &str| bus.heard().iter().any(|heard| heard.target().ends_with(what));
        until_blocking("both are acknowledged", || {
            acknowledged("/changes/ack") && acknowledged("/results/ack")
        });
        running.stop();
        bus
    })
    .await;
    let acknowledged: Vec<String> = bus
        .heard()
        .iter()
        .filter(|heard| heard.target().ends_with("/ack"))
        .map(|heard| heard.body.replace(' ', ""))
        .collect();
    assert_eq!(
        acknowledged,
        [r#"{"cursor":"c6"}"#, r#"{"position":"p3"}"#],
        "{name}: each once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_python_acknowledges_after_a_kill() {
    acknowledges_after_a_kill(EXAMPLES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_curl_acknowledges_after_a_kill() {
    acknowledges_after_a_kill(EXAMPLES[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_python_obeys_the_rule_of_snapshots() {
    applies(EXAMPLES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_curl_obeys_the_rule_of_snapshots() {
    applies(EXAMPLES[1]).await;
}
