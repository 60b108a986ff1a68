//! Why there was no connection, told apart by types and codes, never by searching texts.
//!
//! reqwest wraps the cause several layers deep; [`Connection::of`] walks down to the first layer that it knows.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use openssl::error::ErrorStack;

/// What the proxy tunnel fails with; hyper-util exports it only as the error of its service.
type TunnelError = <Tunnel<HttpConnector> as tower::Service<http::Uri>>::Error;

/// OpenSSL's library number of TLS and its reason "certificate verify failed" (sslerr.h).
const LIBRARY_SSL: i32 = 20;
const CERTIFICATE_VERIFY_FAILED: i32 = 134;

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionCause {
    NameNotFound,
    Refused,
    Unreachable,
    TlsUntrusted,
    Tls,
    ProxyWantsPassword,
    ProxyRefused,
    TimedOut,
    /// The connection was there and was reset or closed.
    Reset,
    Other,
}

/// A request that never got its answer, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no connection to {host}: {}{detail}", self.cause.what())]
pub struct Connection {
    pub host: String,
    pub cause: ConnectionCause,
    /// What the layer below said, with a separator in front; empty where it adds nothing.
    pub detail: String,
}

impl Connection {
    /// Takes the cause out of what reqwest reports. The address is left out of the text: it may carry a token.
    pub fn of(error: &reqwest::Error, host: &str) -> Self {
        let (cause, detail) = error.source().map_or((None, String::new()), dig);
        let cause = match cause {
            // A time limit of ours is not below in the chain of causes.
            None | Some(ConnectionCause::Other) if error.is_timeout() => ConnectionCause::TimedOut,
            None if error.is_dns() => ConnectionCause::NameNotFound,
            Some(cause) => cause,
            None => ConnectionCause::Other,
        };
        let detail = if detail.is_empty() {
            detail
        } else {
            format!(" ({})", super::secret_text::quote(&detail, &[]))
        };
        Connection {
            host: host.to_owned(),
            cause,
            detail,
        }
    }

    /// The same for an exchange without reqwest.
    pub(crate) fn of_hyper(error: &hyper::Error, host: &str) -> Self {
        let (cause, detail) = dig(error);
        Connection::new(host, cause, &detail)
    }

    pub(super) fn new(host: &str, cause: Option<ConnectionCause>, detail: &str) -> Self {
        Connection {
            host: host.to_owned(),
            cause: cause.unwrap_or(ConnectionCause::Other),
            detail: format!(" ({})", super::secret_text::quote(detail, &[])),
        }
    }

    pub fn proxy_wants_password(host: &str) -> Self {
        Connection {
            host: host.to_owned(),
            cause: ConnectionCause::ProxyWantsPassword,
            detail: " (HTTP 407)".to_owned(),
        }
    }

    pub fn timed_out(host: &str) -> Self {
        Connection {
            host: host.to_owned(),
            cause: ConnectionCause::TimedOut,
            detail: String::new(),
        }
    }

    pub fn code(&self) -> &'static str {
        self.cause.code()
    }

    pub fn advice(&self) -> &'static str {
        self.cause.advice()
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
            ConnectionCause::ProxyRefused => "proxyRefused",
            ConnectionCause::TimedOut => "timedOut",
            ConnectionCause::Reset => "connectionReset",
            ConnectionCause::Other => "noConnection",
        }
    }

    fn what(self) -> &'static str {
        match self {
            ConnectionCause::NameNotFound => "its name can't be resolved",
            ConnectionCause::Refused => "nobody listens there",
            ConnectionCause::Unreachable => "the network does not lead there",
            ConnectionCause::TlsUntrusted => "its certificate is not trusted",
            ConnectionCause::Tls => "TLS could not be agreed on",
            ConnectionCause::ProxyWantsPassword => "the proxy wants user and password",
            ConnectionCause::ProxyRefused => "the proxy does not let it through",
            ConnectionCause::TimedOut => "no answer in time",
            ConnectionCause::Reset => "the connection was broken off",
            ConnectionCause::Other => "the connection failed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            ConnectionCause::NameNotFound => {
                "check the DNS of this machine; where only a proxy resolves names, set `proxy`; check `cloud`, `login_url` and `graph_url`"
            }
            ConnectionCause::Refused => {
                "check address and port, and a firewall in between; set `proxy` if one is needed"
            }
            ConnectionCause::Unreachable => "check the network of this machine; set `proxy` if one is needed",
            ConnectionCause::TlsUntrusted => {
                "if a proxy inspects TLS here, give its certificate authority (PEM) as `ca` (--ca-file FILE); `verify` shows who issued what was presented"
            }
            ConnectionCause::Tls => "check that the address speaks HTTPS and nothing in between breaks TLS",
            ConnectionCause::ProxyWantsPassword => "set `proxy_user` and `proxy_password`, or correct them",
            ConnectionCause::ProxyRefused => {
                "let the proxy allow CONNECT to the login and Graph hosts on port 443, or list them in `no_proxy`"
            }
            ConnectionCause::TimedOut => "check network and proxy; a slow line may need a larger `request_timeout_s`",
            ConnectionCause::Reset => {
                "it is tried again; if it stays, look for a proxy or firewall that cuts connections"
            }
            ConnectionCause::Other => "check network, proxy and addresses",
        }
    }
}

/// Walks down to the last layer: the cause of the deepest one that is known, and what the last one says.
fn dig(error: &(dyn StdError + 'static)) -> (Option<ConnectionCause>, String) {
    let (mut cause, mut detail) = (None, String::new());
    let mut layer = Some(error);
    while let Some(error) = layer {
        cause = known(error).or(cause);
        detail = error.to_string();
        layer = error.source();
    }
    (cause, detail)
}

/// What one layer of the chain says about the cause, if it is one that we know.
fn known(error: &(dyn StdError + 'static)) -> Option<ConnectionCause> {
    if let Some(tunnel) = error.downcast_ref::<TunnelError>() {
        return Some(of_tunnel(tunnel));
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
    error.downcast_ref::<io::Error>().and_then(|e| of_io(e.kind()))
}

fn of_tunnel(error: &TunnelError) -> ConnectionCause {
    match error {
        <TunnelError>::ProxyAuthRequired => ConnectionCause::ProxyWantsPassword,
        _ => ConnectionCause::ProxyRefused,
    }
}

pub(super) fn of_io(kind: io::ErrorKind) -> Option<ConnectionCause> {
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
