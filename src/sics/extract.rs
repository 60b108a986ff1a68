//! What handlers take from a request, each refusal a [`Problem`]: bodies, queries and path parts, all bounded, unknown
//! keys refused.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::Sics;
use super::problem::Problem;
use super::texts;
use crate::model::{Confirmation, Effect, replace_unfit, unique_keys};

/// A JSON body. `T` denies unknown fields. No text in it has a character that can't be seen ([`texts`]).
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Sics> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, sics: &Sics) -> Result<Self, Problem> {
        let bytes = json_bytes(request, sics).await?;
        texts::refuse_unfit(&bytes)?;
        parse(&bytes).map(Body)
    }
}

/// A JSON body of a machine that passes strangers' text on: whoever reads a text of it judges it.
pub struct PassedOn<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Sics> for PassedOn<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, sics: &Sics) -> Result<Self, Problem> {
        parse(&json_bytes(request, sics).await?).map(PassedOn)
    }
}

async fn json_bytes(request: Request, sics: &Sics) -> Result<Bytes, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media_type = kind.split(';').next().unwrap_or_default().trim();
    // Also keeps out what a form in a foreign web page could send with a browser's remembered password.
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "notJson",
            "the body is not marked as JSON",
            "Send the header Content-Type: application/json.",
        ));
    }
    let bytes = read(request, sics).await?;
    said_once(&bytes)?;
    Ok(bytes)
}

/// Before anybody reads a value: every later look would see the last of two.
fn said_once(bytes: &[u8]) -> Result<(), Problem> {
    unique_keys(bytes).map_err(|twice| {
        Problem::bad_request(
            "keyTwice",
            format!("the body says {} twice", replace_unfit(&twice)),
            "Say it once: which of the two is meant can't be told, and other programs may take the other.",
        )
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::bad_request(
            "wrongBody",
            format!(
                "the body can't be used: line {} column {}: {}",
                error.line(),
                error.column(),
                kind_of(&error)
            ),
            "See /sics/v1/openapi.json for what this route takes.",
        )
    })
}

/// What serde complains of, without the values that it repeats: one of them may be a secret in the wrong place (E1).
fn kind_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        Category::Data if text.starts_with("invalid") => "wrong type or value".into(),
        Category::Data => text.to_owned(),
        Category::Syntax | Category::Eof | Category::Io => "not JSON".into(),
    }
}

async fn read(request: Request, sics: &Sics) -> Result<Bytes, Problem> {
    let limits = sics.limits();
    let too_slow = || {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "bodyTooSlow",
            "the body did not arrive in time",
            "Send it in one go.",
        )
    };
    let whole = tokio::time::timeout(limits.body_time, Bytes::from_request(request, sics));
    whole.await.map_err(|_| too_slow())?.map_err(|error| match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => too_big(limits.body_bytes),
        _ => Problem::bad_request("bodyBroken", "the body broke off", "Send the request again."),
    })
}

pub fn too_big(max_bytes: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "bodyTooBig",
        format!("a body may have {max_bytes} bytes"),
        "Send less.",
    )
}

/// The query. `T` denies unknown fields.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        texts::refuse_unfit_query(parts.uri.query().unwrap_or_default())?;
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Asked(asked)),
            Err(error) => Err(Problem::bad_request(
                "wrongQuery",
                error.body_text().to_lowercase(),
                "See /sics/v1/openapi.json for the parameters of this route.",
            )),
        }
    }
}

/// Parts of the path.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Named(named)),
            Err(error) => Err(wrong_path(&error)),
        }
    }
}

fn wrong_path(error: &PathRejection) -> Problem {
    Problem::bad_request(
        "wrongPath",
        error.body_text().to_lowercase(),
        "Check the names in the path.",
    )
}

/// `?confirm=N-DIGEST`, as the refusal without it shows (F7, A10).
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub confirm: Option<Confirmation>,
}

impl Confirm {
    /// Lets a change through that concerns nobody, or that was confirmed as it is.
    pub fn of(&self, effect: &Effect) -> Result<(), Problem> {
        match effect.is_confirmed(self.confirm.as_ref()) {
            true => Ok(()),
            false => Err(Problem::confirmation_needed(effect)),
        }
    }
}
