//! The way out of the house: one place that builds HTTP clients for Entra and Graph, and begins those for other addresses.
//!
//! Redirects are off everywhere: a token must never follow one. Compression is limited by who reads the body. A proxy
//! given in the settings replaces those of the environment; `no_proxy` of the settings holds for both.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, NoProxy, Proxy, redirect};

use super::http_error::HttpError;
use super::{proxies, trust};
use crate::config::NetworkSettings;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct HttpTimeouts {
    /// Name resolution, TCP, proxy and TLS together.
    pub connect: Duration,
    /// A whole request, connect to last byte.
    pub request: Duration,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        HttpTimeouts {
            connect: Duration::from_secs(15),
            request: Duration::from_secs(60),
        }
    }
}

/// A client that follows no redirect and goes the configured way.
pub fn build_http_client(network: &NetworkSettings, timeouts: HttpTimeouts) -> Result<Client, HttpError> {
    build_with_env(network, timeouts, |name| std::env::var(name).ok())
}

fn build_with_env(
    network: &NetworkSettings,
    timeouts: HttpTimeouts,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Client, HttpError> {
    prepare_with_env(network, timeouts, env)?
        .tls_backend_preconfigured(trust::find_connector(network.ca.as_deref())?)
        .build()
        .map_err(|e| HttpError::Build(e.without_url().to_string()))
}

/// The same beginning for addresses that are not Microsoft's: only the settings name a proxy, and whoever builds the client
/// adds its own rules, though none of TLS: those would not count. `own`: the client certificate that it shows; what is
/// trusted is shared with other clients where there is none.
pub(crate) fn prepare_http_client(
    network: &NetworkSettings,
    timeouts: HttpTimeouts,
    own: Option<Identity>,
) -> Result<ClientBuilder, HttpError> {
    let builder = prepare_with_env(network, timeouts, |_| None)?;
    let ca = network.ca.as_deref();
    let Some(own) = own else {
        return Ok(builder.tls_backend_preconfigured(trust::find_connector(ca)?));
    };
    let authorities = ca.map(parse_authorities).transpose()?.unwrap_or_default();
    Ok(builder.tls_certs_merge(authorities).identity(own))
}

/// Without what it trusts.
fn prepare_with_env(
    network: &NetworkSettings,
    timeouts: HttpTimeouts,
    env: impl Fn(&str) -> Option<String>,
) -> Result<ClientBuilder, HttpError> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.request)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("intune-connector/", env!("CARGO_PKG_VERSION")))
        // Retries are decided where what is sent is understood.
        .retry(reqwest::retry::never())
        .no_proxy();
    for proxy in build_proxies(network, env)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

fn parse_authorities(pem: &str) -> Result<Vec<Certificate>, HttpError> {
    let convert =
        |der: Vec<u8>| Certificate::from_der(&der).map_err(|error| trust::wrong_authorities(error.to_string()));
    trust::read_authorities(pem)?.into_iter().map(convert).collect()
}

fn build_proxies(network: &NetworkSettings, env: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, HttpError> {
    let plan = proxies::plan_proxies(network, env);
    let exceptions = NoProxy::from_string(&plan.exceptions);
    let mut list = Vec::new();
    for (address, is_https) in [(&plan.https, true), (&plan.http, false)] {
        if address.is_empty() {
            continue;
        }
        let made = if is_https {
            Proxy::https(address)
        } else {
            Proxy::http(address)
        };
        let mut proxy = made.map_err(|e| proxy_error(address, &e))?.no_proxy(exceptions.clone());
        if let Some(value) = proxies::proxy_authorization(network) {
            proxy = proxy.custom_http_auth(value);
        }
        list.push(proxy);
    }
    Ok(list)
}

/// The address without what may be a password in it.
fn proxy_error(address: &str, error: &reqwest::Error) -> HttpError {
    let shown = address.rsplit_once('@').map_or(address, |(_, host)| host);
    let what = std::error::Error::source(error).map_or_else(|| "not an address".to_owned(), ToString::to_string);
    HttpError::Proxy {
        address: shown.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_an_address_that_can_not_be_used_is_shown_without_its_password() {
        let env = |name: &str| (name == "https_proxy").then(|| "http://user:canary@ho st:1".to_owned());
        let error = build_with_env(&NetworkSettings::default(), HttpTimeouts::default(), env).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert_eq!(error.code(), "proxyAddress");
    }
}
