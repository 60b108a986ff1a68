//! The way out of the house: one place that builds HTTP clients for Entra and Graph, and begins those for other addresses.
//!
//! Redirects are off everywhere: a token must never follow one. Compression is limited by who reads the body. A proxy
//! given in the settings replaces those of the environment; `no_proxy` of the settings holds for both.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, NoProxy, Proxy, redirect};

use super::{dial, trust};
use crate::config::{NetworkSettings, no_proxy};

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

/// Settings of the network from which no client can be built; found out at start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HttpError {
    #[error("invalid certificate authorities of the instance (`ca`): {what}")]
    Authorities { what: String },
    #[error("invalid proxy address {address}: {what}")]
    Proxy { address: String, what: String },
    #[error("failed to build the HTTP client: {0}")]
    Build(String),
}

impl HttpError {
    pub fn code(&self) -> &'static str {
        match self {
            HttpError::Authorities { .. } => "authorities",
            HttpError::Proxy { .. } => "proxyAddress",
            HttpError::Build(_) => "httpClient",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            HttpError::Authorities { .. } => {
                "provide one or more BEGIN CERTIFICATE blocks (convert with `openssl x509 -inform der -in ca.cer`)"
            }
            HttpError::Proxy { .. } => {
                "write it as http://host:port; set user and password as `proxy_user` and `proxy_password_file`"
            }
            HttpError::Build(_) => "check the TLS library of this machine",
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

/// Which proxy stands for which scheme, and where none does. Empty where there is none.
pub(super) struct ProxyPlan {
    pub http: String,
    pub https: String,
    pub exceptions: String,
}

/// From the settings, or else from the usual variables of the environment, lower case before upper case.
pub(super) fn plan_proxies(network: &NetworkSettings, env: impl Fn(&str) -> Option<String>) -> ProxyPlan {
    let own_exceptions = expand_exceptions(network.no_proxy.iter().map(String::as_str));
    if let Some(url) = &network.proxy {
        let address = url.as_str().trim_end_matches('/').to_owned();
        return ProxyPlan {
            http: address.clone(),
            https: address,
            exceptions: own_exceptions,
        };
    }
    let get = |name: &str| {
        let found = env(&name.to_ascii_lowercase()).or_else(|| env(&name.to_ascii_uppercase()));
        found
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let all = get("all_proxy");
    ProxyPlan {
        https: get("https_proxy").or_else(|| all.clone()).unwrap_or_default(),
        http: get("http_proxy").or(all).unwrap_or_default(),
        exceptions: [
            expand_exceptions(get("no_proxy").unwrap_or_default().split(',')),
            own_exceptions,
        ]
        .join(","),
    }
}

/// As the HTTP client understands them.
fn expand_exceptions<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let meant: Vec<String> = items.flat_map(no_proxy::expand_entry).collect();
    meant.join(",")
}

fn build_proxies(network: &NetworkSettings, env: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, HttpError> {
    let plan = plan_proxies(network, env);
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
        if let Some(value) = dial::proxy_authorization(network) {
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

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    fn shown(network: &NetworkSettings, env: impl Fn(&str) -> Option<String>) -> (String, String, String) {
        let plan = plan_proxies(network, env);
        (plan.https, plan.http, plan.exceptions)
    }

    #[test]
    fn the_usual_variables_hold_where_the_settings_say_nothing() {
        let network = NetworkSettings {
            no_proxy: vec!["own.example".into()],
            ..NetworkSettings::default()
        };
        let env = environment(&[
            ("HTTPS_PROXY", "http://up:1"),
            ("https_proxy", "http://low:2"),
            ("NO_PROXY", "a,b"),
        ]);
        assert_eq!(
            shown(&network, env),
            ("http://low:2".into(), String::new(), "a,b,own.example".into())
        );
        let env = environment(&[("ALL_PROXY", "http://all:3"), ("http_proxy", " ")]);
        assert_eq!(
            shown(&NetworkSettings::default(), env),
            ("http://all:3".into(), "http://all:3".into(), ",".into())
        );
        assert_eq!(
            shown(&NetworkSettings::default(), |_| None),
            (String::new(), String::new(), ",".into())
        );
    }

    #[test]
    fn a_proxy_of_the_settings_replaces_them() {
        let proxy = url::Url::parse("http://mine:8080").ok();
        let network = NetworkSettings {
            proxy,
            no_proxy: vec![".local".into()],
            ..NetworkSettings::default()
        };
        let env = environment(&[("https_proxy", "http://theirs:1"), ("no_proxy", "*")]);
        assert_eq!(
            shown(&network, env),
            ("http://mine:8080".into(), "http://mine:8080".into(), ".local".into())
        );
    }

    #[test]
    fn e1_an_address_that_can_not_be_used_is_shown_without_its_password() {
        let env = environment(&[("https_proxy", "http://user:canary@ho st:1")]);
        let error = build_with_env(&NetworkSettings::default(), HttpTimeouts::default(), env).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert_eq!(error.code(), "proxyAddress");
    }
}
