//! A GLPI (the stand-in), read and changed from behind.

use serde_json::{Value, json};

use super::super::cut_line::CutLine;
use super::super::glpi::{GlpiOptions, GlpiServer, GlpiVersion};
use super::{SeenRecord, SeenState};

/// The status of devices that have gone, as the settings have it.
const GONE_STATE: &str = "Gone from Intune";

pub struct GlpiSide {
    pub server: GlpiServer,
    pub line: CutLine,
}

impl GlpiSide {
    pub async fn open() -> GlpiSide {
        let server = GlpiServer::start(GlpiOptions::of_version(GlpiVersion::V11)).await;
        let line = CutLine::to_server(server.address).await;
        GlpiSide { server, line }
    }

    pub fn answers(&self) -> Value {
        let options = self.server.with_state(|state| state.options.clone());
        json!({
            "profile": "GLPI", "url": format!("http://{}", self.line.address), "client_id": options.client_id,
            "client_secret": options.client_secret, "user": options.user, "password": options.password,
            "allow_private_addresses": true, "writing_more": true, "requests_per_minute": 0,
        })
    }

    pub fn records(&self) -> Vec<SeenRecord> {
        self.server.with_state(|state| {
            let tables = &state.tables;
            let items = tables.items.iter().map(|item| {
                let status = tables.state_name(item.status).unwrap_or_default();
                let agent = tables.agent_of(item.id);
                let device = agent.and_then(|agent| agent.deviceid.strip_prefix("INTUNE-"));
                let state = if item.is_deleted {
                    SeenState::Deleted
                } else if status == GONE_STATE {
                    SeenState::Retired
                } else {
                    SeenState::Active
                };
                let mut values = item.system.clone().into_iter().map(in_system).collect::<Vec<_>>();
                values.extend([
                    ("bios.smanufacturer".to_owned(), item.maker.clone()),
                    ("bios.smodel".to_owned(), item.model.clone()),
                    ("comment".to_owned(), item.comment.clone()),
                    ("status".to_owned(), status.to_owned()),
                ]);
                SeenRecord {
                    id: format!("{}/{}", item.item_type, item.id),
                    device: device.map(str::to_owned),
                    name: item.name.clone(),
                    serial: item.serial.clone(),
                    user: tables.login_of(item.user).map(str::to_owned),
                    state,
                    values: values.into_iter().collect(),
                }
            });
            items.collect()
        })
    }

    /// A computer of somebody else's making; its id.
    pub fn add_computer(&self, name: &str, serial: &str) -> String {
        let id = self
            .server
            .with_state(|state| state.tables.add_item("Computer", name, serial));
        format!("Computer/{id}")
    }

    /// Changed in the database: nothing is locked by it.
    pub fn edit(&self, record: &str, field: &str, value: &str) {
        let (_, id) = record.split_once('/').unwrap();
        self.server.with_state(|state| {
            let item = state.tables.item_mut(id.parse().unwrap());
            let place = match field {
                "hardware.name" => &mut item.name,
                "bios.ssn" => &mut item.serial,
                "comment" => &mut item.comment,
                _ => panic!("there is no field {field}"),
            };
            *place = value.to_owned();
        });
    }

    /// Somebody whose login name is their user principal name.
    pub fn add_user(&self, login: &str) {
        self.server
            .with_state(|state| state.tables.add_user(login, login, Some("example")));
    }
}

fn in_system((key, value): (String, String)) -> (String, String) {
    (format!("operatingsystem.{key}"), value)
}
