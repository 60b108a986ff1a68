//! Which proxies hold, and how they are signed in to: for HTTP clients ([`super::http`]) and for connections that are made by
//! hand ([`super::dial`]).

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;

use crate::config::{NetworkSettings, no_proxy};

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

/// `Proxy-Authorization` by the settings, marked as a secret; the HTTP client would take what looks like `%41` for an
/// encoded letter.
pub(super) fn proxy_authorization(network: &NetworkSettings) -> Option<HeaderValue> {
    let user = network.proxy_user.as_ref().filter(|_| network.proxy.is_some())?;
    let password = network.proxy_password.as_ref();
    let mut value = basic_authorization(user, password.map_or("", |password| password.expose_secret()))?;
    value.set_sensitive(true);
    Some(value)
}

fn basic_authorization(user: &str, password: &str) -> Option<HeaderValue> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    HeaderValue::try_from(format!("Basic {text}")).ok()
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
}
