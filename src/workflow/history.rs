//! What a run knows: its beginning, and what became of each of its steps. It is what the journal holds, nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::activity::ActivityError;
use crate::contract::StepFailure;
use crate::model::{Timestamp, format_time};

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    pub id: i64,
    pub instance: String,
    pub started_at: Timestamp,
    pub parameters: Map<String, Value>,
    pub dry_run: bool,
    /// Somebody wants it to stop.
    pub cancelled: bool,
}

impl RunFacts {
    /// What steps see as `run`.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id, "instance": self.instance, "startedAt": format_time(self.started_at), "dryRun": self.dry_run,
        })
    }
}

impl From<ActivityError> for StepFailure {
    fn from(error: ActivityError) -> StepFailure {
        StepFailure {
            code: error.code,
            message: error.message,
            retry: error.retry,
        }
    }
}

/// How far a step has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepStage {
    Begun,
    Done(Map<String, Value>),
    Failed(StepFailure),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Of a call, as they were given.
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// Of a pause: when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    pub stage: StepStage,
}

/// Path and attempt of a step; see [`super::CallKey`].
pub type StepKey = (String, u32);

#[derive(Debug, Clone, PartialEq)]
pub struct RunHistory {
    pub run: RunFacts,
    pub entries: BTreeMap<StepKey, HistoryEntry>,
}

impl RunHistory {
    pub fn new(run: RunFacts) -> RunHistory {
        RunHistory {
            run,
            entries: BTreeMap::new(),
        }
    }

    pub fn get(&self, path: &str, attempt: u32) -> Option<&HistoryEntry> {
        self.entries.get(&(path.to_owned(), attempt))
    }

    /// Begun and not ended.
    pub fn open_entries(&self) -> impl Iterator<Item = (&StepKey, &HistoryEntry)> {
        self.entries.iter().filter(|(_, entry)| entry.stage == StepStage::Begun)
    }

    /// When the next pause is over.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.open_entries().filter_map(|(_, entry)| entry.due_at).min()
    }
}

/// `devices.3.retire` without the numbers of loops and looks: the step of the definition.
pub fn step_id_of(path: &str) -> &str {
    let path = path.split_once('~').map_or(path, |(path, _)| path);
    let named = |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit());
    path.rsplit('.').find(named).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::step_id_of;

    #[test]
    fn a_path_leads_to_its_step() {
        for (path, step) in [
            ("a", "a"),
            ("a.3.b", "b"),
            ("a.3", "a"),
            ("a.3.b.7", "b"),
            ("a.3.b~2", "b"),
        ] {
            assert_eq!(step_id_of(path), step, "{path}");
        }
    }
}
