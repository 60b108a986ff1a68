//! Sends an address byte for byte where the usual client would change it.
//!
//! reqwest keeps addresses as `url::Url`, which follows the rules of browsers: in a query it turns a raw `'` into
//! `%27` and anything beyond ASCII into `%XX`. What Intune sends today is encoded already and passes through untouched
//! ([`is_sent_unchanged`] says so for each link), but a link is opaque and goes back as it came. So a link that would be changed
//! takes this way: a connection of its own, HTTP/1.1, the target written as given. It is slower (one connection a
//! request, no compression), and rare.
//!
//! What can't stand in a request line at all (blanks, controls, `"`, `<`, `>`, a fragment) is refused, not repaired.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::error::GraphProblem;
use crate::config::NetworkSettings;
use crate::net::{ConnectionError, HttpTimeouts, dial};

/// Whether the usual client sends this address without changing a byte.
pub(crate) fn is_sent_unchanged(link: &str) -> bool {
    Url::parse(link).is_ok_and(|url| url.as_str() == link)
}

/// One GET with the link's own bytes.
pub(crate) async fn get(
    link: &str,
    network: &NetworkSettings,
    token: HeaderValue,
    client_request_id: &str,
) -> Result<reqwest::Response, GraphProblem> {
    let unsendable = || GraphProblem::ForeignLink {
        why: "it cannot be sent unchanged".to_owned(),
    };
    let url = Url::parse(link).map_err(|_| unsendable())?;
    let given: http::Uri = link.parse().map_err(|_| unsendable())?;
    let target = given.path_and_query().map_or("/", |target| target.as_str());
    // What the parser dropped (a fragment) or added would be a change too.
    if !link.ends_with(target) {
        return Err(unsendable());
    }
    let route = dial::find_route(network, &url);
    let by_proxy = route.proxy.as_ref().filter(|_| url.scheme() == "http");
    let mut request = http::Request::get(if by_proxy.is_some() { link } else { target })
        .header(HOST, given.authority().map_or("", |authority| authority.as_str()))
        .header(USER_AGENT, concat!("intune-connector/", env!("CARGO_PKG_VERSION")))
        .header(http::header::ACCEPT, "application/json")
        .header("prefer", super::client::PREFER)
        .header(HeaderName::from_static("client-request-id"), client_request_id)
        .header(AUTHORIZATION, token);
    if let Some(authorization) = by_proxy.and_then(|proxy| proxy.authorization.clone()) {
        request = request.header(PROXY_AUTHORIZATION, authorization);
    }
    let request = request
        .body(reqwest::Body::from(Bytes::new()))
        .map_err(|_| unsendable())?;
    let stream = dial::open_connection(&route, &url, HttpTimeouts::default().connect).await?;
    if url.scheme() == "https" {
        let secured = tokio::time::timeout(
            HttpTimeouts::default().connect,
            dial::start_tls(stream, network, &url, true),
        )
        .await;
        let secured = secured.map_err(|_| ConnectionError::timed_out(url.host_str().unwrap_or_default()))??;
        return exchange_request(secured, request, &url).await;
    }
    exchange_request(stream, request, &url).await
}

async fn exchange_request(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: http::Request<reqwest::Body>,
    url: &Url,
) -> Result<reqwest::Response, GraphProblem> {
    let broken = |error: hyper::Error| {
        GraphProblem::from(ConnectionError::from_hyper(&error, url.host_str().unwrap_or_default()))
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the answer, or when the answer is dropped.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(broken)?;
    Ok(answer.map(reqwest::Body::wrap).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices";

    /// Everything that Intune is known to send in a link: key-set paging in lower-case percent encoding.
    #[test]
    fn what_intune_sends_is_kept_by_the_usual_client() {
        for query in [
            "$skiptoken=LastDeviceName%3d%27PSD200115-HS-22%27%2cLastDeviceId%3d%275515d4ef-2551-456f-a975-e772ffefe6a0%27",
            "$skiptoken=LastDeviceName%3d%27100%25%20O%27%27Brien%20%c3%9c%2b%26%23%27",
            "$top=1000&$select=id,deviceName&$filter=lastSyncDateTime%20gt%202026-11-19T23:17:06Z&$skiptoken=a+b/c==~",
            "$skiptoken=%zz%4",
        ] {
            assert!(is_sent_unchanged(&format!("{LIST}?{query}")), "{query}");
        }
    }

    #[test]
    fn what_it_would_change_is_noticed() {
        for link in [
            "?$skiptoken='O''Brien'",
            "?$skiptoken=Büro",
            "?a b",
            "/../x",
            "?$skiptoken=\"<>\"",
        ] {
            assert!(!is_sent_unchanged(&format!("{LIST}{link}")), "{link}");
        }
        assert!(
            !is_sent_unchanged("https://GRAPH.microsoft.com/v1.0/"),
            "even the host's letters"
        );
        assert!(
            !is_sent_unchanged("https://graph.microsoft.com:443/v1.0/"),
            "and a port that goes without saying"
        );
    }
}
