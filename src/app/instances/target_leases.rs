//! The targets that run, as those see them who are no workers: the API, previews, reverts.
//!
//! Whoever writes into an inventory holds the turn of its target: the worker as long as it runs, and a revert as long as it
//! takes. So a worker that is started anew waits until a revert of the time before has ended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::instance_locks::InstanceLocks;
use crate::model::{InstanceId, InstanceName};
use crate::targets::TargetContext;

/// What runs, with its turn: that is given back when all who hold it are done.
#[derive(Clone)]
pub(crate) struct TargetLease {
    pub context: TargetContext,
    turn: Arc<OwnedMutexGuard<()>>,
}

#[derive(Default)]
pub(crate) struct TargetLeases {
    turns: InstanceLocks,
    running: Mutex<BTreeMap<InstanceId, TargetLease>>,
}

impl TargetLeases {
    fn lock_running(&self) -> MutexGuard<'_, BTreeMap<InstanceId, TargetLease>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody writes for this target.
    pub(crate) async fn take_turn(&self, name: &InstanceName) -> TargetTurn {
        TargetTurn(Arc::new(self.turns.lock_instance(name).await))
    }

    /// It runs from now on.
    pub(crate) fn set_running(&self, context: TargetContext, turn: &TargetTurn) {
        let number = context.target;
        let lease = TargetLease {
            context,
            turn: turn.0.clone(),
        };
        self.lock_running().insert(number, lease);
    }

    pub(crate) fn end_running(&self, number: InstanceId) {
        self.lock_running().remove(&number);
    }

    /// `None`: it does not run.
    pub(crate) fn find_running(&self, number: InstanceId) -> Option<TargetLease> {
        self.lock_running().get(&number).cloned()
    }
}

/// Held while somebody writes.
pub(crate) struct TargetTurn(Arc<OwnedMutexGuard<()>>);

impl TargetLease {
    /// Goes on holding the turn, whatever becomes of the worker.
    pub(crate) fn turn(&self) -> TargetTurn {
        TargetTurn(self.turn.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_writes_for_a_target_at_a_time_and_none_waits_for_another_target() {
        let leases = TargetLeases::default();
        let name = |text: &str| text.parse::<InstanceName>().expect("a name");
        let (one, other) = (name("IntuneTargetOcs_3"), name("IntuneTargetOcs_4"));
        let held = leases.take_turn(&one).await;
        drop(leases.take_turn(&other).await);
        let mut waits = Box::pin(leases.take_turn(&one));
        assert!(futures_util::poll!(&mut waits).is_pending());
        drop(held);
        drop(waits.await);
        assert!(leases.find_running(InstanceId(3)).is_none());
    }
}
