//! What is known of a device at the moment of a decision.

use serde_json::{Map, Value};

use crate::model::Timestamp;

/// `Debug` shows none of it.
#[derive(Clone, PartialEq)]
pub struct DeviceFacts {
    /// As Graph has it, by the names and in the order of its answer; secrets are left out when it is read.
    pub device: Map<String, Value>,
    pub apps: InstalledApps,
    /// Apps that Graph told without a name: nobody can judge by them.
    pub apps_without_name: usize,
    pub policy_states: PolicyStates,
    /// By the clock of the bus.
    pub read_at: Timestamp,
    /// About so many, for the cache.
    pub bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledApp {
    pub name: String,
    pub version: Option<String>,
    pub publisher: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum InstalledApps {
    NotAsked,
    Read(Vec<InstalledApp>),
    /// With the code of why.
    Failed(String),
}

/// Compliance policies of the device.
#[derive(Clone, PartialEq, Eq)]
pub enum PolicyStates {
    NotAsked,
    Read(Vec<PolicyState>),
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyState {
    pub name: String,
    pub state: String,
    pub settings: Vec<SettingState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingState {
    pub name: String,
    pub state: String,
}

impl DeviceFacts {
    /// Whether nothing of it failed: only then it is remembered.
    pub fn is_complete(&self) -> bool {
        !matches!(self.apps, InstalledApps::Failed(_)) && !matches!(self.policy_states, PolicyStates::Failed(_))
    }

    pub fn text_property(&self, property: &str) -> Option<&str> {
        self.device.get(property).and_then(Value::as_str)
    }
}

impl std::fmt::Debug for DeviceFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Facts({} properties, {})", self.device.len(), self.read_at)
    }
}
