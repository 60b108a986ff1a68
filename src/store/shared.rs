//! Pieces of the feed that several servers ask for at the same moment: read once, and given to each.
//!
//! A commit wakes all who wait, and they ask for the same places; those who read a whole fleet side by side fall into
//! step, because whoever is behind finds what the one before him has read. *Nothing here is older than the store*: a piece
//! belongs to one count of commits, and is given only to whom the store itself tells that count.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{FeedRow, StoreError};
use crate::model::{InstanceId, Seq};

/// Pieces that are kept at most; the next commit lets go of them.
const KEPT: usize = 12;

/// Which piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Transactions ever committed when it is asked for.
    pub commits: i64,
    pub instance: InstanceId,
    pub after: Seq,
    pub skip_gone_to: Seq,
    pub limit: usize,
}

/// Locked while it is read: who asks for the same waits for it.
type Piece = Arc<Mutex<Option<Arc<[FeedRow]>>>>;

#[derive(Default)]
pub struct Shared(Mutex<VecDeque<(Asked, Piece)>>);

impl Shared {
    /// What is there, or what `read` answers.
    pub fn piece(
        &self,
        asked: Asked,
        read: impl FnOnce() -> Result<Vec<FeedRow>, StoreError>,
    ) -> Result<Arc<[FeedRow]>, StoreError> {
        let piece = self.find(asked);
        let mut rows = locked(&piece);
        if let Some(rows) = &*rows {
            return Ok(rows.clone());
        }
        let found: Arc<[FeedRow]> = read()?.into();
        *rows = Some(found.clone());
        Ok(found)
    }

    /// After a commit nobody asks for them any more.
    pub fn clear(&self) {
        locked(&self.0).clear();
    }

    fn find(&self, asked: Asked) -> Piece {
        let mut pieces = locked(&self.0);
        if let Some((_, piece)) = pieces.iter().find(|(known, _)| *known == asked) {
            return piece.clone();
        }
        if pieces.len() == KEPT {
            pieces.pop_front();
        }
        let piece = Piece::default();
        pieces.push_back((asked, piece.clone()));
        piece
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked {
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
        let shared = Shared::default();
        let first = shared.piece(ASKED, nothing).unwrap();
        let again = shared.piece(ASKED, || panic!("it is there")).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        for other in [
            Asked { commits: 2, ..ASKED },
            Asked { after: Seq(7), ..ASKED },
            Asked {
                skip_gone_to: Seq(7),
                ..ASKED
            },
            Asked { limit: 499, ..ASKED },
            Asked {
                instance: InstanceId(2),
                ..ASKED
            },
        ] {
            let mut is_read = false;
            let read = || {
                is_read = true;
                nothing()
            };
            shared.piece(other, read).unwrap();
            assert!(is_read, "{other:?}");
        }
    }

    #[test]
    fn a_piece_that_could_not_be_read_is_read_by_the_next() {
        let shared = Shared::default();
        assert!(shared.piece(ASKED, || Err(StoreError::Closed)).is_err());
        assert!(shared.piece(ASKED, nothing).is_ok());
    }

    #[test]
    fn few_are_kept_and_none_behind_a_commit() {
        let shared = Shared::default();
        let pieces: Vec<_> = (0..30)
            .map(|n| shared.piece(Asked { after: Seq(n), ..ASKED }, nothing).unwrap())
            .collect();
        let kept = |pieces: &[Arc<[FeedRow]>]| pieces.iter().filter(|piece| Arc::strong_count(piece) > 1).count();
        assert_eq!(kept(&pieces), KEPT);
        shared.clear();
        assert_eq!(kept(&pieces), 0);
    }
}
