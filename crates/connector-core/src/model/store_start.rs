//! One opening of the store.

use serde::{Deserialize, Serialize};

/// Which time the store was opened, and a number by chance: a store that was put back counts again from where it was, and
/// draws another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, i64)", into = "(i64, i64)")]
pub struct StoreStart {
    pub number: i64,
    pub id: i64,
}

impl From<(i64, i64)> for StoreStart {
    fn from((number, id): (i64, i64)) -> Self {
        StoreStart { number, id }
    }
}

impl From<StoreStart> for (i64, i64) {
    fn from(start: StoreStart) -> Self {
        (start.number, start.id)
    }
}
