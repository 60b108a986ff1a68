//! A ServiceNow (the stand-in), read and changed from behind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::cut_line::CutLine;
use super::super::servicenow::{CiRecord, ServiceNowOptions, ServiceNowServer, ServiceNowState};
use super::{SeenRecord, SeenState};

/// As the settings have them.
const ID_FIELD: &str = "correlation_id";
const GONE: &str = "7";

pub struct ServiceNowSide {
    pub server: ServiceNowServer,
    pub line: CutLine,
}

impl ServiceNowSide {
    pub async fn open() -> ServiceNowSide {
        ServiceNowSide::with_options(ServiceNowOptions::default()).await
    }

    pub async fn with_options(options: ServiceNowOptions) -> ServiceNowSide {
        let server = ServiceNowServer::start(options).await;
        let line = CutLine::to_server(server.address).await;
        ServiceNowSide { server, line }
    }

    pub fn answers(&self) -> Value {
        let (user, password) = self
            .server
            .with_state(|state| (state.options.user.clone(), state.options.password.clone()));
        json!({
            "profile": "ServiceNow", "url": format!("http://{}", self.line.address), "user": user,
            "password": password, "allow_private_addresses": true, "writing_more": true, "requests_per_minute": 0,
        })
    }

    pub fn records(&self) -> Vec<SeenRecord> {
        self.server.with_state(|state| {
            let cis = state.cis.iter();
            cis.map(|ci| see_ci(state, ci)).collect()
        })
    }

    /// A CI of somebody else's making; its id.
    pub fn add_ci(&self, values: Value) -> String {
        self.server.with_state(|state| state.add_ci("cmdb_ci_computer", values))
    }

    pub fn edit(&self, record: &str, field: &str, value: &str) {
        self.server.with_state(|state| {
            let ci = state.ci_mut(record).unwrap();
            ci.values.insert(field.to_owned(), value.to_owned());
        });
    }

    pub fn add_user(&self, username: &str, email: &str) {
        self.server.with_state(|state| state.add_user(username, email));
    }
}

fn see_ci(state: &ServiceNowState, ci: &CiRecord) -> SeenRecord {
    let text = |column: &str| ci.text(column).to_owned();
    let user = state.rows.iter().find(|row| row.sys_id == ci.text("assigned_to"));
    let mut values: BTreeMap<String, String> = ci.values.clone();
    values.insert("sys_class_name".to_owned(), ci.class.clone());
    SeenRecord {
        id: ci.sys_id.clone(),
        device: Some(text(ID_FIELD)).filter(|id| !id.is_empty()),
        name: text("name"),
        serial: text("serial_number"),
        user: user.map(|user| user.values["email"].clone()),
        state: if ci.text("install_status") == GONE {
            SeenState::Retired
        } else {
            SeenState::Active
        },
        values,
    }
}
