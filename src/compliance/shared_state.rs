//! What a decision leaves in the shared state of a journey, under the keys of the node that this one replaces.
//!
//! Properties stand as `INTUNE_` and their name, by the rules of the original: text that is not blank as it is, objects and lists
//! as JSON, whole numbers and truth values as text; null, blank and numbers with a fraction not at all. What an earlier
//! decision left is named in `removed` first, so that nothing of another device or another day is taken for this one's;
//! the original does not do that.

use serde_json::{Map, Value, json};

use super::facts::{DeviceFacts, InstalledApp, InstalledApps};
use crate::model::Timestamp;

pub(crate) const PREFIX: &str = "INTUNE_";
pub(crate) const APPS: &str = "INTUNE_INSTALLED_APPS";
pub(crate) const APPS_JSON: &str = "INTUNE_INSTALLED_APPS_JSON";
pub(crate) const EXCEPTION: &str = "[Microsoft Intune][Marketplace] Exception";
pub(crate) const STACK_TRACE: &str = "[Microsoft Intune][Marketplace] StackTrace";
/// As the original writes it.
pub(crate) const STACK_TRACE_ODD: &str = "[Microsoft Intune][Marketplace] StackTracke";
/// Of the original's ancestor: yes or no.
pub(crate) const FORBIDDEN_APP: &str = "blackListedAppPresent";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SharedStateChange {
    pub set: Map<String, Value>,
    pub removed: Vec<String>,
}

/// What went wrong, for the two keys that tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateException {
    pub message: String,
    /// Cause by cause.
    pub trace: String,
}

/// What is to be saved of what was read.
pub struct SavedFacts<'a> {
    pub properties: Option<&'a Map<String, Value>>,
    pub apps: Option<&'a InstalledApps>,
    pub forbidden_app_present: Option<bool>,
}

impl<'a> SavedFacts<'a> {
    pub fn without_facts() -> SavedFacts<'a> {
        SavedFacts {
            properties: None,
            apps: None,
            forbidden_app_present: None,
        }
    }

    pub fn from_facts(facts: &'a DeviceFacts, properties: bool, apps: bool) -> SavedFacts<'a> {
        SavedFacts {
            properties: properties.then_some(&facts.device),
            apps: apps.then_some(&facts.apps),
            forbidden_app_present: None,
        }
    }
}

/// `before`: the shared state that was given, if one was.
pub fn compose_state_change(
    compatible: bool,
    before: Option<&Map<String, Value>>,
    saved: &SavedFacts<'_>,
    exception: Option<&StateException>,
    now: Timestamp,
) -> SharedStateChange {
    let mut set = Map::new();
    for (name, value) in saved.properties.into_iter().flatten() {
        if let Some(text) = state_text(value) {
            set.insert(format!("{PREFIX}{name}"), Value::String(text));
        }
    }
    if let Some(InstalledApps::Read(apps)) = saved.apps {
        let names: Vec<&str> = apps.iter().map(|app| app.name.as_str()).collect();
        set.insert(APPS.to_owned(), json!(format!("[{}]", names.join(", "))));
        if !compatible {
            set.insert(APPS_JSON.to_owned(), json!(apps_json(apps)));
        }
    }
    if let Some(present) = saved.forbidden_app_present {
        set.insert(FORBIDDEN_APP.to_owned(), json!(if present { "yes" } else { "no" }));
    }
    if let Some(exception) = exception {
        let at = now.format("%a %b %d %H:%M:%S UTC %Y");
        let trace = if compatible { STACK_TRACE_ODD } else { STACK_TRACE };
        set.insert(EXCEPTION.to_owned(), json!(format!("{at}: {}", exception.message)));
        set.insert(trace.to_owned(), json!(format!("{at}: {}", exception.trace)));
    }
    let removed = match (compatible, before) {
        (false, Some(before)) => outdated_keys(before, &set),
        _ => Vec::new(),
    };
    SharedStateChange { set, removed }
}

/// Keys of an earlier decision that this one does not write anew.
fn outdated_keys(before: &Map<String, Value>, set: &Map<String, Value>) -> Vec<String> {
    let ours =
        |key: &str| key.starts_with(PREFIX) || [EXCEPTION, STACK_TRACE, STACK_TRACE_ODD, FORBIDDEN_APP].contains(&key);
    let keys = before.keys().filter(|key| ours(key) && !set.contains_key(*key));
    keys.cloned().collect()
}

fn state_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        Value::Number(number) => (number.is_i64() || number.is_u64()).then(|| number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null => None,
    }
}

fn apps_json(apps: &[InstalledApp]) -> String {
    let apps: Vec<Value> = apps
        .iter()
        .map(|app| json!({"name": app.name, "version": app.version, "publisher": app.publisher}))
        .collect();
    Value::Array(apps).to_string()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn saved<'a>(device: &'a Map<String, Value>, apps: &'a InstalledApps) -> SavedFacts<'a> {
        SavedFacts {
            properties: Some(device),
            apps: Some(apps),
            forbidden_app_present: None,
        }
    }

    #[test]
    fn pn08_pn09_properties_are_saved_by_the_rules_of_the_original() {
        let device = map(json!({
            "@odata.context": "https://graph/$metadata", "deviceName": " A ", "blank": " ", "empty": "", "nothing": null,
            "yes": true, "whole": 42, "large": 9_007_199_254_740_993_i64, "fraction": 1.5,
            "list": ["a", 1], "object": {"a": null},
        }));
        for compatible in [true, false] {
            let change = compose_state_change(compatible, None, &saved(&device, &InstalledApps::NotAsked), None, now());
            let expected = map(json!({
                "INTUNE_@odata.context": "https://graph/$metadata", "INTUNE_deviceName": " A ", "INTUNE_yes": "true",
                "INTUNE_whole": "42", "INTUNE_large": "9007199254740993", "INTUNE_list": "[\"a\",1]",
                "INTUNE_object": "{\"a\":null}",
            }));
            assert_eq!(change.set, expected);
        }
    }

    #[test]
    fn pn10_apps_are_saved_as_text_and_beyond_the_original_as_json() {
        let app = |name: &str| InstalledApp {
            name: name.into(),
            version: Some("1".into()),
            publisher: None,
        };
        let apps = InstalledApps::Read(vec![app("Teams"), app("Chess, Deluxe")]);
        let device = Map::new();
        let compatible = compose_state_change(true, None, &saved(&device, &apps), None, now());
        assert_eq!(compatible.set, map(json!({APPS: "[Teams, Chess, Deluxe]"})));
        let own = compose_state_change(false, None, &saved(&device, &apps), None, now());
        assert_eq!(own.set[APPS], "[Teams, Chess, Deluxe]");
        let read: Value = serde_json::from_str(own.set[APPS_JSON].as_str().expect("text")).expect("JSON");
        assert_eq!(read[1]["name"], "Chess, Deluxe");
    }

    #[test]
    fn pn17_what_an_earlier_decision_left_goes_but_not_in_the_original() {
        let before = map(json!({
            "INTUNE_model": "old", "INTUNE_yes": "old", EXCEPTION: "old", STACK_TRACE_ODD: "old", "username": "mia",
            "myINTUNE_": 1, FORBIDDEN_APP: "no",
        }));
        let device = map(json!({"yes": true}));
        let own = compose_state_change(
            false,
            Some(&before),
            &saved(&device, &InstalledApps::NotAsked),
            None,
            now(),
        );
        assert_eq!(own.removed, ["INTUNE_model", EXCEPTION, STACK_TRACE_ODD, FORBIDDEN_APP]);
        let original = compose_state_change(
            true,
            Some(&before),
            &saved(&device, &InstalledApps::NotAsked),
            None,
            now(),
        );
        assert_eq!(original.removed, Vec::<String>::new());
        assert_eq!(original.set, own.set);
    }

    #[test]
    fn pn07_what_went_wrong_stands_under_the_two_keys() {
        let exception = StateException {
            message: "Graph answered 404".into(),
            trace: "reading the device: Graph answered 404".into(),
        };
        let own = compose_state_change(false, None, &SavedFacts::without_facts(), Some(&exception), now());
        assert_eq!(own.set[EXCEPTION], "Mon Sep 21 14:13:20 UTC 2026: Graph answered 404");
        assert!(own.set.contains_key(STACK_TRACE));
        let original = compose_state_change(true, None, &SavedFacts::without_facts(), Some(&exception), now());
        assert!(original.set.contains_key(STACK_TRACE_ODD) && !original.set.contains_key(STACK_TRACE));
    }
}
