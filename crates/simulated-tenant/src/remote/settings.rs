//! What Microsoft's documents leave open about actions, as settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::conduct::Conduct;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionTuning {
    /// How devices take actions, where no fault says otherwise.
    pub conduct: Conduct,
    /// A second request for the same verb while the first is open.
    pub repeated: Repeated,
    /// A newer result takes the place of an older one of the same name.
    pub newer_replaces: bool,
    /// Further permissions that will do, by verb: `ReadWrite.All` for a wipe, as the permission map says and the
    /// permission's own text denies.
    pub also_allowed: BTreeMap<String, Vec<String>>,
    /// What `deviceActionResults` calls a verb, where that is not its name in the path: no capture shows a wipe.
    pub result_names: BTreeMap<String, String>,
    /// A PATCH answers 200 with the device, as documented, instead of 204.
    pub patch_answers_device: bool,
    pub caps: Caps,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repeated {
    /// It is another effect: the cautious reading.
    #[default]
    Counts,
    /// 204, and nothing more happens.
    Ignored,
    /// 400.
    Refused,
}

/// Per tenant and day (UTC, by the tenant's clock); the published numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Caps {
    pub enabled: bool,
    pub wipe: u32,
    pub retire: u32,
    pub delete: u32,
    /// A day is the last 24 hours instead of the day of the calendar.
    pub rolling: bool,
    /// What the request above it is answered: 429, 400 or 403.
    pub status: u16,
    /// Custom notifications of one device in an hour.
    pub notifications_an_hour: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Caps {
            enabled: true,
            wipe: 500,
            retire: 1000,
            delete: 1000,
            rolling: false,
            status: 429,
            notifications_an_hour: 10,
        }
    }
}

impl Caps {
    /// The most of this verb in a day, where there is such a limit.
    pub fn of(&self, verb: &str) -> Option<u32> {
        match verb {
            _ if !self.enabled => None,
            "wipe" => Some(self.wipe),
            "retire" => Some(self.retire),
            "delete" => Some(self.delete),
            _ => None,
        }
    }
}
