//! Judged pages on their way into one commit: the writer's thread asks for one after the other, and waits a moment for
//! one that is not there yet.
//!
//! *Why it waits.* Ids and serial numbers come in no order, so every commit rewrites most leaves of their indexes,
//! whether it holds one page or eight. *Why only a moment*: the transaction is open meanwhile, and whatever else is to be
//! written waits for it.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;

use crate::store::ListPage;

/// Pages in one commit at most.
const COMMIT_PAGES: usize = 8;
/// For one page.
const MOMENT: Duration = Duration::from_millis(25);

pub struct Stream {
    next: Option<ListPage>,
    rest: Receiver<ListPage>,
    room: usize,
}

impl Stream {
    pub fn new(first: ListPage, rest: Receiver<ListPage>) -> Stream {
        Stream {
            next: Some(first),
            rest,
            room: COMMIT_PAGES,
        }
    }

    /// What was not asked for.
    pub fn into_rest(self) -> Receiver<ListPage> {
        self.rest
    }
}

impl Iterator for Stream {
    type Item = ListPage;

    /// Blocks its thread.
    fn next(&mut self) -> Option<ListPage> {
        self.room = self.room.checked_sub(1)?;
        self.next.take().or_else(|| wait(&mut self.rest))
    }
}

/// The next page, if it comes in time.
fn wait(pages: &mut Receiver<ListPage>) -> Option<ListPage> {
    let waker = Waker::from(Arc::new(Unpark(current())));
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

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
