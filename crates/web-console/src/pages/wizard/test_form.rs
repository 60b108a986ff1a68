//! Forms for tests, read as those of browsers are.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use futures_util::FutureExt;
use http::header;

use crate::form::FormFields;

pub(crate) fn make_form(pairs: &[(&str, &str)]) -> FormFields {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    // The body is there already.
    FormFields::from_request(request, &()).now_or_never().unwrap().unwrap()
}
