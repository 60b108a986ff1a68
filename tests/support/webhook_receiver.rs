//! A receiver of webhooks over real HTTP or HTTPS: it keeps what it gets, verifies signatures by a calculation of its own,
//! and answers as a test tells it to: late, with a redirect, with 410, 500 or `Retry-After`. It can go away and come back.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use openssl::sha::sha256;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use serde_json::Value;
use simulated_tenant::tls::Authority;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_openssl::SslStream;

use super::folder::TestFolder;
use super::free_port::free_port;
use super::wait::until;

/// The key of the published example, and another one.
pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const OTHER_KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// One message as it came.
#[derive(Debug, Clone)]
pub struct ReceivedMessage {
    pub id: String,
    /// `webhook-timestamp`, seconds.
    pub sent_at: i64,
    pub signatures: Vec<String>,
    pub content_type: String,
    pub body: String,
}

impl ReceivedMessage {
    fn read(headers: &HeaderMap, body: &Bytes) -> ReceivedMessage {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        ReceivedMessage {
            id: text("webhook-id"),
            sent_at: text("webhook-timestamp").parse().unwrap_or_default(),
            signatures: text("webhook-signature").split(' ').map(str::to_owned).collect(),
            content_type: text("content-type"),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// Whether one of its signatures was made with this key.
    pub fn is_signed_by(&self, key: &str) -> bool {
        let key = STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap();
        let signed = format!("{}.{}.{}", self.id, self.sent_at, self.body);
        let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, signed.as_bytes())));
        self.signatures.contains(&expected)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// RFC 2104 by hand, for keys of up to 64 bytes.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64);
    let padded = |with: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0)).take(64);
        key.map(|byte| byte ^ with).collect()
    };
    let inner = sha256(&[padded(0x36), message.to_vec()].concat());
    sha256(&[padded(0x5c), inner.to_vec()].concat())
}

/// How the receiver answers one message.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// 200 with this body.
    Answer(Value),
    /// This status with `Retry-After`, seconds.
    RetryAfter(u16, u64),
    /// This status with `Location`.
    Redirect(u16, String),
    /// This status, as soon as the test releases it.
    Held(u16),
}

type Script = dyn Fn(usize, &ReceivedMessage) -> Reply + Send + Sync;

struct ReceiverState {
    script: Box<Script>,
    received: Mutex<Vec<ReceivedMessage>>,
    connections: AtomicUsize,
    released: watch::Sender<bool>,
}

pub struct WebhookReceiver {
    pub address: SocketAddr,
    state: Arc<ReceiverState>,
    tls: Option<(Arc<SslAcceptor>, String)>,
    task: Option<JoinHandle<()>>,
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        self.go_away();
    }
}

impl WebhookReceiver {
    /// Plain HTTP. `script` gets the number of the message, from 0, and the message.
    pub async fn start(script: impl Fn(usize, &ReceivedMessage) -> Reply + Send + Sync + 'static) -> WebhookReceiver {
        WebhookReceiver::open(script, None).await
    }

    /// HTTPS, with a certificate for `localhost` and 127.0.0.1 from an authority of its own.
    pub async fn start_tls(
        script: impl Fn(usize, &ReceivedMessage) -> Reply + Send + Sync + 'static,
    ) -> WebhookReceiver {
        let folder = TestFolder::new();
        let authority = Authority::open(folder.path(), "ca", "Authority of a receiver").unwrap();
        let own = authority.issue(&["localhost".into(), "127.0.0.1".into()]).unwrap();
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_certificate(&own.certificate).unwrap();
        acceptor.set_private_key(&own.key).unwrap();
        let pem = String::from_utf8(authority.certificate().to_pem().unwrap()).unwrap();
        WebhookReceiver::open(script, Some((Arc::new(acceptor.build()), pem))).await
    }

    async fn open(
        script: impl Fn(usize, &ReceivedMessage) -> Reply + Send + Sync + 'static,
        tls: Option<(Arc<SslAcceptor>, String)>,
    ) -> WebhookReceiver {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let mut receiver = WebhookReceiver {
            address: listener.local_addr().unwrap(),
            state: Arc::new(ReceiverState {
                script: Box::new(script),
                received: Mutex::default(),
                connections: AtomicUsize::new(0),
                released: watch::Sender::new(false),
            }),
            tls,
            task: None,
        };
        receiver.listen(listener);
        receiver
    }

    fn listen(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        let acceptor = self.tls.as_ref().map(|(acceptor, _)| Arc::clone(acceptor));
        let router = Router::new().fallback(take_message).with_state(Arc::clone(&state));
        self.task = Some(tokio::spawn(async move {
            // With the listener its connections go.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                state.connections.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream, acceptor.clone(), router.clone()));
            }
        }));
    }

    /// Ends all connections; nobody listens any more.
    pub fn go_away(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Listens again at the same address.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.listen(listener);
    }

    /// Answers what is held, now and from now on.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// The address of a path, by the name or number `host`.
    pub fn url(&self, host: &str, path: &str) -> url::Url {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        url::Url::parse(&format!("{scheme}://{host}:{}{path}", self.address.port())).unwrap()
    }

    /// The authority of its certificate, PEM.
    pub fn authority(&self) -> Option<String> {
        self.tls.as_ref().map(|(_, pem)| pem.clone())
    }

    pub fn received(&self) -> Vec<ReceivedMessage> {
        self.state.received.lock().unwrap().clone()
    }

    /// How many [`Self::received`] has, without a copy of them.
    pub fn count_received(&self) -> usize {
        self.state.received.lock().unwrap().len()
    }

    /// Waits until it has got so many.
    pub async fn until_received(&self, count: usize) -> Vec<ReceivedMessage> {
        until("the receiver has got its messages", async || {
            self.count_received() >= count
        })
        .await;
        self.received()
    }

    /// Connections that were made to it, requests or not.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn serve(stream: TcpStream, acceptor: Option<Arc<SslAcceptor>>, router: Router) {
    let Some(acceptor) = acceptor else {
        return serve_http(stream, router).await;
    };
    let mut stream = SslStream::new(Ssl::new(acceptor.context()).unwrap(), stream).unwrap();
    if Pin::new(&mut stream).accept().await.is_ok() {
        serve_http(stream, router).await;
    }
}

async fn serve_http(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = TowerToHyperService::new(router);
    // A client that breaks off is as good as one that closes.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn take_message(State(state): State<Arc<ReceiverState>>, headers: HeaderMap, body: Bytes) -> Response {
    let message = ReceivedMessage::read(&headers, &body);
    let reply = {
        let mut received = state.received.lock().unwrap();
        received.push(message.clone());
        (state.script)(received.len() - 1, &message)
    };
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::Answer(body) => axum::Json(body).into_response(),
        Reply::RetryAfter(code, seconds) => {
            (status(code), [(header::RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Reply::Redirect(code, location) => (status(code), [(header::LOCATION, location)]).into_response(),
        Reply::Held(code) => {
            // The sender of the signal lives as long as this state.
            let _ = state.released.subscribe().wait_for(|released| *released).await;
            status(code).into_response()
        }
    }
}
