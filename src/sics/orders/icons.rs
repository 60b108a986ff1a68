//! Icons of applications: small pictures, PNG or JPEG. What a picture is, is judged by its first bytes; it is answered as
//! that and nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::applications::read_application;
use super::field_checks::wrong_field;
use super::find_application;
use super::scope::OrderScope;
use crate::contract::{ApplicationIconBody, ApplicationView};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;

/// Largest icon, bytes.
const ICON_BYTES: usize = 100_000;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

pub(crate) async fn set_application_icon(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ApplicationIconBody>,
) -> Result<Json<ApplicationView>, ApiProblem> {
    let (bytes, media_type) = decode_icon(&body.content)?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let row = find_application(&sics, &scope, &id).await?;
    let detail = json!({"bytes": bytes.len(), "type": media_type});
    let audit_detail = move |is_set: &bool| is_set.then(|| detail.clone());
    let store = sics.recording(&caller, "application.icon", &row.id, audit_detail);
    if !store
        .set_application_icon(row.id.clone(), bytes, media_type.to_owned())
        .await?
    {
        return Err(ApiProblem::not_found("application", &row.id));
    }
    read_application(&sics, &scope, &row.id).await
}

pub(crate) async fn show_application_icon(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Response, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let row = find_application(&sics, &scope, &id).await?;
    let icon = sics.store().load_application_icon(row.id.clone()).await?;
    let (media_type, bytes) = icon.ok_or_else(|| ApiProblem::not_found("icon of the application", &row.id))?;
    Ok(([(header::CONTENT_TYPE, media_type)], bytes).into_response())
}

/// The picture and its media type.
fn decode_icon(content: &str) -> Result<(Vec<u8>, &'static str), ApiProblem> {
    let advice = "Send a PNG or JPEG file, as base64.";
    let wrong = |rule: &str| wrong_field("wrongIcon", "content", rule, advice);
    let bytes = STANDARD.decode(content).map_err(|_| wrong("is not base64"))?;
    if bytes.len() > ICON_BYTES {
        return Err(wrong("has more than 100,000 bytes"));
    }
    let media_type = if bytes.starts_with(PNG) {
        "image/png"
    } else if bytes.starts_with(JPEG) {
        "image/jpeg"
    } else {
        return Err(wrong("is neither PNG nor JPEG"));
    };
    Ok((bytes, media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_a_small_picture_of_one_of_two_kinds() {
        let coded = |bytes: &[u8]| STANDARD.encode(bytes);
        assert_eq!(decode_icon(&coded(b"\x89PNG\r\n\x1a\nrest")).unwrap().1, "image/png");
        assert_eq!(decode_icon(&coded(b"\xff\xd8\xff\xe0rest")).unwrap().1, "image/jpeg");
        let large = [PNG, &vec![0; ICON_BYTES]].concat();
        for wrong in ["%%%".to_owned(), coded(b"<svg/>"), coded(b""), coded(&large)] {
            assert_eq!(decode_icon(&wrong).unwrap_err().code(), "wrongIcon");
        }
    }
}
