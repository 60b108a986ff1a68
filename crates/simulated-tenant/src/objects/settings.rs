//! What Entra's documents leave open, as settings.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryTuning {
    /// A new group is found, and takes members, only after so long; a deleted one is still read.
    pub group_lag_ms: i64,
    /// Reads of memberships show what was so long ago.
    pub member_lag_ms: i64,
    /// A second group with a `mailNickname` that is taken is refused.
    pub unique_nicknames: bool,
    /// To add or remove a device, `Device.ReadWrite.All` is needed besides, as the page of the operation says; the
    /// permission map does not.
    pub device_members_need_device_write: bool,
}

impl Default for DirectoryTuning {
    fn default() -> Self {
        DirectoryTuning {
            group_lag_ms: 0,
            member_lag_ms: 0,
            unique_nicknames: false,
            device_members_need_device_write: true,
        }
    }
}
