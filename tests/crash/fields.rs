//! Every field of a device as the tenant has it against what a server was told: nothing of how the product reads, keeps
//! and shapes them is used here.

use std::collections::BTreeSet;

use serde_json::Value;

/// They move by themselves, and are told at most once a day (S5).
const MOVING: &[&str] = &[
    "lastSyncDateTime",
    "exchangeLastSuccessfulSyncDateTime",
    "freeStorageSpaceInBytes",
    "configurationManagerClientHealthState",
    "hardwareInformation",
    "usersLoggedOn",
];
/// Never read: they open the device, lead into somebody's screen, or belong to another flow.
const NEVER: &[&str] = &[
    "activationLockBypassCode",
    "remoteAssistanceSessionUrl",
    "deviceActionResults",
    "cloudPcRemoteActionResults",
];
/// Told of every device, whatever a server is limited to.
const ALWAYS: &[&str] = &["id", "deviceClass"];
/// Ids and addresses are told in one spelling.
const CASELESS: &[&str] = &[
    "userId",
    "azureADDeviceId",
    "azureActiveDirectoryDeviceId",
    "wiFiMacAddress",
    "ethernetMacAddress",
    "jailBroken",
];
/// Members of a device's health that move by themselves.
const MOVING_MEMBERS: &[&str] = &["lastUpdateDateTime", "issuedDateTime", "resetCount", "restartCount"];

/// What a server may see; `None`: every field.
pub type Allowed = Option<BTreeSet<String>>;

/// Fields that are not told as they are, each with what it is and what was told. `list` and `whole`: the device as a list
/// and as a request for it alone, by the names of all fields, show it; a list leaves some fields empty.
pub fn differences(list: &Value, whole: &Value, told: &Value, allowed: &Allowed) -> Vec<String> {
    let is_allowed = |field: &str| ALWAYS.contains(&field) || allowed.as_ref().is_none_or(|set| set.contains(field));
    let mut found = Vec::new();
    for (field, is) in list.as_object().unwrap() {
        if MOVING.contains(&field.as_str()) || NEVER.contains(&field.as_str()) || !is_allowed(field) {
            continue;
        }
        let said = plain(field, &told[field]);
        if said != plain(field, is) && (said.is_null() || said != plain(field, &whole[field])) {
            found.push(format!("{field} is {is}, and {} is told", told[field]));
        }
    }
    for field in told.as_object().unwrap().keys() {
        if !is_allowed(field) {
            found.push(format!("{field} is told, and the server is not to have it"));
        } else if NEVER.contains(&field.as_str()) {
            found.push(format!("{field} is told, and is never to be read"));
        }
    }
    found
}

/// The names of what may be read of a device.
pub fn read_of(device: &Value) -> Vec<&str> {
    let names = device.as_object().unwrap().keys().map(String::as_str);
    names.filter(|name| !NEVER.contains(name)).collect()
}

/// Nothing has several spellings in Graph and one in the feed.
fn plain(field: &str, value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let text = if CASELESS.contains(&field) {
                text.to_lowercase()
            } else {
                text.clone()
            };
            let is_nothing = text.is_empty()
                || text.starts_with("0001-01-01T")
                || text.starts_with("9999-12-31T")
                || text == "00000000-0000-0000-0000-000000000000"
                || (field == "deviceCategoryDisplayName" && text == "Unknown")
                || text.chars().all(|c| matches!(c, '0' | ':'));
            if is_nothing {
                Value::Null
            } else {
                whole_seconds(&text).unwrap_or(text).into()
            }
        }
        Value::Number(number) if number.as_u64() == Some(0) => Value::Null,
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| !MOVING_MEMBERS.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), plain(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(|item| plain(field, item)).collect(),
        other => other.clone(),
    }
}

/// A date without fractions of a second; `None`: it is no date with such.
fn whole_seconds(text: &str) -> Option<String> {
    let (date, fraction) = text.strip_suffix('Z')?.split_once('.')?;
    let is_date = date.len() == "2026-01-01T00:00:00".len() && date.as_bytes()[10] == b'T';
    (is_date && fraction.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("{date}Z"))
}

/// Whether a lie about any field, about no more than one at a time, is seen: those that a device has and that the judge
/// compares.
pub fn sees_every_lie(device: &Value) -> bool {
    let fields = device.as_object().unwrap().keys();
    let compared = fields.filter(|field| !MOVING.contains(&field.as_str()) && !NEVER.contains(&field.as_str()));
    let mut seen = 0;
    for field in compared {
        let mut told = device.clone();
        told.as_object_mut()
            .unwrap()
            .retain(|name, _| !NEVER.contains(&name.as_str()));
        let honest = differences(device, device, &told, &None);
        told[field] = "a lie".into();
        if !honest.is_empty() || differences(device, device, &told, &None).len() != 1 {
            return false;
        }
        seen += 1;
    }
    seen >= 40
}
