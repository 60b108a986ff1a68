//! What answers hold in memory until they are taken (E8). Each account, each stranger's connection, and all of both
//! together have a bound; an answer beyond it is not given. A part that was handed over and that nobody takes tells the
//! connection's [`Place`] since when, so that whoever answers pings and takes nothing is cut off.

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

use super::gate::Place;
use super::problem::Problem;
use crate::model::OperatorId;

/// Handed over at once: what a connection buffers of it is in nobody's sum.
const LARGEST_PIECE: usize = 64 << 10;

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerBounds {
    pub per_account: usize,
    pub all_accounts: usize,
    pub per_stranger: usize,
    pub all_strangers: usize,
}

/// Whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Account(OperatorId),
    Stranger(u64),
}

/// The sums; pure.
#[derive(Debug)]
struct Sums {
    bounds: AnswerBounds,
    by_holder: HashMap<Holder, usize>,
    accounts: usize,
    strangers: usize,
}

impl Sums {
    /// Whoever holds nothing may always have one answer, however long: else there would be answers that nobody gets.
    fn take(&mut self, holder: Holder, bytes: usize) -> bool {
        let own = self.by_holder.get(&holder).copied().unwrap_or_default();
        let (own_max, all, all_max) = match holder {
            Holder::Account(_) => (self.bounds.per_account, &mut self.accounts, self.bounds.all_accounts),
            Holder::Stranger(_) => (self.bounds.per_stranger, &mut self.strangers, self.bounds.all_strangers),
        };
        let fits = own + bytes <= own_max && *all + bytes <= all_max;
        let first = own == 0 && matches!(holder, Holder::Account(_));
        if !fits && !first {
            return false;
        }
        *all += bytes;
        self.by_holder.insert(holder, own + bytes);
        true
    }

    fn give_back(&mut self, holder: Holder, bytes: usize) {
        let all = match holder {
            Holder::Account(_) => &mut self.accounts,
            Holder::Stranger(_) => &mut self.strangers,
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
pub struct Answers {
    sums: Arc<Mutex<Sums>>,
    next: Arc<AtomicU64>,
}

impl Answers {
    pub fn new(bounds: AnswerBounds) -> Self {
        Answers {
            sums: Arc::new(Mutex::new(Sums {
                bounds,
                by_holder: HashMap::new(),
                accounts: 0,
                strangers: 0,
            })),
            next: Arc::default(),
        }
    }

    /// The answer, watched until it is taken; or a refusal where there is no room for it.
    pub fn watch(&self, place: &Place, answer: Response) -> Response {
        if answer.body().is_end_stream() {
            place.served();
            return answer;
        }
        let shared = answer.extensions().get::<SharedBytes>().is_some();
        let (parts, body) = answer.into_parts();
        let holder = place.account().map_or(Holder::Stranger(place.id()), Holder::Account);
        let mut room = Room {
            answers: self.clone(),
            holder,
            bytes: 0,
        };
        // What is all there already is all in memory; of what is made piece by piece, a piece at a time.
        let whole = if shared { Some(0) } else { exact(&body) };
        if let Some(bytes) = whole
            && !room.take(bytes)
        {
            return too_much();
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        place.gave(number);
        let watched = Watched {
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

fn exact(body: &Body) -> Option<usize> {
    HttpBody::size_hint(body)
        .exact()
        .and_then(|bytes| bytes.try_into().ok())
}

fn too_much() -> Response {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "tooMuchUntaken",
        "there are too many answers that were asked for and not taken",
        "Take the answers that are under way, then ask again.",
    )
    .retry_after(5)
    .into_response()
}

/// What an answer holds; given back with it.
struct Room {
    answers: Answers,
    holder: Holder,
    bytes: usize,
}

impl Room {
    fn take(&mut self, bytes: usize) -> bool {
        let taken = self.sums(|sums| sums.take(self.holder, bytes));
        self.bytes += if taken { bytes } else { 0 };
        taken
    }

    fn clear(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.sums(|sums| sums.give_back(self.holder, bytes));
    }

    fn sums<T>(&self, with: impl FnOnce(&mut Sums) -> T) -> T {
        with(&mut self.answers.sums.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.clear();
    }
}

struct Watched {
    inner: Body,
    /// Made already, and not handed over.
    rest: Bytes,
    place: Place,
    number: u64,
    pieces: bool,
    room: Room,
    ended: bool,
}

impl Watched {
    /// Fetches what comes next, where nothing is left of what came before.
    fn fetch(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.pieces {
            self.room.clear();
        }
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        let Poll::Ready(Some(Ok(frame))) = polled else {
            return polled;
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if self.pieces && !self.room.take(bytes) {
            let error = io::Error::other("too much is under way that nobody takes");
            return Poll::Ready(Some(Err(axum::Error::new(error))));
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.place.took(self.number);
        if self.rest.is_empty() {
            let fetched = self.fetch(context);
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
        self.place.gave(self.number);
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

impl Drop for Watched {
    fn drop(&mut self) {
        self.place.took(self.number);
        if self.ended {
            self.place.served();
        }
    }
}

/// Marks an answer that is the same for everybody and lies in memory once.
#[derive(Clone)]
struct SharedBytes;

/// Pieces of a shared answer: what a connection copies for itself stays small.
const PIECE: usize = 8 << 10;

/// An answer of bytes that were made once: however many wait for it, it lies in memory once.
pub fn shared_json(bytes: Bytes) -> Response {
    let length = HeaderValue::from(bytes.len());
    let mut answer = Response::new(Body::new(Sliced(bytes)));
    answer.extensions_mut().insert(SharedBytes);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, length);
    answer
}

struct Sliced(Bytes);

impl HttpBody for Sliced {
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

    const ALICE: Holder = Holder::Account(OperatorId(1));
    const BOB: Holder = Holder::Account(OperatorId(2));

    fn sums() -> Sums {
        Sums {
            bounds: AnswerBounds {
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
        assert!(sums.take(ALICE, 8) && !sums.take(ALICE, 3) && sums.take(ALICE, 2));
        assert!(sums.take(BOB, 5) && !sums.take(BOB, 1));
        sums.give_back(ALICE, 8);
        assert!(sums.take(BOB, 1));
    }

    #[test]
    fn e8_whoever_holds_nothing_gets_an_answer_and_strangers_have_no_such_grace() {
        let mut sums = sums();
        assert!(sums.take(ALICE, 100));
        assert!(!sums.take(ALICE, 1));
        assert!(!sums.take(Holder::Stranger(1), 3));
        assert!(sums.take(Holder::Stranger(1), 2) && sums.take(Holder::Stranger(2), 1));
        assert!(!sums.take(Holder::Stranger(3), 1));
    }

    #[test]
    fn what_is_given_back_leaves_nothing_behind() {
        let mut sums = sums();
        assert!(sums.take(ALICE, 3) && sums.take(Holder::Stranger(1), 1));
        sums.give_back(ALICE, 3);
        sums.give_back(Holder::Stranger(1), 1);
        assert!(sums.by_holder.is_empty());
        assert_eq!((sums.accounts, sums.strangers), (0, 0));
    }
}
