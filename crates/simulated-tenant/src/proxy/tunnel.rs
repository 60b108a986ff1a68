//! The proxy's connections: CONNECT into a tunnel, absolute URLs straight to the simulator, the rest refused.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use openssl::ssl::SslAcceptor;
use tokio::net::{TcpListener, TcpStream};

use super::{ProxyCount, ProxyOptions};
use crate::server::accept::{answer, for_each, handshake, speak};
use crate::server::line::{Killer, Line};

/// A TLS client speaks first, with this byte.
const TLS_HANDSHAKE: u8 = 0x16;
/// How long a client may hold a tunnel open without saying anything in it.
const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Proxy {
    options: ProxyOptions,
    tls: SslAcceptor,
    router: Router,
    count: ProxyCount,
}

/// Serves until dropped. `tls` is what tunnels present: the simulator's own certificate, or the inspector's.
pub async fn serve(listener: TcpListener, options: ProxyOptions, tls: SslAcceptor, router: Router, count: ProxyCount) {
    let proxy = Proxy {
        options,
        tls,
        router,
        count,
    };
    for_each(listener, move |tcp| connection(proxy.clone(), tcp)).await;
}

async fn connection(proxy: Proxy, tcp: TcpStream) {
    let killer = Killer::default();
    let line = Line::new(tcp, killer.clone());
    // hyper hands the socket over when the tunnel begins; the task stays here, so that the tunnel ends with it.
    let (tunnels, mut opened) = tokio::sync::mpsc::channel(1);
    let service = {
        let killer = killer.clone();
        let proxy = proxy.clone();
        service_fn(move |request| proxied(proxy.clone(), request, killer.clone(), tunnels.clone()))
    };
    {
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(line), service)
            .with_upgrades();
        tokio::select! {
            biased;
            () = killer.killed() => return,
            _ = connection => {}
        }
    }
    if let Ok(upgrade) = opened.try_recv() {
        let _ = tunnel(proxy, upgrade, killer).await;
    }
}

async fn proxied(
    proxy: Proxy,
    mut request: Request<Incoming>,
    killer: Killer,
    tunnels: tokio::sync::mpsc::Sender<OnUpgrade>,
) -> Result<Response<Body>, Infallible> {
    let welcome = proxy
        .options
        .credentials
        .as_ref()
        .is_none_or(|one| one.fits(request.headers()));
    if !welcome {
        proxy.count.add_refused();
        return Ok(ask_for_password());
    }
    if request.method() == Method::CONNECT {
        proxy.count.add_tunnel();
        // One upgrade a connection: the channel has room for it.
        let _ = tunnels.try_send(hyper::upgrade::on(&mut request));
        return Ok(Response::new(Body::empty()));
    }
    if request.uri().scheme().is_none() {
        return Ok(plain(
            StatusCode::BAD_REQUEST,
            "this is a proxy: ask for a whole URL, or CONNECT",
        ));
    }
    answer(proxy.router, without_proxy_headers(request), false, killer).await
}

fn ask_for_password() -> Response<Body> {
    let mut answer = plain(
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        "the proxy wants a user and a password",
    );
    let challenge = axum::http::HeaderValue::from_static("Basic realm=\"simulated proxy\"");
    answer.headers_mut().insert(header::PROXY_AUTHENTICATE, challenge);
    answer
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer
}

/// An absolute URL is what a proxy is asked with; behind it the host is a header and the target a path.
fn without_proxy_headers(mut request: Request<Incoming>) -> Request<Incoming> {
    request.headers_mut().remove(header::PROXY_AUTHORIZATION);
    let path = request.uri().path_and_query().cloned();
    let host = request
        .uri()
        .authority()
        .and_then(|authority| authority.as_str().parse().ok());
    if let Some(host) = host {
        request.headers_mut().insert(header::HOST, host);
    }
    if let Some(path) = path {
        *request.uri_mut() = path.into();
    }
    request
}

/// The tunnel ends here: TLS where the client speaks it, plain HTTP where it does not.
async fn tunnel(proxy: Proxy, upgrade: OnUpgrade, killer: Killer) -> io::Result<()> {
    let upgraded: Upgraded = upgrade.await.map_err(io::Error::other)?;
    let mut stream = tokio::io::BufReader::new(TokioIo::new(upgraded));
    let first = tokio::time::timeout(FIRST_BYTE_LIMIT, tokio::io::AsyncBufReadExt::fill_buf(&mut stream)).await??;
    if first.first() == Some(&TLS_HANDSHAKE) {
        let stream = handshake(&proxy.tls, stream).await?;
        speak(stream, proxy.router, true, killer).await;
    } else {
        speak(stream, proxy.router, false, killer).await;
    }
    Ok(())
}
