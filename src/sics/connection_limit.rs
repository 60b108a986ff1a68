//! Who may come in: each connection takes a place ([`super::connection_slots`] says who goes where none is left), one that takes
//! nothing is cut off (E2), and requests find the place of their connection among their extensions.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tower::Layer;

use super::Sics;
use super::auth::network_prefix;
use super::connection_slots::{ConnectionId, ConnectionSlots, SlotBounds, SlotDecision};
use super::response_budget::ResponseBudget;
use crate::model::OperatorId;
use crate::observe::{LogThrottle, Metrics, metric};

/// Gives places to connections.
#[derive(Clone)]
pub(crate) struct ConnectionLimiter {
    inner: Arc<ConnectionLimiterState>,
}

struct ConnectionLimiterState {
    places: Mutex<ConnectionSlots>,
    open: Mutex<HashMap<ConnectionId, ConnectionHandle>>,
    /// Requests of strangers, beyond the one that each of their connections may always have.
    extra: AtomicUsize,
    extra_max: usize,
    stall_time: Duration,
    answers: ResponseBudget,
    metrics: Metrics,
    crowded: LogThrottle,
}

impl ConnectionLimiter {
    pub(crate) fn new(sics: &Sics) -> Self {
        let limits = sics.limits();
        let strangers = limits.strangers.clamp(1, limits.connections.div_ceil(2).max(1));
        ConnectionLimiter {
            inner: Arc::new(ConnectionLimiterState {
                places: Mutex::new(ConnectionSlots::new(SlotBounds {
                    strangers,
                    known: limits.connections.saturating_sub(strangers).max(1),
                    per_account: limits.connections_per_account,
                })),
                open: Mutex::default(),
                extra: AtomicUsize::new(0),
                extra_max: limits.stranger_requests,
                stall_time: limits.stall_time,
                answers: ResponseBudget::new(limits.answers),
                metrics: sics.metrics().clone(),
                crowded: LogThrottle::new(),
            }),
        }
    }

    fn admit_connection(&self, address: IpAddr) -> io::Result<ConnectionPermit> {
        let entry = self.lock_slots().admit_connection(network_prefix(address));
        let SlotDecision::Seated { place: id, evicts } = entry else {
            self.warn_crowded(address);
            return Err(io::Error::other("too many connections"));
        };
        let place = ConnectionHandle {
            seat: Arc::new(ConnectionState::new(id, self.clone())),
        };
        self.lock_open().insert(id, place.clone());
        if let Some(evicted) = evicts {
            self.warn_crowded(address);
            self.evict_connection(evicted);
        }
        self.update_open_metric();
        Ok(ConnectionPermit { place })
    }

    fn evict_connection(&self, id: ConnectionId) {
        let place = self.lock_open().get(&id).cloned();
        if let Some(place) = place {
            place.cut_off();
        }
    }

    /// Once a minute: whoever knocks must not fill the log.
    fn warn_crowded(&self, address: IpAddr) {
        if let Some(held_back) = self.inner.crowded.allow_line() {
            tracing::warn!(peer = %address, connections = self.lock_slots().open_count(), held_back,
                "there are too many connections without a sign-in: the oldest are closed");
        }
    }

    /// Cuts off whoever takes nothing of an answer, and strangers who only sit there.
    pub(crate) fn cut_stalled(&self) {
        let places: Vec<ConnectionHandle> = self.lock_open().values().cloned().collect();
        let now = Instant::now();
        for place in places {
            let idle = !place.is_known() && place.idle_time(now) >= self.inner.stall_time;
            if idle || place.seat.has_stalled_response(now, self.inner.stall_time) {
                place.cut_off();
            }
        }
        if let Some(held_back) = self.inner.crowded.take_suppressed() {
            tracing::warn!(
                held_back,
                "connections without a sign-in were closed: there were too many"
            );
        }
    }

    fn update_open_metric(&self) {
        let open = self.lock_slots().open_count();
        self.inner.metrics.set(&metric::CONNECTIONS, &[], open as f64);
    }

    fn lock_slots(&self) -> MutexGuard<'_, ConnectionSlots> {
        lock_mutex(&self.inner.places)
    }

    fn lock_open(&self) -> MutexGuard<'_, HashMap<ConnectionId, ConnectionHandle>> {
        lock_mutex(&self.inner.open)
    }
}

/// The place of a connection, as its requests know it.
#[derive(Clone)]
pub struct ConnectionHandle {
    seat: Arc<ConnectionState>,
}

struct ConnectionState {
    id: ConnectionId,
    gates: ConnectionLimiter,
    cut: AtomicBool,
    waker: AtomicWaker,
    in_hand: AtomicUsize,
    /// When it came, or when it last took the whole of an answer.
    served_at: Mutex<Instant>,
    /// Answers of which a part was handed over, since when nobody has asked for the next.
    untaken: Mutex<HashMap<u64, Instant>>,
}

impl ConnectionState {
    fn new(id: ConnectionId, gates: ConnectionLimiter) -> Self {
        ConnectionState {
            id,
            gates,
            cut: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            in_hand: AtomicUsize::new(0),
            served_at: Mutex::new(Instant::now()),
            untaken: Mutex::default(),
        }
    }

    fn has_stalled_response(&self, now: Instant, most: Duration) -> bool {
        let untaken = lock_mutex(&self.untaken);
        untaken.values().any(|since| now.duration_since(*since) >= most)
    }
}

impl ConnectionHandle {
    pub fn id(&self) -> ConnectionId {
        self.seat.id
    }

    pub fn is_cut(&self) -> bool {
        self.seat.cut.load(Ordering::Acquire)
    }

    fn cut_off(&self) {
        self.seat.cut.store(true, Ordering::Release);
        self.seat.waker.wake();
    }

    fn idle_time(&self, now: Instant) -> Duration {
        now.duration_since(*lock_mutex(&self.seat.served_at))
    }

    pub fn is_known(&self) -> bool {
        self.seat.gates.lock_slots().is_known(self.seat.id)
    }

    pub fn account(&self) -> Option<OperatorId> {
        self.seat.gates.lock_slots().account(self.seat.id)
    }

    /// Somebody has signed in over it.
    pub fn mark_signed_in(&self, account: OperatorId) {
        let evicts = self.seat.gates.lock_slots().mark_signed_in(self.seat.id, account);
        if let Some(evicted) = evicts {
            self.seat.gates.evict_connection(evicted);
        }
    }

    /// A sign-in failed over it.
    pub fn mark_sign_in_failed(&self, account: Option<OperatorId>) {
        self.seat.gates.lock_slots().mark_sign_in_failed(self.seat.id, account);
    }

    /// Keeps its place while a sign-in is checked.
    pub fn hold_during_check(&self) -> CheckHold {
        self.seat.gates.lock_slots().begin_check(self.seat.id);
        CheckHold(self.clone())
    }

    /// Takes a request in hand; `None`: strangers have as many as they may. One each is always taken.
    pub fn admit_request(&self) -> Option<RequestPermit> {
        let (seat, gates) = (&self.seat, &self.seat.gates.inner);
        let first = seat.in_hand.fetch_add(1, Ordering::AcqRel) == 0;
        let mut hand = RequestPermit {
            place: self.clone(),
            extra: false,
        };
        if first || self.is_known() {
            return Some(hand);
        }
        hand.extra = true;
        let before = gates.extra.fetch_add(1, Ordering::AcqRel);
        (before < gates.extra_max).then_some(hand)
    }

    pub fn response_budget(&self) -> &ResponseBudget {
        &self.seat.gates.inner.answers
    }

    /// A part of an answer was handed over.
    pub fn mark_piece_sent(&self, answer: u64) {
        lock_mutex(&self.seat.untaken).insert(answer, Instant::now());
    }

    /// The next part is being waited for, by the other end.
    pub fn mark_piece_taken(&self, answer: u64) {
        lock_mutex(&self.seat.untaken).remove(&answer);
    }

    /// The whole of an answer was taken.
    pub fn mark_served(&self) {
        *lock_mutex(&self.seat.served_at) = Instant::now();
    }
}

/// While it is there, the connection is not sent away.
pub struct CheckHold(ConnectionHandle);

impl Drop for CheckHold {
    fn drop(&mut self) {
        self.0.seat.gates.lock_slots().end_check(self.0.seat.id);
    }
}

/// A request that is being answered.
pub struct RequestPermit {
    place: ConnectionHandle,
    extra: bool,
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        let seat = &self.place.seat;
        seat.in_hand.fetch_sub(1, Ordering::AcqRel);
        if self.extra {
            seat.gates.inner.extra.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Whoever asks: the other end of the connection; nothing that a header claims.
#[derive(Clone)]
pub struct Peer {
    pub address: IpAddr,
    pub place: Option<ConnectionHandle>,
}

impl Peer {
    pub fn from_parts(parts: &Parts) -> Self {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Peer {
            address: info.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| {
                address.ip().to_canonical()
            }),
            place: parts.extensions.get::<ConnectionHandle>().cloned(),
        }
    }

    /// Somebody whose connection is another's.
    pub fn from_address(address: IpAddr) -> Self {
        Peer { address, place: None }
    }
}

/// A connection's own end; its place is given back with it.
struct ConnectionPermit {
    place: ConnectionHandle,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let (id, gates) = (self.place.seat.id, &self.place.seat.gates);
        gates.lock_slots().release_slot(id);
        gates.lock_open().remove(&id);
        gates.update_open_metric();
    }
}

impl<S> Accept<TcpStream, S> for ConnectionLimiter {
    type Stream = StallGuard<TcpStream>;
    type Service = AddExtension<S, ConnectionHandle>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let guarded = stream.peer_addr().and_then(|peer| {
            stream.set_nodelay(true)?;
            let pass = self.admit_connection(peer.ip().to_canonical())?;
            let service = Extension(pass.place.clone()).layer(service);
            Ok((StallGuard::new(stream, pass, self.inner.stall_time), service))
        });
        ready(guarded)
    }
}

/// A connection that ends when it is sent away, or when its other end takes nothing for too long.
pub(crate) struct StallGuard<S> {
    stream: S,
    pass: ConnectionPermit,
    stall_time: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> StallGuard<S> {
    fn new(stream: S, pass: ConnectionPermit, stall_time: Duration) -> Self {
        StallGuard {
            stream,
            pass,
            stall_time,
            stalled: None,
        }
    }

    /// Whether it was sent away; else whoever sends it away wakes `context`.
    fn require_not_cut(&self, context: &Context<'_>) -> io::Result<()> {
        let seat = &self.pass.place.seat;
        seat.waker.register(context.waker());
        if !seat.cut.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it was sent away"))
        }
    }

    fn watch_stall<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let deadline = Instant::now() + self.stall_time;
        let timer = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        match std::future::Future::poll(timer.as_mut(), context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the other end takes nothing",
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.require_not_cut(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
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

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
