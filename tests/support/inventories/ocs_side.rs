//! An OCS Inventory, read and changed in its database. A test knows its computers among those of others by their TAG.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::cut_line::CutLine;
use super::super::ocs_server::OcsServer;
use super::shared_servers::{ServerOf, shared_ocs};
use super::{SeenRecord, SeenState};

/// A DEVICEID of ours begins so; the Intune device id follows.
const PREFIX: &str = "INTUNE-";
const ID_LENGTH: usize = 36;

pub struct OcsSide {
    pub line: CutLine,
    server: ServerOf<OcsServer>,
    pub tag: String,
}

impl OcsSide {
    pub async fn open() -> Option<OcsSide> {
        let shared = tokio::task::block_in_place(shared_ocs)?;
        Some(OcsSide::on_server(ServerOf::All(shared)).await)
    }

    /// A server of one's own, which may be killed.
    pub async fn open_own() -> Option<OcsSide> {
        let started = tokio::task::block_in_place(|| OcsServer::start("targets under kill -9"));
        Some(OcsSide::on_server(ServerOf::own(started?)).await)
    }

    async fn on_server(server: ServerOf<OcsServer>) -> OcsSide {
        let port = server.lock().port;
        OcsSide {
            line: CutLine::to_server(([127, 0, 0, 1], port).into()).await,
            server,
            tag: format!("T{}", &Uuid::new_v4().simple().to_string()[..8]),
        }
    }

    pub fn answers(&self) -> Value {
        let address = self.line.address;
        json!({
            "profile": "OCS", "url": format!("http://{address}/ocsinventory"),
            "rest_url": format!("http://{address}/ocsapi/v1"), "allow_private_addresses": true, "tag": self.tag,
        })
    }

    /// As a power cut would: database and web server.
    pub fn kill(&self) {
        let mut server = self.server.lock_own();
        tokio::task::block_in_place(|| server.kill());
    }

    /// Of the two only the database.
    pub fn kill_database(&self) {
        let mut server = self.server.lock_own();
        tokio::task::block_in_place(|| server.kill_database());
    }

    pub fn start_again(&self) {
        let mut server = self.server.lock();
        tokio::task::block_in_place(|| server.start_again());
    }

    /// Computers with the TAG of this test.
    pub async fn records(&self) -> Vec<SeenRecord> {
        let rows = tokio::task::block_in_place(|| self.server.lock().list_computers());
        let own = rows.iter().filter(|row| row["tag"] == self.tag.as_str());
        own.map(read_row).collect()
    }

    /// What no field of a record shows.
    pub async fn column(&self, device_id: &str, column: &str) -> String {
        let sql = format!("SELECT {column} FROM hardware WHERE DEVICEID = '{device_id}'");
        let told = tokio::task::block_in_place(|| self.server.lock().run_sql(&sql));
        told.trim_end().to_owned()
    }

    /// By hand in the database, as the console of OCS has it.
    pub async fn edit(&self, record: &str, field: &str, value: &str) {
        let value = value.replace('\'', "''");
        let sql = match field.split_once('/') {
            Some(("HARDWARE", column)) => {
                format!("UPDATE hardware SET {column} = '{value}' WHERE DEVICEID = '{record}'")
            }
            Some(("BIOS", column)) => format!(
                "UPDATE bios SET {column} = '{value}' WHERE HARDWARE_ID = (SELECT ID FROM hardware WHERE DEVICEID = '{record}')"
            ),
            _ => panic!("there is no field {field}"),
        };
        tokio::task::block_in_place(|| self.server.lock().run_sql(&sql));
    }
}

fn read_row(row: &Value) -> SeenRecord {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let id = text("deviceId");
    let values = [
        ("HARDWARE/OSNAME", "osName"),
        ("HARDWARE/OSVERSION", "osVersion"),
        ("HARDWARE/DESCRIPTION", "description"),
        ("BIOS/SMANUFACTURER", "manufacturer"),
        ("BIOS/SMODEL", "model"),
        ("BIOS/TYPE", "type"),
    ];
    let values: BTreeMap<String, String> = values
        .iter()
        .map(|(field, key)| ((*field).to_owned(), text(key)))
        .collect();
    SeenRecord {
        device: id
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.get(..ID_LENGTH))
            .map(str::to_owned),
        name: text("name"),
        serial: text("serial"),
        user: Some(text("userId")).filter(|user| !user.is_empty()),
        state: SeenState::Active,
        values,
        id,
    }
}
