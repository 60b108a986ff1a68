//! A Snipe-IT (the stand-in), read and changed from behind.

use chrono::Utc;
use serde_json::{Value, json};

use super::super::cut_line::CutLine;
use super::super::snipe_it::{SnipeOptions, SnipeServer, SnipeVersion};
use super::{SeenRecord, SeenState};

/// The custom field with the id of a device, as the settings have it.
const ID_FIELD: &str = "Intune ID";
/// The label of devices that have gone, as the settings have it.
const GONE_LABEL: &str = "Intune: gone";

pub struct SnipeSide {
    pub server: SnipeServer,
    pub line: CutLine,
}

impl SnipeSide {
    pub async fn open() -> SnipeSide {
        SnipeSide::with_options(SnipeOptions::of_version(SnipeVersion::V8)).await
    }

    pub async fn with_options(options: SnipeOptions) -> SnipeSide {
        let server = SnipeServer::start(options).await;
        server.with_state(|state| {
            let id = state.tables.new_id();
            let mut label = state.tables.labels[0].clone();
            (label.id, label.name, label.kind) = (id, GONE_LABEL.to_owned(), "archived".to_owned());
            state.tables.labels.push(label);
        });
        let line = CutLine::to_server(server.address).await;
        SnipeSide { server, line }
    }

    pub fn answers(&self) -> Value {
        let token = self.server.with_state(|state| state.options.token.clone());
        json!({
            "profile": "Snipe-IT", "url": format!("http://{}", self.line.address), "token": token,
            "allow_private_addresses": true, "writing_more": true, "requests_per_minute": 0,
        })
    }

    pub fn records(&self) -> Vec<SeenRecord> {
        let mut records: Vec<SeenRecord> = self
            .server
            .list_assets()
            .into_iter()
            .map(|asset| SeenRecord {
                id: asset.id.to_string(),
                device: asset.custom.get(ID_FIELD).cloned(),
                name: asset.name.clone().unwrap_or_default(),
                serial: asset.serial.clone().unwrap_or_default(),
                user: None,
                state: if asset.is_deleted {
                    SeenState::Deleted
                } else {
                    SeenState::Active
                },
                values: asset
                    .custom
                    .iter()
                    .map(|(label, value)| (label.clone(), value.clone()))
                    .chain([
                        ("asset_tag".to_owned(), asset.asset_tag.clone()),
                        ("model".to_owned(), asset.model.clone()),
                        ("category".to_owned(), asset.category.clone()),
                        ("status".to_owned(), asset.status.clone()),
                        ("byod".to_owned(), asset.byod.to_string()),
                        (
                            "manufacturer".to_owned(),
                            asset.manufacturer.clone().unwrap_or_default(),
                        ),
                        ("notes".to_owned(), asset.notes.clone().unwrap_or_default()),
                    ])
                    .collect(),
            })
            .collect();
        self.server.with_state(|state| {
            for record in &mut records {
                let asset = &state.tables.assets[&record.id.parse::<u64>().unwrap()];
                let order_number = asset.order_number.clone().unwrap_or_default();
                record.values.insert("order_number".to_owned(), order_number);
                let label = state.tables.label(asset.status);
                if record.state == SeenState::Active && label.is_some_and(|label| label.kind == "archived") {
                    record.state = SeenState::Retired;
                }
                let user = asset.assigned.filter(|(kind, _)| *kind == "user");
                let user = user.and_then(|(_, id)| state.tables.user(id));
                record.user = user.map(|user| user.email.clone().unwrap_or_else(|| user.username.clone()));
            }
        });
        records
    }

    /// An asset of somebody else's making; its id. `archived`: with a label of that type; `deleted`: in the trash.
    pub fn add_asset(&self, given: Value) -> String {
        let text = |key: &str| given[key].as_str().map(str::to_owned);
        self.server.with_state(|state| {
            let tables = &mut state.tables;
            let wanted = text("model").unwrap_or_else(|| "Of theirs".to_owned());
            let known = tables
                .models
                .iter()
                .find(|model| model.name == wanted)
                .map(|model| model.id);
            let model = known.unwrap_or_else(|| tables.add_model(&wanted, "Computers"));
            let tag = text("asset_tag").unwrap_or_else(|| format!("THEIRS-{}", tables.assets.len() + 1));
            let id = tables.add_asset(&tag, given["serial"].as_str(), model);
            let archived = tables
                .labels
                .iter()
                .find(|label| label.kind == "archived")
                .map(|label| label.id);
            let asset = tables.assets.get_mut(&id).unwrap();
            asset.name = text("name");
            asset.notes = text("notes");
            asset.order_number = text("order_number");
            if given["archived"] == true {
                asset.status = archived.unwrap();
            }
            if given["deleted"] == true {
                asset.deleted_at = Some(Utc::now());
            }
            id.to_string()
        })
    }

    /// Somebody throws an asset away.
    pub fn trash(&self, record: &str) {
        self.server.with_state(|state| {
            let asset = state.tables.assets.get_mut(&record.parse().unwrap()).unwrap();
            asset.deleted_at = Some(Utc::now());
        });
    }

    pub fn edit(&self, record: &str, field: &str, value: &str) {
        self.server.with_state(|state| {
            let column = state.tables.fields.iter().find(|known| known.name == field);
            let column = column.map(|known| known.column.clone());
            let asset = state.tables.assets.get_mut(&record.parse().unwrap()).unwrap();
            match (field, column) {
                ("name", _) => asset.name = Some(value.to_owned()),
                ("serial", _) => asset.serial = Some(value.to_owned()),
                ("notes", _) => asset.notes = Some(value.to_owned()),
                ("asset_tag", _) => asset.asset_tag = value.to_owned(),
                ("order_number", _) => asset.order_number = Some(value.to_owned()),
                (_, Some(column)) => drop(asset.custom.insert(column, value.to_owned())),
                (_, None) => panic!("there is no field {field}"),
            }
        });
    }

    pub fn add_user(&self, username: &str, email: &str) {
        self.server
            .with_state(|state| state.tables.add_user(username, Some(email)));
    }

    /// Names of all users.
    pub fn users(&self) -> Vec<String> {
        self.server.with_state(|state| {
            let users = state.tables.users.iter();
            users.map(|user| user.username.clone()).collect()
        })
    }

    /// Somebody hands an asset to a user by hand.
    pub fn check_out(&self, record: &str, email: &str) {
        self.server.with_state(|state| {
            let user = state
                .tables
                .users
                .iter()
                .find(|user| user.email.as_deref() == Some(email));
            let id = user.unwrap().id;
            let asset = state.tables.assets.get_mut(&record.parse().unwrap()).unwrap();
            asset.assigned = Some(("user", id));
        });
    }
}
