//! One change of an instance at a time: what was judged on its file and its devices is what is written (A10). Others wait
//! for their turn; those of other instances do not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::model::InstanceName;

#[derive(Default)]
pub(crate) struct InstanceLocks(Mutex<HashMap<InstanceName, Arc<Turn<()>>>>);

impl InstanceLocks {
    /// Held until it is dropped.
    pub(crate) async fn lock_instance(&self, name: &InstanceName) -> OwnedMutexGuard<()> {
        let turn = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are not kept.
            locks.retain(|_, turn| Arc::strong_count(turn) > 1);
            locks.entry(name.clone()).or_default().clone()
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_change_of_an_instance_waits_for_the_other_and_none_for_those_of_others() {
        let turns = InstanceLocks::default();
        let (one, other): (InstanceName, InstanceName) = ("One_1".parse().unwrap(), "Other_2".parse().unwrap());
        let held = turns.lock_instance(&one).await;
        drop(turns.lock_instance(&other).await);
        let mut waits = Box::pin(turns.lock_instance(&one));
        assert!(futures_util::poll!(&mut waits).is_pending());
        drop(held);
        let next = waits.await;
        assert!(futures_util::poll!(Box::pin(turns.lock_instance(&one))).is_pending());
        drop(next);
        drop(turns.lock_instance(&one).await);
        let _other = turns.lock_instance(&other).await;
        assert_eq!(turns.0.lock().unwrap().len(), 1, "those that nobody holds are not kept");
    }
}
