//! The client side of the SICS API, as the commands need it.

use std::time::Duration;

use reqwest::{Certificate, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::failure::{Exit, Failure, chain};
use super::plain::{PlainHttp, goes_by_proxy, may_carry_secrets};
use crate::model::Change;

/// Largest answer that is read, bytes: a full page of changes with whole devices stays far below.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Longest time for a whole file.
const DOWNLOAD_TIME: Duration = Duration::from_secs(6 * 3_600);
/// Beyond what a read waits on purpose.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub enum Auth {
    Token(SecretString),
    Basic { user: String, password: SecretString },
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Of the bus, with a slash at the end and without `sics/v1`.
    base: Url,
    auth: Auth,
}

/// A page of changes.
#[derive(Debug, Deserialize)]
pub struct Page {
    pub changes: Vec<Change>,
    pub cursor: String,
    pub more: bool,
}

impl Client {
    /// `pinned`: the one certificate (DER) that is accepted, whatever name stands in it. No client sends its secret by
    /// plain HTTP to another machine, unless `plain` says so.
    pub fn new(base: &Url, auth: Auth, pinned: Option<&[u8]>, plain: PlainHttp) -> Result<Client, Failure> {
        may_carry_secrets(base, plain)?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("intune-connector/", env!("CARGO_PKG_VERSION")));
        if !goes_by_proxy(base) {
            builder = builder.no_proxy();
        }
        if let Some(der) = pinned {
            let pin = Certificate::from_der(der).map_err(|error| {
                Failure::failed(
                    format!("the certificate kept for {base} can't be read: {}", chain(&error)),
                    "login again",
                )
            })?;
            builder = builder.tls_certs_only([pin]).tls_danger_accept_invalid_hostnames(true);
        }
        let http = builder
            .build()
            .map_err(|error| Failure::failed(format!("failed to prepare the HTTP client: {}", chain(&error)), ""))?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Client { http, base, auth })
    }

    pub fn base(&self) -> &Url {
        &self.base
    }

    /// `path` stands below `/sics/v1` and begins with a slash, or is empty.
    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self
            .base
            .join(&format!("sics/v1{path}"))
            .map_err(|error| Failure::usage(format!("{} can't be an address of a bus: {error}", self.base), ""))?;
        let request = self.http.request(method, url).timeout(PATIENCE);
        Ok(match &self.auth {
            Auth::Token(token) => request.bearer_auth(token.expose_secret()),
            Auth::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
        })
    }

    /// What was asked for with the number of devices that somebody meant is confirmed where as many are shown: then the
    /// same request goes out again with all that was shown (A10).
    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, Failure> {
        let again = request.try_clone();
        let response = self.once(request).await;
        match (&response, again.and_then(|again| again.build().ok())) {
            (Err(failure), Some(mut again)) if failure.confirms(again.url()) => {
                let confirm = failure.confirm.clone().unwrap_or_default();
                with_confirm(again.url_mut(), &confirm);
                self.once(RequestBuilder::from_parts(self.http.clone(), again)).await
            }
            _ => response,
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<reqwest::Response, Failure> {
        self.once_up_to(request, MOST_BYTES).await
    }

    async fn once_up_to(&self, request: RequestBuilder, most: u64) -> Result<reqwest::Response, Failure> {
        let response = request.send().await.map_err(|error| unreachable(&self.base, error))?;
        if response.content_length().is_some_and(|bytes| bytes > most) {
            return Err(Failure::failed(
                "the answer is larger than anything this command reads",
                "ask for less",
            ));
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let text = response.text().await.unwrap_or_default();
                Err(problem(status, &text))
            }
        }
    }

    async fn value(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| unreachable(&self.base, error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| not_ours(&self.base, &error))
    }

    /// How the bus is, whether or not it is ready.
    pub async fn readiness(&self) -> Result<Value, Failure> {
        let url = self
            .base
            .join("readyz")
            .map_err(|error| Failure::usage(error.to_string(), ""))?;
        let request = self.http.request(Method::GET, url).timeout(PATIENCE);
        let request = match &self.auth {
            Auth::Token(token) => request.bearer_auth(token.expose_secret()),
            Auth::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
        };
        let response = request.send().await.map_err(|error| unreachable(&self.base, error))?;
        let bytes = response.bytes().await.map_err(|error| unreachable(&self.base, error))?;
        serde_json::from_slice(&bytes).map_err(|error| not_ours(&self.base, &error))
    }

    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let request = self.request(Method::GET, path)?.query(query);
        self.value(request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path)?.json(body);
        self.value(request).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::PUT, path)?.json(body);
        self.value(request).await
    }

    pub async fn patch(&self, path: &str, query: &[(&str, String)], body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::PATCH, path)?.query(query).json(body);
        self.value(request).await
    }

    pub async fn delete(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let request = self.request(Method::DELETE, path)?.query(query);
        self.value(request).await
    }

    /// An answer that is passed on as it comes: exports, streams.
    pub async fn stream(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Result<reqwest::Response, Failure> {
        let mut request = self
            .request(method, path)?
            .timeout(Duration::from_secs(3_600))
            .header("accept", accept);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    /// A file that the bus makes and sends, of any length; whoever takes it writes it down as it comes.
    pub async fn download(&self, path: &str, accept: &str) -> Result<reqwest::Response, Failure> {
        let request = self
            .request(Method::POST, path)?
            .timeout(DOWNLOAD_TIME)
            .header("accept", accept);
        self.once_up_to(request, u64::MAX).await
    }

    /// Reads changes; waits up to `wait` where there are none.
    pub async fn changes(
        &self,
        server: &str,
        cursor: Option<&str>,
        limit: usize,
        wait: Duration,
    ) -> Result<Page, Failure> {
        let mut query = vec![("limit", limit.to_string()), ("wait_ms", wait.as_millis().to_string())];
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let path = format!("/servers/{}/changes", segment(server));
        let request = self.request(Method::GET, &path)?.query(&query).timeout(PATIENCE + wait);
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| unreachable(&self.base, error))?;
        serde_json::from_slice(&bytes).map_err(|error| not_ours(&self.base, &error))
    }

    pub async fn acknowledge(&self, server: &str, cursor: &str) -> Result<(), Failure> {
        let body = serde_json::json!({ "cursor": cursor });
        self.post(&format!("/servers/{}/changes/ack", segment(server)), &body)
            .await?;
        Ok(())
    }
}

/// Puts what was shown in the place of the number that was meant.
fn with_confirm(url: &mut Url, confirm: &str) {
    let others = url.query_pairs().filter(|(key, _)| key != "confirm");
    let others: Vec<(String, String)> = others
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("confirm", confirm);
}

/// A name as one segment of a path.
pub fn segment(name: &str) -> String {
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

fn unreachable(base: &Url, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let text = chain(&error);
    let advice = match (error.is_timeout(), base.scheme()) {
        (true, _) => "see whether the bus is busy (/readyz), and the network between",
        (false, "https") if error.is_connect() => {
            "see whether the bus runs there; if its certificate is self-made: login --fingerprint with what `run` prints"
        }
        _ => "see whether the bus runs there and the address is right",
    };
    Failure::new(
        Exit::Unreachable,
        format!("failed to reach the bus at {base}: {text}"),
        advice,
    )
}

fn not_ours(base: &Url, error: &serde_json::Error) -> Failure {
    Failure::failed(
        format!("the answer of {base} is not what a bus of this version says: {error}"),
        "check the address; is something else listening there, or another version?",
    )
}

/// A refusal of the API as a failure of the command (RFC 9457).
fn problem(status: StatusCode, text: &str) -> Failure {
    let body: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let field = |name: &str| body[name].as_str().map(str::to_owned);
    let exit = match status.as_u16() {
        401 | 403 => Exit::Refused,
        404 | 409 | 410 | 412 => Exit::Conflict,
        400 | 413 | 415 | 422 => Exit::Usage,
        429 | 503 => Exit::Busy,
        _ => Exit::Failed,
    };
    let advice = match (status.as_u16(), field("advice")) {
        (409, _) if body["code"] == "confirmationNeeded" => {
            format!(
                "if that is what you want, repeat it with --yes-i-mean {}",
                body["count"]
            )
        }
        (_, Some(advice)) => advice,
        (401, None) => "check user and password, or login again".into(),
        _ => String::new(),
    };
    Failure {
        exit,
        what: field("detail").unwrap_or_else(|| format!("the bus answered {status}")),
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
            assert_eq!(segment(name), path);
        }
    }

    #[test]
    fn a_refusal_keeps_code_and_advice_and_has_its_exit_code() {
        let text = r#"{"detail":"no","code":"missingRight","advice":"ask for Servers_Manage"}"#;
        let table = [
            (401, Exit::Refused),
            (403, Exit::Refused),
            (404, Exit::Conflict),
            (409, Exit::Conflict),
            (410, Exit::Conflict),
            (422, Exit::Usage),
            (429, Exit::Busy),
            (500, Exit::Failed),
            (503, Exit::Busy),
        ];
        for (status, exit) in table {
            let failure = problem(StatusCode::from_u16(status).expect("a status"), text);
            assert_eq!(failure.exit, exit, "{status}");
            assert_eq!(
                failure.to_string(),
                "error: no [missingRight]\n  try: ask for Servers_Manage"
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
        assert!(problem(StatusCode::BAD_GATEWAY, "<html>").what.contains("502"));
    }
}
