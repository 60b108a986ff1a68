//! Rows of the high-level API of GLPI, read: pure. And how a value stands in a filter.
//!
//! What a row refers to (manufacturer, model, type, state, user) is an object with `id` and `name`; nothing is null, or an id
//! of 0. A filter that a GLPI does not know is left out by it without a word, so every hit is compared once more.

use serde_json::{Value, json};

use super::fields::{CHASSIS, MAKER, MODEL, NAME, SERIAL};
use super::record_name::{ItemType, numbered_record};
use crate::config::GlpiSettings;
use crate::model::DeviceId;
use crate::targets::{FieldValues, RecordState, TargetRecord};

/// A computer or a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GlpiItem {
    pub item_type: ItemType,
    pub id: u64,
    pub name: Option<String>,
    pub serial: Option<String>,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub chassis: Option<String>,
    pub state: Option<String>,
    pub user: Option<u64>,
    pub is_deleted: bool,
}

/// An agent, and what it has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GlpiAgent {
    pub id: u64,
    pub agent: String,
    /// `None`: rules have refused what it sent, or its record was purged.
    pub item: Option<(ItemType, u64)>,
    pub last_contact: String,
}

/// `None`: it has no id.
pub(super) fn read_item(item_type: ItemType, row: &Value) -> Option<GlpiItem> {
    Some(GlpiItem {
        item_type,
        id: row.get("id")?.as_u64()?,
        name: text_of(row, "name"),
        serial: text_of(row, "serial"),
        maker: name_of(row, "manufacturer"),
        model: name_of(row, "model"),
        chassis: name_of(row, "type"),
        state: name_of(row, "status"),
        user: row.get("user").and_then(id_of).filter(|id| *id > 0),
        is_deleted: row.get("is_deleted").is_some_and(is_true),
    })
}

pub(super) fn read_agent(row: &Value) -> Option<GlpiAgent> {
    let item_type = text_of(row, "itemtype").and_then(|name| ItemType::find(&name));
    let number = row.get("items_id").and_then(id_of).filter(|id| *id > 0);
    Some(GlpiAgent {
        id: row.get("id")?.as_u64()?,
        agent: text_of(row, "deviceid")?,
        item: item_type.zip(number),
        last_contact: text_of(row, "last_contact").unwrap_or_default(),
    })
}

impl GlpiItem {
    /// `device`: whose agent has written it.
    pub(super) fn to_record(&self, device: Option<DeviceId>, own: &GlpiSettings) -> TargetRecord {
        let value = |text: &Option<String>| text.as_ref().map_or(Value::Null, |text| json!(text));
        let values = FieldValues::from([
            (NAME.to_owned(), value(&self.name)),
            (SERIAL.to_owned(), value(&self.serial)),
            (MAKER.to_owned(), value(&self.maker)),
            (MODEL.to_owned(), value(&self.model)),
            (CHASSIS.to_owned(), value(&self.chassis)),
        ]);
        TargetRecord {
            id: numbered_record(self.item_type, self.id),
            device,
            serial: self.serial.clone(),
            name: self.name.clone(),
            state: self.record_state(own),
            user: self.user.map(|id| id.to_string()),
            values,
            synced_by_others: false,
        }
    }

    fn record_state(&self, own: &GlpiSettings) -> RecordState {
        let is_away = |state: &String| is_same_text(state, &own.gone_state) || is_same_text(state, &own.stock_state);
        match &self.state {
            _ if self.is_deleted => RecordState::Deleted,
            Some(state) if is_away(state) => RecordState::Retired,
            _ => RecordState::Active,
        }
    }
}

/// As the database of GLPI compares texts.
pub(super) fn is_same_text(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The text of a member, trimmed; `None` where it is empty or no text.
pub(super) fn text_of(row: &Value, member: &str) -> Option<String> {
    let text = row.get(member)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn name_of(row: &Value, member: &str) -> Option<String> {
    text_of(row.get(member)?, "name")
}

/// A number, or an object with one.
fn id_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.get("id")?.as_u64())
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_u64() == Some(1))
}

/// Whether somebody has this e-mail address.
pub(super) fn has_email(row: &Value, address: &str) -> bool {
    let emails = row.get("emails").and_then(Value::as_array);
    let mut texts = emails.into_iter().flatten().filter_map(|email| text_of(email, "email"));
    texts.any(|email| is_same_text(&email, address))
}

/// A comparison in a filter. `None`: a filter of GLPI cannot hold this text.
pub(super) fn filter_by(property: &str, text: &str) -> Option<String> {
    let quote = match (text.contains('"'), text.contains('\'')) {
        (false, _) => '"',
        (true, false) => '\'',
        (true, true) => return None,
    };
    (!text.contains('\\')).then(|| format!("{property}=={quote}{text}{quote}"))
}

/// In use or in the trash, whichever of them a list shows by itself.
pub(super) fn with_trash(filter: &str) -> String {
    format!("{filter};(is_deleted==true,is_deleted==false)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{InventorySignIn, NoSerialRule};

    fn own() -> GlpiSettings {
        GlpiSettings {
            inventory_sign_in: InventorySignIn::Nothing,
            inventory_user: None,
            inventory_password: None,
            client_id: None,
            client_secret: None,
            user: None,
            password: None,
            gone_state: "Gone from Intune".to_owned(),
            stock_state: "In stock".to_owned(),
            active_state: None,
            no_serial: NoSerialRule::Hold,
            tag: None,
        }
    }

    #[test]
    fn an_asset_is_read_with_what_it_refers_to() {
        let row = json!({"id": 7, "name": " PC ", "serial": "", "manufacturer": {"id": 1, "name": "LENOVO"}, "model": null,
            "status": {"id": 2, "name": "gone from intune"}, "user": {"id": 5, "name": "anna"}, "is_deleted": false});
        let asset = read_item(ItemType::Phone, &row).unwrap();
        let record = asset.to_record(None, &own());
        assert_eq!((record.id.0.as_str(), record.state), ("Phone/7", RecordState::Retired));
        assert_eq!((record.user.as_deref(), record.serial), (Some("5"), None));
        assert_eq!(record.values[MAKER], "LENOVO");
        assert_eq!(record.values[MODEL], Value::Null);
        let trashed = read_item(ItemType::Phone, &json!({"id": 7, "is_deleted": 1, "user": {"id": 0}})).unwrap();
        assert_eq!(trashed.to_record(None, &own()).state, RecordState::Deleted);
        assert_eq!(trashed.user, None);
        assert_eq!(read_item(ItemType::Phone, &json!({"name": "PC"})), None);
    }

    #[test]
    fn an_agent_without_a_record_has_none() {
        let row = json!({"id": 3, "deviceid": "INTUNE-x", "itemtype": "Computer", "items_id": 0});
        assert_eq!(read_agent(&row).unwrap().item, None);
        let row = json!({"id": 3, "deviceid": "INTUNE-x", "itemtype": "Computer", "items_id": 9});
        assert_eq!(read_agent(&row).unwrap().item, Some((ItemType::Computer, 9)));
    }

    #[test]
    fn a_text_stands_in_a_filter_or_there_is_none() {
        assert_eq!(filter_by("serial", "A;B,(C)").as_deref(), Some("serial==\"A;B,(C)\""));
        assert_eq!(filter_by("serial", "A\"B").as_deref(), Some("serial=='A\"B'"));
        assert_eq!(filter_by("serial", "it's").as_deref(), Some("serial==\"it's\""));
        assert_eq!(filter_by("serial", "a\"b'c"), None);
        assert_eq!(filter_by("serial", "a\\b"), None);
    }
}
