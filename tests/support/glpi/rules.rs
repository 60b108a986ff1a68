//! An inventory, from JSON to a record: which record it is by the default rules in their order, and what is written into it.

use serde_json::{Map, Value, json};

use super::options::GlpiOptions;
use super::schema::list_violations;
use super::tables::{AgentRow, GlpiTables, ItemRow};

/// What a whole inventory of a computer empties if it lacks it.
const EMPTIED: [&str; 4] = ["virtualmachines", "remote_mgmt", "monitors", "antivirus"];
const LISTS: [&str; 8] = [
    "networks",
    "storages",
    "modems",
    "simcards",
    "virtualmachines",
    "remote_mgmt",
    "monitors",
    "antivirus",
];
/// So much of an error is told.
const TOLD_MAX: usize = 250;

/// Status and body of the answer.
pub fn take_inventory(tables: &mut GlpiTables, options: &GlpiOptions, inventory: &Value) -> (u16, Value) {
    if !options.takes_inventories {
        return error(403, "Inventory is disabled");
    }
    if inventory["action"].as_str().unwrap_or("inventory") != "inventory" {
        return error(501, "Query is not implemented");
    }
    let violations = list_violations(inventory);
    if !violations.is_empty() {
        let told = format!("JSON does not validate. Violations: {}", violations.join(", "));
        return error(400, &told.chars().take(TOLD_MAX).collect::<String>());
    }
    let item_type = inventory["itemtype"].as_str().unwrap_or("Unmanaged");
    if !matches!(item_type, "Computer" | "Phone") {
        return error(500, "this stand-in has computers and phones");
    }
    let found = Found::read(inventory, item_type);
    let item = match found.choose(tables, options) {
        Choice::Denied => None,
        Choice::Link(id) => Some(id),
        Choice::Create if found.is_partial => None,
        Choice::Create => Some(tables.add_item(item_type, "", "")),
    };
    note_agent(tables, inventory["deviceid"].as_str().unwrap(), item_type, item);
    match item {
        Some(id) => write_item(tables, options, &found, id),
        None => tables.refused.push(found.name.clone()),
    }
    (200, json!({"status": "ok", "expiration": 24}))
}

fn error(status: u16, message: &str) -> (u16, Value) {
    (status, json!({"status": "error", "message": message, "expiration": 24}))
}

/// What of an inventory rules look at.
struct Found<'a> {
    item_type: &'a str,
    content: &'a Map<String, Value>,
    name: String,
    serial: String,
    uuid: String,
    is_partial: bool,
}

enum Choice {
    Denied,
    Link(u64),
    Create,
}

impl<'a> Found<'a> {
    fn read(inventory: &'a Value, item_type: &'a str) -> Found<'a> {
        let content = inventory["content"].as_object().unwrap();
        let text = |section: &str, key: &str| {
            let found = content.get(section).and_then(|section| section[key].as_str());
            found.unwrap_or_default().trim().to_owned()
        };
        let mut serial = text("bios", "ssn");
        if text("bios", "smanufacturer").contains("ewlett") && serial.starts_with(['s', 'S']) {
            serial.remove(0);
        }
        Found {
            item_type,
            content,
            name: text("hardware", "name"),
            serial,
            uuid: text("hardware", "uuid"),
            is_partial: inventory["partial"] == true,
        }
    }

    /// The default rules, in their order.
    fn choose(&self, tables: &GlpiTables, options: &GlpiOptions) -> Choice {
        let is_refused = |start: &String| self.name.starts_with(start.as_str());
        if self.name.is_empty() || options.refused_name.as_ref().is_some_and(is_refused) {
            return Choice::Denied;
        }
        let find = |fits: &dyn Fn(&ItemRow) -> bool| {
            let mut own = tables.items.iter().filter(|item| item.item_type == self.item_type);
            own.find(|item| fits(item)).map(|item| item.id)
        };
        let has_serial = |item: &ItemRow| !self.serial.is_empty() && is_same(&item.serial, &self.serial);
        if !self.serial.is_empty() && !self.uuid.is_empty() && self.item_type == "Computer" {
            let both = find(&|item| has_serial(item) && is_same(&item.uuid, &self.uuid));
            let without = find(&|item| has_serial(item) && item.uuid.is_empty());
            return both.or(without).map_or(Choice::Create, Choice::Link);
        }
        let by_serial = find(&has_serial);
        let by_name = find(&|item| is_same(&item.name, &self.name));
        by_serial.or(by_name).map_or(Choice::Create, Choice::Link)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The agent is kept also where the device is refused; then it has no record.
fn note_agent(tables: &mut GlpiTables, deviceid: &str, item_type: &str, item: Option<u64>) {
    tables.contacts += 1;
    let contacts = tables.contacts;
    let known = tables.agents.iter().position(|agent| agent.deviceid == deviceid);
    let at = known.unwrap_or_else(|| {
        let id = tables.new_id();
        tables.agents.push(AgentRow {
            id,
            deviceid: deviceid.to_owned(),
            items_id: 0,
            item_type: item_type.to_owned(),
            contacts,
        });
        tables.agents.len() - 1
    });
    let agent = &mut tables.agents[at];
    agent.contacts = contacts;
    if let Some(id) = item {
        (agent.items_id, agent.item_type) = (id, item_type.to_owned());
    }
}

fn write_item(tables: &mut GlpiTables, options: &GlpiOptions, found: &Found<'_>, id: u64) {
    let user = find_user(tables, found.content);
    let item = tables.item_mut(id);
    item.is_dynamic = true;
    item.is_deleted = false;
    if let Some(status) = options.default_status {
        item.status = Some(status);
    }
    write_fields(item, found);
    for list in LISTS {
        match found.content.get(list) {
            Some(entries) => drop(item.lists.insert(list.to_owned(), entries.clone())),
            None if EMPTIED.contains(&list) && !found.is_partial && item.item_type == "Computer" => {
                item.lists.remove(list);
            }
            None => (),
        }
    }
    if let Some((login, user)) = user {
        item.contact = login;
        if user.is_some() && !item.locks.contains("user") {
            item.user = user;
        }
    }
}

fn write_fields(item: &mut ItemRow, found: &Found<'_>) {
    let text = |section: &str, key: &str| {
        let value = found.content.get(section).and_then(|section| section.get(key));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let serial = text("bios", "ssn").map(|_| found.serial.clone());
    let locks = item.locks.clone();
    let fields = [
        ("name", &mut item.name, Some(found.name.clone())),
        ("serial", &mut item.serial, serial),
        ("uuid", &mut item.uuid, text("hardware", "uuid")),
        ("otherserial", &mut item.otherserial, text("bios", "assettag")),
        ("manufacturer", &mut item.maker, text("bios", "smanufacturer")),
        ("model", &mut item.model, text("bios", "smodel")),
        ("type", &mut item.chassis, text("hardware", "chassis_type")),
    ];
    for (name, field, value) in fields {
        if let Some(value) = value.filter(|_| !locks.contains(name)) {
            *field = value;
        }
    }
    if let Some(memory) = found
        .content
        .get("hardware")
        .and_then(|section| section["memory"].as_u64())
    {
        item.memory = memory;
    }
    // The system of a record is written whole.
    if let Some(system) = found.content.get("operatingsystem").and_then(Value::as_object) {
        let texts = system
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        item.system = texts.collect();
    }
}

/// The login name as it was sent, and who that is. `None`: nobody was spoken of.
fn find_user(tables: &GlpiTables, content: &Map<String, Value>) -> Option<(String, Option<u64>)> {
    let by_login = |login: &str, domain: Option<&str>| {
        let mut users = tables.users.iter();
        let found = users.find(|user| user.login == login && (domain.is_none() || user.domain.as_deref() == domain));
        found.map(|user| user.id)
    };
    let entry = content.get("users").and_then(|users| users.get(0));
    if let Some(login) = entry.and_then(|entry| entry["login"].as_str()) {
        let domain = entry.and_then(|entry| entry["domain"].as_str());
        return Some((login.to_owned(), by_login(login, domain)));
    }
    let last = content
        .get("hardware")
        .and_then(|section| section["lastloggeduser"].as_str())?;
    let cut = last.split('@').next().unwrap_or_default();
    Some((last.to_owned(), by_login(cut, None)))
}
