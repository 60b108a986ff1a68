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

use super::api_limits::ResponseBounds;
use super::connection_limit::ConnectionHandle;
use super::problem::ApiProblem;
use crate::model::OperatorId;

/// Handed over at once: what a connection buffers of it counts for nobody.
const LARGEST_PIECE: usize = 64 << 10;

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
    account_total: usize,
    stranger_total: usize,
}

impl HeldBytes {
    /// A caller that holds nothing may always have one response, however long: otherwise some could never be sent.
    fn reserve_bytes(&mut self, holder: ResponseHolder, bytes: usize) -> bool {
        let held = self.by_holder.get(&holder).copied().unwrap_or_default();
        let (own_max, all, all_max) = match holder {
            ResponseHolder::Account(_) => (
                self.bounds.per_account,
                &mut self.account_total,
                self.bounds.all_accounts,
            ),
            ResponseHolder::Stranger(_) => (
                self.bounds.per_stranger,
                &mut self.stranger_total,
                self.bounds.all_strangers,
            ),
        };
        let fits = held + bytes <= own_max && *all + bytes <= all_max;
        let first = held == 0 && matches!(holder, ResponseHolder::Account(_));
        if !fits && !first {
            return false;
        }
        *all += bytes;
        self.by_holder.insert(holder, held + bytes);
        true
    }

    fn release_bytes(&mut self, holder: ResponseHolder, bytes: usize) {
        let all = match holder {
            ResponseHolder::Account(_) => &mut self.account_total,
            ResponseHolder::Stranger(_) => &mut self.stranger_total,
        };
        *all = all.saturating_sub(bytes);
        if let Some(held) = self.by_holder.get_mut(&holder) {
            *held = held.saturating_sub(bytes);
            if *held == 0 {
                self.by_holder.remove(&holder);
            }
        }
    }
}

#[derive(Clone)]
pub struct ResponseBudget {
    held_bytes: Arc<Mutex<HeldBytes>>,
    next_response_number: Arc<AtomicU64>,
}

impl ResponseBudget {
    pub fn new(bounds: ResponseBounds) -> Self {
        ResponseBudget {
            held_bytes: Arc::new(Mutex::new(HeldBytes {
                bounds,
                by_holder: HashMap::new(),
                account_total: 0,
                stranger_total: 0,
            })),
            next_response_number: Arc::default(),
        }
    }

    /// The answer, watched until it is taken; or a refusal where there is no room for it.
    pub fn track_response(&self, place: &ConnectionHandle, response: Response) -> Response {
        if response.body().is_end_stream() {
            place.mark_served();
            return response;
        }
        let shared = response.extensions().get::<SharedBytes>().is_some();
        let (parts, body) = response.into_parts();
        let holder = place
            .account()
            .map_or(ResponseHolder::Stranger(place.id()), ResponseHolder::Account);
        let mut room = ByteReservation {
            budget: self.clone(),
            holder,
            bytes: 0,
        };
        // What is all there already is all in memory; of what is made piece by piece, a piece at a time.
        let known_length = if shared { Some(0) } else { exact_length(&body) };
        if let Some(bytes) = known_length
            && !room.reserve_bytes(bytes)
        {
            return too_much_untaken();
        }
        let number = self.next_response_number.fetch_add(1, Ordering::Relaxed);
        place.mark_piece_sent(number);
        let tracked = TrackedBody {
            body,
            remaining: Bytes::new(),
            connection: place.clone(),
            response_number: number,
            is_streamed: known_length.is_none(),
            reservation: room,
            is_complete: false,
        };
        Response::from_parts(parts, Body::new(tracked))
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
        "too many responses are waiting to be read",
        "Read the pending responses, then try again.",
    )
    .with_retry_after(5)
    .into_response()
}

/// What an answer holds; given back with it.
struct ByteReservation {
    budget: ResponseBudget,
    holder: ResponseHolder,
    bytes: usize,
}

impl ByteReservation {
    fn reserve_bytes(&mut self, bytes: usize) -> bool {
        let reserved = self.with_held_bytes(|sums| sums.reserve_bytes(self.holder, bytes));
        self.bytes += if reserved { bytes } else { 0 };
        reserved
    }

    fn release_all(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.with_held_bytes(|sums| sums.release_bytes(self.holder, bytes));
    }

    fn with_held_bytes<T>(&self, with: impl FnOnce(&mut HeldBytes) -> T) -> T {
        with(&mut self.budget.held_bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for ByteReservation {
    fn drop(&mut self) {
        self.release_all();
    }
}

struct TrackedBody {
    body: Body,
    /// Made already, and not handed over.
    remaining: Bytes,
    connection: ConnectionHandle,
    response_number: u64,
    is_streamed: bool,
    reservation: ByteReservation,
    is_complete: bool,
}

impl TrackedBody {
    /// Fetches what comes next, where nothing is left of what came before.
    fn fetch_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_streamed {
            self.reservation.release_all();
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let Poll::Ready(Some(Ok(frame))) = polled else {
            return polled;
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if self.is_streamed && !self.reservation.reserve_bytes(bytes) {
            let error = io::Error::other("too much response data is waiting to be read");
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
        self.connection.mark_piece_taken(self.response_number);
        if self.remaining.is_empty() {
            let fetched = self.fetch_frame(context);
            let Poll::Ready(Some(Ok(frame))) = fetched else {
                self.is_complete |= matches!(fetched, Poll::Ready(None));
                return fetched;
            };
            match frame.into_data() {
                Ok(data) => self.remaining = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = LARGEST_PIECE.min(self.remaining.len());
        let piece = self.remaining.split_to(piece);
        self.connection.mark_piece_sent(self.response_number);
        self.is_complete |= self.is_end_stream();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (HttpBody::size_hint(&self.body), self.remaining.len() as u64);
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
        self.connection.mark_piece_taken(self.response_number);
        if self.is_complete {
            self.connection.mark_served();
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
    let mut response = Response::new(Body::new(SlicedBody(bytes)));
    response.extensions_mut().insert(SharedBytes);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, length);
    response
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
            account_total: 0,
            stranger_total: 0,
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
        assert_eq!((sums.account_total, sums.stranger_total), (0, 0));
    }
}
