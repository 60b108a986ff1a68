//! A list of names of the other side, read whole and kept for a while.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::SnipeClient;
use crate::targets::TargetFault;

/// After this a list is read again. What people rename meanwhile is found then.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(30 * 60);
/// A name that is missing is believed to be missing if the list is not older.
pub(super) const BELIEVED_FOR: Duration = Duration::from_secs(30);

/// A list as it was read.
#[derive(Debug)]
pub(super) struct KeptList<T> {
    read_at: Option<Instant>,
    pub rows: Vec<T>,
}

impl<T> Default for KeptList<T> {
    fn default() -> Self {
        KeptList {
            read_at: None,
            rows: Vec::new(),
        }
    }
}

impl<T> KeptList<T> {
    /// Next time it is read again.
    pub(super) fn forget(&mut self) {
        self.read_at = None;
    }

    /// A row that was just made; the list was believed a moment before.
    pub(super) fn keep_made(&mut self, row: T) {
        self.rows.push(row);
        self.read_at = Some(Instant::now());
    }

    /// Reads the list unless it is young enough. If that fails it stays as it is.
    pub(super) async fn refresh(
        &mut self,
        client: &SnipeClient,
        list: &str,
        read: fn(&Value) -> Option<T>,
        age: Duration,
    ) -> Result<(), TargetFault> {
        if self.is_younger(age) {
            return Ok(());
        }
        let rows = client.read_all(list).await?;
        self.rows = rows.iter().filter_map(read).collect();
        self.read_at = Some(Instant::now());
        Ok(())
    }

    fn is_younger(&self, than: Duration) -> bool {
        self.read_at.is_some_and(|at| at.elapsed() < than)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_at_first_and_after_it_was_forgotten() {
        let mut list = KeptList::<u64>::default();
        assert!(!list.is_younger(KEPT_FOR));
        list.keep_made(7);
        assert!(list.is_younger(BELIEVED_FOR) && list.rows == [7]);
        assert!(!list.is_younger(Duration::ZERO));
        list.forget();
        assert!(!list.is_younger(KEPT_FOR));
    }
}
