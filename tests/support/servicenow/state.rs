//! What the stand-in keeps: CIs by class, users, what fields refer to, native keys of data sources, payloads that were set
//! aside; and what it has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde_json::{Value, json};
use uuid::Uuid;

use super::options::{FaultRule, ServiceNowOptions};

/// Each table of CIs, the one that it extends, and its own columns.
static CLASSES: [(&str, &str, &[&str]); 4] = [
    (
        "cmdb_ci",
        "",
        &[
            "sys_id",
            "sys_class_name",
            "name",
            "serial_number",
            "correlation_id",
            "asset_tag",
            "short_description",
            "comments",
            "mac_address",
            "manufacturer",
            "model_id",
            "assigned_to",
            "department",
            "cost_center",
            "location",
            "company",
            "discovery_source",
            "last_discovered",
            "first_discovered",
            "install_status",
            "operational_status",
            "u_cost_centre",
        ],
    ),
    (
        "cmdb_ci_hardware",
        "cmdb_ci",
        &["hardware_status", "hardware_substatus"],
    ),
    (
        "cmdb_ci_computer",
        "cmdb_ci_hardware",
        &["os", "os_version", "ram", "disk_space"],
    ),
    (
        "cmdb_ci_handheld_computing",
        "cmdb_ci_hardware",
        &["os", "os_version", "u_imei"],
    ),
];

/// Fields that hold ids of other tables.
pub static REFERENCES: [(&str, &str); 7] = [
    ("manufacturer", "core_company"),
    ("company", "core_company"),
    ("model_id", "cmdb_model"),
    ("assigned_to", "sys_user"),
    ("department", "cmn_department"),
    ("cost_center", "cmn_cost_center"),
    ("location", "cmn_location"),
];

/// A CI as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiRecord {
    pub sys_id: String,
    pub class: String,
    pub values: BTreeMap<String, String>,
}

impl CiRecord {
    /// Empty where there is nothing.
    pub fn text(&self, column: &str) -> &str {
        match column {
            "sys_id" => &self.sys_id,
            "sys_class_name" => &self.class,
            other => self.values.get(other).map(String::as_str).unwrap_or_default(),
        }
    }
}

/// A row of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRow {
    pub table: String,
    pub sys_id: String,
    pub values: BTreeMap<String, String>,
}

/// The whole server: what it keeps, how it behaves, what it has seen.
pub struct ServiceNowState {
    pub options: ServiceNowOptions,
    pub cis: Vec<CiRecord>,
    pub rows: Vec<NamedRow>,
    /// Data source and native key to the CI.
    pub keys: BTreeMap<(String, String), String>,
    /// Payload items that wait for 90 days to be merged into something.
    pub partial: Vec<Value>,
    pub incomplete: Vec<Value>,
    pub tokens: BTreeSet<String>,
    pub faults: Vec<FaultRule>,
    pub counts: BTreeMap<String, usize>,
    pub requests: usize,
    /// Requests that it refused because of a limit.
    pub throttled: usize,
    /// CIs whose class was changed by a payload.
    pub reclassified: usize,
    /// Scripts that somebody had it run in a query.
    pub scripts: usize,
    pub window: Option<(SystemTime, u32)>,
}

pub fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The table itself and all that it extends.
pub fn lineage(table: &str) -> Vec<&'static str> {
    let (mut found, mut next) = (Vec::new(), table);
    while let Some((name, parent, _)) = CLASSES.iter().find(|(name, _, _)| *name == next) {
        found.push(*name);
        next = *parent;
    }
    found
}

/// Columns of a table of CIs, its parents' as well.
pub fn columns_of(table: &str) -> Vec<&'static str> {
    let own = |name: &&str| {
        CLASSES
            .iter()
            .find(|(known, _, _)| known == name)
            .map(|(_, _, own)| own.iter().copied())
    };
    lineage(table).iter().filter_map(own).flatten().collect()
}

impl ServiceNowState {
    pub fn new(options: ServiceNowOptions) -> ServiceNowState {
        let mut state = ServiceNowState {
            options,
            cis: Vec::new(),
            rows: Vec::new(),
            keys: BTreeMap::new(),
            partial: Vec::new(),
            incomplete: Vec::new(),
            tokens: BTreeSet::new(),
            faults: Vec::new(),
            counts: BTreeMap::new(),
            requests: 0,
            throttled: 0,
            reclassified: 0,
            scripts: 0,
            window: None,
        };
        state.add_row("core_company", json!({"name": "LENOVO"}));
        state.add_row("cmdb_model", json!({"name": "21HM0067GE"}));
        state
    }

    /// Its id.
    pub fn add_row(&mut self, table: &str, values: Value) -> String {
        let sys_id = new_id();
        self.rows.push(NamedRow {
            table: table.to_owned(),
            sys_id: sys_id.clone(),
            values: texts(&values),
        });
        sys_id
    }

    pub fn add_user(&mut self, user_name: &str, email: &str) -> String {
        self.add_row(
            "sys_user",
            json!({"user_name": user_name, "email": email, "active": "true"}),
        )
    }

    /// A CI of somebody else's making; its id.
    pub fn add_ci(&mut self, class: &str, values: Value) -> String {
        let sys_id = new_id();
        let mut all = texts(&json!({"install_status": "1", "operational_status": "1", "hardware_status": "installed"}));
        all.extend(texts(&values));
        self.cis.push(CiRecord {
            sys_id: sys_id.clone(),
            class: class.to_owned(),
            values: all,
        });
        sys_id
    }

    pub fn ci(&self, sys_id: &str) -> Option<&CiRecord> {
        self.cis.iter().find(|ci| ci.sys_id == sys_id)
    }

    pub fn ci_mut(&mut self, sys_id: &str) -> Option<&mut CiRecord> {
        self.cis.iter_mut().find(|ci| ci.sys_id == sys_id)
    }

    /// What people see of a value.
    pub fn shown(&self, column: &str, value: &str) -> String {
        let Some((_, table)) = REFERENCES.iter().find(|(field, _)| *field == column) else {
            return value.to_owned();
        };
        let mut rows = self.rows.iter();
        let row = rows.find(|row| row.table == *table && row.sys_id == value);
        let name = row.and_then(|row| row.values.get("name").or_else(|| row.values.get("user_name")));
        name.cloned().unwrap_or_else(|| value.to_owned())
    }

    /// Somebody deletes a CI.
    pub fn remove_ci(&mut self, sys_id: &str) {
        self.cis.retain(|ci| ci.sys_id != sys_id);
        self.keys.retain(|_, id| id != sys_id);
    }
}

fn texts(values: &Value) -> BTreeMap<String, String> {
    let pairs = values.as_object().unwrap().iter();
    pairs
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}
