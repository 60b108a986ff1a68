//! Why there was no connection, told apart by types and codes, never by searching texts.
//!
//! reqwest wraps the cause several layers deep; [`ConnectionError::from_reqwest`] walks down to the first layer that it knows.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use openssl::error::ErrorStack;

/// What the proxy tunnel fails with; hyper-util exports it only as the error of its service.
type TunnelError = <Tunnel<HttpConnector> as tower::Service<http::Uri>>::Error;

/// OpenSSL's library number of TLS and its reason "certificate verify failed" (sslerr.h).
const LIBRARY_SSL: i32 = 20;
const CERTIFICATE_VERIFY_FAILED: i32 = 134;
/// Its reason "wrong version number": what came is no TLS at all.
const WRONG_VERSION_NUMBER: i32 = 267;

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionCause {
    NameNotFound,
    Refused,
    Unreachable,
    TlsUntrusted,
    Tls,
    ProxyWantsPassword,
    /// The proxy takes none of the ways to sign in that there are here.
    ProxyWantsOther,
    ProxyRefused,
    TimedOut,
    /// The connection was there and was reset or closed.
    Reset,
    Other,
}

/// A request that never got its answer, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no connection to {}: {}{detail}", self.peer_name(), self.cause.explanation())]
pub struct ConnectionError {
    pub host: String,
    /// The proxy, as `host:port`, where the connection did not come further than there.
    pub proxy: Option<String>,
    pub cause: ConnectionCause,
    /// What the layer below said, with a separator in front; empty where it adds nothing.
    pub detail: String,
}

impl ConnectionError {
    /// Takes the cause out of what reqwest reports. The address is left out of the text: it may carry a token.
    pub fn from_reqwest(error: &reqwest::Error, host: &str) -> Self {
        let (cause, detail) = error.source().map_or((None, String::new()), find_root_cause);
        let cause = match cause {
            // A time limit of ours is not below in the chain of causes.
            None | Some(ConnectionCause::Other) if error.is_timeout() => ConnectionCause::TimedOut,
            None | Some(ConnectionCause::Unreachable) if error.is_dns() => ConnectionCause::NameNotFound,
            Some(cause) => cause,
            None => ConnectionCause::Other,
        };
        let detail = if detail.is_empty() {
            detail
        } else {
            format!(" ({})", super::secret_text::quote_without_secrets(&detail, &[]))
        };
        ConnectionError {
            host: host.to_owned(),
            proxy: None,
            cause,
            detail,
        }
    }

    /// The same for an exchange without reqwest.
    pub(crate) fn from_hyper(error: &hyper::Error, host: &str) -> Self {
        let (cause, detail) = find_root_cause(error);
        ConnectionError::new(host, cause, &detail)
    }

    pub(crate) fn new(host: &str, cause: Option<ConnectionCause>, detail: &str) -> Self {
        ConnectionError {
            host: host.to_owned(),
            proxy: None,
            cause: cause.unwrap_or(ConnectionCause::Other),
            detail: format!(" ({})", super::secret_text::quote_without_secrets(detail, &[])),
        }
    }

    /// The proxy itself could not be reached: it is to blame, not the host behind it.
    pub(crate) fn blame_proxy(self, proxy: String) -> Self {
        ConnectionError {
            proxy: Some(proxy),
            ..self
        }
    }

    /// Through this proxy no answer came in time; who of the two kept silent can't be told.
    pub(crate) fn mention_proxy(self, proxy: &str) -> Self {
        ConnectionError {
            detail: format!("{} (through the proxy {proxy})", self.detail),
            ..self
        }
    }

    /// HTTP 407, with the ways to sign in that the proxy offers.
    pub fn from_status_407(host: &str, headers: &http::HeaderMap) -> Self {
        let offered = headers.get_all(http::header::PROXY_AUTHENTICATE).iter();
        let offered: Vec<&str> = offered.filter_map(|value| value.to_str().ok()).collect();
        ConnectionError::from_proxy_offers(host, &offered)
    }

    /// `offered`: what stands in `Proxy-Authenticate`.
    pub(super) fn from_proxy_offers(host: &str, offered: &[&str]) -> Self {
        let schemes = offered.iter().filter_map(|offer| offer.split_whitespace().next());
        let mut schemes: Vec<&str> = schemes.map(|scheme| scheme.trim_end_matches(',')).collect();
        schemes.dedup();
        let takes_basic = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        let (cause, detail) = if schemes.is_empty() || takes_basic {
            (ConnectionCause::ProxyWantsPassword, "HTTP 407".to_owned())
        } else {
            (
                ConnectionCause::ProxyWantsOther,
                format!("HTTP 407; offered: {}", schemes.join(", ")),
            )
        };
        ConnectionError::new(host, Some(cause), &detail)
    }

    pub fn timed_out(host: &str) -> Self {
        ConnectionError {
            host: host.to_owned(),
            proxy: None,
            cause: ConnectionCause::TimedOut,
            detail: String::new(),
        }
    }

    /// The same with the limit that was applied.
    pub(crate) fn with_limit(self, limit: std::time::Duration) -> Self {
        ConnectionError {
            detail: format!("{} (limit: {} s)", self.detail, limit.as_secs_f64().ceil()),
            ..self
        }
    }

    fn peer_name(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("the proxy {proxy} (for {})", self.host),
            None => self.host.clone(),
        }
    }

    pub fn code(&self) -> &'static str {
        match self.proxy {
            Some(_) => "proxyUnreachable",
            None => self.cause.code(),
        }
    }

    pub fn advice(&self) -> &'static str {
        match self.proxy {
            Some(_) => {
                "check host name and port in `proxy` (if not set: in the environment variable https_proxy), and that the proxy is running; list hosts that need no proxy in `no_proxy`"
            }
            None => self.cause.advice(),
        }
    }

    /// Whether trying again by itself may help.
    pub fn is_transient(&self) -> bool {
        use ConnectionCause::{NameNotFound, Other, Refused, Reset, TimedOut, Unreachable};
        matches!(
            self.cause,
            NameNotFound | Refused | Unreachable | TimedOut | Reset | Other
        )
    }
}

impl ConnectionCause {
    pub fn code(self) -> &'static str {
        match self {
            ConnectionCause::NameNotFound => "nameNotFound",
            ConnectionCause::Refused => "connectionRefused",
            ConnectionCause::Unreachable => "unreachable",
            ConnectionCause::TlsUntrusted => "tlsUntrusted",
            ConnectionCause::Tls => "tlsFailed",
            ConnectionCause::ProxyWantsPassword => "proxyWantsPassword",
            ConnectionCause::ProxyWantsOther => "proxyWantsOther",
            ConnectionCause::ProxyRefused => "proxyRefused",
            ConnectionCause::TimedOut => "timedOut",
            ConnectionCause::Reset => "connectionReset",
            ConnectionCause::Other => "noConnection",
        }
    }

    fn explanation(self) -> &'static str {
        match self {
            ConnectionCause::NameNotFound => "cannot resolve the host name",
            ConnectionCause::Refused => "connection refused",
            ConnectionCause::Unreachable => "network unreachable",
            ConnectionCause::TlsUntrusted => "its certificate is not trusted",
            ConnectionCause::Tls => "TLS handshake failed",
            ConnectionCause::ProxyWantsPassword => "the proxy requires user name and password",
            ConnectionCause::ProxyWantsOther => {
                "the proxy requires a sign-in method that the connector does not support"
            }
            ConnectionCause::ProxyRefused => "the proxy refuses the connection",
            ConnectionCause::TimedOut => "no answer in time",
            ConnectionCause::Reset => "the connection was reset",
            ConnectionCause::Other => "the connection failed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            ConnectionCause::NameNotFound => {
                "check the DNS of this machine; if only a proxy resolves names, set `proxy`; check `cloud`, `login_url` and `graph_url`"
            }
            ConnectionCause::Refused => "check address, port and firewalls; set `proxy` if one is needed",
            ConnectionCause::Unreachable => "check the network of this machine; set `proxy` if one is needed",
            ConnectionCause::TlsUntrusted => {
                "if a proxy inspects TLS, set its certificate authority (PEM) as `ca` (--ca-file FILE); `verify` shows the issuer of the certificate"
            }
            ConnectionCause::Tls => "check that the address supports HTTPS and that nothing in between breaks TLS",
            ConnectionCause::ProxyWantsPassword => "set `proxy_user` and `proxy_password_file`, or correct them",
            ConnectionCause::ProxyWantsOther => {
                "the proxy does not accept user name and password (Basic), and the connector supports neither Negotiate nor NTLM: enable Basic on the proxy, allow this machine through without a sign-in, or set `proxy` to a relay on this machine that signs in (cntlm, px)"
            }
            ConnectionCause::ProxyRefused => {
                "allow CONNECT to the login and Graph hosts on port 443 in the proxy, or list the hosts in `no_proxy`"
            }
            ConnectionCause::TimedOut => {
                "check network and proxy; a slow connection may need a larger `request_timeout_s`"
            }
            ConnectionCause::Reset => {
                "the request is retried; if the error persists, look for a proxy or firewall that closes connections"
            }
            ConnectionCause::Other => "check network, proxy and addresses",
        }
    }
}

/// Walks down to the last layer: the cause of the deepest one that is known, and what the last one says.
pub(super) fn find_root_cause(error: &(dyn StdError + 'static)) -> (Option<ConnectionCause>, String) {
    let (mut cause, mut detail) = (None, String::new());
    let mut layer = Some(error);
    while let Some(error) = layer {
        cause = cause_of_layer(error).or(cause);
        detail = describe_layer(error);
        layer = error.source();
    }
    (cause, detail)
}

/// What one layer says. Where something else than TLS answered, the library says nothing that people understand.
fn describe_layer(error: &(dyn StdError + 'static)) -> String {
    let is_other =
        |e: &openssl::error::Error| e.library_code() == LIBRARY_SSL && e.reason_code() == WRONG_VERSION_NUMBER;
    match error.downcast_ref::<ErrorStack>() {
        Some(stack) if stack.errors().iter().any(is_other) => {
            "what answered does not speak TLS: it may be plain HTTP".to_owned()
        }
        _ => error.to_string(),
    }
}

/// What one layer of the chain says about the cause, if it is one that we know.
fn cause_of_layer(error: &(dyn StdError + 'static)) -> Option<ConnectionCause> {
    if let Some(tunnel) = error.downcast_ref::<TunnelError>() {
        return Some(cause_of_tunnel(tunnel));
    }
    if let Some(stack) = error.downcast_ref::<ErrorStack>() {
        let untrusted =
            |e: &openssl::error::Error| e.library_code() == LIBRARY_SSL && e.reason_code() == CERTIFICATE_VERIFY_FAILED;
        let any = stack.errors().iter().any(untrusted);
        return Some(if any {
            ConnectionCause::TlsUntrusted
        } else {
            ConnectionCause::Tls
        });
    }
    if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
        return hyper.is_incomplete_message().then_some(ConnectionCause::Reset);
    }
    if error.is::<native_tls::Error>() {
        return Some(ConnectionCause::Tls);
    }
    error.downcast_ref::<io::Error>().and_then(|e| cause_of_io(e.kind()))
}

fn cause_of_tunnel(error: &TunnelError) -> ConnectionCause {
    match error {
        <TunnelError>::ProxyAuthRequired => ConnectionCause::ProxyWantsPassword,
        // Not even to the proxy; what lies below says more.
        TunnelError::ConnectFailed(_) => ConnectionCause::Unreachable,
        _ => ConnectionCause::ProxyRefused,
    }
}

pub(super) fn cause_of_io(kind: io::ErrorKind) -> Option<ConnectionCause> {
    use io::ErrorKind;
    match kind {
        ErrorKind::ConnectionRefused => Some(ConnectionCause::Refused),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            Some(ConnectionCause::Unreachable)
        }
        ErrorKind::TimedOut => Some(ConnectionCause::TimedOut),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(ConnectionCause::Reset),
        _ => None,
    }
}
