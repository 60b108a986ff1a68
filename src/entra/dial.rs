//! Connections made by hand, for the two things that an HTTP client can't do: show the certificates that it does not
//! trust (`verify`), and send an address exactly as it was given (`graph`). The way is the same as everybody's: proxy,
//! exceptions and `ca` of the settings, or the usual variables of the environment.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use ::http::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use url::Url;

use super::connection::{Connection, ConnectionCause};
use super::http;
use crate::config::Network;

/// Longest head of a proxy's answer to CONNECT, bytes.
const MAX_PROXY_HEAD_BYTES: usize = 8 << 10;

/// How long a proxy may take to say what it offers.
const EXPLAIN_LIMIT: Duration = Duration::from_secs(5);

/// Where a connection goes out.
pub struct Way {
    pub proxy: Option<ProxyWay>,
}

pub struct ProxyWay {
    pub host: String,
    pub port: u16,
    /// It is spoken to in plain HTTP, as nearly all are.
    plain: bool,
    /// `Proxy-Authorization`, marked as a secret.
    pub authorization: Option<HeaderValue>,
}

/// Which way `url` goes.
pub fn way(network: &Network, url: &Url) -> Way {
    way_by(network, url, |name| std::env::var(name).ok())
}

fn way_by(network: &Network, url: &Url, env: impl Fn(&str) -> Option<String>) -> Way {
    let plan = http::plan(network, env);
    let matcher = Matcher::builder()
        .http(plan.http)
        .https(plan.https)
        .no(plan.exceptions)
        .build();
    let Ok(uri) = url.as_str().parse() else {
        return Way { proxy: None };
    };
    let Some(found) = matcher.intercept(&uri) else {
        return Way { proxy: None };
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
    Way {
        proxy: Some(ProxyWay {
            host,
            port,
            plain: found.uri().scheme_str() == Some("http"),
            authorization,
        }),
    }
}

/// `Proxy-Authorization` by the settings, marked as a secret; the HTTP client would take what looks like `%41` for an
/// encoded letter.
pub(super) fn proxy_authorization(network: &Network) -> Option<HeaderValue> {
    let user = network.proxy_user.as_ref().filter(|_| network.proxy.is_some())?;
    let password = network.proxy_password.as_ref();
    let mut value = basic(user, password.map_or("", |password| password.expose_secret()))?;
    value.set_sensitive(true);
    Some(value)
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    HeaderValue::try_from(format!("Basic {text}")).ok()
}

/// A TCP connection to the host of `url`: direct, or (for HTTPS) through the tunnel of the proxy. For plain HTTP
/// through a proxy it ends at the proxy.
pub async fn open(way: &Way, url: &Url, limit: Duration) -> Result<TcpStream, Connection> {
    let host = url.host_str().unwrap_or_default();
    match tokio::time::timeout(limit, connect(way, url)).await {
        Ok(result) => result.map_err(|error| error.at(host)),
        Err(_) => Err(match &way.proxy {
            Some(proxy) => Connection::timed_out(host).through(&proxy.name()),
            None => Connection::timed_out(host),
        }),
    }
}

impl ProxyWay {
    /// As people know it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What the HTTP client met on the way to `url`, with the proxy named where it is the cause. What a proxy offers to
/// sign in by, the HTTP client does not tell: it is asked once more, by hand.
pub async fn explain(met: Connection, network: &Network, url: &str) -> Connection {
    let Ok(url) = Url::parse(url) else { return met };
    let way = way(network, &url);
    let Some(proxy) = &way.proxy else { return met };
    match met.cause {
        ConnectionCause::NameNotFound | ConnectionCause::Refused | ConnectionCause::Unreachable => {
            met.at_proxy(proxy.name())
        }
        ConnectionCause::TimedOut => met.through(&proxy.name()),
        ConnectionCause::ProxyWantsPassword => match open(&way, &url, EXPLAIN_LIMIT).await {
            Err(told) if told.cause == ConnectionCause::ProxyWantsOther => told,
            _ => met,
        },
        _ => met,
    }
}

/// What went wrong, still without the name of the host.
enum Fault {
    Io(io::Error),
    Dns(String),
    Cause(ConnectionCause, String),
    /// HTTP 407, with what the proxy offers.
    Unauthorized(Vec<String>),
    /// On the way to the proxy.
    AtProxy(String, Box<Fault>),
}

impl Fault {
    fn at(self, host: &str) -> Connection {
        match self {
            Fault::Io(error) => Connection::new(host, super::connection::of_io(error.kind()), &error.to_string()),
            Fault::Dns(detail) => Connection::new(host, Some(ConnectionCause::NameNotFound), &detail),
            Fault::Cause(cause, detail) => Connection::new(host, Some(cause), &detail),
            Fault::Unauthorized(offers) => {
                let offers: Vec<&str> = offers.iter().map(String::as_str).collect();
                Connection::of_offers(host, &offers)
            }
            Fault::AtProxy(proxy, fault) => fault.at(host).at_proxy(proxy),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

async fn connect(way: &Way, url: &Url) -> Result<TcpStream, Fault> {
    // A literal IPv6 address stands in brackets in an address, and without them for a socket.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    match &way.proxy {
        None => tcp(host, port).await,
        Some(proxy) if !proxy.plain => {
            let what = "the proxy of the environment is spoken to by TLS, which is not supported here: write http:// in https_proxy, or set `proxy`".to_owned();
            Err(Fault::Cause(ConnectionCause::Other, what))
        }
        Some(proxy) => {
            let stream = tcp(&proxy.host, proxy.port).await;
            let stream = stream.map_err(|fault| Fault::AtProxy(proxy.name(), Box::new(fault)))?;
            if url.scheme() == "https" {
                tunnel(stream, proxy, host, port).await
            } else {
                Ok(stream)
            }
        }
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, Fault> {
    let addresses: Vec<_> = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| Fault::Dns(error.to_string()))?
        .collect();
    Ok(TcpStream::connect(addresses.as_slice()).await?)
}

async fn tunnel(mut stream: TcpStream, proxy: &ProxyWay, host: &str, port: u16) -> Result<TcpStream, Fault> {
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
            return Err(Fault::Cause(
                ConnectionCause::ProxyRefused,
                "its answer is far too long".to_owned(),
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
            Err(Fault::Unauthorized(
                offers.map(|(_, offer)| offer.trim().to_owned()).collect(),
            ))
        }
        other => {
            let what = format!("HTTP {}", String::from_utf8_lossy(other));
            Err(Fault::Cause(ConnectionCause::ProxyRefused, what))
        }
    }
}

/// TLS over a connection. Without `check` any certificate is taken, which is only good for looking at it.
pub async fn tls(
    stream: TcpStream,
    network: &Network,
    url: &Url,
    check: bool,
) -> Result<SslStream<TcpStream>, Connection> {
    let host = url.host_str().unwrap_or_default();
    let failed = |detail: &str| Connection::new(host, Some(ConnectionCause::Tls), detail);
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
            return Err(Connection::new(host, Some(ConnectionCause::TlsUntrusted), &detail));
        }
        return Err(failed(&error.to_string()));
    }
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(network: &Network, url: &str, env: &'static [(&'static str, &'static str)]) -> Option<String> {
        let get = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        way_by(network, &Url::parse(url).unwrap(), get)
            .proxy
            .map(|proxy| format!("{}:{}", proxy.host, proxy.port))
    }

    #[test]
    fn the_way_is_that_of_the_usual_client() {
        let env: &[_] = &[
            ("https_proxy", "http://up:1"),
            ("no_proxy", "graph.microsoft.us,10.0.0.0/8"),
        ];
        let nothing = Network::default();
        assert_eq!(
            by(&nothing, "https://graph.microsoft.com/", env).as_deref(),
            Some("up:1")
        );
        assert_eq!(by(&nothing, "https://graph.microsoft.us/", env), None);
        assert_eq!(by(&nothing, "https://10.1.2.3/", env), None);
        assert_eq!(by(&nothing, "http://graph.microsoft.com/", env), None);
        let own = Network {
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
        let network = Network {
            proxy: Url::parse("http://proxy:8080").ok(),
            proxy_user: Some("u".into()),
            proxy_password: Some("canary".into()),
            ..Network::default()
        };
        let way = way_by(&network, &Url::parse("https://graph.microsoft.com").unwrap(), |_| None);
        let authorization = way.proxy.unwrap().authorization.unwrap();
        assert_eq!(authorization, "Basic dTpjYW5hcnk=");
        assert!(authorization.is_sensitive());
    }
}
