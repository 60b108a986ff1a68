//! Who may come in: each connection takes a place ([`super::connection_slots`] says who goes where none is left), one that takes
//! nothing is cut off (E2), and requests find the place of their connection among their extensions.

mod stall_guard;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::api_limits::SicsLimits;
use super::auth::network_prefix;
use super::connection_slots::{ConnectionId, ConnectionSlots, SlotBounds, SlotDecision};
use super::response_budget::ResponseBudget;
use crate::model::OperatorId;
use crate::observe::{LogThrottle, Metrics, metric};

/// Gives places to connections.
#[derive(Clone)]
pub(crate) struct ConnectionLimiter {
    state: Arc<ConnectionLimiterState>,
}

struct ConnectionLimiterState {
    slots: Mutex<ConnectionSlots>,
    open_connections: Mutex<HashMap<ConnectionId, ConnectionHandle>>,
    /// Requests of strangers, beyond the one that each of their connections may always have.
    extra_requests: AtomicUsize,
    extra_requests_max: usize,
    stall_timeout: Duration,
    response_budget: ResponseBudget,
    metrics: Metrics,
    crowded_log: LogThrottle,
}

impl ConnectionLimiter {
    pub(crate) fn new(limits: &SicsLimits, metrics: &Metrics) -> Self {
        let strangers = limits
            .stranger_connections
            .clamp(1, limits.connections.div_ceil(2).max(1));
        ConnectionLimiter {
            state: Arc::new(ConnectionLimiterState {
                slots: Mutex::new(ConnectionSlots::new(SlotBounds {
                    strangers,
                    known: limits.connections.saturating_sub(strangers).max(1),
                    per_account: limits.connections_per_account,
                })),
                open_connections: Mutex::default(),
                extra_requests: AtomicUsize::new(0),
                extra_requests_max: limits.stranger_requests,
                stall_timeout: limits.stall_timeout,
                response_budget: ResponseBudget::new(limits.response_bounds),
                metrics: metrics.clone(),
                crowded_log: LogThrottle::new(),
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
            state: Arc::new(ConnectionState::new(id, self.clone())),
        };
        self.lock_open().insert(id, place.clone());
        if let Some(evicted) = evicts {
            self.warn_crowded(address);
            self.evict_connection(evicted);
        }
        self.update_open_metric();
        Ok(ConnectionPermit { connection: place })
    }

    fn evict_connection(&self, id: ConnectionId) {
        let connection = self.lock_open().get(&id).cloned();
        if let Some(connection) = connection {
            connection.cut_off();
        }
    }

    /// Once a minute: whoever knocks must not fill the log.
    fn warn_crowded(&self, address: IpAddr) {
        if let Some(held_back) = self.state.crowded_log.allow_line() {
            tracing::warn!(peer = %address, connections = self.lock_slots().open_count(), held_back,
                "too many connections without a sign-in: the oldest are closed");
        }
    }

    /// Disconnects readers that accept nothing of a response, and idle strangers.
    pub(crate) fn cut_stalled(&self) {
        let connections: Vec<ConnectionHandle> = self.lock_open().values().cloned().collect();
        let now = Instant::now();
        for connection in connections {
            let idle = !connection.is_known() && connection.idle_time(now) >= self.state.stall_timeout;
            if idle || connection.state.has_stalled_response(now, self.state.stall_timeout) {
                connection.cut_off();
            }
        }
        if let Some(held_back) = self.state.crowded_log.take_suppressed() {
            tracing::warn!(
                held_back,
                "connections without a sign-in were closed: there were too many"
            );
        }
    }

    fn update_open_metric(&self) {
        let open = self.lock_slots().open_count();
        self.state.metrics.set(&metric::CONNECTIONS, &[], open as f64);
    }

    fn lock_slots(&self) -> MutexGuard<'_, ConnectionSlots> {
        lock_mutex(&self.state.slots)
    }

    fn lock_open(&self) -> MutexGuard<'_, HashMap<ConnectionId, ConnectionHandle>> {
        lock_mutex(&self.state.open_connections)
    }
}

/// The place of a connection, as its requests know it.
#[derive(Clone)]
pub struct ConnectionHandle {
    state: Arc<ConnectionState>,
}

struct ConnectionState {
    id: ConnectionId,
    limiter: ConnectionLimiter,
    is_cut: AtomicBool,
    waker: AtomicWaker,
    requests_in_flight: AtomicUsize,
    /// When it came, or when it last took the whole of an answer.
    last_served_at: Mutex<Instant>,
    /// Answers of which a part was handed over, since when nobody has asked for the next.
    unread_since: Mutex<HashMap<u64, Instant>>,
}

impl ConnectionState {
    fn new(id: ConnectionId, gates: ConnectionLimiter) -> Self {
        ConnectionState {
            id,
            limiter: gates,
            is_cut: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            requests_in_flight: AtomicUsize::new(0),
            last_served_at: Mutex::new(Instant::now()),
            unread_since: Mutex::default(),
        }
    }

    fn has_stalled_response(&self, now: Instant, stall_timeout: Duration) -> bool {
        let unread_since = lock_mutex(&self.unread_since);
        unread_since
            .values()
            .any(|since| now.duration_since(*since) >= stall_timeout)
    }
}

impl ConnectionHandle {
    pub fn id(&self) -> ConnectionId {
        self.state.id
    }

    pub fn is_cut(&self) -> bool {
        self.state.is_cut.load(Ordering::Acquire)
    }

    fn cut_off(&self) {
        self.state.is_cut.store(true, Ordering::Release);
        self.state.waker.wake();
    }

    fn idle_time(&self, now: Instant) -> Duration {
        now.duration_since(*lock_mutex(&self.state.last_served_at))
    }

    pub fn is_known(&self) -> bool {
        self.state.limiter.lock_slots().is_known(self.state.id)
    }

    pub fn account(&self) -> Option<OperatorId> {
        self.state.limiter.lock_slots().account(self.state.id)
    }

    /// Somebody has signed in over it.
    pub fn mark_signed_in(&self, account: OperatorId) {
        let evicts = self.state.limiter.lock_slots().mark_signed_in(self.state.id, account);
        if let Some(evicted) = evicts {
            self.state.limiter.evict_connection(evicted);
        }
    }

    /// A sign-in failed over it.
    pub fn mark_sign_in_failed(&self, account: Option<OperatorId>) {
        self.state
            .limiter
            .lock_slots()
            .mark_sign_in_failed(self.state.id, account);
    }

    /// Keeps its place while a sign-in is checked.
    pub fn hold_during_check(&self) -> CheckHold {
        self.state.limiter.lock_slots().begin_check(self.state.id);
        CheckHold(self.clone())
    }

    /// Takes a request in hand; `None`: strangers have as many as they may. One each is always taken.
    pub fn admit_request(&self) -> Option<RequestPermit> {
        let (seat, limiter) = (&self.state, &self.state.limiter.state);
        let first = seat.requests_in_flight.fetch_add(1, Ordering::AcqRel) == 0;
        let mut permit = RequestPermit {
            connection: self.clone(),
            is_extra: false,
        };
        if first || self.is_known() {
            return Some(permit);
        }
        permit.is_extra = true;
        let before = limiter.extra_requests.fetch_add(1, Ordering::AcqRel);
        (before < limiter.extra_requests_max).then_some(permit)
    }

    pub fn response_budget(&self) -> &ResponseBudget {
        &self.state.limiter.state.response_budget
    }

    /// A part of an answer was handed over.
    pub fn mark_piece_sent(&self, answer: u64) {
        lock_mutex(&self.state.unread_since).insert(answer, Instant::now());
    }

    /// The next part is being waited for, by the other end.
    pub fn mark_piece_taken(&self, answer: u64) {
        lock_mutex(&self.state.unread_since).remove(&answer);
    }

    /// The whole of an answer was taken.
    pub fn mark_served(&self) {
        *lock_mutex(&self.state.last_served_at) = Instant::now();
    }
}

/// While it is there, the connection is not sent away.
pub struct CheckHold(ConnectionHandle);

impl Drop for CheckHold {
    fn drop(&mut self) {
        self.0.state.limiter.lock_slots().end_check(self.0.state.id);
    }
}

/// A request that is being answered.
pub struct RequestPermit {
    connection: ConnectionHandle,
    is_extra: bool,
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        let connection = &self.connection.state;
        connection.requests_in_flight.fetch_sub(1, Ordering::AcqRel);
        if self.is_extra {
            connection.limiter.state.extra_requests.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Whoever asks: the other end of the connection; nothing that a header claims.
#[derive(Clone)]
pub struct Peer {
    pub address: IpAddr,
    pub connection: Option<ConnectionHandle>,
}

impl Peer {
    pub fn from_parts(parts: &Parts) -> Self {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Peer {
            address: info.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| {
                address.ip().to_canonical()
            }),
            connection: parts.extensions.get::<ConnectionHandle>().cloned(),
        }
    }

    /// Somebody whose connection is another's.
    pub fn from_address(address: IpAddr) -> Self {
        Peer {
            address,
            connection: None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Peer::from_parts(parts))
    }
}

/// A connection's own end; its place is given back with it.
struct ConnectionPermit {
    connection: ConnectionHandle,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let (id, limiter) = (self.connection.state.id, &self.connection.state.limiter);
        limiter.lock_slots().release_slot(id);
        limiter.lock_open().remove(&id);
        limiter.update_open_metric();
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
