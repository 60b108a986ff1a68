//! Links to the next page: opaque, and followed only to where the first request went.
//!
//! A link carries the token to wherever it leads, so host, scheme, port and the start of the path must be those of
//! the configured Graph. It is sent back byte for byte: Intune's `$skiptoken` holds a device name, and a client that
//! decodes and encodes it anew can change what it means.

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::error::GraphProblem;

/// Longest link that is taken, bytes. Intune's hold one device name and one id.
const MAX_LINK_BYTES: usize = 16 << 10;

/// The configured Graph: what every link must begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphBase {
    /// Scheme, host and port, no slash at the end.
    origin: String,
    url: Url,
}

impl GraphBase {
    pub(crate) fn new(graph_url: &str) -> Result<Self, GraphProblem> {
        let wrong = |why: &str| GraphProblem::Address { why: why.to_owned() };
        let url = Url::parse(graph_url).map_err(|e| wrong(&e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("it must begin with https:// and a host"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it must contain only scheme, host, port and path"));
        }
        Ok(GraphBase {
            origin: graph_url.trim_end_matches('/').to_owned(),
            url,
        })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of `path`, which begins with a slash, in version 1.0.
    pub(crate) fn v1_url(&self, path: &str) -> String {
        format!("{}/v1.0{path}", self.origin)
    }

    /// The same in the version that Microsoft may change at any time.
    pub(crate) fn beta_url(&self, path: &str) -> String {
        format!("{}/beta{path}", self.origin)
    }

    /// Whether the token may go there.
    pub(crate) fn check_link(&self, link: &str) -> Result<(), GraphProblem> {
        let foreign = |why: &str| GraphProblem::ForeignLink { why: why.to_owned() };
        if link.len() > MAX_LINK_BYTES {
            return Err(foreign("it is too long"));
        }
        let url = Url::parse(link).map_err(|_| foreign("it is not an address"))?;
        if url.scheme() != self.url.scheme() {
            return Err(foreign("another scheme"));
        }
        if url.host() != self.url.host() || url.port_or_known_default() != self.url.port_or_known_default() {
            return Err(foreign("another host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(foreign("it contains a login"));
        }
        if url.fragment().is_some() {
            return Err(foreign("it has a fragment, which is never sent"));
        }
        let root = self.url.path().trim_end_matches('/');
        let below = url.path().strip_prefix(root).unwrap_or_default();
        if !(below.starts_with("/v1.0/") || below.starts_with("/beta/")) {
            return Err(foreign("another path"));
        }
        Ok(())
    }
}

/// What a walk remembers of a link.
pub(crate) fn link_fingerprint(link: &str) -> u64 {
    xxh3_64(link.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> GraphBase {
        GraphBase::new(url).unwrap()
    }

    #[test]
    fn a_link_stays_with_host_port_scheme_and_path() {
        let graph = base("https://graph.microsoft.com");
        for good in [
            "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices?$skiptoken=x",
            "https://graph.microsoft.com:443/beta/deviceManagement/managedDevices",
            "https://GRAPH.microsoft.com/v1.0/x",
        ] {
            assert!(graph.check_link(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com/v1.0/x",
            "https://graph.microsoft.com:444/v1.0/x",
            "https://graph.microsoft.us/v1.0/x",
            "https://graph.microsoft.com.evil.example/v1.0/x",
            "https://user@graph.microsoft.com/v1.0/x",
            "https://graph.microsoft.com/",
            "https://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com/v2.0/x",
            "https://graph.microsoft.com/v1.0/../../x",
            "https://graph.microsoft.com\\@evil.example/v1.0/x",
            "/v1.0/x",
        ] {
            assert!(graph.check_link(bad).is_err(), "{bad}");
        }
        assert!(
            graph
                .check_link(&format!("https://graph.microsoft.com/v1.0/{}", "x".repeat(20_000)))
                .is_err()
        );
    }

    #[test]
    fn a_graph_behind_a_gateway_keeps_its_path() {
        let graph = base("https://gateway.example/graph/");
        assert_eq!(graph.v1_url("/x"), "https://gateway.example/graph/v1.0/x");
        assert!(graph.check_link("https://gateway.example/graph/v1.0/x").is_ok());
        assert!(graph.check_link("https://gateway.example/v1.0/x").is_err());
    }

    #[test]
    fn an_address_that_can_not_be_graphs_is_refused() {
        for bad in [
            "ftp://graph.example",
            "https://u:p@graph.example",
            "https://graph.example?x=1",
            "graph.example",
        ] {
            assert!(GraphBase::new(bad).is_err(), "{bad}");
        }
    }
}
