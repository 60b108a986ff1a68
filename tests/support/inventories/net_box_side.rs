//! A NetBox (the stand-in), read and changed from behind.

use serde_json::{Value, json};

use super::super::cut_line::CutLine;
use super::super::net_box::{DeviceRecord, NetBoxOptions, NetBoxServer, NetBoxTables, NetBoxVersion};
use super::{SeenRecord, SeenState};

/// The custom fields with the id of a device and with its user, as settings and mapping have them.
const ID_FIELD: &str = "intune_id";
const USER_FIELD: &str = "intune_user";

pub struct NetBoxSide {
    pub server: NetBoxServer,
    pub line: CutLine,
}

impl NetBoxSide {
    pub async fn open() -> NetBoxSide {
        NetBoxSide::with_options(NetBoxOptions::of_version(NetBoxVersion::V46)).await
    }

    pub async fn with_options(options: NetBoxOptions) -> NetBoxSide {
        let server = NetBoxServer::start(options).await;
        let line = CutLine::to_server(server.address).await;
        NetBoxSide { server, line }
    }

    pub fn answers(&self) -> Value {
        let token = self.server.with_state(|state| state.options.token.clone());
        json!({
            "profile": "NetBox", "url": format!("http://{}", self.line.address), "token": token,
            "allow_private_addresses": true,
        })
    }

    pub fn records(&self) -> Vec<SeenRecord> {
        self.server.with_state(|state| {
            let tables = &state.tables;
            let devices = tables.devices.values();
            devices.map(|device| see_device(tables, device)).collect()
        })
    }

    /// A device of somebody else's making; its id.
    pub fn add_device(&self, name: &str, serial: &str) -> String {
        self.server
            .with_state(|state| state.tables.add_device(Some(name), serial).to_string())
    }

    pub fn edit(&self, record: &str, field: &str, value: &str) {
        self.server.with_state(|state| {
            let is_custom = state.tables.device_field(field).is_some();
            let device = state.tables.devices.get_mut(&record.parse().unwrap()).unwrap();
            match field {
                "name" => device.name = Some(value.to_owned()),
                "serial" => device.serial = value.to_owned(),
                "comments" => device.comments = value.to_owned(),
                "status" => device.status = value.to_owned(),
                field if is_custom => drop(device.customs.insert(field.to_owned(), json!(value))),
                field => panic!("there is no field {field}"),
            }
            device.updated += 1;
        });
    }
}

fn see_device(tables: &NetBoxTables, device: &DeviceRecord) -> SeenRecord {
    let custom = |field: &str| tables.custom_text(device.id, field);
    let customs = device
        .customs
        .keys()
        .filter_map(|field| Some((field.clone(), custom(field)?)));
    let built_in = [
        ("status", device.status.clone()),
        ("comments", device.comments.clone()),
        ("asset_tag", device.asset_tag.clone().unwrap_or_default()),
        ("model", tables.name_of("dcim/device-types", device.device_type)),
        ("role", tables.name_of("dcim/device-roles", device.role)),
        ("site", tables.name_of("dcim/sites", device.site)),
    ];
    let built_in = built_in.map(|(field, value)| (field.to_owned(), value));
    let is_retired = ["decommissioning", "offline"].contains(&device.status.as_str());
    SeenRecord {
        id: device.id.to_string(),
        device: custom(ID_FIELD),
        name: device.name.clone().unwrap_or_default(),
        serial: device.serial.clone(),
        user: custom(USER_FIELD),
        state: if is_retired {
            SeenState::Retired
        } else {
            SeenState::Active
        },
        values: customs.chain(built_in).collect(),
    }
}
