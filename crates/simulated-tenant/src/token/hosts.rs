//! The national clouds: which login host belongs to which Graph.

pub struct Cloud {
    pub login: &'static [&'static str],
    pub graph: &'static [&'static str],
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
    },
    Cloud {
        login: &["login.microsoftonline.us", "login-us.microsoftonline.com"],
        graph: &["graph.microsoft.us", "dod-graph.microsoft.us"],
    },
    Cloud {
        login: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
        graph: &["microsoftgraph.chinacloudapi.cn"],
    },
];

/// The cloud a login host belongs to.
pub fn cloud_of_login(host: &str) -> Option<&'static Cloud> {
    let host = host.to_lowercase();
    CLOUDS.iter().find(|cloud| cloud.login.contains(&host.as_str()))
}

pub fn is_graph(host: &str) -> bool {
    let host = host.to_lowercase();
    CLOUDS.iter().any(|cloud| cloud.graph.contains(&host.as_str()))
}

/// Every name a client may call the simulator by: what its certificate is made for.
pub fn all() -> impl Iterator<Item = &'static str> {
    CLOUDS
        .iter()
        .flat_map(|cloud| cloud.login.iter().chain(cloud.graph))
        .copied()
}

/// Two login hosts of different clouds: a tenant of one is a stranger at the other.
pub fn different_clouds(one: &str, other: &str) -> bool {
    match (cloud_of_login(one), cloud_of_login(other)) {
        (Some(one), Some(other)) => one.login != other.login,
        _ => false,
    }
}

/// The host of `host:port`, without brackets and port.
pub fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
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
    fn clouds_are_told_apart_only_where_both_are_known() {
        assert!(different_clouds(
            "login.microsoftonline.com",
            "login.microsoftonline.us"
        ));
        assert!(!different_clouds("login.microsoftonline.com", "login.windows.net"));
        assert!(!different_clouds("127.0.0.1", "login.microsoftonline.us"));
    }
}
