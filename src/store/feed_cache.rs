//! Pieces of the feed that several servers ask for at the same moment: read once, and given to each.
//!
//! A commit wakes all who wait, and they ask for the same places; those who read a whole fleet side by side fall into
//! step, because whoever is behind finds what the one before has read. *Nothing here is older than the store*: a piece
//! belongs to one count of commits, and is given only to whom the store itself tells that count.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{FeedRow, StoreError};
use crate::model::{InstanceId, Seq};

/// Pieces that are kept at most; the next commit lets go of them.
const KEPT: usize = 12;

/// Which piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeedPageKey {
    /// Transactions ever committed when it is asked for.
    pub commits: i64,
    pub instance: InstanceId,
    pub after: Seq,
    pub skip_gone_to: Seq,
    pub limit: usize,
}

/// Locked while it is read: who asks for the same waits for it.
type CachedFeedPage = Arc<Mutex<Option<Arc<[FeedRow]>>>>;

#[derive(Default)]
pub(crate) struct FeedCache(Mutex<VecDeque<(FeedPageKey, CachedFeedPage)>>);

impl FeedCache {
    /// What is there, or what `read` answers.
    pub(crate) fn fetch_page(
        &self,
        page_key: FeedPageKey,
        read: impl FnOnce() -> Result<Vec<FeedRow>, StoreError>,
    ) -> Result<Arc<[FeedRow]>, StoreError> {
        let cached_page = self.page_slot(page_key);
        let mut rows = lock_mutex(&cached_page);
        if let Some(rows) = &*rows {
            return Ok(rows.clone());
        }
        let found: Arc<[FeedRow]> = read()?.into();
        *rows = Some(found.clone());
        Ok(found)
    }

    /// After a commit nobody asks for them any more.
    pub(crate) fn clear(&self) {
        lock_mutex(&self.0).clear();
    }

    fn page_slot(&self, page_key: FeedPageKey) -> CachedFeedPage {
        let mut slots = lock_mutex(&self.0);
        if let Some((_, piece)) = slots.iter().find(|(known, _)| *known == page_key) {
            return piece.clone();
        }
        if slots.len() == KEPT {
            slots.pop_front();
        }
        let piece = CachedFeedPage::default();
        slots.push_back((page_key, piece.clone()));
        piece
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: FeedPageKey = FeedPageKey {
        commits: 1,
        instance: InstanceId(1),
        after: Seq(0),
        skip_gone_to: Seq(0),
        limit: 500,
    };

    fn nothing() -> Result<Vec<FeedRow>, StoreError> {
        Ok(Vec::new())
    }

    #[test]
    fn f1_a_piece_is_read_once_and_anew_after_each_commit() {
        let shared = FeedCache::default();
        let first = shared.fetch_page(ASKED, nothing).unwrap();
        let again = shared.fetch_page(ASKED, || panic!("it is there")).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        for other in [
            FeedPageKey { commits: 2, ..ASKED },
            FeedPageKey { after: Seq(7), ..ASKED },
            FeedPageKey {
                skip_gone_to: Seq(7),
                ..ASKED
            },
            FeedPageKey { limit: 499, ..ASKED },
            FeedPageKey {
                instance: InstanceId(2),
                ..ASKED
            },
        ] {
            let mut is_read = false;
            let read = || {
                is_read = true;
                nothing()
            };
            shared.fetch_page(other, read).unwrap();
            assert!(is_read, "{other:?}");
        }
    }

    #[test]
    fn a_piece_that_could_not_be_read_is_read_by_the_next() {
        let shared = FeedCache::default();
        assert!(shared.fetch_page(ASKED, || Err(StoreError::Closed)).is_err());
        assert!(shared.fetch_page(ASKED, nothing).is_ok());
    }

    #[test]
    fn few_are_kept_and_none_behind_a_commit() {
        let shared = FeedCache::default();
        let pieces: Vec<_> = (0..30)
            .map(|n| {
                shared
                    .fetch_page(FeedPageKey { after: Seq(n), ..ASKED }, nothing)
                    .unwrap()
            })
            .collect();
        let kept = |pieces: &[Arc<[FeedRow]>]| pieces.iter().filter(|piece| Arc::strong_count(piece) > 1).count();
        assert_eq!(kept(&pieces), KEPT);
        shared.clear();
        assert_eq!(kept(&pieces), 0);
    }
}
