//! The ports: who may come in, how many at once, how slow they may be, and how it ends.
//!
//! Every connection has its own task and its own bounds (E2): the TLS handshake, the head of a request and its body have
//! a time each; a reader that takes nothing for a minute is cut off; one address can't take all connections. At the end
//! whoever waits gets what there is, and what is under way may finish for some seconds.

use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_openssl::OpenSSLAcceptor;
use futures_util::future::try_join_all;
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::Sics;
use super::tls::Certificate;
use crate::observe::{Metrics, metric};

/// How often the files of a certificate are looked at.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(10);
/// HTTP/2: requests at the same time on one connection, and bytes of a request's head.
const STREAMS: u32 = 64;
const HEAD_BYTES: u32 = 32 << 10;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "{0} is reached by other machines and would be served by plain HTTP: switch TLS on, or plain_http_beyond_loopback"
    )]
    PlainBeyondLoopback(SocketAddr),
    #[error("failed to serve {address}: {source}")]
    Io { address: SocketAddr, source: io::Error },
    #[error("failed to listen: {0}")]
    Listener(#[source] io::Error),
}

/// One port.
pub struct Door {
    listener: TcpListener,
    tls: Option<Certificate>,
    plain_beyond_loopback: bool,
    metrics_only: bool,
}

impl Door {
    /// The API, by HTTPS where there is a certificate.
    pub fn api(listener: TcpListener, tls: Option<Certificate>) -> Self {
        Door {
            listener,
            tls,
            plain_beyond_loopback: false,
            metrics_only: false,
        }
    }

    /// `/metrics` alone, by HTTP and without sign-in.
    pub fn metrics(listener: TcpListener) -> Self {
        Door {
            listener,
            tls: None,
            plain_beyond_loopback: true,
            metrics_only: true,
        }
    }

    /// Allows plain HTTP where other machines can read it.
    pub fn plain_beyond_loopback(mut self, allowed: bool) -> Self {
        self.plain_beyond_loopback |= allowed;
        self
    }
}

/// Serves all doors until `shutdown`, then lets what is under way end.
pub async fn serve(doors: Vec<Door>, sics: &Sics, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    let gates = Gates::new(sics);
    let handles: Vec<Handle<SocketAddr>> = doors.iter().map(|_| Handle::new()).collect();
    let mut serving = Vec::new();
    for (door, handle) in doors.into_iter().zip(&handles) {
        serving.push(open(door, sics, gates.clone(), handle.clone())?);
    }
    let ending = async {
        shutdown.await;
        sics.close();
        for handle in &handles {
            handle.graceful_shutdown(Some(sics.limits().goodbye_time));
        }
        Ok(())
    };
    tokio::try_join!(try_join_all(serving), ending)?;
    Ok(())
}

type Serving<'a> = Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send + 'a>>;

fn open(door: Door, sics: &Sics, gates: Gates, handle: Handle<SocketAddr>) -> Result<Serving<'static>, ServeError> {
    let address = door.listener.local_addr().map_err(ServeError::Listener)?;
    if door.tls.is_none() && !address.ip().is_loopback() && !door.plain_beyond_loopback {
        return Err(ServeError::PlainBeyondLoopback(address));
    }
    door.listener.set_nonblocking(true).map_err(ServeError::Listener)?;
    let router = if door.metrics_only {
        sics.metrics_router()
    } else {
        sics.router()
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(door.listener)
        .map_err(ServeError::Listener)?
        .handle(handle);
    let limits = sics.limits().clone();
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(64 << 10);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES)
        .keep_alive_interval(limits.stall_time)
        .keep_alive_timeout(limits.handshake_time);
    let io = move |source| ServeError::Io { address, source };
    Ok(match door.tls {
        None => Box::pin(async move { server.acceptor(gates).serve(service).await.map_err(io) }),
        Some(certificate) => Box::pin(async move {
            let looking = tokio::spawn(look_after(certificate.clone()));
            let acceptor = OpenSSLAcceptor::new(certificate.config())
                .handshake_timeout(limits.handshake_time)
                .acceptor(gates);
            let served = server.acceptor(acceptor).serve(service).await.map_err(io);
            looking.abort();
            served
        }),
    })
}

async fn look_after(certificate: Certificate) {
    let mut ticks = tokio::time::interval(CERTIFICATE_LOOK);
    let mut told = false;
    loop {
        ticks.tick().await;
        let looked_at = certificate.clone();
        let found = tokio::task::spawn_blocking(move || looked_at.reload_if_changed()).await;
        match found {
            Ok(Ok(true)) => {
                told = false;
                tracing::info!(fingerprint = certificate.fingerprint(), "the certificate was read anew");
            }
            Ok(Ok(false)) => told = false,
            Ok(Err(error)) if !told => {
                told = true;
                tracing::error!(error = %error, "failed to read the certificate anew: the one in use stays");
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

/// Counts connections, in all and by address.
#[derive(Clone)]
struct Gates {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_per_address: usize,
    stall_time: Duration,
    metrics: Metrics,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Gates {
    fn new(sics: &Sics) -> Self {
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
            tracing::warn!(peer = %address, connections = open.all, "a connection was refused: there are too many");
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
struct Pass {
    gates: Gates,
    address: IpAddr,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gates.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
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
struct Guarded<S> {
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
