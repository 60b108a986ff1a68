//! One change of an instance at a time: what was judged on its file and its devices is what is written (A10). Others wait
//! for their turn; those of other instances do not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::model::InstanceName;

#[derive(Default)]
pub struct Turns(Mutex<HashMap<InstanceName, Arc<Turn<()>>>>);

impl Turns {
    /// Held until it is dropped.
    pub async fn of(&self, name: &InstanceName) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are not kept.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(name.clone()).or_default().clone()
        };
        turn.lock_owned().await
    }
}
