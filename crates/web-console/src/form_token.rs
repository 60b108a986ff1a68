//! The token that each form of a page carries: only a page of this console, shown to this very browser, has it. It is
//! made from the cookie of the session (or of the visit), which no other page can read. The second proof is the browser's
//! own word on where a request comes from; the server looks at it before the console is asked.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use openssl::sha::Sha256;

use crate::console::Console;
use crate::cookies::{CookieName, read_cookie};
use crate::failure::PageFailure;
use crate::page::PageContext;

/// Name of the field.
pub(crate) const FORM_TOKEN: &str = "form_token";
/// Name of the header, where a script sends the request.
const TOKEN_HEADER: &str = "x-form-token";
/// Largest body of a form, files included, bytes: of an account, and of a stranger.
const BODY_BYTES: usize = 12 << 20;
const STRANGER_BODY_BYTES: usize = 16 << 10;

/// The token of whoever has this cookie.
pub(crate) fn make_form_token(cookie: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"form token\0");
    hash.update(cookie.as_bytes());
    hex::encode(&hash.finish()[..16])
}

/// Refuses what changes something and does not carry the token.
pub(crate) async fn require_form_token(State(console): State<Console>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let known = parts
        .extensions
        .get::<PageContext>()
        .is_some_and(|ctx| ctx.account().is_some());
    let (bound, too_large) = if known {
        (BODY_BYTES, "failure-too-large")
    } else {
        (STRANGER_BODY_BYTES, "failure-too-large-stranger")
    };
    let Ok(bytes) = axum::body::to_bytes(body, bound).await else {
        return PageFailure::plain(StatusCode::PAYLOAD_TOO_LARGE, too_large).into_response();
    };
    let expected: Vec<String> = [CookieName::Session, CookieName::Visit]
        .into_iter()
        .filter_map(|name| read_cookie(&parts.headers, console.settings(), name))
        .map(|cookie| make_form_token(&cookie))
        .collect();
    if !expected
        .iter()
        .any(|token| carries_token(&parts.headers, &bytes, token))
    {
        return PageFailure::plain(StatusCode::FORBIDDEN, "failure-form-token").into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn carries_token(headers: &HeaderMap, body: &[u8], token: &str) -> bool {
    let equal = |given: &[u8]| given.len() == token.len() && openssl::memcmp::eq(given, token.as_bytes());
    if let Some(given) = headers.get(TOKEN_HEADER) {
        return equal(given.as_bytes());
    }
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    match kind {
        Some(kind) if kind.starts_with(b"application/x-www-form-urlencoded") => {
            let mut fields = url::form_urlencoded::parse(body);
            fields.any(|(name, value)| name == FORM_TOKEN && equal(value.as_bytes()))
        }
        // Nobody else knows the token: where it stands in the body matters less than that it does.
        Some(kind) if kind.starts_with(b"multipart/form-data") => {
            let part = format!("\r\n\r\n{token}\r\n");
            body.windows(part.len()).any(|window| window == part.as_bytes())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn carries(kind: &'static str, body: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        carries_token(&headers, body.as_bytes(), &make_form_token("ics_a"))
    }

    #[test]
    fn a_form_carries_the_token_of_its_own_cookie() {
        let token = make_form_token("ics_a");
        let other = make_form_token("ics_b");
        let form = "application/x-www-form-urlencoded";
        assert!(carries(form, &format!("name=a&form_token={token}")));
        assert!(carries(
            "multipart/form-data; boundary=x",
            &format!("--x\r\nname\r\n\r\n{token}\r\n--x--")
        ));
        for body in [
            format!("form_token={other}"),
            "form_token=".to_owned(),
            format!("x={token}"),
            String::new(),
        ] {
            assert!(!carries(form, &body), "{body}");
        }
        assert!(!carries("text/plain", &format!("form_token={token}")));
    }
}
