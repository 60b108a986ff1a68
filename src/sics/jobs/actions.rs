//! `GET /sics/v1/actions`: all verbs as they describe themselves. It takes some thousand questions to find out where
//! each works, and the answer never changes, so it is found once.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};

use crate::actions::specs::{TABLE, describe_action};
use crate::contract::ActionsView;

pub(crate) async fn list_actions() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let actions = TABLE.iter().map(|spec| describe_action(spec)).collect();
        serde_json::to_string(&ActionsView { actions }).expect("actions have only plain fields")
    });
    ([(axum::http::header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}
