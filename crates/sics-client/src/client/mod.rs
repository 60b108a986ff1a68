//! The client: one HTTP connection pool, one sign-in, every operation as a method.

mod error;
mod event_parser;
mod events;
mod transport;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Certificate, Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::operations::{Operation, operation};
pub use error::{ClientError, ClientErrorKind, error_chain};
pub use events::{EventStream, StreamEvent};
pub use transport::{PlainHttp, check_secret_transport, find_spoken_address};

/// Largest answer that is read, bytes, where the bus says its length: a full page of changes with whole devices stays far below.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Longest time for a whole file or a whole stream.
const STREAM_TIMEOUT: Duration = Duration::from_secs(6 * 3_600);
/// Longest time for an answer: a minute beyond the longest that a read may wait on purpose (`wait_ms`).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest time until a stream begins: a scan that saves nothing copies the whole store first, before its first heartbeat.
const STREAM_BEGIN_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Its requests name it, as HTTP wants; nothing is looked up.
static IN_PROCESS_URL: LazyLock<Url> = LazyLock::new(|| Url::parse("http://localhost/").expect("a URL"));
static IN_PROCESS_BUILDER: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// A request to its answer.
type AnswerFunction =
    dyn Fn(http::Request<reqwest::Body>) -> BoxFuture<'static, http::Response<reqwest::Body>> + Send + Sync;

/// The API in the same process.
#[derive(Clone)]
pub struct InProcessApi {
    answer: Arc<AnswerFunction>,
}

impl InProcessApi {
    /// `answer`: what the server does with a request.
    pub fn new(
        answer: impl Fn(http::Request<reqwest::Body>) -> BoxFuture<'static, http::Response<reqwest::Body>>
        + Send
        + Sync
        + 'static,
    ) -> InProcessApi {
        InProcessApi {
            answer: Arc::new(answer),
        }
    }
}

impl std::fmt::Debug for InProcessApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcessApi(..)")
    }
}

/// How the client signs in. The debug print shows no secret.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// It does not: for what is open to all, such as beginning a session.
    Nobody,
    /// An API token, `icp_…`, or the token of a session, `ics_…`.
    Token(SecretString),
    /// An operator's name and password.
    Basic {
        /// Name of the operator.
        user: String,
        /// Their password.
        password: SecretString,
    },
}

/// A client of one bus. Cloning is cheap, clones share connections.
#[derive(Debug, Clone)]
pub struct SicsClient {
    http: reqwest::Client,
    /// The API in this very process, in the place of the network.
    in_process: Option<InProcessApi>,
    /// Of the bus, with a slash at the end and without `sics/v1`.
    base_url: Url,
    auth: ClientAuth,
}

impl SicsClient {
    /// A client for the bus at `base` (`https://bus.example:3900`). Nothing is sent yet.
    ///
    /// `pinned`: the one certificate (DER) that is accepted, whatever name stands in it; `None`: the machine's authorities
    /// decide. Plain HTTP to another machine is refused unless `plain` allows it; redirects are not followed.
    pub fn new(
        base: &Url,
        auth: ClientAuth,
        pinned: Option<&[u8]>,
        plain: PlainHttp,
    ) -> Result<SicsClient, ClientError> {
        check_secret_transport(base, plain)?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("intune-connector/", env!("CARGO_PKG_VERSION")));
        if !transport::uses_proxy(base) {
            builder = builder.no_proxy();
        }
        if let Some(der) = pinned {
            let pin = Certificate::from_der(der).map_err(|error| ClientError::invalid_pin(base, &error))?;
            builder = builder.tls_certs_only([pin]).tls_danger_accept_invalid_hostnames(true);
        }
        let http = builder.build().map_err(|error| ClientError::not_prepared(&error))?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(SicsClient {
            http,
            in_process: None,
            base_url: base,
            auth,
        })
    }

    /// A client of the API in this very process: requests and answers are those of the network, without one.
    pub fn in_process(api: InProcessApi, auth: ClientAuth) -> SicsClient {
        SicsClient {
            // Builds requests; it connects to nothing.
            http: IN_PROCESS_BUILDER.clone(),
            in_process: Some(api),
            base_url: IN_PROCESS_URL.clone(),
            auth,
        }
    }

    /// The same client, signed in otherwise; connections are shared.
    #[must_use]
    pub fn with_auth(&self, auth: ClientAuth) -> SicsClient {
        SicsClient { auth, ..self.clone() }
    }

    /// The address of the bus, with a slash at its end.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// A request of this operation; `path`: what stands in the places in braces, in their order.
    pub(crate) fn build_request(&self, operation: &Operation, path: &[String]) -> Result<RequestBuilder, ClientError> {
        if let Some((place, name)) = operation.find_wrong_name(path) {
            return Err(ClientError::wrong_name(place, name));
        }
        let path = operation.fill_path(path);
        let url = self.base_url.join(path.trim_start_matches('/'));
        let url = url.map_err(|error| ClientError::invalid_address(&self.base_url, &error))?;
        let method: Method = operation.method.clone();
        let request = self.http.request(method, url).timeout(ANSWER_TIMEOUT);
        Ok(match &self.auth {
            ClientAuth::Nobody => request,
            ClientAuth::Token(token) => request.bearer_auth(token.expose_secret()),
            ClientAuth::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
        })
    }

    /// Sends it and reads the answer; one without a body reads as `null`.
    pub(crate) async fn send_for_answer<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A, ClientError> {
        let response = self.send_request(request).await?;
        self.read_answer(response).await
    }

    async fn read_answer<A: DeserializeOwned>(&self, response: Response) -> Result<A, ClientError> {
        let bytes = response
            .bytes()
            .await
            .map_err(|error| ClientError::unreachable(&self.base_url, error))?;
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|error| ClientError::unexpected_answer(&self.base_url, &error))
    }

    /// What was asked for with the number of devices that somebody meant is confirmed where as many are shown: then the
    /// same request goes out again with all that was shown (A10).
    async fn send_request(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let retry = request.try_clone();
        let response = self.send_once(request, ANSWER_BYTES_MAX).await;
        match (&response, retry.and_then(|retry| retry.build().ok())) {
            (Err(error), Some(mut retry)) if error.is_confirmed_by(retry.url()) => {
                set_confirm_parameter(retry.url_mut(), error.confirmation().unwrap_or_default());
                let retry = RequestBuilder::from_parts(self.http.clone(), retry);
                self.send_once(retry, ANSWER_BYTES_MAX).await
            }
            _ => response,
        }
    }

    async fn send_once(&self, request: RequestBuilder, bytes_max: u64) -> Result<Response, ClientError> {
        let response = match self.transmit(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.explain_unreachable(error).await),
        };
        if response.content_length().is_some_and(|bytes| bytes > bytes_max) {
            return Err(ClientError::answer_too_large());
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let text = response.text().await.unwrap_or_default();
                Err(ClientError::from_problem(status, &text))
            }
        }
    }

    /// By the network, or to the API in this process.
    async fn transmit(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        let Some(api) = &self.in_process else {
            return request.send().await;
        };
        let request = http::Request::<reqwest::Body>::try_from(request.build()?)?;
        Ok(Response::from((api.answer)(request).await))
    }

    /// Why nothing answered: often it is another scheme that is spoken there.
    async fn explain_unreachable(&self, error: reqwest::Error) -> ClientError {
        let is_timeout = error.is_timeout();
        let failure = ClientError::unreachable(&self.base_url, error);
        if is_timeout {
            return failure;
        }
        match transport::find_spoken_address(&self.base_url).await {
            Some(address) => failure.suggest_address(&self.base_url, &address),
            None => failure,
        }
    }

    /// A file that the bus makes and sends, of any length, in the media type asked for; read it piece by piece.
    pub async fn download(
        &self,
        operation: &Operation,
        path: &[String],
        accept: &str,
        query: &impl Serialize,
    ) -> Result<Response, ClientError> {
        let request = self.build_request(operation, path)?.query(query);
        let request = request.timeout(STREAM_TIMEOUT).header("accept", accept);
        self.send_once(request, u64::MAX).await
    }

    /// The answer of an operation as it becomes known: server-sent events, each an `E`.
    pub async fn stream_events<E: DeserializeOwned>(
        &self,
        operation: &Operation,
        path: &[String],
        query: &impl Serialize,
        body: Option<&impl Serialize>,
    ) -> Result<EventStream<E>, ClientError> {
        let mut request = self.build_request(operation, path)?.query(query);
        request = request.timeout(STREAM_TIMEOUT).header("accept", "text/event-stream");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = tokio::time::timeout(STREAM_BEGIN_TIMEOUT, self.send_request(request)).await;
        let response = response.map_err(|_| ClientError::silent(&self.base_url, STREAM_BEGIN_TIMEOUT))??;
        EventStream::open(response, &self.base_url)
    }

    /// How the bus is, whether or not it is ready (a bus that is not answers 503 with the same content).
    pub async fn fetch_readiness(&self) -> Result<crate::contract::ReadyView, ClientError> {
        let request = self.build_request(&operation::ready(), &[])?;
        let response = match self.transmit(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.explain_unreachable(error).await),
        };
        let kind = response.headers().get("content-type").map(|kind| kind.as_bytes());
        let is_readiness = kind.is_some_and(|kind| kind.starts_with(b"application/json"));
        match response.status() {
            status if status.is_success() || (status == 503 && is_readiness) => self.read_answer(response).await,
            status => {
                let text = response.text().await.unwrap_or_default();
                Err(ClientError::from_problem(status, &text))
            }
        }
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
