//! What the stand-in keeps: the tables of a NetBox, as far as its devices need them.

use std::collections::BTreeMap;

use serde_json::Value;

/// A device, as the database has it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRecord {
    pub id: u64,
    pub name: Option<String>,
    pub serial: String,
    pub asset_tag: Option<String>,
    pub device_type: u64,
    pub role: u64,
    pub site: u64,
    pub tenant: Option<u64>,
    pub platform: Option<u64>,
    pub status: String,
    pub description: String,
    pub comments: String,
    pub tags: Vec<u64>,
    /// Name to value; what is null is not here.
    pub customs: BTreeMap<String, Value>,
    /// Moves with each write, also with one that changes nothing.
    pub updated: u64,
    /// Entries of the changelog: one for each write that changed something.
    pub changes: u64,
}

/// What has a name and a slug.
#[derive(Debug, Clone, PartialEq)]
pub struct NameRecord {
    pub id: u64,
    /// Of a device type: its model.
    pub name: String,
    pub slug: String,
    /// Of a device type.
    pub manufacturer: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FieldRecord {
    pub id: u64,
    pub name: String,
    pub kind: String,
    pub object_types: Vec<String>,
    pub is_unique: bool,
    pub validation_regex: String,
    pub ui_editable: String,
}

/// All tables.
#[derive(Debug, Clone, Default)]
pub struct NetBoxTables {
    pub devices: BTreeMap<u64, DeviceRecord>,
    /// By the path of their list: `dcim/sites`.
    pub names: BTreeMap<String, Vec<NameRecord>>,
    pub fields: Vec<FieldRecord>,
    /// Whether an unknown custom field is told at its place (4.6), or of the whole (4.2).
    pub tells_fields: bool,
    last_id: u64,
}

/// Lists of what has a name and a slug.
pub const NAME_LISTS: [&str; 6] = [
    "dcim/manufacturers",
    "dcim/device-types",
    "dcim/device-roles",
    "dcim/sites",
    "dcim/platforms",
    "extras/tags",
];

impl NetBoxTables {
    pub fn new(tells_fields: bool) -> NetBoxTables {
        NetBoxTables {
            tells_fields,
            ..NetBoxTables::default()
        }
    }

    /// Ids are unique over all tables here, so that none is taken for another.
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn rows(&self, list: &str) -> &[NameRecord] {
        self.names.get(list).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn row(&self, list: &str, id: u64) -> Option<&NameRecord> {
        self.rows(list).iter().find(|row| row.id == id)
    }

    pub fn name_of(&self, list: &str, id: u64) -> String {
        self.row(list, id).map(|row| row.name.clone()).unwrap_or_default()
    }

    /// A row of a list; the one that is there already, if there is one.
    pub fn add_name(&mut self, list: &str, name: &str, manufacturer: Option<u64>) -> u64 {
        let known = self.rows(list).iter().find(|row| row.name == name);
        if let Some(row) = known {
            return row.id;
        }
        let id = self.new_id();
        let slug = name.to_lowercase().replace(' ', "-");
        self.names.entry(list.to_owned()).or_default().push(NameRecord {
            id,
            name: name.to_owned(),
            slug,
            manufacturer,
        });
        id
    }

    /// A custom field of devices.
    pub fn add_field(&mut self, name: &str, kind: &str) {
        let id = self.new_id();
        self.fields.push(FieldRecord {
            id,
            name: name.to_owned(),
            kind: kind.to_owned(),
            object_types: vec!["dcim.device".to_owned()],
            is_unique: false,
            validation_regex: String::new(),
            ui_editable: "yes".to_owned(),
        });
    }

    pub fn device_field(&self, name: &str) -> Option<&FieldRecord> {
        let is_of_devices = |field: &&FieldRecord| field.object_types.iter().any(|kind| kind == "dcim.device");
        self.fields
            .iter()
            .filter(is_of_devices)
            .find(|field| field.name == name)
    }

    /// A device of somebody else's: of their site, role and type, in use.
    pub fn add_device(&mut self, name: Option<&str>, serial: &str) -> u64 {
        let maker = self.add_name("dcim/manufacturers", "Theirs", None);
        let device_type = self.add_name("dcim/device-types", "Their model", Some(maker));
        let role = self.add_name("dcim/device-roles", "Their role", None);
        let site = self.add_name("dcim/sites", "Their site", None);
        let id = self.new_id();
        self.devices.insert(
            id,
            DeviceRecord {
                id,
                name: name.map(str::to_owned),
                serial: serial.to_owned(),
                asset_tag: None,
                device_type,
                role,
                site,
                tenant: None,
                platform: None,
                status: "active".to_owned(),
                description: String::new(),
                comments: String::new(),
                tags: Vec::new(),
                customs: BTreeMap::new(),
                updated: 1,
                changes: 1,
            },
        );
        id
    }

    /// The custom field of a device, as a text.
    pub fn custom_text(&self, device: u64, field: &str) -> Option<String> {
        let value = self.devices.get(&device)?.customs.get(field)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}
