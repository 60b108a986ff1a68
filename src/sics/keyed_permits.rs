//! So many at a time for each of many: each server, each account, each target.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One of so many `permits` of this key; `None`: all are taken.
pub(super) fn try_acquire_permit<K: Eq + Hash + Clone>(
    semaphores: &Mutex<HashMap<K, Arc<Semaphore>>>,
    key: &K,
    permits: usize,
) -> Option<OwnedSemaphorePermit> {
    let mut all = semaphores.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, semaphores| semaphores.available_permits() < permits);
    let semaphore = all
        .entry(key.clone())
        .or_insert_with(|| Arc::new(Semaphore::new(permits)));
    semaphore.clone().try_acquire_owned().ok()
}
