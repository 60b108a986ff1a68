//! The epoch that a running store is in. A new one holds from the commit that begins it on: the writer says when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Epoch;

#[derive(Debug, Clone)]
pub(crate) struct CurrentEpoch(Arc<Mutex<EpochState>>);

#[derive(Debug)]
struct EpochState {
    now: Epoch,
    /// Begun in the transaction that is open.
    next: Option<Epoch>,
}

impl CurrentEpoch {
    pub(crate) fn new(epoch: Epoch) -> CurrentEpoch {
        CurrentEpoch(Arc::new(Mutex::new(EpochState { now: epoch, next: None })))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.lock_state().now
    }

    /// Within a transaction, as its operation's last step.
    pub(crate) fn begin_epoch(&self, epoch: Epoch) {
        self.lock_state().next = Some(epoch);
    }

    /// What became of the transaction.
    pub(crate) fn end_transaction(&self, committed: bool) {
        let mut lives = self.lock_state();
        if let Some(next) = lives.next.take().filter(|_| committed) {
            lives.now = next;
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, EpochState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cr_v6_a8_an_epoch_holds_from_its_commit_on_and_not_without_one() {
        let [first, second] = [1, 2].map(|n| Epoch(uuid::Uuid::from_u128(n)));
        let life = CurrentEpoch::new(first);
        life.begin_epoch(second);
        assert_eq!(life.epoch(), first);
        life.end_transaction(false);
        life.end_transaction(true);
        assert_eq!(life.epoch(), first, "that transaction came to nothing");
        life.begin_epoch(second);
        life.end_transaction(true);
        assert_eq!(life.epoch(), second);
    }
}
