//! Who may come in: each connection takes a place ([`super::places`] says who goes where none is left), one that takes
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
use super::answers::Answers;
use super::auth::network;
use super::places::{Entry, PlaceBounds, PlaceId, Places};
use crate::model::OperatorId;
use crate::observe::{Metrics, Ration, metric};

/// Gives places to connections.
#[derive(Clone)]
pub struct Gates {
    inner: Arc<Inner>,
}

struct Inner {
    places: Mutex<Places>,
    open: Mutex<HashMap<PlaceId, Place>>,
    /// Requests of strangers, beyond the one that each of their connections may always have.
    extra: AtomicUsize,
    extra_max: usize,
    stall_time: Duration,
    answers: Answers,
    metrics: Metrics,
    crowded: Ration,
}

impl Gates {
    pub fn new(sics: &Sics) -> Self {
        let limits = sics.limits();
        let strangers = limits.strangers.clamp(1, limits.connections.div_ceil(2).max(1));
        Gates {
            inner: Arc::new(Inner {
                places: Mutex::new(Places::new(PlaceBounds {
                    strangers,
                    known: limits.connections.saturating_sub(strangers).max(1),
                    per_account: limits.connections_per_account,
                })),
                open: Mutex::default(),
                extra: AtomicUsize::new(0),
                extra_max: limits.stranger_requests,
                stall_time: limits.stall_time,
                answers: Answers::new(limits.answers),
                metrics: sics.metrics().clone(),
                crowded: Ration::new(),
            }),
        }
    }

    fn enter(&self, address: IpAddr) -> io::Result<Pass> {
        let entry = self.places().enter(network(address));
        let Entry::Seated { place: id, evicts } = entry else {
            self.tell_crowd(address);
            return Err(io::Error::other("too many connections"));
        };
        let place = Place {
            seat: Arc::new(Seat::new(id, self.clone())),
        };
        self.open().insert(id, place.clone());
        if let Some(evicted) = evicts {
            self.tell_crowd(address);
            self.send_away(evicted);
        }
        self.count();
        Ok(Pass { place })
    }

    fn send_away(&self, id: PlaceId) {
        let place = self.open().get(&id).cloned();
        if let Some(place) = place {
            place.cut();
        }
    }

    /// Once a minute: whoever knocks must not fill the log.
    fn tell_crowd(&self, address: IpAddr) {
        if let Some(held_back) = self.inner.crowded.may_tell() {
            tracing::warn!(peer = %address, connections = self.places().open(), held_back,
                "there are too many connections without a sign-in: the oldest are closed");
        }
    }

    /// Cuts off whoever takes nothing of an answer, and strangers who only sit there.
    pub fn sweep(&self) {
        let places: Vec<Place> = self.open().values().cloned().collect();
        let now = Instant::now();
        for place in places {
            let idle = !place.is_known() && place.idle_for(now) >= self.inner.stall_time;
            if idle || place.seat.answers_stall(now, self.inner.stall_time) {
                place.cut();
            }
        }
        if let Some(held_back) = self.inner.crowded.left_over() {
            tracing::warn!(
                held_back,
                "connections without a sign-in were closed: there were too many"
            );
        }
    }

    fn count(&self) {
        let open = self.places().open();
        self.inner.metrics.set(&metric::CONNECTIONS, &[], open as f64);
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        locked(&self.inner.places)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<PlaceId, Place>> {
        locked(&self.inner.open)
    }
}

/// The place of a connection, as its requests know it.
#[derive(Clone)]
pub struct Place {
    seat: Arc<Seat>,
}

struct Seat {
    id: PlaceId,
    gates: Gates,
    cut: AtomicBool,
    waker: AtomicWaker,
    in_hand: AtomicUsize,
    /// When it came, or when it last took the whole of an answer.
    served_at: Mutex<Instant>,
    /// Answers of which a part was handed over, since when nobody has asked for the next.
    untaken: Mutex<HashMap<u64, Instant>>,
}

impl Seat {
    fn new(id: PlaceId, gates: Gates) -> Self {
        Seat {
            id,
            gates,
            cut: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            in_hand: AtomicUsize::new(0),
            served_at: Mutex::new(Instant::now()),
            untaken: Mutex::default(),
        }
    }

    fn answers_stall(&self, now: Instant, most: Duration) -> bool {
        let untaken = locked(&self.untaken);
        untaken.values().any(|since| now.duration_since(*since) >= most)
    }
}

impl Place {
    pub fn id(&self) -> PlaceId {
        self.seat.id
    }

    pub fn is_cut(&self) -> bool {
        self.seat.cut.load(Ordering::Acquire)
    }

    fn cut(&self) {
        self.seat.cut.store(true, Ordering::Release);
        self.seat.waker.wake();
    }

    fn idle_for(&self, now: Instant) -> Duration {
        now.duration_since(*locked(&self.seat.served_at))
    }

    pub fn is_known(&self) -> bool {
        self.seat.gates.places().is_known(self.seat.id)
    }

    pub fn account(&self) -> Option<OperatorId> {
        self.seat.gates.places().account(self.seat.id)
    }

    /// Somebody has signed in over it.
    pub fn know(&self, account: OperatorId) {
        let evicts = self.seat.gates.places().know(self.seat.id, account);
        if let Some(evicted) = evicts {
            self.seat.gates.send_away(evicted);
        }
    }

    /// A sign-in failed over it.
    pub fn fail(&self, account: Option<OperatorId>) {
        self.seat.gates.places().fail(self.seat.id, account);
    }

    /// Keeps its place while a sign-in is checked.
    pub fn keep(&self) -> Kept {
        self.seat.gates.places().begin_check(self.seat.id);
        Kept(self.clone())
    }

    /// Takes a request in hand; `None`: strangers have as many as they may. One each is always taken.
    pub fn take_request(&self) -> Option<InHand> {
        let (seat, gates) = (&self.seat, &self.seat.gates.inner);
        let first = seat.in_hand.fetch_add(1, Ordering::AcqRel) == 0;
        let mut hand = InHand {
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

    pub fn answers(&self) -> &Answers {
        &self.seat.gates.inner.answers
    }

    /// A part of an answer was handed over.
    pub fn gave(&self, answer: u64) {
        locked(&self.seat.untaken).insert(answer, Instant::now());
    }

    /// The next part is being waited for, by the other end.
    pub fn took(&self, answer: u64) {
        locked(&self.seat.untaken).remove(&answer);
    }

    /// The whole of an answer was taken.
    pub fn served(&self) {
        *locked(&self.seat.served_at) = Instant::now();
    }
}

/// While it is there, the connection is not sent away.
pub struct Kept(Place);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.seat.gates.places().end_check(self.0.seat.id);
    }
}

/// A request that is being answered.
pub struct InHand {
    place: Place,
    extra: bool,
}

impl Drop for InHand {
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
    pub place: Option<Place>,
}

impl Peer {
    pub fn of(parts: &Parts) -> Self {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Peer {
            address: info.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| {
                address.ip().to_canonical()
            }),
            place: parts.extensions.get::<Place>().cloned(),
        }
    }

    /// Somebody whose connection is another's.
    pub fn at(address: IpAddr) -> Self {
        Peer { address, place: None }
    }
}

/// A connection's own end; its place is given back with it.
struct Pass {
    place: Place,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let (id, gates) = (self.place.seat.id, &self.place.seat.gates);
        gates.places().leave(id);
        gates.open().remove(&id);
        gates.count();
    }
}

impl<S> Accept<TcpStream, S> for Gates {
    type Stream = Guarded<TcpStream>;
    type Service = AddExtension<S, Place>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let guarded = stream.peer_addr().and_then(|peer| {
            stream.set_nodelay(true)?;
            let pass = self.enter(peer.ip().to_canonical())?;
            let service = Extension(pass.place.clone()).layer(service);
            Ok((Guarded::new(stream, pass, self.inner.stall_time), service))
        });
        ready(guarded)
    }
}

/// A connection that ends when it is sent away, or when its other end takes nothing for too long.
pub struct Guarded<S> {
    stream: S,
    pass: Pass,
    stall_time: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    fn new(stream: S, pass: Pass, stall_time: Duration) -> Self {
        Guarded {
            stream,
            pass,
            stall_time,
            stalled: None,
        }
    }

    /// Whether it was sent away; else whoever sends it away wakes `context`.
    fn stays(&self, context: &Context<'_>) -> io::Result<()> {
        let seat = &self.pass.place.seat;
        seat.waker.register(context.waker());
        match seat.cut.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it was sent away")),
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
        match std::future::Future::poll(timer.as_mut(), context) {
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
        self.stays(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stays(context)?;
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stays(context)?;
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stays(context)?;
        let done = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
