//! What Microsoft's documents leave open about actions, as settings.

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
    /// `ReadWrite.All` is enough for a wipe, as the permission map says and the permission's own text denies.
    pub wipe_by_read_write: bool,
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
