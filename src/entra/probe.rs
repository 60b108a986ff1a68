//! A look at the way to a host, for `verify`: its addresses, the proxy in between, and the certificates as they are
//! presented, trusted or not. A proxy that inspects TLS is recognised by an issuer that is no public authority.

use std::net::IpAddr;
use std::time::Duration;

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use url::Url;

use super::certificate::{certificate_end, format_name};
use crate::config::NetworkSettings;
use crate::model::Timestamp;
use crate::net::{ConnectionCause, ConnectionError, dial};

/// How long the look at one host may take: its name, the connection and TLS together.
pub const HOST_LIMIT: Duration = Duration::from_secs(10);

/// Which way a host is reached: `None` directly, else the proxy as `host:port`.
pub fn proxy_name(network: &NetworkSettings, url: &Url) -> Option<String> {
    dial::find_route(network, url).proxy.map(|proxy| proxy.name())
}

/// The addresses of the host that this machine connects to: of the proxy, where there is one.
pub async fn resolve_host(network: &NetworkSettings, url: &Url) -> Result<Vec<IpAddr>, ConnectionError> {
    resolve_host_within(network, url, HOST_LIMIT).await
}

/// The same with a limit of one's own.
pub async fn resolve_host_within(
    network: &NetworkSettings,
    url: &Url,
    limit: Duration,
) -> Result<Vec<IpAddr>, ConnectionError> {
    let proxy = dial::find_route(network, url).proxy;
    let own = url.host_str().unwrap_or_default();
    let (name, port) = match &proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (own, url.port_or_known_default().unwrap_or(443)),
    };
    let blamed = |error: ConnectionError| match &proxy {
        Some(proxy) => error.blame_proxy(proxy.name()),
        None => error,
    };
    let name = name.trim_matches(['[', ']']).to_owned();
    match tokio::time::timeout(limit, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Err(blamed(ConnectionError::new(
            own,
            Some(ConnectionCause::NameNotFound),
            &error.to_string(),
        ))),
        Err(_) => Err(blamed(ConnectionError::timed_out(own).with_limit(limit))),
    }
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedCertificate {
    pub subject: String,
    pub issuer: String,
    pub not_after: Option<Timestamp>,
    /// Hexadecimal.
    pub sha256: String,
}

/// What a host presents, and whether it would be believed.
#[derive(Debug, Clone)]
pub struct TlsProbe {
    /// From the host's own certificate upwards, as presented.
    pub chain: Vec<PresentedCertificate>,
    /// Why it is not trusted; `None` when it is.
    pub distrust: Option<ConnectionError>,
    /// The chain is trusted only by the instance's own authorities: somebody in between inspects TLS.
    pub inspected: bool,
}

/// Connects to a host and closes the connection again.
pub async fn probe_connection(network: &NetworkSettings, url: &Url, limit: Duration) -> Result<(), ConnectionError> {
    let route = dial::find_route(network, url);
    dial::open_connection(&route, url, limit).await.map(drop)
}

/// Looks at the certificates of an HTTPS address. An error means that it did not come that far.
pub async fn probe_tls(network: &NetworkSettings, url: &Url) -> Result<TlsProbe, ConnectionError> {
    probe_tls_within(network, url, HOST_LIMIT).await
}

/// The same with a limit of one's own.
pub async fn probe_tls_within(
    network: &NetworkSettings,
    url: &Url,
    limit: Duration,
) -> Result<TlsProbe, ConnectionError> {
    let host = url.host_str().unwrap_or_default();
    match tokio::time::timeout(limit, look_at_tls(network, url, limit)).await {
        Ok(looked) => looked,
        Err(_) => Err(ConnectionError::timed_out(host).with_limit(limit)),
    }
}

async fn look_at_tls(network: &NetworkSettings, url: &Url, limit: Duration) -> Result<TlsProbe, ConnectionError> {
    let route = dial::find_route(network, url);
    let handshake = async |network: &NetworkSettings, check| {
        let stream = dial::open_connection(&route, url, limit).await?;
        dial::start_tls(stream, network, url, check).await
    };
    let seen = handshake(network, false).await?;
    let chain = seen
        .ssl()
        .peer_cert_chain()
        .map(|chain| chain.iter().map(|one| describe_certificate(&one.to_owned())).collect());
    let chain: Vec<PresentedCertificate> = chain.unwrap_or_default();
    drop(seen);
    let distrust = handshake(network, true).await.err().map(|mut error| {
        if let (ConnectionCause::TlsUntrusted, Some(last)) = (error.cause, chain.last()) {
            error.detail = format!("{}, issued by {}", error.detail, last.issuer);
        }
        error
    });
    let without_own = NetworkSettings {
        ca: None,
        ..network.clone()
    };
    let inspected = distrust.is_none() && network.ca.is_some() && handshake(&without_own, true).await.is_err();
    Ok(TlsProbe {
        chain,
        distrust,
        inspected,
    })
}

fn describe_certificate(certificate: &X509) -> PresentedCertificate {
    PresentedCertificate {
        subject: format_name(certificate.subject_name()),
        issuer: format_name(certificate.issuer_name()),
        not_after: certificate_end(certificate).ok(),
        sha256: certificate
            .digest(MessageDigest::sha256())
            .map(hex::encode)
            .unwrap_or_default(),
    }
}
