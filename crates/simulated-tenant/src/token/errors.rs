//! What the token endpoint says when it refuses: the table of Entra's errors and the shape of the body.
//!
//! The texts are the simulator's own, short, with the code where Entra puts it: clients must not read them. Status
//! and `error` follow the sources of F.4; where those are silent, what the code's family answers.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// One row of F.4.
#[derive(Debug)]
pub struct Row {
    pub code: u32,
    pub error: &'static str,
    pub status: u16,
    pub text: &'static str,
}

const fn row(code: u32, status: u16, error: &'static str, text: &'static str) -> Row {
    Row {
        code,
        error,
        status,
        text,
    }
}

/// Seconds a throttled client is told to wait.
const THROTTLE_RETRY_AFTER_S: u16 = 5;

/// F.4 first, in its order; then what the grant itself needs besides.
#[rustfmt::skip]
pub const ERRORS: &[Row] = &[
    row(7_000_215, 401, "invalid_client", "Invalid client secret provided; it must be the secret's value, not its id."),
    row(7_000_222, 401, "invalid_client", "The provided client secret keys are expired."),
    row(700_016, 400, "unauthorized_client", "The application was not found in the directory."),
    row(90_002, 400, "invalid_request", "Tenant not found; check the tenant id and that it is the right cloud."),
    row(900_023, 400, "invalid_request", "The tenant identifier is neither a valid DNS name nor a valid GUID."),
    row(700_027, 401, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered, or the signature is invalid."),
    row(700_024, 401, "invalid_client", "Client assertion is not within its valid time range."),
    row(7_000_216, 401, "invalid_client", "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."),
    row(7_000_218, 401, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
    row(700_025, 401, "invalid_client", "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    row(7_000_112, 400, "unauthorized_client", "Application is disabled."),
    row(70_001, 400, "unauthorized_client", "The application is disabled or not installed in the tenant."),
    row(70_011, 400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    row(1_002_012, 400, "invalid_scope", "Client credential flows must have a scope value with /.default suffixed to the resource identifier."),
    row(500_011, 400, "invalid_resource", "The resource principal was not found in the tenant."),
    row(70_021, 401, "invalid_client", "No matching federated identity record found for the presented assertion."),
    row(700_211, 401, "invalid_client", "No matching federated identity record found for the presented assertion issuer."),
    row(700_212, 401, "invalid_client", "No matching federated identity record found for the presented assertion audience."),
    row(700_213, 401, "invalid_client", "No matching federated identity record found for the presented assertion subject."),
    row(700_229, 401, "invalid_client", "Only app-only tokens can be used as federated identity credentials for the Entra issuer."),
    row(50_126, 400, "invalid_grant", "Error validating credentials due to invalid username or password."),
    row(65_001, 400, "invalid_grant", "The user or administrator has not consented to use the application."),
    row(50_076, 400, "invalid_grant", "Multi-factor authentication is required."),
    row(50_079, 400, "interaction_required", "The user must enroll in multi-factor authentication."),
    row(53_003, 400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    row(50_034, 400, "invalid_grant", "The user account does not exist in the directory."),
    row(50_196, 400, "invalid_grant", "The server terminated an operation because it encountered a client request loop."),
    row(90_033, 503, "temporarily_unavailable", "A transient error has occurred; please try again."),
    row(90_006, 503, "temporarily_unavailable", "An external server failed; please try again."),
    row(90_024, 503, "temporarily_unavailable", "The request budget was exceeded; a transient error has occurred."),
    row(90_012, 503, "temporarily_unavailable", "The request timed out; please try again."),
    row(90_055, 429, "temporarily_unavailable", "The tenant is throttled: there are too many incoming requests."),
    row(900_144, 400, "invalid_request", "The request body must contain the parameter named here."),
    row(90_038, 400, "invalid_request", "The tenant is at home in another national cloud."),
    row(900_382, 400, "invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    // besides F.4
    row(700_021, 401, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter."),
    row(700_023, 401, "invalid_client", "Client assertion audience claim does not match the token endpoint."),
    row(50_027, 401, "invalid_client", "The JWT token is invalid or malformed."),
    row(50_013, 401, "invalid_client", "The assertion is not valid: it has been used before."),
    row(50_059, 400, "invalid_request", "No tenant-identifying information found in the request."),
    row(70_003, 400, "unsupported_grant_type", "The app requested an unsupported grant type."),
    row(900_561, 400, "invalid_request", "The endpoint only accepts POST requests."),
    row(50_053, 400, "invalid_grant", "The account is locked: too many wrong passwords."),
    row(50_055, 400, "invalid_grant", "The password is expired."),
    row(50_057, 400, "invalid_grant", "The user account is disabled."),
    row(9_001_023, 400, "invalid_request", "The grant type is not supported over the /common or /consumers endpoints."),
    row(50_049, 400, "invalid_instance", "Unknown or invalid instance."),
    row(9_000_411, 400, "invalid_request", "The request is not properly formatted: a parameter is duplicated."),
    row(70_000, 400, "invalid_grant", "The provided grant is invalid or malformed."),
    row(700_082, 400, "invalid_grant", "The refresh token has expired due to inactivity."),
    row(50_173, 400, "invalid_grant", "The provided grant has been revoked: the password was changed since."),
];

/// A code without a row: somebody injects one that the table does not know.
const UNLISTED: Row = row(0, 400, "invalid_request", "The request was refused.");

/// Why a request is refused: the code, and what is particular to this case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: u32,
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(code: u32) -> Self {
        Refusal::with(code, "")
    }

    pub(super) fn with(code: u32, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Refusal { code, detail }
    }
}

pub(super) fn find(code: u32) -> &'static Row {
    ERRORS.iter().find(|row| row.code == code).unwrap_or(&UNLISTED)
}

/// The answer with one code of F.4, for faults injected on request.
pub fn error_answer(code: u32, now: DateTime<Utc>) -> Response {
    refuse(&Refusal::new(code), now, &HeaderMap::new())
}

/// The answer to a refused request; its `client-request-id` is the correlation id, as at Entra.
pub(super) fn refuse(refusal: &Refusal, now: DateTime<Utc>, request: &HeaderMap) -> Response {
    let row = find(refusal.code);
    let trace = Uuid::new_v4();
    let correlation = correlation_id(request);
    let timestamp = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
    let code = refusal.code;
    let blank = if refusal.detail.is_empty() { "" } else { " " };
    let description = format!(
        "AADSTS{code}: {}{blank}{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
        row.text, refusal.detail
    );
    let body = json!({
        "error": row.error, "error_description": description, "error_codes": [code], "timestamp": timestamp,
        "trace_id": trace, "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = (status, axum::Json(body)).into_response();
    no_store(answer.headers_mut(), &trace.to_string(), &correlation);
    if row.status == 429 {
        let wait = HeaderValue::from(THROTTLE_RETRY_AFTER_S);
        answer.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    answer
}

/// The headers that every answer of the token endpoint carries.
pub(super) fn no_store(headers: &mut HeaderMap, trace: &str, correlation: &str) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    for (name, value) in [("x-ms-request-id", trace), ("client-request-id", correlation)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// The caller's own id where it is a GUID, else a new one.
pub(super) fn correlation_id(request: &HeaderMap) -> String {
    let own = request.get("client-request-id").and_then(|value| value.to_str().ok());
    let own = own.and_then(|text| Uuid::parse_str(text).ok());
    own.unwrap_or_else(Uuid::new_v4).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        let mut codes: Vec<u32> = ERRORS.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ERRORS.len());
    }

    #[test]
    fn an_unknown_code_is_injected_as_it_is() {
        let answer = error_answer(123_456, DateTime::UNIX_EPOCH);
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}
