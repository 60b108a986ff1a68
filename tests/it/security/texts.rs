//! Text of people is cleaned at the entrance, and forges neither a line of the log nor a cell of a table: M6, L5.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::whole::{INSTANCE, Whole};

/// One of each kind: control, line break, paragraph, direction, isolate, mark.
const UNFIT: [char; 14] = [
    '\n',
    '\r',
    '\u{b}',
    '\u{c}',
    '\u{1b}',
    '\u{85}',
    '\u{9b}',
    '\u{2028}',
    '\u{2029}',
    '\u{202e}',
    '\u{2066}',
    '\u{200f}',
    '\u{61c}',
    '\u{e0041}',
];

/// Every route that keeps a text of people, with a request that would be taken but for the text.
fn entrances(text: &str) -> Vec<(Method, String, Value, &'static str)> {
    let job = |extra: (&str, &str)| {
        let mut job = json!({"action": "sync", "instance": INSTANCE, "devices": [], "expectDevices": 0});
        job[extra.0] = json!(extra.1);
        job
    };
    let instance = format!("/sics/v1/instances/{INSTANCE}");
    vec![
        (
            Method::PUT,
            "/sics/v1/killswitch".into(),
            json!({"on": true, "reason": text}),
            "reason",
        ),
        (
            Method::PUT,
            "/sics/v1/servers/cmdb".into(),
            json!({"displayName": text}),
            "displayName",
        ),
        (
            Method::PUT,
            "/sics/v1/servers/cmdb".into(),
            json!({"displayName": "CMDB", "accepts": {"note": [text]}}),
            "accepts.note",
        ),
        (Method::POST, "/sics/v1/jobs".into(), job(("reason", text)), "reason"),
        (
            Method::POST,
            "/sics/v1/jobs".into(),
            job(("requestedBy", text)),
            "requestedBy",
        ),
        (Method::POST, "/sics/v1/jobs".into(), job(("id", text)), "id"),
        (
            Method::POST,
            "/sics/v1/operators".into(),
            json!({"name": text, "kind": "server", "rights": []}),
            "name",
        ),
        (
            Method::POST,
            "/sics/v1/operators/local/tokens".into(),
            json!({"name": text}),
            "name",
        ),
        (
            Method::POST,
            "/sics/v1/roles".into(),
            json!({"name": "own-role", "summary": text, "rights": ["Devices_Read"]}),
            "summary",
        ),
        (
            Method::PUT,
            "/sics/v1/views/mine".into(),
            json!({"page": "devices", "query": text}),
            "query",
        ),
        (
            Method::PUT,
            "/sics/v1/reports/osVersions/schedule".into(),
            json!({"schedule": "every 24h", "zone": text}),
            "zone",
        ),
        (
            Method::PATCH,
            instance.clone(),
            json!({"proxy_user": text}),
            "proxy_user",
        ),
        (Method::PATCH, instance, json!({ (text): "x" }), ""),
        (
            Method::POST,
            "/sics/v1/verify".into(),
            json!({"draft": {"on_demand": text}}),
            "draft.on_demand",
        ),
    ]
}

#[tokio::test]
async fn sec_m6_no_text_that_can_not_be_seen_comes_in_by_any_route() {
    let whole = Whole::new(1, &[("enabled", "no")]).await;
    for letter in UNFIT {
        let text = format!("maintenance{letter}FAKE LINE");
        for (method, path, body, place) in entrances(&text) {
            let (status, answer) = whole.ask(method, &path, body.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}: {answer}");
            assert_eq!(answer["code"], "unfitText", "{path} {body}: {answer}");
            let detail = answer["detail"].as_str().unwrap();
            assert!(
                detail.starts_with(place) && !detail.contains(letter),
                "{path}: {detail}"
            );
        }
        let query = format!("/sics/v1/devices?instance={}", urlencoded(&text));
        let (status, answer) = whole.ask(Method::GET, &query, json!({})).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::BAD_REQUEST, &json!("unfitText")),
            "{answer}"
        );
    }
    let trail = whole.get("/sics/v1/audit?limit=1000").await.to_string();
    assert!(!trail.contains("FAKE LINE"), "nothing of it was kept: {trail}");
    // The same requests with a text of any language are none of this check's business.
    for (method, path, body, _) in entrances("Wartung – 保守 – צוות \u{200c}👩\u{200d}🔧") {
        let (_, answer) = whole.ask(method, &path, body).await;
        assert_ne!(answer["code"], "unfitText", "{path}: {answer}");
    }
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// All files of the program.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|end| end == "rs") => found.push(path),
            false => (),
        }
    }
}

/// Text literals in a macro's arguments, and what stands behind its end.
fn literals(arguments: &str) -> Vec<String> {
    let (mut found, mut depth, mut open) = (Vec::new(), 1, None::<String>);
    let mut letters = arguments.chars();
    while let Some(letter) = letters.next() {
        match (&mut open, letter) {
            (Some(literal), '\\') => literal.extend(['\\'].into_iter().chain(letters.next())),
            (Some(_), '"') => found.extend(open.take()),
            (Some(literal), other) => literal.push(other),
            (None, '"') => open = Some(String::new()),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => (),
        }
        if depth == 0 {
            break;
        }
    }
    found
}

#[test]
fn sec_m6_no_message_of_the_log_has_anything_put_into_it() {
    let mut files = Vec::new();
    for folder in ["src", "crates/connector-core/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    let mut looked_at = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for level in ["error", "warn", "info", "debug", "trace"] {
            for call in text.split(&format!("tracing::{level}!(")).skip(1) {
                looked_at += 1;
                let wrong = literals(call).into_iter().find(|literal| literal.contains('{'));
                assert_eq!(wrong, None, "{}: give it as a field: text = …", file.display());
            }
        }
    }
    assert!(looked_at > 100, "{looked_at} messages");
}
