//! The epoch that a running store is in. A new one holds from the commit that begins it on: the writer says when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Epoch;

#[derive(Debug, Clone)]
pub struct Life(Arc<Mutex<Lives>>);

#[derive(Debug)]
struct Lives {
    now: Epoch,
    /// Begun in the transaction that is open.
    next: Option<Epoch>,
}

impl Life {
    pub fn new(epoch: Epoch) -> Life {
        Life(Arc::new(Mutex::new(Lives { now: epoch, next: None })))
    }

    pub fn epoch(&self) -> Epoch {
        self.lives().now
    }

    /// Within a transaction, as its operation's last step.
    pub fn begins(&self, epoch: Epoch) {
        self.lives().next = Some(epoch);
    }

    /// What became of the transaction.
    pub fn ended(&self, committed: bool) {
        let mut lives = self.lives();
        if let Some(next) = lives.next.take().filter(|_| committed) {
            lives.now = next;
        }
    }

    fn lives(&self) -> MutexGuard<'_, Lives> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cr_v6_a8_an_epoch_holds_from_its_commit_on_and_not_without_one() {
        let [first, second] = [1, 2].map(|n| Epoch(uuid::Uuid::from_u128(n)));
        let life = Life::new(first);
        life.begins(second);
        assert_eq!(life.epoch(), first);
        life.ended(false);
        life.ended(true);
        assert_eq!(life.epoch(), first, "that transaction came to nothing");
        life.begins(second);
        life.ended(true);
        assert_eq!(life.epoch(), second);
    }
}
