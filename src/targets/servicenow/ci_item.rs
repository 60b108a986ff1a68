//! From a planned write to an item of a payload for IRE: pure. What has to be looked for over there (ids of references, the
//! class of a CI that exists) is known before.
//!
//! *By what IRE finds a CI.* Each item has the Intune device id as the native key of the data source. The rules come behind it:
//! serial number, then name, whoever else has it. So a serial number that tells no device from another never goes over.
//!
//! *No class changes.* IRE moves a CI to the class of the item unless each item says that it must not; a CI that exists is
//! named by its own class, so that all of its columns are known.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::field_table::{
    LINK_FIELD, MAC_FIELD, NAME_FIELD, SERIAL_FIELD, USER_FIELD, find_referred_table, is_sys_id, is_time_field,
    lengthen_mac,
};
use crate::config::{LookRule, MatchRule, ServiceNowSettings, StatusValue};
use crate::contract::RetireAction;
use crate::inventory::usable_serial;
use crate::model::parse_time;
use crate::targets::{FieldValues, PlannedWrite, RecordId, TargetFault, UserChange};

/// As ServiceNow writes times, in UTC.
const TIME_FORM: &str = "%Y-%m-%d %H:%M:%S";

/// Field and name to the id of what has this name; `None`: there is none, or several.
pub(super) type ReferenceIds = HashMap<(String, String), Option<String>>;

/// What IRE should do with an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ItemAim {
    /// Makes a CI.
    Make,
    /// Changes this one.
    Change(RecordId),
    /// Marks this one as gone, or in stock.
    Retire(RecordId),
}

/// One item of a payload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CiItem {
    pub json: Value,
    pub aim: ItemAim,
    /// Whether IRE may not know yet which CI the native key belongs to.
    pub is_new_key: bool,
    /// Columns that are emptied.
    pub emptied: Vec<String>,
    /// Table of its class.
    pub class: String,
}

impl CiItem {
    /// The native key by which IRE finds it.
    pub(super) fn key(&self) -> &str {
        self.json["internal_id"].as_str().unwrap_or_default()
    }

    /// The same of a CI that bears the id of another device, which it keeps. `id_field`: where that stands.
    pub(super) fn with_key(&self, key: &str, id_field: &str) -> CiItem {
        let mut item = self.clone();
        item.json["internal_id"] = json!(key);
        item.json["sys_object_source_info"]["source_native_key"] = json!(key);
        item.json["values"][id_field] = json!(key);
        item
    }

    /// By which IRE finds it where nothing else does.
    pub(super) fn name(&self) -> Option<&str> {
        self.json
            .get("values")?
            .get(NAME_FIELD)?
            .as_str()
            .filter(|name| !name.is_empty())
    }
}

/// What is known before an item can be built.
pub(super) struct ItemFacts<'a> {
    pub own: &'a ServiceNowSettings,
    pub references: &'a ReferenceIds,
    /// Table of the class of the CI, where there is one already.
    pub class: Option<&'a str>,
    /// Whether the user of a CI that goes is taken off.
    pub clears_user: bool,
}

pub(super) fn build_item(write: &PlannedWrite, facts: &ItemFacts<'_>) -> Result<CiItem, TargetFault> {
    let own = facts.own;
    let key = write.device_key().device.to_string();
    let mut columns = ColumnSet::default();
    let (aim, class, is_new_key) = match write {
        PlannedWrite::Create {
            values,
            class_name,
            user,
            ..
        } => {
            columns.put_values(values, facts);
            columns.put_status(&own.active_values);
            columns.put_user(user);
            columns.put_fallback_name(&key);
            let class = if class_name.is_empty() {
                own.default_class.as_str()
            } else {
                check_class(class_name)?
            };
            (ItemAim::Make, class, true)
        }
        PlannedWrite::Update {
            record,
            values,
            all,
            restore,
            replaces,
            user,
            ..
        } => {
            columns.put_values(values, facts);
            if *restore {
                columns.put_status(&own.active_values);
            }
            columns.put_user(user);
            // Of a CI that is taken over, the key is news: IRE has to find it by what it is.
            let is_new_key = *restore || replaces.is_some() || values.contains_key(LINK_FIELD);
            if is_new_key || own.first_look == LookRule::Always {
                columns.put_missing(all, facts);
            }
            let class = facts.class.unwrap_or(&own.default_class);
            (ItemAim::Change(record.clone()), class, is_new_key)
        }
        PlannedWrite::Retire { record, action, .. } => {
            columns.put_status(match action {
                RetireAction::Stock => &own.stock_values,
                _ => &own.gone_values,
            });
            if facts.clears_user {
                columns.put_user(&UserChange::Clear);
            }
            let class = facts.class.unwrap_or(&own.default_class);
            (ItemAim::Retire(record.clone()), class, false)
        }
    };
    Ok(finish_item(&key, aim, class, is_new_key, (columns, own)))
}

/// Values of one CI put back as they were. Its class is known.
pub(super) fn build_revert(key: &str, record: &RecordId, values: &FieldValues, facts: &ItemFacts<'_>) -> CiItem {
    let mut columns = ColumnSet::default();
    columns.put_values(values, facts);
    let class = facts.class.unwrap_or(&facts.own.default_class);
    finish_item(key, ItemAim::Change(record.clone()), class, false, (columns, facts.own))
}

fn finish_item(
    key: &str,
    aim: ItemAim,
    class: &str,
    is_new_key: bool,
    (mut columns, own): (ColumnSet, &ServiceNowSettings),
) -> CiItem {
    columns.put(&own.id_field, key.to_owned());
    if own.match_by == MatchRule::SysId
        && let ItemAim::Change(record) | ItemAim::Retire(record) = &aim
    {
        columns.put("sys_id", record.0.clone());
    }
    CiItem {
        json: json!({
            "className": class,
            "internal_id": key,
            "values": columns.values,
            "sys_object_source_info": {"source_name": own.data_source, "source_native_key": key},
            "settings": {"updateWithoutUpgrade": true, "updateWithoutDowngrade": true, "updateWithoutSwitch": true},
        }),
        aim,
        is_new_key,
        emptied: columns.emptied,
        class: class.to_owned(),
    }
}

/// The class comes from a mapping, and stands in paths.
fn check_class(class: &str) -> Result<&str, TargetFault> {
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if class.bytes().all(is_sign) {
        return Ok(class);
    }
    Err(TargetFault::Misconfigured {
        problem: format!("`{class}` is not the name of a class of ServiceNow"),
        advice: "name the table of the class in `classes` of the mapping, such as cmdb_ci_computer".to_owned(),
    })
}

/// Columns of an item.
#[derive(Default)]
struct ColumnSet {
    values: Map<String, Value>,
    emptied: Vec<String>,
}

impl ColumnSet {
    fn has(&self, column: &str) -> bool {
        self.values.get(column).is_some_and(|value| value != "")
    }

    fn put(&mut self, column: &str, text: String) {
        self.values.insert(column.to_owned(), Value::String(text));
    }

    fn empty(&mut self, column: &str) {
        self.put(column, String::new());
        self.emptied.push(column.to_owned());
    }

    fn put_values(&mut self, values: &FieldValues, facts: &ItemFacts<'_>) {
        for (field, value) in values.iter().filter(|(field, _)| *field != LINK_FIELD) {
            match write_value(field, value, facts.references) {
                ColumnWrite::Text(text) => self.put(field, text),
                ColumnWrite::Empty => self.empty(field),
                ColumnWrite::Nothing => {}
            }
        }
    }

    /// What a CI is found by, where it is not written anyway.
    fn put_missing(&mut self, all: &FieldValues, facts: &ItemFacts<'_>) {
        for field in [SERIAL_FIELD, NAME_FIELD] {
            let value = all.get(field).filter(|_| !self.values.contains_key(field));
            if let Some(value) = value
                && let ColumnWrite::Text(text) = write_value(field, value, facts.references)
            {
                self.put(field, text);
            }
        }
    }

    /// IRE knows nothing by its native key alone.
    fn put_fallback_name(&mut self, key: &str) {
        if !self.has(NAME_FIELD) && !self.has(SERIAL_FIELD) {
            self.put(NAME_FIELD, format!("INTUNE-{key}"));
        }
    }

    fn put_status(&mut self, values: &[StatusValue]) {
        for status in values {
            self.put(&status.field, status.value.clone());
        }
    }

    fn put_user(&mut self, user: &UserChange) {
        match user {
            UserChange::Keep => {}
            UserChange::Clear => self.empty(USER_FIELD),
            UserChange::Assign(id) => self.put(USER_FIELD, id.clone()),
        }
    }
}

enum ColumnWrite {
    Text(String),
    Empty,
    /// It cannot be said over there.
    Nothing,
}

fn write_value(field: &str, value: &Value, references: &ReferenceIds) -> ColumnWrite {
    let Some(text) = plain_text(value) else {
        return ColumnWrite::Empty;
    };
    if field == SERIAL_FIELD {
        return usable_serial(&text).map_or(ColumnWrite::Nothing, |_| ColumnWrite::Text(text));
    }
    if field == MAC_FIELD {
        return ColumnWrite::Text(lengthen_mac(&text));
    }
    if find_referred_table(field).is_some() && !is_sys_id(&text) {
        let found = references.get(&(field.to_owned(), text)).cloned().flatten();
        return found.map_or(ColumnWrite::Nothing, ColumnWrite::Text);
    }
    if is_time_field(field)
        && let Some(time) = parse_time(&text)
    {
        return ColumnWrite::Text(time.format(TIME_FORM).to_string());
    }
    ColumnWrite::Text(text)
}

/// `None`: empty. What can't be seen is left out, but for line breaks and tabs.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_kept = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    let visible: String = text.chars().filter(is_kept).collect();
    let trimmed = visible.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Settings for the unit tests of this kind.
#[cfg(test)]
pub(super) mod samples {
    use secrecy::SecretString;

    use crate::config::{EmptyRule, LookRule, MatchRule, ReconcileDoor, ServiceNowSettings, StatusValue};

    fn status(field: &str, value: &str) -> StatusValue {
        StatusValue {
            field: field.to_owned(),
            value: value.to_owned(),
        }
    }

    pub(in crate::targets::servicenow) fn own_settings() -> ServiceNowSettings {
        ServiceNowSettings {
            user: Some("bus".to_owned()),
            password: Some(SecretString::from("not~a~password")),
            client_id: None,
            client_secret: None,
            data_source: "IntuneConnector".to_owned(),
            other_sources: Vec::new(),
            root_table: "cmdb_ci_hardware".to_owned(),
            id_field: "correlation_id".to_owned(),
            default_class: "cmdb_ci_computer".to_owned(),
            door: ReconcileDoor::Enhanced,
            items_per_request: 50,
            match_by: MatchRule::Key,
            first_look: LookRule::New,
            empty_by: EmptyRule::Reconcile,
            active_values: vec![status("install_status", "1"), status("operational_status", "1")],
            stock_values: vec![status("install_status", "6")],
            gone_values: vec![status("install_status", "7"), status("operational_status", "6")],
        }
    }
}

#[cfg(test)]
#[path = "ci_item_tests.rs"]
mod tests;
