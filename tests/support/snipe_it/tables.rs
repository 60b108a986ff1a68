//! What the stand-in keeps: the tables of a Snipe-IT, as far as its assets need them. Values are raw, as the database has
//! them; only answers escape.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

#[derive(Debug, Clone)]
pub struct AssetRecord {
    pub id: u64,
    pub name: Option<String>,
    pub asset_tag: String,
    pub serial: Option<String>,
    pub model: u64,
    pub status: u64,
    /// Who or what has it: `user`, `location` or `asset`, and its id.
    pub assigned: Option<(&'static str, u64)>,
    pub company: Option<u64>,
    pub location: Option<u64>,
    pub rtd_location: Option<u64>,
    pub notes: Option<String>,
    pub order_number: Option<String>,
    pub byod: bool,
    pub warranty_months: Option<u64>,
    pub purchase_date: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub checkouts: u64,
    pub checkins: u64,
    /// Column to value. A column is there for every asset; whether it is shown is a matter of the model.
    pub custom: BTreeMap<String, String>,
}

/// What has a name and little else.
#[derive(Debug, Clone, Default)]
pub struct NameRecord {
    pub id: u64,
    pub name: String,
    /// Of a category: `asset`, `accessory` … Of a label: `deployable`, `pending`, `undeployable`, `archived`.
    pub kind: String,
    pub is_deleted: bool,
}

#[derive(Debug, Clone)]
pub struct ModelRecord {
    pub id: u64,
    pub name: String,
    pub number: Option<String>,
    pub manufacturer: Option<u64>,
    pub category: u64,
    pub fieldset: Option<u64>,
    pub is_deleted: bool,
}

#[derive(Debug, Clone)]
pub struct UserRecord {
    pub id: u64,
    pub username: String,
    pub email: Option<String>,
    pub location: Option<u64>,
    pub is_deleted: bool,
}

#[derive(Debug, Clone)]
pub struct FieldRecord {
    pub id: u64,
    pub name: String,
    pub column: String,
    pub format: String,
    pub element: String,
    pub values: Option<String>,
}

#[derive(Debug, Clone)]
pub struct FieldsetRecord {
    pub id: u64,
    pub name: String,
    /// Ids of fields.
    pub fields: Vec<u64>,
}

/// An entry in the history of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub asset: u64,
    /// `create`, `update`, `delete`, `restore`, `checkout`, `checkin`.
    pub action: &'static str,
    pub note: Option<String>,
}

/// All tables.
#[derive(Debug, Default)]
pub struct SnipeTables {
    pub assets: BTreeMap<u64, AssetRecord>,
    pub labels: Vec<NameRecord>,
    pub categories: Vec<NameRecord>,
    pub manufacturers: Vec<NameRecord>,
    pub companies: Vec<NameRecord>,
    pub locations: Vec<NameRecord>,
    pub models: Vec<ModelRecord>,
    pub users: Vec<UserRecord>,
    pub fields: Vec<FieldRecord>,
    pub fieldsets: Vec<FieldsetRecord>,
    pub history: Vec<HistoryEntry>,
    last_id: u64,
    /// The next tag of auto-increment.
    next_tag: u64,
}

impl SnipeTables {
    /// As a new installation has them.
    pub fn fresh() -> SnipeTables {
        let mut tables = SnipeTables {
            next_tag: 1,
            ..SnipeTables::default()
        };
        for (name, kind) in [
            ("Pending", "pending"),
            ("Ready to Deploy", "deployable"),
            ("Archived", "archived"),
        ] {
            let id = tables.new_id();
            tables.labels.push(NameRecord {
                id,
                name: name.to_owned(),
                kind: kind.to_owned(),
                is_deleted: false,
            });
        }
        let id = tables.new_id();
        tables.categories.push(NameRecord {
            id,
            name: "Misc Software".to_owned(),
            kind: "license".to_owned(),
            is_deleted: false,
        });
        tables.add_user("admin", Some("admin@example.com"));
        tables
    }

    /// Ids are unique over all tables here, so that none is taken for another.
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// As `autoincrement_asset` of Snipe-IT makes it: five digits.
    pub fn peek_tag(&self) -> String {
        format!("{:05}", self.next_tag)
    }

    pub fn use_tag(&mut self) {
        self.next_tag += 1;
    }

    pub fn add_user(&mut self, username: &str, email: Option<&str>) -> u64 {
        let id = self.new_id();
        self.users.push(UserRecord {
            id,
            username: username.to_owned(),
            email: email.map(str::to_owned),
            location: None,
            is_deleted: false,
        });
        id
    }

    pub fn add_model(&mut self, name: &str, category: &str) -> u64 {
        let category = self.add_category(category);
        let id = self.new_id();
        self.models.push(ModelRecord {
            id,
            name: name.to_owned(),
            number: None,
            manufacturer: None,
            category,
            fieldset: None,
            is_deleted: false,
        });
        id
    }

    fn add_category(&mut self, name: &str) -> u64 {
        let found = self
            .categories
            .iter()
            .find(|row| row.name == name && row.kind == "asset");
        if let Some(found) = found {
            return found.id;
        }
        let id = self.new_id();
        self.categories.push(NameRecord {
            id,
            name: name.to_owned(),
            kind: "asset".to_owned(),
            is_deleted: false,
        });
        id
    }

    /// A custom field of this format; answers its id.
    pub fn add_field(&mut self, name: &str, format: &str, element: &str) -> u64 {
        let id = self.new_id();
        self.fields.push(FieldRecord {
            id,
            name: name.to_owned(),
            column: column_of(name, id),
            format: format.to_owned(),
            element: element.to_owned(),
            values: None,
        });
        id
    }

    pub fn add_fieldset(&mut self, name: &str, fields: &[u64]) -> u64 {
        let id = self.new_id();
        self.fieldsets.push(FieldsetRecord {
            id,
            name: name.to_owned(),
            fields: fields.to_vec(),
        });
        id
    }

    /// An asset of somebody else: of this model, deployable, with nobody.
    pub fn add_asset(&mut self, tag: &str, serial: Option<&str>, model: u64) -> u64 {
        let id = self.new_id();
        let status = self.labels.iter().find(|label| label.kind == "deployable").unwrap().id;
        let now = Utc::now();
        self.assets.insert(
            id,
            AssetRecord {
                id,
                name: None,
                asset_tag: tag.to_owned(),
                serial: serial.map(str::to_owned),
                model,
                status,
                assigned: None,
                company: None,
                location: None,
                rtd_location: None,
                notes: None,
                order_number: None,
                byod: false,
                warranty_months: None,
                purchase_date: None,
                created_at: now,
                updated_at: now,
                deleted_at: None,
                checkouts: 0,
                checkins: 0,
                custom: BTreeMap::new(),
            },
        );
        id
    }

    pub fn model(&self, id: u64) -> Option<&ModelRecord> {
        self.models.iter().find(|model| model.id == id)
    }

    pub fn label(&self, id: u64) -> Option<&NameRecord> {
        self.labels.iter().find(|label| label.id == id)
    }

    pub fn user(&self, id: u64) -> Option<&UserRecord> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The custom fields that assets of this model show.
    pub fn shown_fields(&self, model: u64) -> Vec<&FieldRecord> {
        let fieldset = self.model(model).and_then(|model| model.fieldset);
        let fieldset = fieldset.and_then(|id| self.fieldsets.iter().find(|set| set.id == id));
        let ids = fieldset.map(|set| set.fields.as_slice()).unwrap_or_default();
        ids.iter()
            .filter_map(|id| self.fields.iter().find(|field| field.id == *id))
            .collect()
    }

    pub fn note_history(&mut self, asset: u64, action: &'static str, note: Option<&str>) {
        self.history.push(HistoryEntry {
            asset,
            action,
            note: note.map(str::to_owned),
        });
    }
}

/// `_snipeit_` with at most 50 letters of the slug, and the id.
pub fn column_of(name: &str, id: u64) -> String {
    let mut slug = String::from("_snipeit_");
    for letter in name.to_lowercase().chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => slug.push(letter),
            _ if !slug.ends_with('_') => slug.push('_'),
            _ => (),
        }
    }
    let cut: String = slug.trim_end_matches('_').chars().take(50).collect();
    format!("{cut}_{id}")
}

/// As the database compares texts.
pub fn is_same_text(one: &str, other: &str) -> bool {
    one.trim_end().to_lowercase() == other.trim_end().to_lowercase()
}
