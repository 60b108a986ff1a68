//! What answers hold in memory until they are taken (E8). Each account, each stranger's connection, and all of both
//! together have a bound; an answer beyond it is not given. A part that was handed over and that nobody takes tells the
//! connection's [`ConnectionHandle`] since when, so that whoever answers pings and takes nothing is cut off.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::connection_limit::ConnectionHandle;
use super::problem::ApiProblem;
use crate::model::OperatorId;

/// Handed over at once: what a connection buffers of it is in nobody's sum.
const LARGEST_PIECE: usize = 64 << 10;

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseBounds {
    pub per_account: usize,
    pub all_accounts: usize,
    pub per_stranger: usize,
    pub all_strangers: usize,
}

/// Whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ResponseHolder {
    Account(OperatorId),
    Stranger(u64),
}

/// The sums; pure.
#[derive(Debug)]
struct HeldBytes {
    bounds: ResponseBounds,
    by_holder: HashMap<ResponseHolder, usize>,
    accounts: usize,
    strangers: usize,
}

impl HeldBytes {
    /// Whoever holds nothing may always have one answer, however long: else there would be answers that nobody gets.
    fn reserve_bytes(&mut self, holder: ResponseHolder, bytes: usize) -> bool {
        let own = self.by_holder.get(&holder).copied().unwrap_or_default();
        let (own_max, all, all_max) = match holder {
            ResponseHolder::Account(_) => (self.bounds.per_account, &mut self.accounts, self.bounds.all_accounts),
            ResponseHolder::Stranger(_) => (self.bounds.per_stranger, &mut self.strangers, self.bounds.all_strangers),
        };
        let fits = own + bytes <= own_max && *all + bytes <= all_max;
        let first = own == 0 && matches!(holder, ResponseHolder::Account(_));
        if !fits && !first {
            return false;
        }
        *all += bytes;
        self.by_holder.insert(holder, own + bytes);
        true
    }

    fn release_bytes(&mut self, holder: ResponseHolder, bytes: usize) {
        let all = match holder {
            ResponseHolder::Account(_) => &mut self.accounts,
            ResponseHolder::Stranger(_) => &mut self.strangers,
        };
        *all = all.saturating_sub(bytes);
        if let Some(own) = self.by_holder.get_mut(&holder) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                self.by_holder.remove(&holder);
            }
        }
    }
}

#[derive(Clone)]
pub struct ResponseBudget {
    sums: Arc<Mutex<HeldBytes>>,
    next: Arc<AtomicU64>,
}

impl ResponseBudget {
    pub fn new(bounds: ResponseBounds) -> Self {
        ResponseBudget {
            sums: Arc::new(Mutex::new(HeldBytes {
                bounds,
                by_holder: HashMap::new(),
                accounts: 0,
                strangers: 0,
            })),
            next: Arc::default(),
        }
    }

    /// The answer, watched until it is taken; or a refusal where there is no room for it.
    pub fn track_response(&self, place: &ConnectionHandle, answer: Response) -> Response {
        if answer.body().is_end_stream() {
            place.mark_served();
            return answer;
        }
        let shared = answer.extensions().get::<SharedBytes>().is_some();
        let (parts, body) = answer.into_parts();
        let holder = place
            .account()
            .map_or(ResponseHolder::Stranger(place.id()), ResponseHolder::Account);
        let mut room = ByteReservation {
            answers: self.clone(),
            holder,
            bytes: 0,
        };
        // What is all there already is all in memory; of what is made piece by piece, a piece at a time.
        let whole = if shared { Some(0) } else { exact_length(&body) };
        if let Some(bytes) = whole
            && !room.reserve_bytes(bytes)
        {
            return too_much_untaken();
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        place.mark_piece_sent(number);
        let watched = TrackedBody {
            inner: body,
            rest: Bytes::new(),
            place: place.clone(),
            number,
            pieces: whole.is_none(),
            room,
            ended: false,
        };
        Response::from_parts(parts, Body::new(watched))
    }
}

fn exact_length(body: &Body) -> Option<usize> {
    HttpBody::size_hint(body)
        .exact()
        .and_then(|bytes| bytes.try_into().ok())
}

fn too_much_untaken() -> Response {
    ApiProblem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "tooMuchUntaken",
        "there are too many answers that were asked for and not taken",
        "Take the answers that are under way, then ask again.",
    )
    .with_retry_after(5)
    .into_response()
}

/// What an answer holds; given back with it.
struct ByteReservation {
    answers: ResponseBudget,
    holder: ResponseHolder,
    bytes: usize,
}

impl ByteReservation {
    fn reserve_bytes(&mut self, bytes: usize) -> bool {
        let taken = self.with_held_bytes(|sums| sums.reserve_bytes(self.holder, bytes));
        self.bytes += if taken { bytes } else { 0 };
        taken
    }

    fn release_all(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.with_held_bytes(|sums| sums.release_bytes(self.holder, bytes));
    }

    fn with_held_bytes<T>(&self, with: impl FnOnce(&mut HeldBytes) -> T) -> T {
        with(&mut self.answers.sums.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for ByteReservation {
    fn drop(&mut self) {
        self.release_all();
    }
}

struct TrackedBody {
    inner: Body,
    /// Made already, and not handed over.
    rest: Bytes,
    place: ConnectionHandle,
    number: u64,
    pieces: bool,
    room: ByteReservation,
    ended: bool,
}

impl TrackedBody {
    /// Fetches what comes next, where nothing is left of what came before.
    fn fetch_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.pieces {
            self.room.release_all();
        }
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        let Poll::Ready(Some(Ok(frame))) = polled else {
            return polled;
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if self.pieces && !self.room.reserve_bytes(bytes) {
            let error = io::Error::other("too much is under way that nobody takes");
            return Poll::Ready(Some(Err(axum::Error::new(error))));
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.place.mark_piece_taken(self.number);
        if self.rest.is_empty() {
            let fetched = self.fetch_frame(context);
            let Poll::Ready(Some(Ok(frame))) = fetched else {
                self.ended |= matches!(fetched, Poll::Ready(None));
                return fetched;
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = LARGEST_PIECE.min(self.rest.len());
        let piece = self.rest.split_to(piece);
        self.place.mark_piece_sent(self.number);
        self.ended |= self.is_end_stream();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (HttpBody::size_hint(&self.inner), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.place.mark_piece_taken(self.number);
        if self.ended {
            self.place.mark_served();
        }
    }
}

/// Marks an answer that is the same for everybody and lies in memory once.
#[derive(Clone)]
struct SharedBytes;

/// Pieces of a shared answer: what a connection copies for itself stays small.
const PIECE: usize = 8 << 10;

/// An answer of bytes that were made once: however many wait for it, it lies in memory once.
pub(crate) fn shared_json(bytes: Bytes) -> Response {
    let length = HeaderValue::from(bytes.len());
    let mut answer = Response::new(Body::new(SlicedBody(bytes)));
    answer.extensions_mut().insert(SharedBytes);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, length);
    answer
}

struct SlicedBody(Bytes);

impl HttpBody for SlicedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let piece = PIECE.min(self.0.len());
        Poll::Ready(Some(Ok(Frame::data(self.0.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: ResponseHolder = ResponseHolder::Account(OperatorId(1));
    const BOB: ResponseHolder = ResponseHolder::Account(OperatorId(2));

    fn sums() -> HeldBytes {
        HeldBytes {
            bounds: ResponseBounds {
                per_account: 10,
                all_accounts: 15,
                per_stranger: 2,
                all_strangers: 3,
            },
            by_holder: HashMap::new(),
            accounts: 0,
            strangers: 0,
        }
    }

    #[test]
    fn e8_what_waits_is_bounded_for_each_and_for_all() {
        let mut sums = sums();
        assert!(sums.reserve_bytes(ALICE, 8) && !sums.reserve_bytes(ALICE, 3) && sums.reserve_bytes(ALICE, 2));
        assert!(sums.reserve_bytes(BOB, 5) && !sums.reserve_bytes(BOB, 1));
        sums.release_bytes(ALICE, 8);
        assert!(sums.reserve_bytes(BOB, 1));
    }

    #[test]
    fn e8_whoever_holds_nothing_gets_an_answer_and_strangers_have_no_such_grace() {
        let mut sums = sums();
        assert!(sums.reserve_bytes(ALICE, 100));
        assert!(!sums.reserve_bytes(ALICE, 1));
        assert!(!sums.reserve_bytes(ResponseHolder::Stranger(1), 3));
        assert!(
            sums.reserve_bytes(ResponseHolder::Stranger(1), 2) && sums.reserve_bytes(ResponseHolder::Stranger(2), 1)
        );
        assert!(!sums.reserve_bytes(ResponseHolder::Stranger(3), 1));
    }

    #[test]
    fn what_is_given_back_leaves_nothing_behind() {
        let mut sums = sums();
        assert!(sums.reserve_bytes(ALICE, 3) && sums.reserve_bytes(ResponseHolder::Stranger(1), 1));
        sums.release_bytes(ALICE, 3);
        sums.release_bytes(ResponseHolder::Stranger(1), 1);
        assert!(sums.by_holder.is_empty());
        assert_eq!((sums.accounts, sums.strangers), (0, 0));
    }
}
