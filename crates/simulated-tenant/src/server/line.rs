//! One connection's socket, which can be torn down so that the other end sees a reset, not a goodbye.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Ends a connection from within an answer. `Clone` shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Killer(Arc<KillerState>);

#[derive(Debug, Default)]
struct KillerState {
    killed: AtomicBool,
    doomed: AtomicBool,
    wake: Notify,
}

impl Killer {
    pub(crate) fn kill(&self) {
        self.0.killed.store(true, Ordering::SeqCst);
        self.0.wake.notify_one();
    }

    /// The connection will be killed soon, and must not say goodbye before that.
    pub(crate) fn doom(&self) {
        self.0.doomed.store(true, Ordering::SeqCst);
    }

    fn is_doomed(&self) -> bool {
        self.0.doomed.load(Ordering::SeqCst)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.0.killed.load(Ordering::SeqCst)
    }

    /// Comes back when the connection is to die.
    pub(crate) async fn killed(&self) {
        while !self.is_killed() {
            self.0.wake.notified().await;
        }
    }
}

/// A TCP stream that is dropped with a reset once its [`Killer`] was used.
#[derive(Debug)]
pub(crate) struct Line {
    tcp: TcpStream,
    killer: Killer,
}

impl Line {
    pub(crate) fn new(tcp: TcpStream, killer: Killer) -> Self {
        // Answers are written whole; waiting to fill a packet would only add to the latency that is measured.
        let _ = tcp.set_nodelay(true);
        Line { tcp, killer }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.killer.is_killed() || self.killer.is_doomed() {
            // A socket closed without lingering answers with a reset. Where that fails the peer sees an end of
            // stream in mid-answer, which is broken enough.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.killer.is_doomed() {
            // Whoever drives this connection also waits for its killer, and drops it then.
            return Poll::Pending;
        }
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
