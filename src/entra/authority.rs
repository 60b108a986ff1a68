//! Who issues the tokens, and for what: login host, tenant, Graph host of the cloud.
//!
//! The token URL is put together rather than discovered: the answer of discovery would be believed anyway, and one
//! request less can fail.

use url::Url;

use crate::config::{InstanceSettings, NationalCloud};

/// Where one tenant's tokens come from. Cheap to clone, holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Without a slash at the end, e.g. `https://login.microsoftonline.com`.
    pub login_url: String,
    pub tenant_id: String,
    /// Without version and without a slash at the end, e.g. `https://graph.microsoft.com`.
    pub graph_url: String,
}

impl Authority {
    pub fn for_instance(settings: &InstanceSettings) -> Self {
        let (login, graph) = cloud_hosts(settings.cloud);
        Authority {
            login_url: settings.login_url.as_ref().map_or_else(|| login.to_owned(), trim_slash),
            tenant_id: settings.tenant_id.clone(),
            graph_url: settings.graph_url.as_ref().map_or_else(|| graph.to_owned(), trim_slash),
        }
    }

    /// The token endpoint; also the audience of a client assertion.
    pub fn token_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.login_url, self.tenant_id)
    }

    /// Who issues the tokens, as people know it.
    pub fn login_host(&self) -> String {
        let url = Url::parse(&self.login_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| self.login_url.clone())
    }

    /// All application rights of the cloud's Graph.
    ///
    /// The scope names the resource, not the way to it: a Graph that is reached by another address (a simulator, a
    /// gateway) is named by that address, which is what such a stand-in expects.
    pub fn default_scope(&self) -> String {
        format!("{}/.default", self.graph_url)
    }
}

/// Login and Graph host of a cloud.
pub fn cloud_hosts(cloud: NationalCloud) -> (&'static str, &'static str) {
    match cloud {
        NationalCloud::Global => ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
        NationalCloud::UsGovL4 => ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
        NationalCloud::UsGovL5 => ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        NationalCloud::China => (
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
    }
}

fn trim_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_asks_its_own_graph() {
        for cloud in [
            NationalCloud::Global,
            NationalCloud::UsGovL4,
            NationalCloud::UsGovL5,
            NationalCloud::China,
        ] {
            let (login, graph) = cloud_hosts(cloud);
            let settings = InstanceSettings {
                cloud,
                ..crate::entra::sample::settings()
            };
            let authority = Authority::for_instance(&settings);
            assert_eq!(authority.default_scope(), format!("{graph}/.default"));
            assert_eq!(
                authority.token_url(),
                format!("{login}/{}/oauth2/v2.0/token", settings.tenant_id)
            );
        }
    }

    #[test]
    fn given_addresses_win_and_lose_their_slash() {
        let settings = InstanceSettings {
            login_url: Some(Url::parse("https://127.0.0.1:8443/").unwrap()),
            graph_url: Some(Url::parse("http://localhost:8080").unwrap()),
            ..crate::entra::sample::settings()
        };
        let authority = Authority::for_instance(&settings);
        assert_eq!(authority.login_url, "https://127.0.0.1:8443");
        assert_eq!(authority.default_scope(), "http://localhost:8080/.default");
    }
}
