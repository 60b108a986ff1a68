//! That Graph does not tell the primary users of devices.

use crate::model::Timestamp;

/// Graph refused to tell the users of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersRefusal {
    pub at: Timestamp,
    /// One sentence with advice.
    pub detail: String,
}
