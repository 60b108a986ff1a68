//! PostgreSQL: pages of writes, what is noted of them, the views, and servers that are killed.

use std::sync::Arc;

use intune_connector::config::{DatabaseTls, KindSettings, PostgreSqlSettings};
use intune_connector::contract::RetireAction;
use intune_connector::targets::postgresql::build_adapter;
use intune_connector::targets::{
    PlannedWrite, RecordId, RecordSearch, RecordState, RequestPace, TargetAdapter, UserChange, is_same_value,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::samples::{codes, create, device, device_id, fields, records, replace, restore, retire, settings, update};
use crate::support::postgres_server::PostgresServer;
use crate::support::wait;

const LEFT_OUT: &str = "what PostgreSQL makes of pages";
pub const DATABASE: &str = "inventory";
pub const ROLE: &str = "the writer";
pub const PASSWORD: &str = "canary of the writer";

pub fn own_settings(server: &PostgresServer) -> PostgreSqlSettings {
    PostgreSqlSettings {
        host: "127.0.0.1".into(),
        port: server.port,
        database: DATABASE.into(),
        user: ROLE.into(),
        password: SecretString::from(PASSWORD),
        tls: DatabaseTls::Off,
        schema: "intune".into(),
    }
}

pub fn adapter(own: PostgreSqlSettings) -> Arc<dyn TargetAdapter> {
    build_adapter(&settings(None, KindSettings::PostgreSql(own)), RequestPace::default()).unwrap()
}

/// A server with an empty database.
#[track_caller]
pub fn start_server(left_out: &str) -> Option<PostgresServer> {
    let server = PostgresServer::start(left_out)?;
    server.make_database(DATABASE, ROLE, PASSWORD);
    Some(server)
}

fn values(number: u128) -> Value {
    json!({
        "device_name": format!("PC-{number}"), "serial_number": format!("PF0TEST{number}"), "operating_system": "Windows",
        "compliance_state": "compliant", "last_sync_date_time": "2026-11-19T23:17:06Z", "is_encrypted": true,
        "total_storage_space_in_bytes": 512_000_000_000_i64,
    })
}

fn all(count: u128) -> Vec<PlannedWrite> {
    let user = |number| UserChange::Assign(format!("user{number}@example.com"));
    (1..=count)
        .map(|number| create(number, values(number), user(number)))
        .collect()
}

fn count(server: &PostgresServer, sql: &str) -> i64 {
    let rows = server.query(DATABASE, &format!("SELECT count(*) AS n FROM {sql}"));
    rows[0]["n"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_one_statement_and_every_write_of_it_can_be_read_back() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let adapter = adapter(own_settings(&server));
    let nobody = adapter
        .find_records(RecordSearch::Device(&device(1, json!({}))))
        .await
        .unwrap();
    assert!(nobody.is_empty() && adapter.list_records(None).await.unwrap().records.is_empty());
    assert_eq!(
        count(&server, "pg_namespace WHERE nspname = 'intune'"),
        0,
        "a look makes nothing"
    );

    server.run_sql("postgres", "ALTER SYSTEM SET log_statement = 'all';");
    server.run_sql("postgres", "SELECT pg_reload_conf();");
    let made = records(&adapter.write_records(&all(200)).await);
    wait::until("the statement is in the log", || async {
        server.log().contains("WITH page AS")
    })
    .await;
    assert_eq!(server.log().matches("WITH page AS").count(), 1);
    assert_eq!(count(&server, "intune.current_devices"), 200);
    assert_eq!(count(&server, "intune.device_users WHERE until IS NULL"), 200);

    let found = adapter
        .find_records(RecordSearch::Device(&device(7, json!({}))))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, found[0].device), (&made[6], Some(device_id(7))));
    assert_eq!(
        (found[0].state, found[0].user.as_deref()),
        (RecordState::Active, Some("user7@example.com"))
    );
    for (field, value) in fields(values(7)) {
        assert!(
            is_same_value(Some(&value), found[0].values.get(&field)),
            "{field}: {:?}",
            found[0].values[&field]
        );
    }
    assert_eq!(adapter.read_record(&made[6]).await.unwrap(), found.into_iter().next());
    let listed = adapter.list_records(None).await.unwrap();
    assert_eq!((listed.records.len(), listed.next), (200, None));
    assert_eq!(listed.records[6].serial.as_deref(), Some("PF0TEST7"));

    // The same once more, as after a lost answer.
    let notes = count(&server, "intune.device_changes");
    assert_eq!(records(&adapter.write_records(&all(200)).await), made);
    assert_eq!(count(&server, "intune.devices"), 200);
    assert_eq!(count(&server, "intune.device_changes"), notes, "nothing changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_device_is_noted_and_people_find_their_columns_as_they_left_them() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let adapter = adapter(own_settings(&server));
    let made = records(&adapter.write_records(&all(4)).await);
    server.run_sql(
        DATABASE,
        "ALTER TABLE intune.devices ADD COLUMN cost_centre text; UPDATE intune.devices SET cost_centre = 'theirs';",
    );
    let mut moved = update(
        1,
        &made[0],
        json!({"device_name": "renamed", "last_sync_date_time": "2026-11-20T00:00:00Z"}),
        values(1),
    );
    if let PlannedWrite::Update { user, .. } = &mut moved {
        *user = UserChange::Assign("ben@example.com".into());
    }
    let writes = [
        moved,
        replace(20, 2, &made[1], values(2)),
        retire(3, &made[2], RetireAction::Stock),
        retire(4, &made[3], RetireAction::Delete),
        update(99, &RecordId("999999".into()), json!({}), json!({})),
    ];
    assert_eq!(
        codes(&adapter.write_records(&writes).await),
        ["written", "written", "written", "written", "notThere"]
    );
    let gone = adapter
        .write_records(&[retire(4, &made[3], RetireAction::Delete)])
        .await;
    assert_eq!(codes(&gone), ["written"], "it is gone already");

    let noted = server.query(
        DATABASE,
        "SELECT kind, field, before, after FROM intune.device_changes WHERE kind <> 'created' ORDER BY record, field",
    );
    let noted: Vec<String> = noted
        .iter()
        .map(|row| format!("{} {} {} {}", row["kind"], row["field"], row["before"], row["after"]).replace('"', ""))
        .collect();
    let (second, twentieth) = (device_id(2), device_id(20));
    assert_eq!(
        noted,
        [
            "changed device_name PC-1 renamed".to_owned(),
            format!("changed device_id {second} {twentieth}"),
            "retired compliance_state compliant null".to_owned(),
            "retired state active stock".to_owned(),
            "deleted compliance_state compliant null".to_owned(),
            "deleted state active null".to_owned(),
        ]
    );
    let users = server.query(
        DATABASE,
        "SELECT record, user_name, until IS NULL AS now FROM intune.device_users ORDER BY 1, since, 2",
    );
    let users: Vec<String> = users
        .iter()
        .map(|row| format!("{} {} {}", row["record"], row["user_name"], row["now"]))
        .collect();
    assert_eq!(
        users,
        [
            "1 \"user1@example.com\" false",
            "1 \"ben@example.com\" true",
            "2 \"user2@example.com\" true",
            "3 \"user3@example.com\" false",
        ]
    );
    assert_eq!(count(&server, "intune.devices WHERE cost_centre = 'theirs'"), 3);
    assert_eq!(count(&server, "intune.current_devices"), 2);
    let today = server.query(
        DATABASE,
        "SELECT devices FROM intune.compliance_by_day WHERE compliance_state = 'compliant' ORDER BY day DESC LIMIT 1",
    );
    assert_eq!(today[0]["devices"], 2);
    assert_eq!(
        count(
            &server,
            "intune.fleet_by_platform WHERE devices = 2 AND operating_system = 'Windows'"
        ),
        1
    );

    assert_eq!(
        records(&adapter.write_records(&[restore(3, &made[2])]).await),
        [made[2].clone()]
    );
    assert_eq!(
        count(
            &server,
            "intune.devices WHERE state = 'active' AND gone_at IS NULL AND gone_reason IS NULL"
        ),
        3
    );
    adapter
        .put_back(&made[0], &fields(json!({"device_name": "PC-1", "model": null})))
        .await
        .unwrap();
    let back = adapter.read_record(&made[0]).await.unwrap().unwrap();
    assert_eq!(
        (&back.values["device_name"], &back.values["cost_centre"]),
        (&json!("PC-1"), &json!("theirs"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_refuses_harms_no_other_and_nul_bytes_are_cut() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let adapter = adapter(own_settings(&server));
    let mut first = values(1);
    first["device_name"] = "a\u{0}b'; DROP TABLE intune.devices; --$1".into();
    first["notes"] = "\u{1f600} \\ \" \u{7f}".into();
    let made = records(&adapter.write_records(&[create(1, first, UserChange::Keep)]).await);
    let named = ["shelf".to_owned(), "Our \"tag\"".to_owned(), "data".to_owned()];
    let missing = adapter.make_fields(&named).await.unwrap();
    assert_eq!(
        missing,
        named[1..],
        "a name with quotes is for its owner to make, and ours is no field"
    );
    server.run_sql(DATABASE, "ALTER TABLE intune.devices ADD CHECK (length(shelf) <= 3);");
    let shelf = |number: u128, shelf: &str| {
        let mut values = values(number);
        values["shelf"] = shelf.into();
        create(number, values, UserChange::Keep)
    };
    let mut writes: Vec<PlannedWrite> = (2..40).map(|number| shelf(number, "A1")).collect();
    writes[7] = shelf(9, "much too long");
    writes[30] = create(32, json!({"is_encrypted": "perhaps"}), UserChange::Keep);
    let results = adapter.write_records(&writes).await;
    for (at, code) in codes(&results).into_iter().enumerate() {
        let expected = if matches!(at, 7 | 30) { "refused" } else { "written" };
        assert_eq!(code, expected, "{at}");
    }
    assert!(!format!("{results:?}").contains("much too long"), "no value is told");
    assert_eq!(count(&server, "intune.current_devices WHERE shelf = 'A1'"), 36);
    let kept = adapter.read_record(&made[0]).await.unwrap().unwrap();
    assert_eq!(kept.values["device_name"], "ab'; DROP TABLE intune.devices; --$1");
    assert_eq!(kept.values["notes"], "\u{1f600} \\ \" \u{7f}");
    let unknown = adapter
        .write_records(&[create(50, json!({"colour": "red"}), UserChange::Keep)])
        .await;
    assert_eq!(codes(&unknown), ["misconfigured"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_targets_that_begin_at_once_make_the_tables_once() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let tasks = (1..=4_u128).map(|number| {
        let adapter = adapter(own_settings(&server));
        tokio::spawn(async move {
            adapter
                .write_records(&[create(number, values(number), UserChange::Keep)])
                .await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        assert_eq!(codes(&task.await.unwrap()), ["written"]);
    }
    assert_eq!(count(&server, "intune.devices"), 4);
    assert_eq!(count(&server, "intune.schema_version"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_confirmed_is_lost_and_nothing_is_there_twice_however_often_the_server_dies() {
    let Some(mut server) = start_server("kills of PostgreSQL") else {
        return;
    };
    let adapter = adapter(own_settings(&server));
    let mut written = 0;
    for round in 0..8_u128 {
        let writer = adapter.clone();
        let first = round * 1_000 + 1;
        let writing = tokio::spawn(async move {
            let mut results = Vec::new();
            for page in 0..40 {
                let from = first + page * 20;
                let writes: Vec<PlannedWrite> = (from..from + 20)
                    .map(|number| create(number, values(number), UserChange::Keep))
                    .collect();
                results.extend(writer.write_records(&writes).await);
            }
            results
        });
        wait::until("some pages are kept", || async {
            let rows = server.try_query(DATABASE, "SELECT count(*) AS n FROM intune.devices");
            rows.is_some_and(|rows| rows[0]["n"].as_i64() > Some(written))
        })
        .await;
        server.kill();
        let results = writing.await.unwrap();
        server.start_again();
        let kept = records(
            &results
                .iter()
                .filter(|result| result.is_ok())
                .cloned()
                .collect::<Vec<_>>(),
        );
        let list = kept
            .iter()
            .map(|record| record.0.as_str())
            .collect::<Vec<_>>()
            .join(",");
        assert_eq!(
            count(&server, &format!("intune.devices WHERE record IN ({list})")),
            kept.len() as i64
        );
        let faults: Vec<&str> = codes(&results).into_iter().filter(|code| *code != "written").collect();
        assert!(
            faults
                .iter()
                .all(|code| matches!(*code, "lostAnswer" | "unreachable" | "unavailable")),
            "{faults:?}"
        );
        // Everything again, as a target would that was told nothing.
        let writes: Vec<PlannedWrite> = (first..first + 800)
            .map(|number| create(number, values(number), UserChange::Keep))
            .collect();
        for page in writes.chunks(200) {
            wait::until("the page is kept", || async {
                adapter.write_records(page).await.iter().all(Result::is_ok)
            })
            .await;
        }
        written = count(&server, "intune.devices");
        assert_eq!(written, (i64::try_from(round).unwrap() + 1) * 800);
    }
}
