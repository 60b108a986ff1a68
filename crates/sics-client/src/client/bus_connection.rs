//! The connection to a bus, decided by its address alone: TLS for `https`, a bare one for `http`.
//!
//! *Why two.* An HTTP client with TLS reads the authorities that the machine trusts while it is built, whatever it is used
//! for: some 140 certificates, which takes longer than all else that a command does. So by plain HTTP there is no TLS at
//! all, and none can be missed: the bare connection refuses every other scheme, and neither follows a redirect.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::header::{ACCEPT, HeaderValue, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Request, Response};
use tokio::time::Sleep;
use url::Url;

use super::error::{ClientError, error_chain};
use super::transport::uses_proxy;

/// Longest time until a connection is there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for an answer: a minute beyond the longest that a read may wait on purpose (`wait_ms`).
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
const AGENT: &str = concat!("intune-connector/", env!("CARGO_PKG_VERSION"));
/// Of connections that nobody uses, and of such whose other end is gone: as the client with TLS has them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
const PROBE_INTERVAL: Duration = Duration::from_secs(15);
const PROBES: u32 = 3;

/// Its requests name it, as HTTP wants; nothing is looked up.
pub(super) static IN_PROCESS_URL: LazyLock<Url> = LazyLock::new(|| Url::parse("http://localhost/").expect("a URL"));

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

/// How requests reach a bus. Cloning is cheap, clones share connections.
#[derive(Debug, Clone)]
pub(super) enum BusConnection {
    /// By TLS.
    Encrypted(reqwest::Client),
    /// In clear.
    Plain(PlainClient),
    /// To the API in this very process, in the place of the network.
    InProcess(InProcessApi),
}

impl BusConnection {
    /// To the bus at `base`; `pinned`: the one certificate (DER) that is accepted.
    pub(super) fn open(base: &Url, pinned: Option<&[u8]>) -> Result<BusConnection, ClientError> {
        let pin = pinned.map(Certificate::from_der).transpose();
        let pin = pin.map_err(|error| ClientError::invalid_pin(base, &error))?;
        if base.scheme() == "http" {
            return Ok(BusConnection::Plain(PlainClient::new()));
        }
        let mut builder = begin_encrypted().connect_timeout(CONNECT_TIMEOUT).user_agent(AGENT);
        if !uses_proxy(base) {
            builder = builder.no_proxy();
        }
        if let Some(pin) = pin {
            builder = builder.tls_certs_only([pin]).tls_danger_accept_invalid_hostnames(true);
        }
        let client = builder.build().map_err(|error| ClientError::not_prepared(&error))?;
        Ok(BusConnection::Encrypted(client))
    }

    /// Only to see what is spoken at `url`: whoever answers is believed nothing.
    pub(super) fn open_for_a_look(url: &Url) -> Option<BusConnection> {
        if url.scheme() == "http" {
            return Some(BusConnection::Plain(PlainClient::new()));
        }
        let builder = begin_encrypted().no_proxy().tls_danger_accept_invalid_certs(true);
        builder.build().ok().map(BusConnection::Encrypted)
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response, SendFailure> {
        match self {
            BusConnection::Encrypted(client) => Ok(client.execute(request).await?),
            BusConnection::Plain(client) => client.send(request).await,
            BusConnection::InProcess(api) => {
                let request = http::Request::<reqwest::Body>::try_from(request)?;
                Ok(Response::from((api.answer)(request).await))
            }
        }
    }
}

fn begin_encrypted() -> ClientBuilder {
    reqwest::Client::builder().redirect(Policy::none())
}

/// Connections without TLS, and without a proxy.
#[derive(Debug, Clone)]
pub(super) struct PlainClient {
    http: Arc<legacy::Client<HttpConnector, reqwest::Body>>,
}

impl PlainClient {
    fn new() -> PlainClient {
        let mut connector = HttpConnector::new();
        connector.enforce_http(true);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_keepalive(Some(PROBE_INTERVAL));
        connector.set_keepalive_interval(Some(PROBE_INTERVAL));
        connector.set_keepalive_retries(Some(PROBES));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(PROBE_INTERVAL * 2));
        let http = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        PlainClient { http: Arc::new(http) }
    }

    /// The time of the request counts from here to the last byte of the answer.
    async fn send(&self, request: Request) -> Result<Response, SendFailure> {
        let limit = request.timeout().copied().unwrap_or(ANSWER_TIMEOUT);
        let mut request = http::Request::<reqwest::Body>::try_from(request)?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let mut time_over = Box::pin(tokio::time::sleep(limit));
        let answer = tokio::select! {
            answer = self.http.request(request) => answer?,
            () = &mut time_over => return Err(SendFailure::timed_out()),
        };
        let answer = answer.map(|body| reqwest::Body::wrap(TimedBody { body, time_over }));
        Ok(Response::from(answer))
    }
}

/// The body of an answer, which has an end in time.
struct TimedBody {
    body: Incoming,
    time_over: Pin<Box<Sleep>>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.time_over.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(time_over().into())));
        }
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn time_over() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "operation timed out")
}

const NOT_SENT: &str = "error sending request";

/// Why nothing was answered.
#[derive(Debug)]
pub(super) struct SendFailure {
    /// All that is known, on one line, without an address.
    pub(super) text: String,
    pub(super) is_timeout: bool,
    /// There was no connection.
    pub(super) is_connect: bool,
}

impl SendFailure {
    fn timed_out() -> SendFailure {
        SendFailure {
            text: format!("{NOT_SENT}: {}", time_over()),
            is_timeout: true,
            is_connect: false,
        }
    }
}

impl From<reqwest::Error> for SendFailure {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        SendFailure {
            text: error_chain(&error),
            is_timeout: error.is_timeout(),
            is_connect: error.is_connect(),
        }
    }
}

impl From<legacy::Error> for SendFailure {
    fn from(error: legacy::Error) -> Self {
        SendFailure {
            text: format!("{NOT_SENT}: {}", error_chain(&error)),
            is_timeout: has_timed_out(&error),
            is_connect: error.is_connect(),
        }
    }
}

fn has_timed_out(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let by_system = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
        if by_system
            || error
                .downcast_ref::<hyper::Error>()
                .is_some_and(hyper::Error::is_timeout)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";

    fn request(url: &str, limit: Duration) -> Request {
        let mut request = Request::new(Method::GET, url.parse().expect("a URL"));
        *request.timeout_mut() = Some(limit);
        request
    }

    /// Sends to something that answers with this text and keeps the connection; also what was asked.
    async fn ask(answer: &str, limit: Duration) -> (Result<Response, SendFailure>, String, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/x", listener.local_addr().expect("its address"));
        let connection = BusConnection::open(&url.parse().expect("a URL"), None).expect("a connection to a bus");
        assert!(matches!(connection, BusConnection::Plain(_)));
        let asked = connection.send(request(&url, limit));
        let answered = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut request).await.expect("the request"), 0);
            }
            socket.write_all(answer.as_bytes()).await.expect("the answer");
            (String::from_utf8_lossy(&request).to_lowercase(), socket)
        };
        let (asked, (request, socket)) = futures_util::future::join(asked, answered).await;
        (asked, request, socket)
    }

    #[tokio::test]
    async fn an_answer_by_plain_http_is_read_with_its_length() {
        let (answer, request, _socket) = ask(&format!("{HEAD}four"), ANSWER_TIMEOUT).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.content_length(), Some(4));
        assert_eq!(answer.text().await.expect("its text"), "four");
        assert!(request.starts_with("get /x http/1.1\r\n"), "{request}");
        for header in [
            "\r\nhost: 127.0.0.1:",
            "\r\nuser-agent: intune-connector/",
            "\r\naccept: */*",
        ] {
            assert!(request.contains(header), "{header}: {request}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_not_followed() {
        let moved = "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        let (answer, _, _socket) = ask(moved, ANSWER_TIMEOUT).await;
        assert_eq!(answer.expect("an answer").status(), 307);
    }

    #[tokio::test]
    async fn the_time_of_a_request_holds_for_its_head_and_its_body() {
        let (answer, _, _socket) = ask("", Duration::from_millis(100)).await;
        let failure = answer.expect_err("no head");
        assert!(failure.is_timeout && !failure.is_connect, "{failure:?}");
        let (answer, _, _socket) = ask(&format!("{HEAD}fo"), Duration::from_secs(5)).await;
        let failure = answer.expect("a head").bytes().await.expect_err("half a body");
        assert!(failure.is_timeout(), "{failure:?}");
    }

    #[tokio::test]
    async fn what_has_no_tls_speaks_to_no_address_that_wants_it() {
        let client = PlainClient::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}/", listener.local_addr().expect("its address"));
        let failure = client.send(request(&url, ANSWER_TIMEOUT)).await.expect_err("refused");
        assert!(failure.is_connect && failure.text.contains("scheme"), "{failure:?}");
        for base in ["https://127.0.0.1:3900", "https://bus.example"] {
            let connection = BusConnection::open(&base.parse().expect("a URL"), None).expect("a connection to a bus");
            assert!(matches!(connection, BusConnection::Encrypted(_)), "{base}");
        }
    }

    #[tokio::test]
    async fn where_nobody_listens_there_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        drop(listener);
        let failure = PlainClient::new().send(request(&url, ANSWER_TIMEOUT)).await;
        let failure = failure.expect_err("nobody");
        assert!(failure.is_connect && !failure.is_timeout, "{failure:?}");
        assert!(failure.text.starts_with(NOT_SENT), "{failure:?}");
    }
}
