//! The ports: who may come in, how many at once, how slow they may be, and how it ends.
//!
//! Every connection has its own task and its own bounds (E2): the TLS handshake, the head of a request and its body have
//! a time each; a reader that takes nothing for a minute is cut off; strangers have few places and little memory (E8),
//! whatever they do over HTTP/1.1 or HTTP/2. What HTTP/2 allows is set here: streams, windows, heads and what waits to be
//! sent; floods of resets, pings, settings and continuations are bounded by the library. At the end
//! whoever waits gets what there is, and what is under way may finish for some seconds.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum_server::Handle;
use axum_server::tls_openssl::OpenSSLAcceptor;
use futures_util::future::try_join_all;
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, MissedTickBehavior, timeout_at};

use super::Sics;
use super::connection_limit::ConnectionLimiter;
use super::origin::HostNames;
use super::problem::log_suppressed_failures;
use super::tls::TlsCertificate;
use crate::config::PeriodState;
use crate::observe::Clock;

/// How often the files of a certificate are looked at.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(10);
/// How often is looked for connections that take nothing, refusals that are to be told, and the like.
const LOOK_ROUND: Duration = Duration::from_secs(1);
/// HTTP/1.1: bytes that are read or written ahead; a request's head has room in them.
const BUFFER_BYTES: usize = 64 << 10;
/// HTTP/2: requests at the same time on one connection, and bytes of a request's head.
const STREAMS: u32 = 64;
const HEAD_BYTES: u32 = 8 << 10;
/// HTTP/2: bytes of bodies that are taken in before somebody reads them, of a connection and of each of its streams. No
/// less can be said for a connection.
const WINDOW_BYTES: u32 = 65_535;
/// HTTP/2: bytes of an answer that are taken over before the other end has room for them.
const SEND_BYTES: usize = 64 << 10;
/// HTTP/2: streams that somebody asked for and took back before they were looked at, and those refused by us.
const RESET_STREAMS: usize = 20;
const REFUSED_STREAMS: usize = 128;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("other machines can reach {0}, and it would use plain HTTP: enable TLS or plain_http_beyond_loopback")]
    PlainBeyondLoopback(SocketAddr),
    #[error("failed to serve {address}: {source}")]
    Io { address: SocketAddr, source: io::Error },
    #[error("failed to listen: {0}")]
    Listener(#[source] io::Error),
}

/// One port.
pub struct HttpListener {
    listener: TcpListener,
    tls: Option<TlsCertificate>,
    plain_beyond_loopback: bool,
    content: ListenerContent,
    hosts: Vec<String>,
}

/// What a port serves.
enum ListenerContent {
    Api,
    Metrics,
    /// The pages of the web console.
    Pages(axum::Router),
}

impl HttpListener {
    /// The API, by HTTPS where there is a certificate.
    pub fn for_api(listener: TcpListener, tls: Option<TlsCertificate>) -> Self {
        HttpListener {
            listener,
            tls,
            plain_beyond_loopback: false,
            content: ListenerContent::Api,
            hosts: Vec::new(),
        }
    }

    /// The web console, by HTTPS where there is a certificate.
    pub fn for_pages(listener: TcpListener, tls: Option<TlsCertificate>, pages: axum::Router) -> Self {
        HttpListener {
            listener,
            tls,
            plain_beyond_loopback: false,
            content: ListenerContent::Pages(pages),
            hosts: Vec::new(),
        }
    }

    /// `/metrics` alone, by HTTP and without sign-in.
    pub fn for_metrics(listener: TcpListener) -> Self {
        HttpListener {
            listener,
            tls: None,
            plain_beyond_loopback: true,
            content: ListenerContent::Metrics,
            hosts: Vec::new(),
        }
    }

    /// Allows plain HTTP where other machines can read it.
    pub fn allow_plain_http(mut self, allowed: bool) -> Self {
        self.plain_beyond_loopback |= allowed;
        self
    }

    /// The names by which it is reached, besides addresses and those of this machine's loopback.
    pub fn with_hosts(mut self, names: &[String]) -> Self {
        self.hosts.extend_from_slice(names);
        self
    }
}

/// Serves all doors until `shutdown`, then lets what is under way end.
pub async fn serve_listeners(
    doors: Vec<HttpListener>,
    sics: &Sics,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let gates = ConnectionLimiter::new(sics.limits(), sics.metrics());
    let handles: Vec<Handle<SocketAddr>> = doors.iter().map(|_| Handle::new()).collect();
    let mut serving = Vec::new();
    for (door, handle) in doors.into_iter().zip(&handles) {
        serving.push(open_listener(door, sics, gates.clone(), handle.clone())?);
    }
    let ending = async {
        shutdown.await;
        sics.begin_shutdown();
        let timeout = sics.limits().shutdown_timeout;
        let deadline = Instant::now() + timeout;
        for handle in &handles {
            handle.graceful_shutdown(Some(timeout));
        }
        Ok(deadline)
    };
    let served = async {
        let (_, deadline) = tokio::try_join!(try_join_all(serving), ending)?;
        // What callers that hung up have begun; what does not end in time is as after a crash.
        let _ = timeout_at(deadline, sics.acts_under_way().wait_until_none()).await;
        Ok(())
    };
    let served = tokio::select! {
        served = served => served,
        never = run_housekeeping(&gates, sics) => match never {},
    };
    sics.flush_denials(true).await;
    served
}

/// What has to be looked for because nothing happens.
async fn run_housekeeping(gates: &ConnectionLimiter, sics: &Sics) -> Infallible {
    let mut ticks = tokio::time::interval(LOOK_ROUND.min(sics.limits().stall_timeout / 4));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        gates.cut_stalled();
        sics.flush_denials(false).await;
        log_suppressed_failures();
    }
}

type ServingFuture<'a> = Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send + 'a>>;

fn open_listener(
    door: HttpListener,
    sics: &Sics,
    gates: ConnectionLimiter,
    handle: Handle<SocketAddr>,
) -> Result<ServingFuture<'static>, ServeError> {
    let address = door.listener.local_addr().map_err(ServeError::Listener)?;
    if door.tls.is_none() && !address.ip().is_loopback() && !door.plain_beyond_loopback {
        return Err(ServeError::PlainBeyondLoopback(address));
    }
    door.listener.set_nonblocking(true).map_err(ServeError::Listener)?;
    let router = match door.content {
        ListenerContent::Api => sics.router(),
        ListenerContent::Metrics => sics.metrics_router(),
        ListenerContent::Pages(pages) => sics.guard_pages(pages),
    };
    let names = Arc::new(HostNames::new(&door.hosts, address.ip().is_loopback()));
    let service = router
        .layer(Extension(names))
        .into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(door.listener)
        .map_err(ServeError::Listener)?
        .handle(handle);
    let limits = sics.limits().clone();
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER_BYTES);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .initial_stream_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BYTES)
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_local_error_reset_streams(REFUSED_STREAMS)
        .keep_alive_interval(limits.stall_timeout)
        .keep_alive_timeout(limits.handshake_timeout);
    let io = move |source| ServeError::Io { address, source };
    Ok(match door.tls {
        None => Box::pin(async move { server.acceptor(gates).serve(service).await.map_err(io) }),
        Some(certificate) => Box::pin(async move {
            let acceptor = OpenSSLAcceptor::new(certificate.tls_config())
                .handshake_timeout(limits.handshake_timeout)
                .acceptor(gates);
            tokio::select! {
                served = server.acceptor(acceptor).serve(service) => served.map_err(io),
                never = watch_certificate(certificate) => match never {},
            }
        }),
    })
}

async fn watch_certificate(certificate: TlsCertificate) -> Infallible {
    let mut ticks = tokio::time::interval(CERTIFICATE_LOOK);
    // A certificate counts by the clocks of its clients.
    let clock = Clock::system();
    let (mut is_warned, mut told) = (false, PeriodState::Good);
    loop {
        ticks.tick().await;
        let reloading = certificate.clone();
        let found = tokio::task::spawn_blocking(move || reloading.reload_if_changed()).await;
        match found {
            Ok(Ok(true)) => {
                is_warned = false;
                tracing::info!(fingerprint = certificate.fingerprint(), "the certificate was reloaded");
            }
            Ok(Ok(false)) => is_warned = false,
            Ok(Err(error)) if !is_warned => {
                is_warned = true;
                tracing::error!(error = %error, "failed to reload the certificate: the one in use stays");
            }
            Ok(Err(_)) | Err(_) => {}
        }
        let state = certificate.judge_period(clock.now());
        if std::mem::replace(&mut told, state) != state {
            log_period(state, certificate.describe_trouble(clock.now()));
        }
    }
}

fn log_period(state: PeriodState, trouble: Option<String>) {
    match trouble {
        None => (),
        Some(trouble) if state.counts() => tracing::warn!(trouble, "the certificate of the bus ends soon"),
        Some(trouble) => tracing::error!(trouble, "clients refuse the certificate of the bus"),
    }
}
