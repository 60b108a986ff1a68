//! Spoils an answer that was right. First what changes the content, then compression, then what changes the way it
//! travels, so that "truncated JSON" stays well-formed HTTP and a slow body may be compressed.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response};
use bytes::Bytes;
use futures_util::stream;

use super::abort::Abort;
use super::kind::{Fault, Moment};

/// Blanks are sent in pieces of this size.
const BLANKS: &[u8] = &[b' '; 64 << 10];

/// Changes what the answer says; `None` leaves it as it is.
pub(super) fn content(fault: &Fault, body: &Bytes) -> Option<Bytes> {
    match fault {
        Fault::Truncated { percent } => Some(body.slice(..body.len() * (*percent).min(99) / 100)),
        _ => None,
    }
}

/// Changes the headers.
pub(super) fn head(fault: &Fault, response: &mut Response<Body>) {
    if let Fault::ContentType { value } = fault
        && let Ok(value) = HeaderValue::from_str(value)
    {
        response.headers_mut().insert("content-type", value);
    }
}

/// Changes how the body travels.
pub(super) fn delivery(fault: &Fault, body: Bytes, response: &mut Response<Body>) -> Body {
    match fault {
        Fault::SlowBody { chunk_bytes, pause_ms } => trickle(body, (*chunk_bytes).max(1), *pause_ms),
        Fault::Oversize { bytes } => oversize(body, *bytes),
        Fault::Reset {
            when: Moment::During,
            bytes,
            ..
        } => {
            response.extensions_mut().insert(Abort::During);
            broken_off(body, *bytes)
        }
        Fault::Reset {
            when: Moment::After, ..
        } => {
            response.extensions_mut().insert(Abort::After);
            response
                .headers_mut()
                .insert("connection", HeaderValue::from_static("close"));
            Body::from(body)
        }
        _ => Body::from(body),
    }
}

fn trickle(body: Bytes, chunk_bytes: usize, pause_ms: u64) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let piece = rest.split_to(chunk_bytes.min(rest.len()));
        Some((Ok::<_, Infallible>(piece), rest))
    }))
}

/// The true body and blanks behind it: valid JSON, only too much of it. Made as it is sent.
fn oversize(body: Bytes, bytes: usize) -> Body {
    let blanks = bytes.saturating_sub(body.len());
    Body::from_stream(stream::unfold((Some(body), blanks), |(first, left)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, Infallible>(first), (None, left)));
        }
        let piece = left.min(BLANKS.len());
        (piece > 0).then(|| (Ok(Bytes::from_static(&BLANKS[..piece])), (None, left - piece)))
    }))
}

/// The first bytes, then the end that is none. The pause lets the server send what it has; it would discard it else.
fn broken_off(body: Bytes, bytes: usize) -> Body {
    let sent = body.slice(..bytes.min(body.len() / 2));
    Body::from_stream(stream::unfold(Some(sent), |sent| async move {
        if let Some(sent) = sent.filter(|sent| !sent.is_empty()) {
            return Some((Ok(sent), Some(Bytes::new())));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), None))
    }))
}
