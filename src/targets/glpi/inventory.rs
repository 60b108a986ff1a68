//! A device as an inventory of GLPI: JSON, by GLPI's own schema. Pure.
//!
//! *Whole or partial.* A whole inventory of a computer empties the lists that it lacks (virtual machines, antivirus, monitors),
//! which an agent may have filled. So only what makes a new record is whole; everything else says `partial`.
//!
//! *A serial number always goes along*, where there is one that can be used: without it, GLPI looks for the name alone. One of HP
//! (by the name *Hewlett-Packard*) loses its first S over there, and would find another record, or none; as *HP* it keeps it.
//!
//! *A value that has gone* is sent as an empty text. What stands in a list cannot be taken away from outside.

use serde_json::{Map, Value, json};

use super::fields::{GlpiField, GlpiForm, GlpiSection, NAME, SERIAL, find_glpi_field};
use super::record_name::ItemType;
use crate::inventory::usable_serial;
use crate::model::replace_unprintable;
use crate::targets::{FieldValues, TargetFault};

/// Who wrote it, as GLPI shows with the agent.
const CLIENT: &str = concat!("intune-connector_v", env!("CARGO_PKG_VERSION"));
/// Hexadecimal digits of a MAC address.
const MAC_DIGITS: usize = 12;
/// Larger numbers do not fit into the columns of GLPI.
const NUMBER_MAX: u64 = 2_147_483_647;
/// A part of the name of HP as it once was; GLPI looks for it.
const OLD_HP: &str = "ewlett";

/// One inventory.
#[derive(Debug)]
pub(super) struct GlpiInventory<'a> {
    pub agent: &'a str,
    pub item_type: ItemType,
    pub values: &'a FieldValues,
    /// Those that differ from what GLPI has; `None`: it has nothing yet, and the inventory is whole.
    pub changed: Option<&'a FieldValues>,
    pub name: &'a str,
    /// By which GLPI finds the record.
    pub serial: Option<&'a str>,
    /// Login name of the user, as GLPI has it.
    pub login: Option<&'a str>,
    pub tag: Option<&'a str>,
}

/// The field of an inventory that is called so.
pub(super) fn require_glpi_field(name: &str) -> Result<&'static GlpiField, TargetFault> {
    find_glpi_field(name).ok_or_else(|| TargetFault::Misconfigured {
        problem: format!("an inventory of GLPI has no field {name}"),
        advice: "take one that there is: intune-connector targets fields TARGET".to_owned(),
    })
}

impl GlpiInventory<'_> {
    pub(super) fn build_json(&self) -> Result<Value, TargetFault> {
        let mut content = Map::from_iter([("versionclient".to_owned(), json!(CLIENT))]);
        for (name, value) in self.values {
            let field = require_glpi_field(name)?;
            if matches!(field.name, NAME | SERIAL) {
                continue;
            }
            let is_emptied = self.changed.is_some_and(|changed| changed.contains_key(name));
            if let Some(sent) = sent_value(field, value, is_emptied)? {
                put_value(&mut content, field, sent);
            }
        }
        self.put_identity(&mut content);
        let mut inventory = json!({
            "action": "inventory", "deviceid": self.agent, "itemtype": self.item_type.name(), "content": content,
        });
        if self.changed.is_some() {
            inventory["partial"] = json!(true);
        }
        if let Some(tag) = self.tag {
            inventory["tag"] = json!(tag);
        }
        Ok(inventory)
    }

    /// By what GLPI finds it, and who has it.
    fn put_identity(&self, content: &mut Map<String, Value>) {
        section_of(content, "hardware").insert("name".to_owned(), json!(self.name));
        if let Some(serial) = self.serial {
            let bios = section_of(content, "bios");
            bios.insert("ssn".to_owned(), json!(serial));
            let maker = bios.get("smanufacturer").and_then(Value::as_str);
            if maker.is_some_and(|maker| maker.contains(OLD_HP)) && begins_with_s(serial) {
                bios.insert("smanufacturer".to_owned(), json!("HP"));
            }
        }
        if let Some(login) = self.login {
            // With a domain beside it, GLPI would look among the users of that directory alone.
            content.insert("users".to_owned(), json!([{ "login": login }]));
        }
    }
}

/// The name under which a device is kept: its own, else its serial number, else its id. GLPI refuses what has no name.
pub(super) fn choose_name(values: &FieldValues, serial: Option<&str>, agent: &str) -> String {
    let own = values.get(NAME).and_then(|value| clean_text(value, 255));
    own.or_else(|| serial.map(str::to_owned))
        .unwrap_or_else(|| agent.to_owned())
}

/// A name that no other device has.
pub(super) fn make_own_name(name: &str, agent: &str) -> String {
    let short: String = name.chars().take(180).collect();
    format!("{short} ({agent})")
}

/// The serial number of these values, if it tells devices apart.
pub(super) fn serial_in(values: &FieldValues) -> Option<String> {
    let text = values.get(SERIAL).and_then(|value| clean_text(value, 255))?;
    usable_serial(&text).map(|_| text)
}

/// The same number as GLPI keeps it for old machines of HP.
pub(super) fn strip_hp_serial(serial: &str) -> Option<&str> {
    begins_with_s(serial)
        .then(|| &serial[1..])
        .filter(|rest| !rest.is_empty())
}

/// Whether a manufacturer, as GLPI has it, is HP.
pub(super) fn is_hp(maker: &str) -> bool {
    let lower = maker.trim().to_lowercase();
    lower.contains(OLD_HP) || lower == "hp" || lower.starts_with("hp ")
}

fn begins_with_s(serial: &str) -> bool {
    serial.starts_with(['s', 'S'])
}

fn section_of<'a>(content: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let section = content.entry(key.to_owned()).or_insert_with(|| json!({}));
    if !section.is_object() {
        *section = json!({});
    }
    match section {
        Value::Object(parts) => parts,
        _ => unreachable!("it was made an object"),
    }
}

fn put_value(content: &mut Map<String, Value>, field: &GlpiField, value: Value) {
    let key = field.section.key();
    if !field.section.is_list() {
        section_of(content, key).insert(field.key.to_owned(), value);
        return;
    }
    let list = content.entry(key.to_owned()).or_insert_with(|| json!([]));
    let Value::Array(entries) = list else { return };
    let labels = entry_labels(field.section);
    let is_own = |entry: &&mut Value| labels.iter().all(|(name, text)| entry[*name] == *text);
    if let Some(entry) = entries.iter_mut().find(is_own) {
        entry[field.key] = value;
        return;
    }
    let mut entry: Map<String, Value> = labels
        .iter()
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect();
    entry.insert(field.key.to_owned(), value);
    entries.push(Value::Object(entry));
}

/// What an entry of a list has besides, so that it is one.
fn entry_labels(section: GlpiSection) -> &'static [(&'static str, &'static str)] {
    match section {
        GlpiSection::Wifi => &[("description", "Wi-Fi"), ("type", "wifi")],
        GlpiSection::Ethernet => &[("description", "Ethernet"), ("type", "ethernet")],
        GlpiSection::Storage => &[("name", "Storage"), ("description", "Storage")],
        GlpiSection::Modem => &[("name", "Modem")],
        GlpiSection::SimCard | GlpiSection::Hardware | GlpiSection::Bios | GlpiSection::OperatingSystem => &[],
    }
}

/// `None`: nothing is sent of it.
fn sent_value(field: &GlpiField, value: &Value, is_emptied: bool) -> Result<Option<Value>, TargetFault> {
    let refused = |problem: &str| TargetFault::Refused {
        problem: problem.to_owned(),
        field: Some(field.name.to_owned()),
    };
    if matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(refused("the value is a list or an object"));
    }
    let Some(plain) = clean_text(value, field.longest) else {
        let is_cleared = is_emptied && field.form == GlpiForm::Text && !field.section.is_list();
        return Ok(is_cleared.then(|| json!("")));
    };
    Ok(match field.form {
        GlpiForm::Text => Some(json!(plain)),
        GlpiForm::Serial => usable_serial(&plain).map(|_| json!(plain)),
        GlpiForm::Mac => format_mac(&plain).map(|mac| json!(mac)),
        GlpiForm::Number => {
            let number = whole_number(&plain).ok_or_else(|| refused("the value is not a whole number"))?;
            (number > 0).then(|| json!(number.min(NUMBER_MAX)))
        }
    })
}

/// One line of what can be seen; `None`: nothing is left.
fn clean_text(value: &Value, longest: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => replace_unprintable(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let cut: String = text.trim().chars().take(longest).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Intune writes twelve digits, GLPI has colons between them. `None`: it is no address of an adapter.
fn format_mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let has_others = text
        .chars()
        .any(|sign| !sign.is_ascii_hexdigit() && !matches!(sign, ':' | '-' | '.' | ' '));
    if has_others || digits.len() != MAC_DIGITS || digits.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let pairs: Vec<&str> = (0..MAC_DIGITS).step_by(2).map(|at| &lower[at..at + 2]).collect();
    Some(pairs.join(":"))
}

fn whole_number(text: &str) -> Option<u64> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => text,
    };
    let is_digits = !whole.is_empty() && whole.bytes().all(|digit| digit.is_ascii_digit());
    is_digits.then(|| whole.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "inventory_tests.rs"]
mod tests;
