//! The client side of the SICS API, as the commands need it.

use std::time::Duration;

use reqwest::{Certificate, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::failure::{CommandFailure, ExitReason, error_chain};
use super::plain_http::{PlainHttp, check_secret_transport, uses_proxy};
use crate::model::FeedChange;

/// Largest answer that is read, bytes: a full page of changes with whole devices stays far below.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Longest time for a whole file.
const DOWNLOAD_TIME: Duration = Duration::from_secs(6 * 3_600);
/// Beyond what a read waits on purpose.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub enum ClientAuth {
    Token(SecretString),
    Basic { user: String, password: SecretString },
}

#[derive(Clone)]
pub struct ApiClient {
    http: reqwest::Client,
    /// Of the bus, with a slash at the end and without `sics/v1`.
    base_url: Url,
    auth: ClientAuth,
}

/// A page of changes.
#[derive(Debug, Deserialize)]
pub struct FeedPage {
    pub changes: Vec<FeedChange>,
    pub cursor: String,
    pub more: bool,
}

impl ApiClient {
    /// `pinned`: the one certificate (DER) that is accepted, whatever name stands in it. No client sends its secret by
    /// plain HTTP to another machine, unless `plain` says so.
    pub fn new(
        base: &Url,
        auth: ClientAuth,
        pinned: Option<&[u8]>,
        plain: PlainHttp,
    ) -> Result<ApiClient, CommandFailure> {
        check_secret_transport(base, plain)?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("intune-connector/", env!("CARGO_PKG_VERSION")));
        if !uses_proxy(base) {
            builder = builder.no_proxy();
        }
        if let Some(der) = pinned {
            let pin = Certificate::from_der(der).map_err(|error| {
                CommandFailure::general_error(
                    format!("cannot read the certificate saved for {base}: {}", error_chain(&error)),
                    "sign in again: intune-connector login URL --user NAME",
                )
            })?;
            builder = builder.tls_certs_only([pin]).tls_danger_accept_invalid_hostnames(true);
        }
        let http = builder.build().map_err(|error| {
            CommandFailure::general_error(
                format!("failed to prepare the HTTP client: {}", error_chain(&error)),
                "",
            )
        })?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(ApiClient {
            http,
            base_url: base,
            auth,
        })
    }

    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// `path` stands below `/sics/v1` and begins with a slash, or is empty.
    fn build_request(&self, method: Method, path: &str) -> Result<RequestBuilder, CommandFailure> {
        let url = self.base_url.join(&format!("sics/v1{path}")).map_err(|error| {
            CommandFailure::usage_error(format!("{} is not a valid bus address: {error}", self.base_url), "")
        })?;
        let request = self.http.request(method, url).timeout(PATIENCE);
        Ok(match &self.auth {
            ClientAuth::Token(token) => request.bearer_auth(token.expose_secret()),
            ClientAuth::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
        })
    }

    /// What was asked for with the number of devices that somebody meant is confirmed where as many are shown: then the
    /// same request goes out again with all that was shown (A10).
    async fn send_request(&self, request: RequestBuilder) -> Result<reqwest::Response, CommandFailure> {
        let retry = request.try_clone();
        let response = self.send_once(request).await;
        match (&response, retry.and_then(|retry| retry.build().ok())) {
            (Err(failure), Some(mut retry)) if failure.is_confirmed_by(retry.url()) => {
                let confirm = failure.confirm.clone().unwrap_or_default();
                set_confirm_parameter(retry.url_mut(), &confirm);
                self.send_once(RequestBuilder::from_parts(self.http.clone(), retry))
                    .await
            }
            _ => response,
        }
    }

    async fn send_once(&self, request: RequestBuilder) -> Result<reqwest::Response, CommandFailure> {
        self.send_once_limited(request, MOST_BYTES).await
    }

    async fn send_once_limited(&self, request: RequestBuilder, most: u64) -> Result<reqwest::Response, CommandFailure> {
        let response = request
            .send()
            .await
            .map_err(|error| unreachable_failure(&self.base_url, error))?;
        if response.content_length().is_some_and(|bytes| bytes > most) {
            return Err(CommandFailure::general_error(
                "the response is too large for this command",
                "request less data",
            ));
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let text = response.text().await.unwrap_or_default();
                Err(failure_from_problem(status, &text))
            }
        }
    }

    async fn send_for_json(&self, request: RequestBuilder) -> Result<Value, CommandFailure> {
        let response = self.send_request(request).await?;
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable_failure(&self.base_url, error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| unexpected_answer_failure(&self.base_url, &error))
    }

    /// How the bus is, whether or not it is ready.
    pub async fn fetch_readiness(&self) -> Result<Value, CommandFailure> {
        let url = self
            .base_url
            .join("readyz")
            .map_err(|error| CommandFailure::usage_error(error.to_string(), ""))?;
        let request = self.http.request(Method::GET, url).timeout(PATIENCE);
        let request = match &self.auth {
            ClientAuth::Token(token) => request.bearer_auth(token.expose_secret()),
            ClientAuth::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
        };
        let response = request
            .send()
            .await
            .map_err(|error| unreachable_failure(&self.base_url, error))?;
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable_failure(&self.base_url, error))?;
        serde_json::from_slice(&bytes).map_err(|error| unexpected_answer_failure(&self.base_url, &error))
    }

    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, CommandFailure> {
        let request = self.build_request(Method::GET, path)?.query(query);
        self.send_for_json(request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, CommandFailure> {
        let request = self.build_request(Method::POST, path)?.json(body);
        self.send_for_json(request).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, CommandFailure> {
        let request = self.build_request(Method::PUT, path)?.json(body);
        self.send_for_json(request).await
    }

    pub async fn patch(&self, path: &str, query: &[(&str, String)], body: &Value) -> Result<Value, CommandFailure> {
        let request = self.build_request(Method::PATCH, path)?.query(query).json(body);
        self.send_for_json(request).await
    }

    pub async fn delete(&self, path: &str, query: &[(&str, String)]) -> Result<Value, CommandFailure> {
        let request = self.build_request(Method::DELETE, path)?.query(query);
        self.send_for_json(request).await
    }

    /// An answer that is passed on as it comes: exports, streams.
    pub async fn open_stream(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Result<reqwest::Response, CommandFailure> {
        let mut request = self
            .build_request(method, path)?
            .timeout(Duration::from_secs(3_600))
            .header("accept", accept);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send_request(request).await
    }

    /// A file that the bus makes and sends, of any length; whoever takes it writes it down as it comes.
    pub async fn download_file(&self, path: &str, accept: &str) -> Result<reqwest::Response, CommandFailure> {
        let request = self
            .build_request(Method::POST, path)?
            .timeout(DOWNLOAD_TIME)
            .header("accept", accept);
        self.send_once_limited(request, u64::MAX).await
    }

    /// Reads changes; waits up to `wait` where there are none.
    pub async fn fetch_changes(
        &self,
        server: &str,
        cursor: Option<&str>,
        limit: usize,
        wait: Duration,
    ) -> Result<FeedPage, CommandFailure> {
        let mut query = vec![("limit", limit.to_string()), ("wait_ms", wait.as_millis().to_string())];
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let path = format!("/servers/{}/changes", encode_segment(server));
        let request = self
            .build_request(Method::GET, &path)?
            .query(&query)
            .timeout(PATIENCE + wait);
        let response = self.send_request(request).await?;
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable_failure(&self.base_url, error))?;
        serde_json::from_slice(&bytes).map_err(|error| unexpected_answer_failure(&self.base_url, &error))
    }

    pub async fn acknowledge_cursor(&self, server: &str, cursor: &str) -> Result<(), CommandFailure> {
        let body = serde_json::json!({ "cursor": cursor });
        self.post(&format!("/servers/{}/changes/ack", encode_segment(server)), &body)
            .await?;
        Ok(())
    }
}

/// Puts what was shown in the place of the number that was meant.
fn set_confirm_parameter(url: &mut Url, confirm: &str) {
    let other_parameters = url.query_pairs().filter(|(key, _)| key != "confirm");
    let other_parameters: Vec<(String, String)> = other_parameters
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(other_parameters)
        .append_pair("confirm", confirm);
}

/// A name as one segment of a path.
pub fn encode_segment(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let write = |byte: u8| {
        if keep(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    match name {
        "." | ".." => name.replace('.', "%2E"),
        _ => name.bytes().map(write).collect(),
    }
}

fn unreachable_failure(base: &Url, error: reqwest::Error) -> CommandFailure {
    let error = error.without_url();
    let text = error_chain(&error);
    let advice = match (error.is_timeout(), base.scheme()) {
        (true, _) => "check whether the bus is busy (/readyz), and check the network",
        (false, "https") if error.is_connect() => {
            "check that the bus runs there; if its certificate is self-signed, give --fingerprint with the value that `run` prints"
        }
        _ => "check the address, and that the bus runs there",
    };
    CommandFailure::new(
        ExitReason::Unreachable,
        format!("failed to reach the bus at {base}: {text}"),
        advice,
    )
}

fn unexpected_answer_failure(base: &Url, error: &serde_json::Error) -> CommandFailure {
    CommandFailure::general_error(
        format!("unexpected response from {base}: {error}"),
        "check the address; another program or another version may be listening there",
    )
}

/// A refusal of the API as a failure of the command (RFC 9457).
fn failure_from_problem(status: StatusCode, text: &str) -> CommandFailure {
    let body: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let field = |name: &str| body[name].as_str().map(str::to_owned);
    let exit = match status.as_u16() {
        401 | 403 => ExitReason::Refused,
        404 | 409 | 410 | 412 => ExitReason::Conflict,
        400 | 413 | 415 | 422 => ExitReason::Usage,
        429 | 503 => ExitReason::Busy,
        _ => ExitReason::Failed,
    };
    let advice = match (status.as_u16(), field("advice")) {
        (409, _) if body["code"] == "confirmationNeeded" => {
            format!("to confirm, repeat the command with --yes-i-mean {}", body["count"])
        }
        (_, Some(advice)) => advice,
        (401, None) => "check user name and password, or sign in again: intune-connector login URL --user NAME".into(),
        _ => String::new(),
    };
    CommandFailure {
        exit,
        message: field("detail").unwrap_or_else(|| format!("the bus answered {status}")),
        advice,
        code: field("code"),
        status: Some(status.as_u16()),
        confirm: field("confirm").filter(|_| body["code"] == "confirmationNeeded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_segment() {
        for (name, path) in [
            ("a/b", "a%2Fb"),
            ("..", "%2E%2E"),
            ("a?b#c", "a%3Fb%23c"),
            ("ok-1.x_y", "ok-1.x_y"),
        ] {
            assert_eq!(encode_segment(name), path);
        }
    }

    #[test]
    fn a_refusal_keeps_code_and_advice_and_has_its_exit_code() {
        let text = r#"{"detail":"no","code":"missingRight","advice":"ask for Servers_Manage"}"#;
        let table = [
            (401, ExitReason::Refused),
            (403, ExitReason::Refused),
            (404, ExitReason::Conflict),
            (409, ExitReason::Conflict),
            (410, ExitReason::Conflict),
            (422, ExitReason::Usage),
            (429, ExitReason::Busy),
            (500, ExitReason::Failed),
            (503, ExitReason::Busy),
        ];
        for (status, exit) in table {
            let failure = failure_from_problem(StatusCode::from_u16(status).expect("a status"), text);
            assert_eq!(failure.exit, exit, "{status}");
            assert_eq!(
                failure.to_string(),
                "error: no [missingRight]\n  try: ask for Servers_Manage"
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
        assert!(
            failure_from_problem(StatusCode::BAD_GATEWAY, "<html>")
                .message
                .contains("502")
        );
    }
}
