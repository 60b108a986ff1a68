//! (stub until the token endpoint lands)

pub fn error_answer(code: u32, _now: chrono::DateTime<chrono::Utc>) -> axum::response::Response {
    axum::response::IntoResponse::into_response((axum::http::StatusCode::UNAUTHORIZED, format!("AADSTS{code}")))
}
