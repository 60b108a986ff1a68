//! When installed microservices are started.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InvalidId;

/// When a member is started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StartType {
    /// With the bus.
    #[default]
    Automatic,
    /// When an operator starts it.
    Manual,
    /// Not at all.
    Disabled,
}

impl StartType {
    pub fn name(self) -> &'static str {
        match self {
            StartType::Automatic => "automatic",
            StartType::Manual => "manual",
            StartType::Disabled => "disabled",
        }
    }
}

impl FromStr for StartType {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let all = [StartType::Automatic, StartType::Manual, StartType::Disabled];
        all.into_iter().find(|one| one.name() == text).ok_or_else(|| InvalidId {
            what: "start type",
            given: text.chars().take(80).collect(),
            rule: "expected automatic, manual or disabled".into(),
        })
    }
}
