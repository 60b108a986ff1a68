//! What somebody does over the API and its row in the audit trail are one transaction (E5): where the row can't be written,
//! nothing was done.

use reqwest::Method;
use serde_json::{Value, json};

use crate::sics::bus::status;
use crate::sics::jobs::office::{JOBS, Office, refs};

const NO_TRAIL: &str = "CREATE TRIGGER no_trail BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no trail'); END";

/// All that acts of people change; not when somebody was seen.
const TABLES: [(&str, &str); 12] = [
    ("server", "id, accepted, ranges, fields, filter, sends_jobs, generation"),
    ("change_reject", "*"),
    ("server_webhook", "*"),
    ("operator", "*"),
    ("token", "id, operator, name"),
    ("role", "*"),
    ("job", "*"),
    ("task", "*"),
    ("kill_switch", "*"),
    ("loosening", "*"),
    ("notice", "*"),
    ("run", "*"),
];

fn rows(store: &rusqlite::Connection) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let mut ask = store.prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
        let width = ask.column_count();
        let mut found = ask.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let cells = (0..width).map(|cell| format!("{:?}", row.get_ref(cell).unwrap()));
            all.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(" ")));
        }
    }
    all
}

struct Act {
    /// What the trail calls it.
    action: &'static str,
    token: String,
    method: Method,
    path: String,
    body: Value,
}

async fn acts(office: &Office, ids: &[String], waiting: &Value) -> Vec<Act> {
    let admin = |action, method, path: &str, body| Act {
        action,
        token: office.admin.clone(),
        method,
        path: format!("/sics/v1/{path}"),
        body,
    };
    let as_server = |action, method, path: &str, body| Act {
        action,
        token: office.acmp.clone(),
        method,
        path: path.to_owned(),
        body,
    };
    let job = office.shop.body("sync", &refs(ids), json!({})).await;
    let instance = office.shop.rig.shelf.instance.name.to_string();
    let reject = json!({"instance": instance, "deviceId": ids[0], "seq": 1, "reason": "it is tried"});
    let announced = json!({"displayName": "second", "accepts": {"changes": true}});
    vec![
        as_server("server.announced", Method::PUT, "/sics/v1/servers/second", announced),
        admin("server.accepted", Method::POST, "servers/cmdb/accept", json!({})),
        admin("server.resynchronised", Method::POST, "servers/cmdb/resync", json!({})),
        admin("server.rewound", Method::POST, "servers/cmdb/rewind", json!({"to": 0})),
        as_server(
            "change.rejected",
            Method::POST,
            "/sics/v1/servers/cmdb/changes/rejects",
            json!({"rejects": [reject]}),
        ),
        admin(
            "server.resent",
            Method::POST,
            "servers/cmdb/changes/resend",
            json!({"deviceId": ids[0]}),
        ),
        admin(
            "server.limited",
            Method::PATCH,
            "servers/cmdb",
            json!({"ranges": ["127.0.0.0/8"]}),
        ),
        admin(
            "server.webhookSet",
            Method::PUT,
            "servers/cmdb/webhook",
            json!({"url": "https://cmdb.example/hook"}),
        ),
        as_server("job.accepted", Method::POST, JOBS, job),
        admin(
            "job.cancelled",
            Method::POST,
            &format!("jobs/{}/cancel", waiting["job"]),
            json!({}),
        ),
        admin(
            "role.added",
            Method::POST,
            "roles",
            json!({"name": "auditors", "rights": ["Audit_Read"], "summary": "reads"}),
        ),
        admin(
            "loosening.asked",
            Method::POST,
            "operators/acmp/tokens",
            json!({"name": "second"}),
        ),
        admin(
            "killSwitch.on",
            Method::PUT,
            "killswitch",
            json!({"on": true, "reason": "it is tried"}),
        ),
    ]
}

#[tokio::test]
async fn e5_where_the_trail_can_not_be_written_nothing_is_done() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let waiting = office.job("sync", &[&ids[0]], json!({})).await;
    let acts = acts(&office, &ids[1..], &waiting).await;
    let file = office.shop.rig.shelf.folder.path().join("bus.db");
    let raw = rusqlite::Connection::open(file).unwrap();
    raw.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    let (before, written) = (rows(&raw), office.trail().await.len());
    raw.execute_batch(NO_TRAIL).unwrap();
    for act in &acts {
        let answer = office.send(act.method.clone(), &act.token, &act.path, act.body.clone());
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_server_error(), "{}: {}", act.action, answer.status());
        assert_eq!(rows(&raw), before, "{}", act.action);
    }
    assert_eq!(office.trail().await.len(), written);
    raw.execute_batch("DROP TRIGGER no_trail").unwrap();
    for act in &acts {
        let answer = office.send(act.method.clone(), &act.token, &act.path, act.body.clone());
        let answer = answer.send().await.unwrap();
        let (code, text) = (answer.status(), answer.text().await.unwrap());
        assert!(code.is_success(), "{}: {code} {text}", act.action);
        let trail = office.trail().await;
        let named = |row: &&String| row.contains(&format!(" {} ", act.action));
        assert!(
            trail[written..].iter().any(|row| named(&row)),
            "{}: {trail:?}",
            act.action
        );
    }
    let verdict = status(office.get(&office.admin, "/sics/v1/audit/verify"), 200).await;
    assert_eq!(verdict["whole"], true, "{verdict}");
}
