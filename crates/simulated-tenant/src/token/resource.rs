//! What a token is for: the resources that a tenant knows, and which of them Graph takes for itself.
//!
//! A tenant lives in one cloud and knows that cloud's Graph and Azure's management there. By the simulator's own
//! address the simulator is a resource as well, named by that address: who is led there asks for nothing else.

use url::Url;

use super::errors::Refusal;
use super::hosts::{Cloud, HostRole, without_port};
use super::request::Arrival;

/// Graph's application id, which stands for it in every cloud.
const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";

/// The same of Azure's management.
const MANAGEMENT_ID: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// The audience of a token for `resource`, as it was written; a stranger is refused.
pub(super) fn audience(resource: &str, home: &Cloud, arrival: &Arrival) -> Result<String, Refusal> {
    let is_id = [GRAPH_ID, MANAGEMENT_ID]
        .iter()
        .any(|id| id.eq_ignore_ascii_case(resource));
    let is_known = is_id
        || names_one_of(resource, home.graph)
        || names_one_of(resource, home.management)
        || (HostRole::of(&arrival.host) == HostRole::Own && is_own(resource, &arrival.base));
    if is_known {
        return Ok(resource.to_owned());
    }
    Err(Refusal::with(500_011, format!("Resource: '{resource}'.")))
}

/// Whether Graph, reached at `origin`, takes a token for `audience` of a tenant that is at home in `home`.
pub(crate) fn is_for_graph(audience: &str, home: &Cloud, origin: &str) -> bool {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let host = without_port(authority).to_lowercase();
    let by_id = audience.eq_ignore_ascii_case(GRAPH_ID);
    match HostRole::of(&host) {
        HostRole::Graph(cloud) => cloud == home && (by_id || names_one_of(audience, &[host.as_str()])),
        HostRole::Own => by_id || names_one_of(audience, home.graph) || is_own(audience, origin),
        HostRole::Login(_) | HostRole::Storage => false,
    }
}

/// `https://host` or `https://host/`, and nothing behind it.
fn names_one_of(resource: &str, hosts: &[&str]) -> bool {
    let host = resource.strip_prefix("https://").unwrap_or_default();
    let host = host.strip_suffix('/').unwrap_or(host);
    hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// The simulator's own address. All names of the loopback are one, because login and Graph may be given by different ones.
fn is_own(resource: &str, base: &str) -> bool {
    let (Ok(resource), Ok(base)) = (Url::parse(resource), Url::parse(base)) else {
        return false;
    };
    let same_host = resource.host() == base.host() || (is_loopback(&resource) && is_loopback(&base));
    let is_bare = resource.path() == "/" && resource.query().is_none();
    let same_port = resource.port_or_known_default() == base.port_or_known_default();
    is_bare && same_host && same_port && resource.scheme() == base.scheme()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::hosts::CLOUDS;
    use super::*;

    #[test]
    fn graph_takes_what_is_for_the_host_by_which_it_was_reached() {
        let global = &CLOUDS[0];
        for (audience, origin, taken) in [
            ("https://graph.microsoft.com", "https://graph.microsoft.com", true),
            ("https://graph.microsoft.com/", "https://graph.microsoft.com:443", true),
            (GRAPH_ID, "https://graph.microsoft.com", true),
            ("http://graph.microsoft.com", "https://graph.microsoft.com", false),
            ("https://graph.microsoft.us", "https://graph.microsoft.us", false),
            (GRAPH_ID, "https://graph.microsoft.us", false),
            ("https://management.azure.com", "https://graph.microsoft.com", false),
            (
                "https://graph.microsoft.com",
                "https://login.microsoftonline.com",
                false,
            ),
            ("https://graph.microsoft.com", "http://127.0.0.1:8080", true),
            ("https://graph.microsoft.us", "http://127.0.0.1:8080", false),
            ("http://localhost:8080", "http://127.0.0.1:8080", true),
            ("http://localhost:1", "http://127.0.0.1:8080", false),
            ("https://localhost:8080", "http://127.0.0.1:8080", false),
            ("http://127.0.0.1:8080/v1.0", "http://127.0.0.1:8080", false),
        ] {
            assert_eq!(is_for_graph(audience, global, origin), taken, "{audience} at {origin}");
        }
    }
}
