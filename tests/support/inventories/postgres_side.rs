//! A PostgreSQL database, read and changed by SQL.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::cut_line::CutLine;
use super::super::postgres_server::PostgresServer;
use super::shared_servers::{ServerOf, shared_postgres};
use super::{SeenRecord, SeenState};

const SCHEMA: &str = "intune";
const PASSWORD: &str = "the password of the target";
const RECORDS: &str = "SELECT to_jsonb(d) - 'data' AS device, (
        SELECT u.user_name FROM intune.device_users u WHERE u.record = d.record AND u.until IS NULL
    ) AS user_name FROM intune.devices d ORDER BY d.record";

pub struct PostgresSide {
    pub line: CutLine,
    server: ServerOf<PostgresServer>,
    /// The database and the role of this test.
    pub database: String,
}

impl PostgresSide {
    /// A database of one's own.
    pub async fn open() -> Option<PostgresSide> {
        let shared = tokio::task::block_in_place(shared_postgres)?;
        Some(PostgresSide::on_server(ServerOf::All(shared)).await)
    }

    /// A server of one's own, which may be killed.
    pub async fn open_own() -> Option<PostgresSide> {
        let started = tokio::task::block_in_place(|| PostgresServer::start("targets under kill -9"));
        Some(PostgresSide::on_server(ServerOf::own(started?)).await)
    }

    async fn on_server(server: ServerOf<PostgresServer>) -> PostgresSide {
        let database = format!("t{}", Uuid::new_v4().simple());
        let port = {
            let server = server.lock();
            tokio::task::block_in_place(|| server.make_database(&database, &database, PASSWORD));
            server.port
        };
        PostgresSide {
            line: CutLine::to_server(([127, 0, 0, 1], port).into()).await,
            server,
            database,
        }
    }

    pub fn answers(&self) -> Value {
        json!({
            "profile": "PostgreSQL", "host": self.line.address.ip().to_string(), "port": self.line.address.port(),
            "database": self.database, "user": self.database, "password": PASSWORD, "tls": "off",
            "allow_private_addresses": true,
        })
    }

    /// As a power cut would.
    pub fn kill(&self) {
        let mut server = self.server.lock_own();
        tokio::task::block_in_place(|| server.kill());
    }

    pub fn start_again(&self) {
        let mut server = self.server.lock();
        tokio::task::block_in_place(|| server.start_again());
    }

    pub async fn query(&self, sql: &str) -> Vec<Value> {
        tokio::task::block_in_place(|| self.server.lock().query(&self.database, sql))
    }

    /// Statements in the name of the administrator.
    pub async fn run(&self, sql: &str) {
        tokio::task::block_in_place(|| self.server.lock().run_sql(&self.database, sql));
    }

    pub async fn records(&self) -> Vec<SeenRecord> {
        let there = format!("SELECT to_regclass('{SCHEMA}.devices') IS NOT NULL AS there");
        if self.query(&there).await[0]["there"] != true {
            return Vec::new();
        }
        let rows = self.query(RECORDS).await;
        rows.iter().map(read_row).collect()
    }

    pub async fn edit(&self, record: &str, field: &str, value: &str) {
        let value = value.replace('\'', "''");
        self.run(&format!(
            "UPDATE {SCHEMA}.devices SET \"{field}\" = '{value}' WHERE record = {record}"
        ))
        .await;
    }
}

fn read_row(row: &Value) -> SeenRecord {
    let device = row["device"].as_object().unwrap();
    let text = |key: &str| device[key].as_str().unwrap_or_default().to_owned();
    let mut values = BTreeMap::new();
    for (name, value) in device {
        match value {
            Value::Null => {}
            Value::String(text) => drop(values.insert(name.clone(), text.clone())),
            other => drop(values.insert(name.clone(), other.to_string())),
        }
    }
    // Of the database's own making, another each time.
    for own in ["updated_at", "first_seen", "gone_at"] {
        values.remove(own);
    }
    SeenRecord {
        id: device["record"].to_string(),
        device: device["device_id"].as_str().map(str::to_owned),
        name: text("device_name"),
        serial: text("serial_number"),
        user: row["user_name"].as_str().map(str::to_owned),
        state: if device["state"] == "active" {
            SeenState::Active
        } else {
            SeenState::Retired
        },
        values,
    }
}
