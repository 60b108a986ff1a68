//! What handlers take from a request, each refusal a [`ApiProblem`]: bodies, queries and path parts, all bounded, unknown
//! keys refused.

use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;

use super::Sics;
use super::api_schemas::list_members;
use super::problem::ApiProblem;
use super::text_checks;
use crate::contract::ConfirmQuery;
use crate::model::{
    ConfirmableEffect, check_unique_keys, describe_body_fault, describe_parse_failure, describe_unread_part,
    replace_unprintable,
};

/// A JSON body. `T` denies unknown fields. No text in it has a character that can't be seen ([`super::text_checks`]).
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Sics> for JsonBody<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, sics: &Sics) -> Result<Self, ApiProblem> {
        read_printable_json(request, sics, sics.limits().body_bytes)
            .await
            .map(JsonBody)
    }
}

/// A JSON body of somebody who has not signed in: no longer than names and passwords are, so that many of them cost little
/// (E8).
pub(crate) struct StrangerBody<T>(pub T);

/// Longest body of such, bytes: the longest password with every letter escaped, and what is beside it.
const STRANGER_BODY_BYTES: usize = 16 << 10;

impl<T: DeserializeOwned> FromRequest<Sics> for StrangerBody<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, sics: &Sics) -> Result<Self, ApiProblem> {
        let max_bytes = STRANGER_BODY_BYTES.min(sics.limits().body_bytes);
        read_printable_json(request, sics, max_bytes).await.map(StrangerBody)
    }
}

/// A JSON body of a machine that passes strangers' text on: whoever reads a text of it judges it.
pub(crate) struct UncheckedTextBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Sics> for UncheckedTextBody<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, sics: &Sics) -> Result<Self, ApiProblem> {
        parse_json(&read_json_bytes(request, sics, sics.limits().body_bytes).await?).map(UncheckedTextBody)
    }
}

async fn read_printable_json<T: DeserializeOwned>(
    request: Request,
    sics: &Sics,
    max_bytes: usize,
) -> Result<T, ApiProblem> {
    let bytes = read_json_bytes(request, sics, max_bytes).await?;
    text_checks::require_printable_body(&bytes)?;
    parse_json(&bytes)
}

async fn read_json_bytes(request: Request, sics: &Sics, max_bytes: usize) -> Result<Bytes, ApiProblem> {
    require_plain_encoding(request.headers())?;
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media_type = kind.split(';').next().unwrap_or_default().trim();
    // Also keeps out what a form in a foreign web page could send with a browser's remembered password.
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(ApiProblem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "notJson",
            "the body is not marked as JSON",
            "Send the header Content-Type: application/json.",
        ));
    }
    let bytes = read_body(request, sics, max_bytes).await?;
    require_unique_keys(&bytes)?;
    Ok(bytes)
}

/// Bodies are read as they come: one that is marked as compressed is neither taken as it is nor called no JSON.
fn require_plain_encoding(headers: &HeaderMap) -> Result<(), ApiProblem> {
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return Ok(());
    }
    Err(ApiProblem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "encodedBody",
        "the body is marked as compressed or otherwise encoded",
        "Send it as it is, without the header Content-Encoding.",
    ))
}

/// Before any value is read: a later check would see only the second of two.
fn require_unique_keys(bytes: &[u8]) -> Result<(), ApiProblem> {
    check_unique_keys(bytes).map_err(|key| {
        ApiProblem::bad_request(
            "keyTwice",
            format!("the body contains {} twice", replace_unprintable(&key)),
            "Send it once: it is ambiguous, and other programs may use the other value.",
        )
    })
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    serde_json::from_slice(bytes).map_err(|error| {
        ApiProblem::bad_request(
            "wrongBody",
            describe_body_fault(bytes, &error, &list_members),
            "See /sics/v1/openapi.json for what this route accepts.",
        )
    })
}

async fn read_body(mut request: Request, sics: &Sics, max_bytes: usize) -> Result<Bytes, ApiProblem> {
    DefaultBodyLimit::max(max_bytes).apply(&mut request);
    let limits = sics.limits();
    let too_slow = || {
        ApiProblem::new(
            StatusCode::REQUEST_TIMEOUT,
            "bodyTooSlow",
            "the body did not arrive in time",
            "Send it without pauses.",
        )
    };
    let whole = tokio::time::timeout(limits.body_timeout, Bytes::from_request(request, sics));
    whole.await.map_err(|_| too_slow())?.map_err(|error| match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => body_too_big_problem(max_bytes),
        _ => ApiProblem::bad_request("bodyBroken", "the body is incomplete", "Send the request again."),
    })
}

pub(crate) fn body_too_big_problem(max_bytes: usize) -> ApiProblem {
    ApiProblem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "bodyTooBig",
        format!("a body may have at most {max_bytes} bytes"),
        "Send a smaller body.",
    )
}

/// The query. `T` denies unknown fields.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        text_checks::require_printable_query(parts.uri.query().unwrap_or_default())?;
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(QueryParams(asked)),
            Err(error) => Err(ApiProblem::bad_request(
                "wrongQuery",
                describe_parse_failure(&error.body_text().replacen("Failed", "failed", 1)),
                "See /sics/v1/openapi.json for the parameters of this route.",
            )),
        }
    }
}

/// Parts of the path.
pub struct PathParams<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathParams<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(PathParams(named)),
            Err(error) => Err(wrong_path_problem(&error)),
        }
    }
}

fn wrong_path_problem(error: &PathRejection) -> ApiProblem {
    ApiProblem::bad_request("wrongPath", describe_path_fault(error), "Check the names in the path.")
}

/// With the part that is wrong, as it was sent; the library counts parts from 0.
fn describe_path_fault(error: &PathRejection) -> String {
    let kind = match error {
        PathRejection::FailedToDeserializePathParams(unread) => Some(unread.kind()),
        _ => None,
    };
    match kind {
        Some(
            ErrorKind::ParseErrorAtIndex {
                value, expected_type, ..
            }
            | ErrorKind::ParseErrorAtKey {
                value, expected_type, ..
            }
            | ErrorKind::ParseError { value, expected_type },
        ) => describe_unread_part(&replace_unprintable(value), expected_type),
        _ => describe_parse_failure(&error.body_text().to_lowercase()),
    }
}

/// Lets a change through that concerns nobody, or that was confirmed as it is (F7, A10).
pub(crate) fn require_confirmed(confirm: &ConfirmQuery, effect: &ConfirmableEffect) -> Result<(), ApiProblem> {
    if effect.is_confirmed(confirm.confirm.as_ref()) {
        Ok(())
    } else {
        Err(ApiProblem::confirmation_needed(effect))
    }
}
