//! How fast a connection is read over which nobody has signed in (E8). What strangers send costs time to parse, whatever it
//! is; a sign-in is a few hundred bytes. So each of their connections is read in portions, with a pause behind each. Who has
//! signed in is read as fast as they send.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

/// Read of a stranger before a pause, bytes: more than the longest head of a request.
const PORTION: usize = 32 << 10;
const PAUSE: Duration = Duration::from_millis(500);

/// Of one connection.
#[derive(Default)]
pub(crate) struct StrangerPace {
    read: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl StrangerPace {
    /// Ready when more may be read. `is_known` is asked where a portion is used up.
    pub(crate) fn poll_turn(&mut self, is_known: impl FnOnce() -> bool, context: &mut Context<'_>) -> Poll<()> {
        if self.read < PORTION {
            return Poll::Ready(());
        }
        if !is_known() {
            let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(PAUSE)));
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        self.pause = None;
        self.read = 0;
        Poll::Ready(())
    }

    pub(crate) fn note_read(&mut self, bytes: usize) {
        self.read = self.read.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::task::noop_waker;

    use super::*;

    #[tokio::test]
    async fn e8_a_stranger_is_read_in_portions_and_who_is_known_is_not_held_up() {
        let waker = noop_waker();
        let mut context = Context::from_waker(&waker);
        let mut pace = StrangerPace::default();
        pace.note_read(PORTION - 1);
        assert!(
            pace.poll_turn(|| false, &mut context).is_ready(),
            "a sign-in waits for nothing"
        );
        pace.note_read(1);
        assert!(pace.poll_turn(|| false, &mut context).is_pending());
        assert!(pace.poll_turn(|| true, &mut context).is_ready(), "signed in meanwhile");
        pace.note_read(PORTION);
        poll_fn(|context| pace.poll_turn(|| false, context)).await;
        assert!(
            pace.poll_turn(|| false, &mut context).is_ready(),
            "another portion after the pause"
        );
    }
}
