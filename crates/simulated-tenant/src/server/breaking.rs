//! An answer's body that breaks the connection at its end: in the middle of the answer, or right after it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::line::Killer;

/// What was written needs a moment to leave before the reset overtakes it: a reset throws away what is still in the
/// socket's buffer.
const FLUSH: Duration = Duration::from_millis(50);

/// Breaks off where `inner` ends or errs: the rest of the promised answer never comes.
pub(super) struct BrokenOff {
    inner: Body,
    killer: Killer,
    ending: Option<Pin<Box<Sleep>>>,
}

impl BrokenOff {
    pub(super) fn new(inner: Body, killer: Killer) -> Self {
        BrokenOff {
            inner,
            killer,
            ending: None,
        }
    }
}

impl HttpBody for BrokenOff {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ending.is_none() {
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(_)) | None => self.ending = Some(Box::pin(sleep(FLUSH))),
            }
        }
        if let Some(ending) = &mut self.ending {
            ready!(ending.as_mut().poll(cx));
        }
        self.killer.kill();
        // The connection is dropped by whoever waits for the killer; there is no end to report here.
        Poll::Pending
    }

    /// Never "at its end", and of unknown length: an answer that is complete can't break off.
    fn is_end_stream(&self) -> bool {
        false
    }
}

/// Ends as it should, and resets the connection shortly after.
pub(super) struct ThenReset {
    inner: Body,
    killer: Killer,
}

impl ThenReset {
    pub(super) fn new(inner: Body, killer: Killer) -> Self {
        killer.doom();
        ThenReset { inner, killer }
    }
}

impl HttpBody for ThenReset {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ThenReset {
    /// The answer has been handed to the connection, whole: hyper drops a body when it needs no more of it.
    fn drop(&mut self) {
        let killer = self.killer.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                sleep(FLUSH).await;
                killer.kill();
            });
        }
    }
}

/// An answer without a declared length, so that where it breaks off is not where it should have ended.
pub(super) fn without_length(headers: &mut HeaderMap) {
    headers.remove(axum::http::header::CONTENT_LENGTH);
}
