//! The stream of one connection: it ends where the connection is cut off, or where the other end takes nothing for too long.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tower::Layer;

use super::{ConnectionHandle, ConnectionLimiter, ConnectionPermit};
use crate::sics::stranger_pace::StrangerPace;

/// A connection that ends when it is sent away, or when its other end takes nothing for too long.
pub(crate) struct StallGuard<S> {
    stream: S,
    permit: ConnectionPermit,
    stall_timeout: Duration,
    stall_timer: Option<Pin<Box<Sleep>>>,
    pace: StrangerPace,
}

impl<S> StallGuard<S> {
    fn new(stream: S, pass: ConnectionPermit, stall_time: Duration) -> Self {
        StallGuard {
            stream,
            permit: pass,
            stall_timeout: stall_time,
            stall_timer: None,
            pace: StrangerPace::default(),
        }
    }

    /// Whether the bus closed the connection; else whoever sends it away wakes `context`.
    fn require_not_cut(&self, context: &Context<'_>) -> io::Result<()> {
        let connection = &self.permit.connection.state;
        connection.waker.register(context.waker());
        if !connection.is_cut.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the bus closed the connection",
            ))
        }
    }

    fn watch_stall<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stall_timer = None;
            return done;
        }
        let deadline = Instant::now() + self.stall_timeout;
        let timer = self
            .stall_timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        match std::future::Future::poll(timer.as_mut(), context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the other end accepts no data",
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S> Accept<TcpStream, S> for ConnectionLimiter {
    type Stream = StallGuard<TcpStream>;
    type Service = AddExtension<S, ConnectionHandle>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let guarded = stream.peer_addr().and_then(|peer| {
            stream.set_nodelay(true)?;
            let permit = self.admit_connection(peer.ip().to_canonical())?;
            let service = Extension(permit.connection.clone()).layer(service);
            Ok((StallGuard::new(stream, permit, self.state.stall_timeout), service))
        });
        ready(guarded)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.require_not_cut(context)?;
        let guard = &mut *self;
        let connection = &guard.permit.connection;
        if guard.pace.poll_turn(|| connection.is_known(), context).is_pending() {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let done = Pin::new(&mut guard.stream).poll_read(context, buffer);
        guard.pace.note_read(buffer.filled().len() - before);
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallGuard<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.require_not_cut(context)?;
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch_stall(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.require_not_cut(context)?;
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch_stall(context, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.require_not_cut(context)?;
        let done = Pin::new(&mut self.stream).poll_flush(context);
        self.watch_stall(context, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
