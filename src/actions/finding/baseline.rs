//! What Intune already said of a device when the intent was committed (A2): everything in it is somebody else's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Timestamp, parse_time};

/// Entries kept and looked at; Intune keeps a handful.
const ENTRIES_MAX: usize = 200;

/// One entry of `deviceActionResults`, without whatever secret it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultEntry {
    /// In lower case: nobody promises one spelling.
    pub action: String,
    pub state: String,
    /// `None` where it is missing or year 1.
    pub started: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    pub results: Vec<ResultEntry>,
    pub management_state: Option<String>,
    pub last_sync: Option<Timestamp>,
    /// Graph's `Date` of that answer: Intune's clock, not ours.
    pub graph_date: Timestamp,
}

impl Baseline {
    /// Of the answer to the GET before the call.
    pub fn from_device(device: &Value, graph_date: Timestamp) -> Baseline {
        Baseline {
            results: result_entries(device).map(|(entry, _)| entry).collect(),
            management_state: device["managementState"].as_str().map(str::to_owned),
            last_sync: parse_graph_time(&device["lastSyncDateTime"]),
            graph_date,
        }
    }

    /// The newest start of an action with one of these names.
    pub(super) fn newest_start(&self, names: &[&str]) -> Option<Timestamp> {
        self.results
            .iter()
            .filter(|entry| is_one_of(&entry.action, names))
            .filter_map(|entry| entry.started)
            .max()
    }
}

/// The entries of a device with their own JSON. What has no name is none.
pub(in crate::actions) fn result_entries(device: &Value) -> impl Iterator<Item = (ResultEntry, &Value)> {
    let list = device["deviceActionResults"].as_array();
    list.into_iter().flatten().take(ENTRIES_MAX).filter_map(|raw| {
        let entry = ResultEntry {
            action: raw["actionName"].as_str()?.trim().to_ascii_lowercase(),
            state: raw["actionState"].as_str().unwrap_or_default().to_owned(),
            started: parse_graph_time(&raw["startDateTime"]),
        };
        Some((entry, raw))
    })
}

/// Whatever case.
pub(in crate::actions) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Year 1 means never.
pub(super) fn parse_graph_time(value: &Value) -> Option<Timestamp> {
    let text = value.as_str().filter(|text| !text.starts_with("0001-"))?;
    parse_time(text)
}
