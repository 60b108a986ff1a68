//! What the last check of readiness has found.

use tokio::sync::Mutex;

use crate::contract::ReadyView;
use crate::model::Timestamp;

/// The last check.
#[derive(Default)]
pub(crate) struct ReadinessCache {
    pub(super) last: Mutex<Option<(Timestamp, ReadyView)>>,
}
