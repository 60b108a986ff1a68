//! One at a time for each application: whoever changes its groups, its assignments or a membership holds this lock, so that
//! two workers of this process never change the same membership in turns. Between processes nothing is needed: one bus has one
//! process, and the store is locked by it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// By the marker of the application, which is unique whatever store it is in.
static LOCKS: LazyLock<Mutex<HashMap<String, Weak<AsyncMutex<()>>>>> = LazyLock::new(Mutex::default);

/// Held until it is dropped.
pub(super) async fn lock_application(marker: &str) -> OwnedMutexGuard<()> {
    let lock = {
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        match locks.get(marker).and_then(Weak::upgrade) {
            Some(lock) => lock,
            None => {
                locks.retain(|_, lock| lock.strong_count() > 0);
                let lock = Arc::new(AsyncMutex::new(()));
                locks.insert(marker.to_owned(), Arc::downgrade(&lock));
                lock
            }
        }
    };
    lock.lock_owned().await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn sh_25_one_works_on_an_application_and_others_are_not_held_up() {
        let held = lock_application("one").await;
        let second = tokio::spawn(async { drop(lock_application("one").await) });
        drop(lock_application("other").await);
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(held);
        tokio::time::timeout(Duration::from_secs(60), second)
            .await
            .unwrap()
            .unwrap();
    }
}
