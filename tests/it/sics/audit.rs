//! The audit trail and backups over the API.

use chrono::{SecondsFormat, TimeDelta};
use intune_connector::contract::AUDIT_ACTIONS;
use intune_connector::store::AuditEntry;
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

#[tokio::test]
async fn e5_the_trail_is_paged_verified_and_exported() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = status(
            bus.get(&bus.admin, &format!("/sics/v1/audit?limit=1&after={after}")),
            200,
        )
        .await;
        seen.extend(
            page["entries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["action"].as_str().unwrap().to_owned()),
        );
        match page["after"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, ["signIn", "server.announced", "signIn", "server.accepted"]);
    let newest = status(bus.get(&bus.admin, "/sics/v1/audit?limit=2&newest=true"), 200).await;
    let actions = newest["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"]);
    assert_eq!(
        actions.collect::<Vec<_>>(),
        ["signIn", "server.accepted"],
        "the newest, oldest first"
    );
    assert_eq!(newest["after"], json!(null));
    let verdict = status(bus.get(&bus.admin, "/sics/v1/audit/verify"), 200).await;
    assert_eq!((&verdict["entries"], &verdict["brokenAt"]), (&json!(4), &json!(null)));
    let export = bus.get(&bus.admin, "/sics/v1/audit/export").send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let text = export.text().await.unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((text.lines().count(), &last["action"]), (5, &json!("audit.exported")));
    assert_eq!(
        problem(bus.get(&bus.admin, "/sics/v1/audit?limit=1001"), 400).await,
        "wrongLimit"
    );
}

const SEEDS: &str = "action=job.accepted,job.approved,server.removed,legacy.act";

/// A trail with four entries of its own, a minute apart.
struct SeededTrail {
    bus: Bus,
    /// Numbers of the four, oldest first.
    entries: Vec<i64>,
    /// When each was written.
    times: Vec<String>,
}

impl SeededTrail {
    async fn new() -> SeededTrail {
        let bus = Bus::new().await;
        // Whoever asks first is in the trail as well.
        status(bus.get(&bus.admin, "/sics/v1/audit"), 200).await;
        let mut times = Vec::new();
        for (actor, action, subject, detail) in [
            ("anna", "job.accepted", "cmdb", json!({"reason": "Lost in ZÜRICH"})),
            ("bus", "server.removed", "CMDB two", json!({})),
            ("bert", "job.approved", "job 7", json!({"devices": 3})),
            ("bus", "legacy.act", "50% off", json!({})),
        ] {
            bus.shelf.clock.advance(TimeDelta::minutes(1));
            let now = bus.shelf.clock.now();
            times.push(now.to_rfc3339_opts(SecondsFormat::Millis, true));
            let entry = AuditEntry {
                actor: actor.into(),
                action,
                subject: subject.into(),
                detail,
            };
            bus.shelf.store.record_audit_entry(entry).await.unwrap();
        }
        let head = bus.shelf.store.find_audit_head().await.unwrap().unwrap().entry;
        SeededTrail {
            bus,
            entries: (head - 3..=head).collect(),
            times,
        }
    }

    async fn list(&self, query: &str) -> Value {
        status(self.bus.get(&self.bus.admin, &format!("/sics/v1/audit?{query}")), 200).await
    }

    /// Which of the four these entries are, 1 to 4, in their order.
    fn numbers<'a>(&self, entries: impl IntoIterator<Item = &'a Value>) -> Vec<usize> {
        let place = |entry: &Value| self.entries.iter().position(|number| entry["id"] == *number);
        entries
            .into_iter()
            .map(|entry| 1 + place(entry).unwrap_or_else(|| panic!("another entry: {entry}")))
            .collect()
    }

    fn listed(&self, view: &Value) -> Vec<usize> {
        self.numbers(view["entries"].as_array().unwrap())
    }
}

#[tokio::test]
async fn each_filter_leaves_the_entries_that_match_and_the_total_counts_them() {
    let trail = SeededTrail::new().await;
    let (second, fourth) = (&trail.times[1], &trail.times[3]);
    let cases = [
        (SEEDS.to_owned(), vec![1, 2, 3, 4]),
        ("action=job.accepted".to_owned(), vec![1]),
        ("action=job.accepted,%20job.approved".to_owned(), vec![1, 3]),
        ("action=legacy.act".to_owned(), vec![4]),
        ("action=killSwitch.on".to_owned(), vec![]),
        ("operator=ANNA".to_owned(), vec![1]),
        (format!("operator=bus&{SEEDS}"), vec![2, 4]),
        ("subject=cmdb".to_owned(), vec![1, 2]),
        ("subject=%25".to_owned(), vec![4]),
        ("text=z%C3%BCrich".to_owned(), vec![1]),
        ("text=BERT".to_owned(), vec![3]),
        ("text=job.".to_owned(), vec![1, 3]),
        (format!("from={fourth}"), vec![4]),
        (format!("from={second}&until={fourth}"), vec![2, 3]),
        (format!("until={second}&operator=anna"), vec![1]),
        (format!("{SEEDS}&order=asc"), vec![1, 2, 3, 4]),
        (format!("{SEEDS}&order=desc"), vec![4, 3, 2, 1]),
        ("subject=cmdb&order=desc".to_owned(), vec![2, 1]),
    ];
    for (query, expected) in cases {
        let view = trail.list(&format!("{query}&count=true")).await;
        assert_eq!(trail.listed(&view), expected, "{query}");
        assert_eq!(view["total"], expected.len(), "{query}");
    }
    let newest = trail.list(&format!("{SEEDS}&newest=true&limit=2&count=true")).await;
    assert_eq!((trail.listed(&newest), &newest["total"]), (vec![3, 4], &json!(4)));
    assert_eq!(trail.list("").await.get("total"), None);
    let verdict = status(trail.bus.get(&trail.bus.admin, "/sics/v1/audit/verify"), 200).await;
    assert_eq!(verdict["whole"], true, "reading changes nothing");
}

#[tokio::test]
async fn both_orders_of_the_trail_are_read_page_by_page_without_a_gap() {
    let trail = SeededTrail::new().await;
    for (order, expected) in [("asc", [1, 2, 3, 4]), ("desc", [4, 3, 2, 1])] {
        for limit in 1..=4 {
            let (mut seen, mut place) = (Vec::new(), String::new());
            loop {
                let page = trail.list(&format!("{SEEDS}&order={order}&limit={limit}{place}")).await;
                seen.extend(trail.listed(&page));
                match page["after"].as_i64() {
                    Some(after) => place = format!("&after={after}"),
                    None => break,
                }
            }
            assert_eq!(seen, expected, "{order} by {limit}");
        }
    }
}

#[tokio::test]
async fn an_export_has_the_entries_that_match_and_says_in_the_trail_what_was_asked_for() {
    let trail = SeededTrail::new().await;
    let bus = &trail.bus;
    for (query, expected) in [
        (SEEDS.to_owned(), vec![1, 2, 3, 4]),
        (format!("{SEEDS}&order=desc"), vec![4, 3, 2, 1]),
        ("operator=anna".to_owned(), vec![1]),
        ("subject=nothing".to_owned(), vec![]),
    ] {
        let path = format!("/sics/v1/audit/export?{query}");
        let answer = bus.get(&bus.admin, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{query}");
        let text = answer.text().await.unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(trail.numbers(&lines), expected, "{query}");
    }
    let exports = trail.list("action=audit.exported&order=desc").await;
    let details: Vec<&Value> = exports["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["detail"])
        .collect();
    assert_eq!(details.len(), 4);
    assert_eq!(
        (details[0], details[1]),
        (&json!({"subject": "nothing"}), &json!({"operator": "anna"}))
    );
    let wrong = bus.get(&bus.admin, "/sics/v1/audit/export?action=server.exploded");
    assert_eq!(problem(wrong, 400).await, "wrongAction");
    let exports = trail.list("action=audit.exported&count=true").await;
    assert_eq!(exports["total"], 4, "what is refused is no export");
}

#[tokio::test]
async fn a_wrong_filter_of_the_trail_is_answered_with_what_is_allowed() {
    let trail = SeededTrail::new().await;
    let long = format!("subject={}", "x".repeat(1_001));
    for (query, code, allowed) in [
        ("action=server.exploded", "wrongAction", "server.removed"),
        ("action=server.exploded", "wrongAction", "legacy.act"),
        ("order=up", "wrongQuery", "desc"),
        ("newest=true&order=desc", "wrongQuery", "order=desc"),
        ("from=2026-11-28", "wrongTime", "RFC 3339"),
        ("until=soon", "wrongTime", "2026-11-28T12:00:00Z"),
        (
            "from=2026-11-29T00:00:00Z&until=2026-11-28T00:00:00Z",
            "wrongPeriod",
            "before the end",
        ),
        (&long, "tooLong", "1000 characters"),
        ("actor=anna", "wrongQuery", "operator"),
    ] {
        let path = format!("/sics/v1/audit?{query}");
        let answer = trail.bus.get(&trail.bus.admin, &path).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem.to_string().contains(allowed), "{problem}");
    }
}

#[tokio::test]
async fn wn_50_an_operator_that_never_was_is_no_filter_of_the_trail() {
    let trail = SeededTrail::new().await;
    let bus = &trail.bus;
    for list in ["/sics/v1/audit", "/sics/v1/audit/export"] {
        let refused = bus.get(&bus.admin, &format!("{list}?operator=nobody"));
        assert_eq!(problem(refused, 404).await, "unknown", "{list}");
    }
    // Of bert there are entries and no account, of carla an account and no entries.
    bus.person("carla", &["Devices_Read"]).await;
    for operator in ["BERT", "carla", "bus"] {
        trail.list(&format!("operator={operator}&action=legacy.act")).await;
    }
}

#[tokio::test]
async fn whatever_the_bus_writes_into_the_trail_can_be_filtered_by_its_name() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.person("anna", &["Devices_Read"]).await;
    bus.session("anna").await;
    let told = status(bus.get(&bus.admin, "/sics/v1/audit?limit=1000"), 200).await;
    let entries = told["entries"].as_array().unwrap();
    for own in ["server.accepted", "signIn"] {
        assert!(entries.iter().any(|entry| entry["action"] == own), "{own}: {told}");
    }
    for entry in entries {
        let action = entry["action"].as_str().unwrap();
        assert!(AUDIT_ACTIONS.contains(&action), "{action} is missing in AUDIT_ACTIONS");
    }
}

#[tokio::test]
async fn a_backup_is_the_answer_while_the_bus_runs_and_no_path_is_taken() {
    let bus = Bus::new().await;
    let taken = bus
        .open_request(Method::POST, "/sics/v1/backup")
        .bearer_auth(&bus.admin);
    let taken = taken.send().await.unwrap();
    assert_eq!(
        (
            taken.status().as_u16(),
            taken.headers()["content-type"].to_str().unwrap()
        ),
        (200, "application/vnd.sqlite3")
    );
    let bytes = taken.bytes().await.unwrap();
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let file = bus.shelf.folder.path().join("backup.db");
    for body in [json!({"file": file}), json!({"file": "relative.db"}), json!([])] {
        let ask = bus.post(&bus.admin, "/sics/v1/backup", body);
        assert_eq!(problem(ask, 400).await, "pathsAreNotTaken");
    }
    assert!(!file.exists());
    // What others commit while it is being sent is no part of it, and holds nobody up.
    let sending = bus
        .open_request(Method::POST, "/sics/v1/backup")
        .bearer_auth(&bus.admin);
    let sending = sending.send().await.unwrap();
    bus.server("cmdb").await;
    let length = sending.content_length().unwrap();
    assert_eq!(sending.bytes().await.unwrap().len() as u64, length);
}
