//! Which host name a request used, and which page sent it: decisions over the head of a request, without IO.
//!
//! A page of another site must not be able to use what a browser knows: neither its remembered password (a foreign
//! `Origin`, `Referer` or `Sec-Fetch-Site`) nor its place in the network (a name of the attacker's own that resolves to
//! this bus: then `Host` is a name that the bus does not have).

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::problem::ApiProblem;

/// The names by which a door is reached, besides those of this machine's loopback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostNames {
    /// In lower case; those of a reverse proxy too. With a port where an origin needs one.
    pub configured: Vec<String>,
    /// Only this machine reaches the door: other addresses are no names of it.
    pub loopback_only: bool,
}

impl HostNames {
    pub fn new(given: &[String], loopback_only: bool) -> Self {
        HostNames {
            configured: given.iter().map(|name| name.to_ascii_lowercase()).collect(),
            loopback_only,
        }
    }

    /// Whether `host` (no port; an IPv6 address in brackets or without) is one of its names. Addresses are names of a
    /// door that other machines reach: nobody can make an address resolve to something else.
    fn is_own_host(&self, host: &str) -> bool {
        let host = strip_brackets(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            let unbound = !self.loopback_only || address.to_canonical().is_loopback();
            return unbound
                || self
                    .configured
                    .iter()
                    .any(|name| strip_brackets(strip_port(name)) == host);
        }
        let host = host.to_ascii_lowercase();
        let is_localhost = host == "localhost" || host.ends_with(".localhost");
        is_localhost || self.configured.iter().any(|name| strip_port(name) == host)
    }

    /// Whether pages of `authority` are the bus's own where a proxy stands before it.
    fn is_own_authority(&self, authority: &str) -> bool {
        self.configured.iter().any(|name| name == authority)
    }
}

fn strip_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// `bus.example.com:8443` and `[2001:db8::1]:8443` without their port.
fn strip_port(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !strip_brackets(host).contains(':') => {
            host
        }
        Some((host, _)) if host.ends_with(']') => host,
        _ => name,
    }
}

/// Refuses a request for a name that is none of the door's. HTTP/1.0 may name none: no browser speaks it.
pub(crate) fn require_own_host(names: &HostNames, parts: &Parts) -> Result<(), ApiProblem> {
    for asked in requested_hosts(parts) {
        if !asked.is_some_and(|authority| names.is_own_host(authority.host())) {
            return Err(wrong_host_problem());
        }
    }
    Ok(())
}

/// Everything that says where a request is meant to go; `None`: it can't be read.
fn requested_hosts(parts: &Parts) -> Vec<Option<Authority>> {
    let from_line = parts.uri.authority().cloned().map(Some);
    let headers = parts.headers.get_all(header::HOST).iter();
    let from_headers = headers.map(|host| host.to_str().ok().and_then(|host| host.parse().ok()));
    from_line.into_iter().chain(from_headers).collect()
}

fn wrong_host_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrongHost",
        "this bus does not have the host name in the request",
        "Use its address, or add the name to `hosts` in the section [sics] of bus.ini and restart the bus.",
    )
}

/// Refuses requests of pages of another site. For requests that need a sign-in, whatever they do.
pub(crate) fn require_own_page(names: &HostNames, parts: &Parts) -> Result<(), ApiProblem> {
    let headers = &parts.headers;
    let fetch_site = headers.get("sec-fetch-site").map(|fetch_site| fetch_site.as_bytes());
    if !matches!(fetch_site, None | Some(b"same-origin" | b"none")) {
        return Err(foreign_page_problem());
    }
    if headers.contains_key(header::ORIGIN) {
        return require_own_origin(names, parts, &header::ORIGIN);
    }
    // Browsers of some age say only this much, and only of what changes something does it matter.
    let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && headers.contains_key(header::REFERER) {
        require_own_origin(names, parts, &header::REFERER)
    } else {
        Ok(())
    }
}

fn require_own_origin(names: &HostNames, parts: &Parts, header_name: &HeaderName) -> Result<(), ApiProblem> {
    let asked = requested_hosts(parts).into_iter().next().flatten();
    let asked = asked.map(|authority| authority.as_str().to_ascii_lowercase());
    for value in parts.headers.get_all(header_name) {
        let page = value
            .to_str()
            .ok()
            .and_then(authority_of_page)
            .ok_or_else(foreign_page_problem)?;
        if asked.as_ref() != Some(&page) && !names.is_own_authority(&page) {
            return Err(foreign_page_problem());
        }
    }
    Ok(())
}

/// `https://bus.example.com/x` is of `bus.example.com`; `null` is of nowhere.
fn authority_of_page(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    (!authority.is_empty() && !authority.contains('@')).then(|| authority.to_ascii_lowercase())
}

fn foreign_page_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::FORBIDDEN,
        "foreignPage",
        "a page of another site sent this request",
        "Only programs and the bus's own pages may use the API. If a proxy is in front of the bus, add the name that \
            people use to `hosts` in the section [sics] of bus.ini.",
    )
}

/// Whether a request shows something to sign in with.
pub(crate) fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn names(loopback_only: bool) -> HostNames {
        let given = ["Bus.Example.com".to_owned(), "console.example.com:8443".to_owned()];
        HostNames::new(&given, loopback_only)
    }

    fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    fn host_code(loopback_only: bool, uri: &str, hosts: &[&str]) -> Option<String> {
        let headers: Vec<(&str, &str)> = hosts.iter().map(|host| ("host", *host)).collect();
        let refused = require_own_host(&names(loopback_only), &parts("GET", uri, &headers)).err();
        refused.map(|problem| problem.code().to_owned())
    }

    #[test]
    fn sec_m10_a_loopback_door_answers_to_loopback_and_given_names_only() {
        for host in [
            "localhost",
            "LOCALHOST:3900",
            "127.0.0.1:3900",
            "127.9.9.9",
            "[::1]:3900",
            "a.localhost",
        ] {
            assert_eq!(host_code(true, "/", &[host]), None, "{host}");
        }
        for host in ["bus.example.com", "BUS.example.com:3900", "console.example.com"] {
            assert_eq!(host_code(true, "/", &[host]), None, "{host}");
        }
        let evil = [
            "evil.example",
            "evil.example:3900",
            "192.0.2.1",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xlocalhost",
            "bus.example.com.evil.example",
            "",
            "localhost@evil.example",
        ];
        for host in evil {
            assert_eq!(host_code(true, "/", &[host]).as_deref(), Some("wrongHost"), "{host}");
        }
    }

    #[test]
    fn sec_m10_every_place_that_names_a_host_counts() {
        assert_eq!(host_code(true, "/", &[]), None, "HTTP/1.0");
        assert_eq!(host_code(true, "http://localhost/", &[]), None, "HTTP/2");
        for (uri, hosts) in [
            ("http://evil.example/", &["localhost"][..]),
            ("http://localhost/", &["evil.example"]),
            ("/", &["localhost", "evil.example"]),
            ("http://evil.example/", &[]),
        ] {
            assert_eq!(
                host_code(true, uri, hosts).as_deref(),
                Some("wrongHost"),
                "{uri} {hosts:?}"
            );
        }
    }

    #[test]
    fn sec_m10_beyond_loopback_addresses_and_given_names_are_answered() {
        for host in ["192.0.2.1:3900", "[2001:db8::1]", "localhost", "bus.example.com"] {
            assert_eq!(host_code(false, "/", &[host]), None, "{host}");
        }
        assert_eq!(host_code(false, "/", &["evil.example"]).as_deref(), Some("wrongHost"));
    }

    fn page(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut all = vec![("host", "localhost:3900")];
        all.extend_from_slice(headers);
        require_own_page(&names(true), &parts(method, "/", &all)).is_ok()
    }

    #[test]
    fn sec_m10_only_the_bus_s_own_pages_are_let_through() {
        for method in ["GET", "POST"] {
            assert!(page(method, &[]), "a program");
            assert!(page(method, &[("origin", "http://localhost:3900")]));
            assert!(page(method, &[("origin", "https://bus.example.com")]), "behind a proxy");
            assert!(page(method, &[("origin", "https://CONSOLE.example.com:8443")]));
            for evil in [
                "http://evil.example",
                "null",
                "http://localhost",
                "http://localhost:8080",
                "https://console.example.com",
                "https://bus.example.com:1",
                "http://localhost:3900@evil.example",
                "file://localhost:3900",
                "",
            ] {
                assert!(!page(method, &[("origin", evil)]), "{method} {evil}");
            }
            let two = [("origin", "http://localhost:3900"), ("origin", "http://evil.example")];
            assert!(!page(method, &two));
            for site in ["cross-site", "same-site", ""] {
                assert!(!page(method, &[("sec-fetch-site", site)]), "{method} {site}");
            }
        }
    }

    #[test]
    fn sec_m10_an_old_browser_is_known_by_its_referer_where_something_changes() {
        let from = |address| [("referer", address)];
        assert!(page("POST", &from("http://localhost:3900/console")));
        assert!(!page("POST", &from("http://evil.example/x")));
        assert!(page("GET", &from("http://evil.example/x")), "a link");
    }
}
