//! A look at the way to a host, for `verify`: its addresses, the proxy in between, and the certificates as they are
//! presented, trusted or not. A proxy that inspects TLS is recognised by an issuer that is no public authority.

use std::net::IpAddr;
use std::time::Duration;

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use url::Url;

use super::certificate::{end_of, name_of};
use super::connection::{Connection, ConnectionCause};
use super::dial;
use crate::config::Network;
use crate::model::Timestamp;

/// How long each part of the look may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Which way a host is reached: `None` directly, else the proxy as `host:port`.
pub fn proxy_of(network: &Network, url: &Url) -> Option<String> {
    dial::way(network, url).proxy.map(|proxy| proxy.name())
}

/// The addresses of the host that this machine connects to: of the proxy, where there is one.
pub async fn resolve(network: &Network, url: &Url) -> Result<Vec<IpAddr>, Connection> {
    let proxy = dial::way(network, url).proxy;
    let own = url.host_str().unwrap_or_default();
    let (name, port) = match &proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (own, url.port_or_known_default().unwrap_or(443)),
    };
    let blamed = |error: Connection| match &proxy {
        Some(proxy) => error.at_proxy(proxy.name()),
        None => error,
    };
    let name = name.trim_matches(['[', ']']).to_owned();
    match tokio::time::timeout(LIMIT, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Err(blamed(Connection::new(
            own,
            Some(ConnectionCause::NameNotFound),
            &error.to_string(),
        ))),
        Err(_) => Err(blamed(Connection::timed_out(own))),
    }
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    pub subject: String,
    pub issuer: String,
    pub not_after: Option<Timestamp>,
    /// Hexadecimal.
    pub sha256: String,
}

/// What a host presents, and whether it would be believed.
#[derive(Debug, Clone)]
pub struct TlsLook {
    /// From the host's own certificate upwards, as presented.
    pub chain: Vec<Presented>,
    /// Why it is not trusted; `None` when it is.
    pub distrust: Option<Connection>,
    /// The chain is trusted only by the instance's own authorities: somebody in between inspects TLS.
    pub inspected: bool,
}

/// Looks at the certificates of an HTTPS address. An error means that it did not come that far.
pub async fn tls(network: &Network, url: &Url) -> Result<TlsLook, Connection> {
    let way = dial::way(network, url);
    let host = url.host_str().unwrap_or_default();
    let shake = async |network: &Network, check| {
        let stream = dial::open(&way, url, LIMIT).await?;
        let limited = tokio::time::timeout(LIMIT, dial::tls(stream, network, url, check)).await;
        limited.unwrap_or_else(|_| Err(Connection::timed_out(host)))
    };
    let seen = shake(network, false).await?;
    let chain = seen
        .ssl()
        .peer_cert_chain()
        .map(|chain| chain.iter().map(|one| present(&one.to_owned())).collect());
    let chain: Vec<Presented> = chain.unwrap_or_default();
    drop(seen);
    let distrust = shake(network, true).await.err().map(|mut error| {
        if let (ConnectionCause::TlsUntrusted, Some(last)) = (error.cause, chain.last()) {
            error.detail = format!("{}, issued by {}", error.detail, last.issuer);
        }
        error
    });
    let without_own = Network {
        ca: None,
        ..network.clone()
    };
    let inspected = distrust.is_none() && network.ca.is_some() && shake(&without_own, true).await.is_err();
    Ok(TlsLook {
        chain,
        distrust,
        inspected,
    })
}

fn present(certificate: &X509) -> Presented {
    Presented {
        subject: name_of(certificate.subject_name()),
        issuer: name_of(certificate.issuer_name()),
        not_after: end_of(certificate).ok(),
        sha256: certificate
            .digest(MessageDigest::sha256())
            .map(hex::encode)
            .unwrap_or_default(),
    }
}
