//! What a stand-in for GLPI keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A computer or a phone.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    pub item_type: String,
    pub id: u64,
    pub name: String,
    pub serial: String,
    /// Inventory number.
    pub otherserial: String,
    pub uuid: String,
    pub maker: String,
    pub model: String,
    pub chassis: String,
    pub comment: String,
    pub memory: u64,
    pub status: Option<u64>,
    pub user: Option<u64>,
    /// The login name as the inventory has it.
    pub contact: String,
    pub is_deleted: bool,
    /// Whether an inventory has written it.
    pub is_dynamic: bool,
    pub system: BTreeMap<String, String>,
    /// `networks`, `antivirus` and so on.
    pub lists: BTreeMap<String, Value>,
    /// Fields that a user has changed: no inventory overwrites them.
    pub locks: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    pub id: u64,
    pub deviceid: String,
    /// 0: none.
    pub items_id: u64,
    pub item_type: String,
    pub contacts: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    pub id: u64,
    pub login: String,
    pub email: String,
    /// Of a directory.
    pub domain: Option<String>,
}

#[derive(Debug, Default)]
pub struct GlpiTables {
    pub items: Vec<ItemRow>,
    pub agents: Vec<AgentRow>,
    pub users: Vec<UserRow>,
    /// Id and name.
    pub states: Vec<(u64, String)>,
    /// Names of devices that rules have refused.
    pub refused: Vec<String>,
    pub contacts: u64,
    last_id: u64,
}

impl GlpiTables {
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// An empty record of this type; its id.
    pub fn add_item(&mut self, item_type: &str, name: &str, serial: &str) -> u64 {
        let id = self.new_id();
        self.items.push(ItemRow {
            item_type: item_type.to_owned(),
            id,
            name: name.to_owned(),
            serial: serial.to_owned(),
            otherserial: String::new(),
            uuid: String::new(),
            maker: String::new(),
            model: String::new(),
            chassis: String::new(),
            comment: String::new(),
            memory: 0,
            status: None,
            user: None,
            contact: String::new(),
            is_deleted: false,
            is_dynamic: false,
            system: BTreeMap::new(),
            lists: BTreeMap::new(),
            locks: BTreeSet::new(),
        });
        id
    }

    pub fn add_user(&mut self, login: &str, email: &str, domain: Option<&str>) -> u64 {
        let id = self.new_id();
        self.users.push(UserRow {
            id,
            login: login.to_owned(),
            email: email.to_owned(),
            domain: domain.map(str::to_owned),
        });
        id
    }

    pub fn add_state(&mut self, name: &str) -> u64 {
        let id = self.new_id();
        self.states.push((id, name.to_owned()));
        id
    }

    pub fn item(&self, id: u64) -> &ItemRow {
        self.items.iter().find(|item| item.id == id).unwrap()
    }

    pub fn item_mut(&mut self, id: u64) -> &mut ItemRow {
        self.items.iter_mut().find(|item| item.id == id).unwrap()
    }

    pub fn state_name(&self, id: Option<u64>) -> Option<&str> {
        let found = self.states.iter().find(|(known, _)| Some(*known) == id)?;
        Some(&found.1)
    }

    pub fn login_of(&self, id: Option<u64>) -> Option<&str> {
        let found = self.users.iter().find(|user| Some(user.id) == id)?;
        Some(&found.login)
    }

    /// The agent that wrote a record last.
    pub fn agent_of(&self, id: u64) -> Option<&AgentRow> {
        let own = self.agents.iter().filter(|agent| agent.items_id == id);
        own.max_by_key(|agent| agent.contacts)
    }

    /// As the high-level API shows it.
    pub fn show_item(&self, item: &ItemRow) -> Value {
        let named = |name: &str| {
            if name.is_empty() {
                Value::Null
            } else {
                json!({"id": 1, "name": name})
            }
        };
        let refer = |id: Option<u64>, name: Option<&str>| match (id, name) {
            (Some(id), Some(name)) => json!({"id": id, "name": name}),
            _ => Value::Null,
        };
        json!({
            "id": item.id, "name": item.name, "serial": item.serial, "otherserial": item.otherserial, "uuid": item.uuid,
            "comment": item.comment, "contact": item.contact, "is_deleted": item.is_deleted,
            "manufacturer": named(&item.maker), "model": named(&item.model), "type": named(&item.chassis),
            "status": refer(item.status, self.state_name(item.status)),
            "user": refer(item.user, self.login_of(item.user)),
        })
    }
}

pub fn show_agent(agent: &AgentRow) -> Value {
    json!({
        "id": agent.id, "deviceid": agent.deviceid, "name": agent.deviceid, "itemtype": agent.item_type,
        "items_id": agent.items_id, "last_contact": format!("2026-11-30T08:00:00.{:06}Z", agent.contacts),
    })
}

pub fn show_user(user: &UserRow) -> Value {
    json!({
        "id": user.id, "username": user.login,
        "emails": [{"id": user.id, "email": user.email, "is_default": true}],
    })
}
