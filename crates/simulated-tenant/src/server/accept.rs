//! From a socket to answers: accept, TLS, HTTP/1.1 or HTTP/2, and the resets that faults ask for.
//!
//! axum's own serve loop hides the socket; here an answer may carry [`Abort`], and the connection it came over is
//! then reset before, during or after it. All tasks live in one set, so that dropping it ends every connection.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use openssl::ssl::{Ssl, SslAcceptor};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_openssl::SslStream;
use tower::ServiceExt;

use super::breaking::{BrokenOff, ThenReset, without_length};
use super::line::{Killer, Line};
use crate::fault::Abort;
use crate::state::Secure;

/// More at once than any test opens; the rest waits in the kernel's queue.
const MAX_CONNECTIONS: usize = 2_000;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// After a failed accept (too many open files) it is of no use to try again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until dropped; with `tls`, nothing but TLS.
pub(crate) async fn serve(listener: TcpListener, tls: Option<SslAcceptor>, router: Router) {
    for_each(listener, move |tcp| {
        let (tls, router) = (tls.clone(), router.clone());
        async move {
            let killer = Killer::default();
            let line = Line::new(tcp, killer.clone());
            match tls {
                None => speak(line, router, false, killer).await,
                Some(tls) => {
                    if let Ok(stream) = handshake(&tls, line).await {
                        speak(stream, router, true, killer).await;
                    }
                }
            }
        }
    })
    .await;
}

/// Accepts for ever, one task a connection.
pub(crate) async fn for_each<F, C>(listener: TcpListener, connection: F)
where
    F: Fn(TcpStream) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut tasks = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        while tasks.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((tcp, _)) => {
                let work = connection(tcp);
                tasks.spawn(async move {
                    work.await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// The TLS handshake, bounded in time.
pub(crate) async fn handshake<S>(tls: &SslAcceptor, stream: S) -> io::Result<SslStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ssl = Ssl::new(tls.context())?;
    let mut stream = SslStream::new(ssl, stream)?;
    let accepted = tokio::time::timeout(HANDSHAKE_LIMIT, std::pin::Pin::new(&mut stream).accept()).await;
    match accepted {
        Ok(Ok(())) => Ok(stream),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Speaks HTTP over one stream until it ends or is killed.
pub(crate) async fn speak<S>(stream: S, router: Router, secure: bool, killer: Killer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = {
        let killer = killer.clone();
        service_fn(move |request: Request<Incoming>| answer(router.clone(), request, secure, killer.clone()))
    };
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        biased;
        () = killer.killed() => {}
        // How a client ended its connection is of no interest to a simulator.
        _ = connection => {}
    }
}

/// One request answered, or cut off as its answer asks.
pub(crate) async fn answer(
    router: Router,
    request: Request<Incoming>,
    secure: bool,
    killer: Killer,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Secure(secure));
    let mut answer = match router.oneshot(request).await {
        Ok(answer) => answer.into_response(),
        Err(never) => match never {},
    };
    match answer.extensions_mut().remove::<Abort>() {
        None => Ok(answer),
        Some(Abort::Before) => {
            killer.kill();
            std::future::pending().await
        }
        Some(Abort::During) => {
            without_length(answer.headers_mut());
            Ok(answer.map(|body| Body::new(BrokenOff::new(body, killer))))
        }
        Some(Abort::After) => Ok(answer.map(|body| Body::new(ThenReset::new(body, killer)))),
    }
}
