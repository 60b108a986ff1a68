//! The client: one HTTP connection pool, one sign-in, every operation as a method.

mod bus_connection;
mod error;
mod event_parser;
mod events;
mod request;
mod transport;

use std::time::Duration;

use connector_core::model::Language;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Request, Response};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::operations::{Operation, operation};
pub use bus_connection::InProcessApi;
use bus_connection::{ANSWER_TIMEOUT, BusConnection, IN_PROCESS_URL, SendFailure};
pub use error::{ClientError, ClientErrorKind, error_chain};
pub use events::{EventStream, StreamEvent};
pub(crate) use request::{with_body, with_query};
pub use transport::{PlainHttp, check_secret_transport, find_spoken_address};

/// Largest answer that is read, bytes, where the bus says its length: a full page of changes with whole devices stays far below.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Longest time for a whole file or a whole stream.
const STREAM_TIMEOUT: Duration = Duration::from_secs(6 * 3_600);
/// Longest time until a stream begins: a scan that saves nothing copies the whole store first, before its first heartbeat.
const STREAM_BEGIN_TIMEOUT: Duration = Duration::from_secs(15 * 60);

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
    connection: BusConnection,
    /// Of the bus, with a slash at the end and without `sics/v1`.
    base_url: Url,
    /// Where requests go: another address only where something in between passes them on.
    request_url: Url,
    auth: ClientAuth,
    /// Of what the bus says where it refuses something.
    language: Language,
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
        let connection = BusConnection::open(base, pinned)?;
        let base = end_with_slash(base);
        Ok(SicsClient {
            connection,
            request_url: base.clone(),
            base_url: base,
            auth,
            language: Language::default(),
        })
    }

    /// A client of the API in this very process: requests and answers are those of the network, without one.
    pub fn in_process(api: InProcessApi, auth: ClientAuth) -> SicsClient {
        SicsClient {
            connection: BusConnection::InProcess(api),
            base_url: IN_PROCESS_URL.clone(),
            request_url: IN_PROCESS_URL.clone(),
            auth,
            language: Language::default(),
        }
    }

    /// The same client, signed in otherwise; connections are shared.
    #[must_use]
    pub fn with_auth(&self, auth: ClientAuth) -> SicsClient {
        SicsClient { auth, ..self.clone() }
    }

    /// The same client for somebody who reads this language: what the bus refuses, it says in it.
    #[must_use]
    pub fn with_language(self, language: Language) -> SicsClient {
        SicsClient { language, ..self }
    }

    /// The same client under another address: that of the bus, where requests reach it through something in between.
    #[must_use]
    pub fn shown_as(self, bus: &Url) -> SicsClient {
        SicsClient {
            base_url: end_with_slash(bus),
            ..self
        }
    }

    /// The address of the bus, with a slash at its end.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// A request of this operation; `path`: what stands in the places in braces, in their order.
    pub(crate) fn build_request(&self, operation: &Operation, path: &[String]) -> Result<Request, ClientError> {
        if let Some((place, name)) = operation.find_wrong_name(path) {
            return Err(ClientError::wrong_name(place, name));
        }
        let path = operation.fill_path(path);
        let url = self.request_url.join(path.trim_start_matches('/'));
        let url = url.map_err(|error| ClientError::invalid_address(&self.base_url, &error))?;
        let mut request = Request::new(operation.method.clone(), url);
        *request.timeout_mut() = Some(ANSWER_TIMEOUT);
        if self.language != Language::default() {
            let language = HeaderValue::from_static(self.language.code());
            request.headers_mut().insert(ACCEPT_LANGUAGE, language);
        }
        request::with_auth(request, &self.auth)
    }

    /// Sends it and reads the answer; one without a body reads as `null`.
    pub(crate) async fn send_for_answer<A: DeserializeOwned>(&self, request: Request) -> Result<A, ClientError> {
        let response = self.send_request(request).await?;
        self.read_answer(response).await
    }

    async fn read_answer<A: DeserializeOwned>(&self, response: Response) -> Result<A, ClientError> {
        let bytes = response
            .bytes()
            .await
            .map_err(|error| ClientError::unreachable(&self.base_url, error.into()))?;
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|error| ClientError::unexpected_answer(&self.base_url, &error))
    }

    /// What was asked for with the number of devices that somebody meant is confirmed where as many are shown: then the
    /// same request goes out again with all that was shown (A10).
    async fn send_request(&self, request: Request) -> Result<Response, ClientError> {
        let retry = request.try_clone();
        let response = self.send_once(request, ANSWER_BYTES_MAX).await;
        match (&response, retry) {
            (Err(error), Some(mut retry)) if error.is_confirmed_by(retry.url()) => {
                set_confirm_parameter(retry.url_mut(), error.confirmation().unwrap_or_default());
                self.send_once(retry, ANSWER_BYTES_MAX).await
            }
            _ => response,
        }
    }

    async fn send_once(&self, request: Request, bytes_max: u64) -> Result<Response, ClientError> {
        let response = match self.connection.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.explain_unreachable(error).await),
        };
        if response.content_length().is_some_and(|bytes| bytes > bytes_max) {
            return Err(ClientError::answer_too_large());
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            _ => Err(read_problem(response).await),
        }
    }

    /// Why nothing answered: often it is another scheme that is spoken there.
    async fn explain_unreachable(&self, error: SendFailure) -> ClientError {
        let is_timeout = error.is_timeout;
        let failure = ClientError::unreachable(&self.base_url, error);
        if is_timeout || self.request_url != self.base_url {
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
        let mut request = with_query(self.build_request(operation, path)?, query)?;
        *request.timeout_mut() = Some(STREAM_TIMEOUT);
        let accept = HeaderValue::try_from(accept).map_err(|error| ClientError::unwritable(&error))?;
        request.headers_mut().insert(ACCEPT, accept);
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
        let mut request = with_query(self.build_request(operation, path)?, query)?;
        *request.timeout_mut() = Some(STREAM_TIMEOUT);
        let events = HeaderValue::from_static("text/event-stream");
        request.headers_mut().insert(ACCEPT, events);
        if let Some(body) = body {
            request = with_body(request, body)?;
        }
        let response = tokio::time::timeout(STREAM_BEGIN_TIMEOUT, self.send_request(request)).await;
        let response = response.map_err(|_| ClientError::silent(&self.base_url, STREAM_BEGIN_TIMEOUT))??;
        EventStream::open(response, &self.base_url)
    }

    /// How the bus is, whether or not it is ready (a bus that is not answers 503 with the same content).
    pub async fn fetch_readiness(&self) -> Result<crate::contract::ReadyView, ClientError> {
        let request = self.build_request(&operation::ready(), &[])?;
        let response = match self.connection.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.explain_unreachable(error).await),
        };
        let kind = response.headers().get("content-type").map(|kind| kind.as_bytes());
        let is_readiness = kind.is_some_and(|kind| kind.starts_with(b"application/json"));
        match response.status() {
            status if status.is_success() || (status == 503 && is_readiness) => self.read_answer(response).await,
            _ => Err(read_problem(response).await),
        }
    }
}

/// A refusal, in the language in which the bus says it.
async fn read_problem(response: Response) -> ClientError {
    let (status, language) = (response.status(), read_language(response.headers()));
    let text = response.text().await.unwrap_or_default();
    ClientError::from_problem(status, &text).in_language(language)
}

/// Where a part of it is in another language than English, it is one for those who read that.
fn read_language(headers: &HeaderMap) -> Language {
    let told = headers.get(CONTENT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut known = told
        .unwrap_or_default()
        .split(',')
        .filter_map(|code| code.trim().parse::<Language>().ok());
    known
        .find(|language| *language != Language::default())
        .unwrap_or_default()
}

/// Paths are joined below it.
fn end_with_slash(base: &Url) -> Url {
    let mut base = base.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base
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
