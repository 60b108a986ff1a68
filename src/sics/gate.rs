//! Who may come in: connections are counted, in all and by address, and one that takes nothing is cut off (E2).

use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::Sics;
use crate::observe::{Metrics, metric};

/// Counts connections, in all and by address.
#[derive(Clone)]
pub struct Gates {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_per_address: usize,
    stall_time: Duration,
    metrics: Metrics,
}

#[derive(Default)]
struct Open {
    all: usize,
    /// A refusal is in the log already.
    told: bool,
    by_address: HashMap<IpAddr, usize>,
}

impl Gates {
    pub fn new(sics: &Sics) -> Self {
        let limits = sics.limits();
        Gates {
            open: Arc::default(),
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            stall_time: limits.stall_time,
            metrics: sics.metrics().clone(),
        }
    }

    fn enter(&self, address: IpAddr) -> io::Result<Pass> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = open.by_address.get(&address).copied().unwrap_or_default();
        if open.all >= self.most || from_there >= self.most_per_address {
            // Once until there is room again: whoever knocks must not fill the log.
            if !std::mem::replace(&mut open.told, true) {
                tracing::warn!(peer = %address, connections = open.all, "a connection was refused: there are too many");
            }
            return Err(io::Error::other("too many connections"));
        }
        open.all += 1;
        open.by_address.insert(address, from_there + 1);
        self.metrics.set(&metric::CONNECTIONS, &[], open.all as f64);
        Ok(Pass {
            gates: self.clone(),
            address,
        })
    }
}

/// A connection's place; given back when it ends.
pub struct Pass {
    gates: Gates,
    address: IpAddr,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gates.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        open.told = false;
        self.gates.metrics.set(&metric::CONNECTIONS, &[], open.all as f64);
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

impl<S> Accept<TcpStream, S> for Gates {
    type Stream = Guarded<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let guarded = stream.peer_addr().and_then(|peer| {
            stream.set_nodelay(true)?;
            let pass = self.enter(peer.ip().to_canonical())?;
            Ok(Guarded::new(stream, pass, self.stall_time))
        });
        ready(guarded.map(|stream| (stream, service)))
    }
}

/// A connection that is cut off when its other end takes nothing for too long.
pub struct Guarded<S> {
    stream: S,
    _pass: Pass,
    stall_time: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    fn new(stream: S, pass: Pass, stall_time: Duration) -> Self {
        Guarded {
            stream,
            _pass: pass,
            stall_time,
            stalled: None,
        }
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let deadline = Instant::now() + self.stall_time;
        let timer = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the other end takes nothing",
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
