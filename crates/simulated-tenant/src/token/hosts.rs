//! The national clouds: which login host belongs to which Graph, and what each host is there for.

use axum::http::{HeaderMap, Uri, header};

#[derive(Debug)]
pub struct Cloud {
    pub login: &'static [&'static str],
    pub graph: &'static [&'static str],
    /// Azure's own management, for which every tenant has tokens.
    pub management: &'static [&'static str],
    /// In whose name tokens of version 1 are.
    pub issuer: &'static str,
    /// As OpenID configurations call it.
    pub name: &'static str,
}

impl PartialEq for Cloud {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub const CLOUDS: &[Cloud] = &[
    Cloud {
        login: &[
            "login.microsoftonline.com",
            "login.windows.net",
            "sts.windows.net",
            "login.microsoft.com",
        ],
        graph: &["graph.microsoft.com"],
        management: &["management.core.windows.net", "management.azure.com"],
        issuer: "sts.windows.net",
        name: "microsoftonline.com",
    },
    Cloud {
        login: &["login.microsoftonline.us", "login-us.microsoftonline.com"],
        graph: &["graph.microsoft.us", "dod-graph.microsoft.us"],
        management: &["management.core.usgovcloudapi.net", "management.usgovcloudapi.net"],
        issuer: "sts.windows.net",
        name: "microsoftonline.us",
    },
    Cloud {
        login: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
        graph: &["microsoftgraph.chinacloudapi.cn"],
        management: &["management.core.chinacloudapi.cn", "management.chinacloudapi.cn"],
        issuer: "sts.chinacloudapi.cn",
        name: "partner.microsoftonline.cn",
    },
];

/// Where the files of exports lie, in whichever cloud.
pub const STORAGE: &str = "amsua0702repexpstorage.blob.core.windows.net";

/// What a host serves.
#[derive(Debug, PartialEq)]
pub enum HostRole {
    /// Tokens, of this cloud.
    Login(&'static Cloud),
    /// Graph, of this cloud.
    Graph(&'static Cloud),
    /// Files of exports.
    Storage,
    /// The simulator by its own address, which serves all there is.
    Own,
}

impl HostRole {
    pub fn of(host: &str) -> HostRole {
        let host = host.to_lowercase();
        if host == STORAGE {
            return HostRole::Storage;
        }
        let with = |hosts: fn(&Cloud) -> &[&str]| CLOUDS.iter().find(|cloud| hosts(cloud).contains(&host.as_str()));
        let login = with(|cloud| cloud.login).map(HostRole::Login);
        login
            .or_else(|| with(|cloud| cloud.graph).map(HostRole::Graph))
            .unwrap_or(HostRole::Own)
    }
}

/// The cloud a login host belongs to.
pub fn cloud_of_login(host: &str) -> Option<&'static Cloud> {
    match HostRole::of(host) {
        HostRole::Login(cloud) => Some(cloud),
        HostRole::Graph(_) | HostRole::Storage | HostRole::Own => None,
    }
}

/// The issuer of tokens of version 1.
pub(crate) fn issuer(home: &Cloud, tenant_id: &str) -> String {
    format!("https://{}/{tenant_id}/", home.issuer)
}

/// Every name a client may call the simulator by: what its certificate is made for.
pub fn all() -> impl Iterator<Item = &'static str> {
    CLOUDS
        .iter()
        .flat_map(|cloud| cloud.login.iter().chain(cloud.graph))
        .copied()
        .chain(std::iter::once(STORAGE))
}

/// The host of `host:port`, without brackets and port.
pub fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// The host that a request is for, with its port: HTTP/2 has it in the URI, HTTP/1.1 in the header.
pub(crate) fn authority(uri: &Uri, headers: &HeaderMap) -> String {
    let of_uri = uri.authority().map(|authority| authority.as_str().to_owned());
    let of_header = || {
        headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(str::to_owned)
    };
    of_uri.or_else(of_header).unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_port_and_brackets() {
        assert_eq!(
            without_port("login.microsoftonline.com:443"),
            "login.microsoftonline.com"
        );
        assert_eq!(without_port("localhost"), "localhost");
        assert_eq!(without_port("[::1]:8443"), "::1");
    }

    #[test]
    fn each_host_has_one_role() {
        assert_eq!(HostRole::of("LOGIN.microsoftonline.us"), HostRole::Login(&CLOUDS[1]));
        assert_eq!(HostRole::of("graph.microsoft.com"), HostRole::Graph(&CLOUDS[0]));
        assert_eq!(HostRole::of("127.0.0.1"), HostRole::Own);
        let mut names: Vec<&str> = all().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
