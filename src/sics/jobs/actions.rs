//! `GET /sics/v1/actions`: all verbs as they describe themselves. It takes some thousand questions to find out where
//! each works, and the answer never changes, so it is found once.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::actions::specs::{TABLE, describe_action};

pub(crate) async fn list_actions() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let all: Vec<_> = TABLE.iter().map(|spec| describe_action(spec)).collect();
        json!({ "actions": all }).to_string()
    });
    ([(axum::http::header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}
