//! What filters of servers could not evaluate, as it was found last.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::contract::UnjudgedView;
use crate::model::{InstanceId, Seq, ServerId};

/// What was found out of one server and instance.
pub(super) struct KnownUnjudged {
    pub filter: Option<String>,
    /// The head of the feed before it was looked.
    pub feed_head: Seq,
    pub view: UnjudgedView,
}

#[derive(Default)]
pub(crate) struct UnjudgedCache(Mutex<HashMap<(ServerId, InstanceId), KnownUnjudged>>);

impl UnjudgedCache {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<(ServerId, InstanceId), KnownUnjudged>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
