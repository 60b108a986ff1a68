//! Judged pages on their way into one commit: the writer's thread asks for one after the other, and waits a moment for
//! one that is not there yet.
//!
//! *Why it waits.* Ids come in no order, so every commit rewrites most leaves of their index, whether it holds one page
//! or eight. *Why only a moment*: the transaction is open meanwhile, and whatever else is to be
//! written waits for it.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;

use super::page_permit::PagePermit;
use crate::store::ListPage;

/// Pages in one commit at most.
const COMMIT_PAGES: usize = 8;
/// For one page.
const MOMENT: Duration = Duration::from_millis(25);

/// A page that is ready to be written.
pub(super) struct JudgedPage {
    pub page: ListPage,
    pub permit: PagePermit,
}

pub(crate) struct PageStream {
    next: Option<JudgedPage>,
    rest: Receiver<JudgedPage>,
    capacity: usize,
    /// Of the page that was asked for last.
    permit: Option<PagePermit>,
}

impl PageStream {
    pub(super) fn new(first: JudgedPage, rest: Receiver<JudgedPage>) -> PageStream {
        PageStream {
            next: Some(first),
            rest,
            capacity: COMMIT_PAGES,
            permit: None,
        }
    }

    /// What was not asked for.
    pub(super) fn into_rest(self) -> Receiver<JudgedPage> {
        self.rest
    }
}

impl Iterator for PageStream {
    type Item = ListPage;

    /// Blocks its thread. Who asks for another page has written the one before.
    fn next(&mut self) -> Option<ListPage> {
        self.permit = None;
        self.capacity = self.capacity.checked_sub(1)?;
        let JudgedPage { page, permit } = self.next.take().or_else(|| wait_for_page(&mut self.rest))?;
        self.permit = Some(permit);
        Some(page)
    }
}

/// The next page, if it comes in time.
fn wait_for_page(pages: &mut Receiver<JudgedPage>) -> Option<JudgedPage> {
    let waker = Waker::from(Arc::new(UnparkWaker(current())));
    let mut context = Context::from_waker(&waker);
    let until = Instant::now() + MOMENT;
    loop {
        if let Poll::Ready(page) = pages.poll_recv(&mut context) {
            return page;
        }
        let left = until.checked_duration_since(Instant::now())?;
        park_timeout(left);
    }
}

struct UnparkWaker(Thread);

impl Wake for UnparkWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;
    use crate::store::{PageRead, ScanContinuation};

    fn page(requests: u64) -> JudgedPage {
        let at = chrono::DateTime::UNIX_EPOCH;
        let page = ListPage {
            read: PageRead {
                read_at: at,
                unchanged: Vec::new(),
                no_longer_doubted: Vec::new(),
                pending: Vec::new(),
                rejected: Vec::new(),
            },
            continuation: ScanContinuation {
                date: at,
                requests,
                link: None,
                links: Vec::new(),
                last: false,
            },
        };
        let permit = PagePermit::NONE;
        JudgedPage { page, permit }
    }

    fn numbers(pages: impl Iterator<Item = ListPage>) -> Vec<u64> {
        pages.map(|page| page.continuation.requests).collect()
    }

    #[test]
    fn f2_a_commit_takes_pages_in_their_order_and_only_so_many() {
        let (out, pages) = channel(20);
        for n in 1..12 {
            out.try_send(page(n)).unwrap();
        }
        let mut stream = PageStream::new(page(0), pages);
        assert_eq!(numbers(&mut stream), (0..COMMIT_PAGES as u64).collect::<Vec<_>>());
        drop(out);
        let mut rest = stream.into_rest();
        let first = rest.try_recv().unwrap();
        let rest = numbers(PageStream::new(first, rest));
        assert_eq!(rest, (COMMIT_PAGES as u64..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_does_not_come_in_time_is_left_for_the_next_commit() {
        let (out, pages) = channel(1);
        let mut stream = PageStream::new(page(0), pages);
        assert_eq!(numbers(&mut stream), [0]);
        out.try_send(page(1)).unwrap();
        let mut rest = stream.into_rest();
        assert_eq!(rest.try_recv().unwrap().page.continuation.requests, 1);
    }
}
