//! The web console on its port: its pages are a client of the API, and ask it inside the process.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use ipnet::IpNet;
use sics_client::{ClientAuth, InProcessApi, SicsClient};
use tower::ServiceExt;
use web_console::{ApiClients, Console, ConsoleSettings, Visitor};

use super::start::{StartError, bind_listener, load_certificate, reachable_address};
use crate::bus::translation::translate_text;
use crate::config::{BusSettings, ConsoleAddress, DataFolder};
use crate::model::Language;
use crate::sics::{ConnectionHandle, HttpListener, InnerRequest, Sics, TlsCertificate};

/// A console that is ready to be served.
pub(super) struct OpenedConsole {
    pub(super) listener: HttpListener,
    pub(super) address: SocketAddr,
    /// By which browsers reach it.
    pub(super) url: String,
}

/// Opens the port. The one that nobody chose may be taken by another program: then there is no console, which is told.
pub(super) fn open_listener(
    folder: &Arc<DataFolder>,
    settings: &BusSettings,
    api: SocketAddr,
    sics: &Sics,
) -> Result<Option<OpenedConsole>, StartError> {
    let door = &settings.console;
    let Some(address) = door.address.beside(api) else {
        return Ok(None);
    };
    let listener = match bind_listener(address) {
        Ok(listener) => listener,
        Err(error) if door.address == ConsoleAddress::Auto => {
            tracing::warn!(%address, error = %error, "there is no web console: its port is in use; choose another with `console_listen` in bus.ini");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let address = listener.local_addr().unwrap_or(address);
    let certificate = load_certificate(folder, settings, address)?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let url = match &door.url {
        Some(url) => url.to_string().trim_end_matches('/').to_owned(),
        None => format!("{scheme}://{}", reachable_address(address)),
    };
    let pages = web_console::build_router(&build_console(settings, address, certificate.as_ref(), sics));
    let proxies: Arc<[IpNet]> = door.trusted_proxies.clone().into();
    let pages = pages.layer(from_fn(move |request, next| {
        use_forwarded_address(proxies.clone(), request, next)
    }));
    let mut hosts = settings.hosts.clone();
    if let Some(url) = &door.url {
        hosts.extend(url.host_str().map(str::to_owned));
        hosts.extend(
            url.host_str()
                .zip(url.port())
                .map(|(host, port)| format!("{host}:{port}")),
        );
    }
    let listener = HttpListener::for_pages(listener, certificate, pages)
        .allow_plain_http(settings.plain_http_beyond_loopback)
        .with_hosts(&hosts);
    Ok(Some(OpenedConsole { listener, address, url }))
}

fn build_console(
    settings: &BusSettings,
    address: SocketAddr,
    certificate: Option<&TlsCertificate>,
    sics: &Sics,
) -> Console {
    let url = settings.console.url.as_ref();
    let console_settings = ConsoleSettings {
        base_path: url
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default(),
        secure: url.map_or(certificate.is_some(), |url| url.scheme() == "https"),
        cookie_suffix: address.port().to_string(),
    };
    let clients = InProcessClients {
        sics: sics.clone(),
        api: OnceLock::new(),
    };
    Console::new(clients, console_settings)
}

/// Calls the API inside the process, from the same connection as the browser's request.
struct InProcessClients {
    sics: Sics,
    /// All routes once more, which is made for the first visitor.
    api: OnceLock<axum::Router>,
}

impl ApiClients for InProcessClients {
    fn open_client(&self, auth: ClientAuth, visitor: &Visitor) -> SicsClient {
        let api = self.api.get_or_init(|| self.sics.router()).clone();
        let address = visitor.address;
        let connection = visitor.extensions.get::<ConnectionHandle>().cloned();
        let answer = InProcessApi::new(move |request| {
            let (mut parts, body) = request.into_parts();
            parts.extensions.insert(InnerRequest);
            parts.extensions.insert(ConnectInfo(SocketAddr::new(address, 0)));
            if let Some(connection) = connection.clone() {
                parts.extensions.insert(connection);
            }
            let request = Request::from_parts(parts, axum::body::Body::new(body));
            let answered = api.clone().oneshot(request);
            Box::pin(async move {
                let response = answered.await.unwrap_or_else(|never| match never {});
                response.map(|body| reqwest::Body::wrap_stream(body.into_data_stream()))
            })
        });
        SicsClient::in_process(answer, auth)
    }

    fn translate_text(&self, english: &str, language: Language) -> Option<String> {
        translate_text(english, language)
    }
}

/// Behind a proxy that is trusted, the browser's address is the last one in X-Forwarded-For that is no proxy of ours.
async fn use_forwarded_address(proxies: Arc<[IpNet]>, mut request: Request, next: Next) -> axum::response::Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let told = request.headers().get_all("x-forwarded-for").iter();
    let told: Vec<IpAddr> = told
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|address| address.trim().parse().ok())
        .collect();
    if let Some(address) = peer.and_then(|peer| find_browser(&proxies, peer.ip(), &told)) {
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(address, 0)));
    }
    next.run(request).await
}

fn find_browser(proxies: &[IpNet], peer: IpAddr, told: &[IpAddr]) -> Option<IpAddr> {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(&address.to_canonical()));
    if !is_proxy(&peer) {
        return None;
    }
    told.iter().rev().find(|address| !is_proxy(address)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_where_a_browser_is() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let told = [ip("203.0.113.9"), ip("198.51.100.7"), ip("10.0.0.2")];
        assert_eq!(find_browser(&proxies, ip("10.0.0.1"), &told), Some(ip("198.51.100.7")));
        assert_eq!(find_browser(&proxies, ip("192.0.2.1"), &told), None, "no proxy of ours");
        assert_eq!(find_browser(&proxies, ip("10.0.0.1"), &[]), None);
    }
}
