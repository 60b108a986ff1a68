//! Connections made by hand, for the two things that an HTTP client can't do: show the certificates that it does not
//! trust (`verify`), and send an address exactly as it was given (`graph`). The way is the same as everybody's: proxy,
//! exceptions and `ca` of the settings, or the usual variables of the environment.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use ::http::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use url::Url;

use super::connection_error::{ConnectionCause, ConnectionError, find_root_cause};
use super::proxies::{self, proxy_authorization};
use crate::config::NetworkSettings;

/// Longest head of a proxy's answer to CONNECT, bytes.
const MAX_PROXY_HEAD_BYTES: usize = 8 << 10;

/// How long a proxy may take to say what it offers.
const EXPLAIN_LIMIT: Duration = Duration::from_secs(5);

/// Where a connection goes out.
pub(crate) struct ConnectionRoute {
    pub proxy: Option<ProxyRoute>,
}

pub(crate) struct ProxyRoute {
    pub host: String,
    pub port: u16,
    /// It is spoken to in plain HTTP, as nearly all are.
    plain: bool,
    /// `Proxy-Authorization`, marked as a secret.
    pub authorization: Option<HeaderValue>,
}

/// Which way `url` goes.
pub(crate) fn find_route(network: &NetworkSettings, url: &Url) -> ConnectionRoute {
    find_route_with_env(network, url, |name| std::env::var(name).ok())
}

fn find_route_with_env(network: &NetworkSettings, url: &Url, env: impl Fn(&str) -> Option<String>) -> ConnectionRoute {
    let plan = proxies::plan_proxies(network, env);
    let matcher = Matcher::builder()
        .http(plan.http)
        .https(plan.https)
        .no(plan.exceptions)
        .build();
    let Ok(uri) = url.as_str().parse() else {
        return ConnectionRoute { proxy: None };
    };
    let Some(found) = matcher.intercept(&uri) else {
        return ConnectionRoute { proxy: None };
    };
    let mut authorization = proxy_authorization(network).or_else(|| found.basic_auth().cloned());
    if let Some(value) = &mut authorization {
        value.set_sensitive(true);
    }
    let host = found
        .uri()
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_owned();
    let port = found
        .uri()
        .port_u16()
        .unwrap_or(if found.uri().scheme_str() == Some("https") {
            443
        } else {
            80
        });
    ConnectionRoute {
        proxy: Some(ProxyRoute {
            host,
            port,
            plain: found.uri().scheme_str() == Some("http"),
            authorization,
        }),
    }
}

/// A TCP connection to the host of `url`: direct, or (for HTTPS) through the tunnel of the proxy. For plain HTTP
/// through a proxy it ends at the proxy.
pub(crate) async fn open_connection(
    route: &ConnectionRoute,
    url: &Url,
    limit: Duration,
) -> Result<TcpStream, ConnectionError> {
    let host = url.host_str().unwrap_or_default();
    match tokio::time::timeout(limit, connect_route(route, url)).await {
        Ok(result) => result.map_err(|error| error.with_host(host)),
        Err(_) => Err(match &route.proxy {
            Some(proxy) => ConnectionError::timed_out(host)
                .mention_proxy(&proxy.name())
                .with_limit(limit),
            None => ConnectionError::timed_out(host).with_limit(limit),
        }),
    }
}

impl ProxyRoute {
    /// As people know it.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What the HTTP client met on the way to `url`, with the proxy named where it is the cause. What a proxy offers to
/// sign in by, the HTTP client does not tell: it is asked once more, by hand.
pub(crate) async fn explain_failure(error: ConnectionError, network: &NetworkSettings, url: &str) -> ConnectionError {
    let Ok(url) = Url::parse(url) else { return error };
    let route = find_route(network, &url);
    let Some(proxy) = &route.proxy else { return error };
    match error.cause {
        ConnectionCause::NameNotFound | ConnectionCause::Refused | ConnectionCause::Unreachable => {
            error.blame_proxy(proxy.name())
        }
        ConnectionCause::TimedOut => error.mention_proxy(&proxy.name()),
        ConnectionCause::ProxyWantsPassword => match open_connection(&route, &url, EXPLAIN_LIMIT).await {
            Err(explained) if explained.cause == ConnectionCause::ProxyWantsOther => explained,
            _ => error,
        },
        _ => error,
    }
}

/// What went wrong, still without the name of the host.
enum DialError {
    Io(io::Error),
    Dns(String),
    Cause(ConnectionCause, String),
    /// HTTP 407, with what the proxy offers.
    Unauthorized(Vec<String>),
    /// On the way to the proxy.
    AtProxy(String, Box<DialError>),
}

impl DialError {
    fn with_host(self, host: &str) -> ConnectionError {
        match self {
            DialError::Io(error) => ConnectionError::new(
                host,
                super::connection_error::cause_of_io(error.kind()),
                &error.to_string(),
            ),
            DialError::Dns(detail) => ConnectionError::new(host, Some(ConnectionCause::NameNotFound), &detail),
            DialError::Cause(cause, detail) => ConnectionError::new(host, Some(cause), &detail),
            DialError::Unauthorized(offers) => {
                let offers: Vec<&str> = offers.iter().map(String::as_str).collect();
                ConnectionError::from_proxy_offers(host, &offers)
            }
            DialError::AtProxy(proxy, fault) => fault.with_host(host).blame_proxy(proxy),
        }
    }
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        DialError::Io(error)
    }
}

async fn connect_route(route: &ConnectionRoute, url: &Url) -> Result<TcpStream, DialError> {
    // A literal IPv6 address stands in brackets in an address, and without them for a socket.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    match &route.proxy {
        None => connect_tcp(host, port).await,
        Some(proxy) if !proxy.plain => {
            let what = "the proxy in the environment uses TLS, which is not supported: write http:// in https_proxy, or set `proxy`".to_owned();
            Err(DialError::Cause(ConnectionCause::Other, what))
        }
        Some(proxy) => {
            let stream = connect_tcp(&proxy.host, proxy.port).await;
            let stream = stream.map_err(|fault| DialError::AtProxy(proxy.name(), Box::new(fault)))?;
            if url.scheme() == "https" {
                open_tunnel(stream, proxy, host, port).await
            } else {
                Ok(stream)
            }
        }
    }
}

async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, DialError> {
    let addresses: Vec<_> = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| DialError::Dns(error.to_string()))?
        .collect();
    Ok(TcpStream::connect(addresses.as_slice()).await?)
}

async fn open_tunnel(mut stream: TcpStream, proxy: &ProxyRoute, host: &str, port: u16) -> Result<TcpStream, DialError> {
    let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await?;
    let mut answer = Vec::new();
    // Byte by byte: what comes after the head belongs to the tunnel.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_PROXY_HEAD_BYTES {
            return Err(DialError::Cause(
                ConnectionCause::ProxyRefused,
                "its response is too long".to_owned(),
            ));
        }
        answer.push(stream.read_u8().await?);
    }
    let status = answer.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    match status {
        b"200" => Ok(stream),
        b"407" => {
            let head = String::from_utf8_lossy(&answer);
            let offers = head.lines().filter_map(|line| line.split_once(':'));
            let offers = offers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
            Err(DialError::Unauthorized(
                offers.map(|(_, offer)| offer.trim().to_owned()).collect(),
            ))
        }
        other => {
            let what = format!("HTTP {}", String::from_utf8_lossy(other));
            Err(DialError::Cause(ConnectionCause::ProxyRefused, what))
        }
    }
}

/// TLS over a connection. Without `check` any certificate is taken, which is only good for looking at it.
pub(crate) async fn start_tls(
    stream: TcpStream,
    network: &NetworkSettings,
    url: &Url,
    check: bool,
) -> Result<SslStream<TcpStream>, ConnectionError> {
    let host = url.host_str().unwrap_or_default();
    let failed = |detail: &str| ConnectionError::new(host, Some(ConnectionCause::Tls), detail);
    let build = || -> Result<SslStream<TcpStream>, openssl::error::ErrorStack> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        if !check {
            builder.set_verify(SslVerifyMode::NONE);
        }
        if let Some(pem) = &network.ca {
            for authority in openssl::x509::X509::stack_from_pem(pem.as_bytes())? {
                builder.cert_store_mut().add_cert(authority)?;
            }
        }
        let mut configuration = builder.build().configure()?;
        configuration.set_verify_hostname(check);
        SslStream::new(configuration.into_ssl(host.trim_matches(['[', ']']))?, stream)
    };
    let mut stream = build().map_err(|error| failed(&error.to_string()))?;
    if let Err(error) = Pin::new(&mut stream).connect().await {
        let verdict = stream.ssl().verify_result();
        if check && verdict != openssl::x509::X509VerifyResult::OK {
            let detail = verdict.error_string().to_owned();
            return Err(ConnectionError::new(host, Some(ConnectionCause::TlsUntrusted), &detail));
        }
        return Err(failed(&find_root_cause(&error).1));
    }
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(network: &NetworkSettings, url: &str, env: &'static [(&'static str, &'static str)]) -> Option<String> {
        let get = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        find_route_with_env(network, &Url::parse(url).unwrap(), get)
            .proxy
            .map(|proxy| format!("{}:{}", proxy.host, proxy.port))
    }

    #[test]
    fn the_way_is_that_of_the_usual_client() {
        let env: &[_] = &[
            ("https_proxy", "http://up:1"),
            ("no_proxy", "graph.microsoft.us,10.0.0.0/8"),
        ];
        let nothing = NetworkSettings::default();
        assert_eq!(
            by(&nothing, "https://graph.microsoft.com/", env).as_deref(),
            Some("up:1")
        );
        assert_eq!(by(&nothing, "https://graph.microsoft.us/", env), None);
        assert_eq!(by(&nothing, "https://10.1.2.3/", env), None);
        assert_eq!(by(&nothing, "http://graph.microsoft.com/", env), None);
        let own = NetworkSettings {
            proxy: Url::parse("http://[::1]:8080").ok(),
            no_proxy: vec![".local".into()],
            ..nothing
        };
        assert_eq!(
            by(&own, "https://graph.microsoft.us/", env).as_deref(),
            Some("::1:8080")
        );
        assert_eq!(by(&own, "https://x.local/", env), None);
    }

    #[test]
    fn e1_the_proxys_password_is_marked_as_a_secret() {
        let network = NetworkSettings {
            proxy: Url::parse("http://proxy:8080").ok(),
            proxy_user: Some("u".into()),
            proxy_password: Some("canary".into()),
            ..NetworkSettings::default()
        };
        let way = find_route_with_env(&network, &Url::parse("https://graph.microsoft.com").unwrap(), |_| None);
        let authorization = way.proxy.unwrap().authorization.unwrap();
        assert_eq!(authorization, "Basic dTpjYW5hcnk=");
        assert!(authorization.is_sensitive());
    }
}
