//! How many pages of lists are in memory at the same time, in a whole bus. One walk holds a handful of them ([`super::pipeline`]); a
//! hundred walks that begin together, as those of many tenants do after a start, would hold hundreds of megabytes.
//!
//! A place is taken before a page is asked for, and left when the page is written. *Nobody waits for somebody else's network*: where
//! a page does not come within [`COMES_WITHIN`], its place is left at once, so tenants that are slow, throttled or silent hold up
//! nobody. What comes later has no place, and is one page of that walk.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::store::Store;

/// Pages of Graph take one to three seconds, most of it before their first byte.
const COMES_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct PagePermit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl PagePermit {
    /// Of a page that has none.
    #[cfg(test)]
    pub(super) const NONE: PagePermit = PagePermit { _permit: None };

    /// In the order in which they are asked for.
    pub(super) async fn take_permit(store: &Store) -> PagePermit {
        let permit = store.page_places().acquire_owned().await;
        PagePermit { _permit: permit.ok() }
    }

    /// Kept for what is fetched, if it comes in time.
    pub(super) async fn fetch_page<T>(self, fetch: impl Future<Output = T>) -> (T, PagePermit) {
        let mut fetch = pin!(fetch);
        match tokio::time::timeout(COMES_WITHIN, &mut fetch).await {
            Ok(page) => (page, self),
            Err(_) => {
                drop(self);
                (fetch.await, PagePermit { _permit: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Clock;

    #[tokio::test]
    async fn e2_a_page_that_does_not_come_leaves_its_place_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
        let free = || store.page_places().available_permits();
        let all = free();
        let (_, held) = PagePermit::take_permit(&store).await.fetch_page(async {}).await;
        assert_eq!(free(), all - 1, "it is in memory");
        let mut waiting = Vec::new();
        for _ in 1..all {
            let permit = PagePermit::take_permit(&store).await;
            waiting.push(tokio::spawn(permit.fetch_page(std::future::pending::<()>())));
        }
        assert_eq!(free(), 0);
        let next = PagePermit::take_permit(&store).await;
        assert!(next._permit.is_some(), "somebody else's page has not come in time");
        drop((next, held));
        while free() < all {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        waiting.iter().for_each(|task| task.abort());
    }
}
