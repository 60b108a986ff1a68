//! Names as the HTTP client resolves them, with the addresses taken out that nothing may go to. The client connects to
//! what is answered here and to nothing else, so a name that leads somewhere else a moment after it was checked changes
//! nothing.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::address_rule::{AddressRefused, AddressRule};
use crate::config::NetworkSettings;

/// Answers the addresses of a name. Their ports do not count.
pub(crate) type LookUp = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

pub(crate) struct CheckedResolver {
    pub rule: AddressRule,
    /// The host of a proxy of the settings: where it stands is the operator's business.
    pub proxy_host: Option<String>,
    /// As the machine does it; a test asks a DNS server of its own.
    pub look_up: Arc<LookUp>,
}

impl CheckedResolver {
    /// For a client that asks `url` and nothing else, by this way.
    pub(crate) fn for_url(url: &Url, allow_private: bool, network: &NetworkSettings) -> CheckedResolver {
        let proxy = network.proxy.as_ref();
        CheckedResolver {
            rule: AddressRule::for_url(url, allow_private),
            proxy_host: proxy.and_then(|url| url.host_str()).map(str::to_owned),
            look_up: look_up_by_machine(),
        }
    }
}

fn look_up_by_machine() -> Arc<LookUp> {
    Arc::new(|host: String| ask_machine(host).boxed())
}

async fn ask_machine(host: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.collect())
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (rule, found) = (self.rule, (self.look_up)(host.clone()));
        let is_proxy = self
            .proxy_host
            .as_ref()
            .is_some_and(|proxy| proxy.eq_ignore_ascii_case(&host));
        Box::pin(async move {
            let found = found.await?;
            let good = if is_proxy {
                found
            } else {
                keep_allowed(rule, &host, found)?
            };
            let good: Addrs = Box::new(good.into_iter());
            Ok(good)
        })
    }
}

/// An address that was refused at the connection: it stands somewhere below in the chain of causes.
pub(crate) fn find_refused_address(error: &reqwest::Error) -> Option<&AddressRefused> {
    let mut layer = error.source();
    while let Some(cause) = layer {
        if let Some(refused) = cause.downcast_ref::<AddressRefused>() {
            return Some(refused);
        }
        layer = StdError::source(cause);
    }
    None
}

/// The addresses that the rule allows; why not, where it allows none.
fn keep_allowed(
    rule: AddressRule,
    host: &str,
    found: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let mut refused = None::<AddressRefused>;
    let mut good = Vec::new();
    for address in found {
        match rule.check_address(host, address.ip()) {
            Ok(()) => good.push(address),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    match refused {
        _ if !good.is_empty() => Ok(good),
        Some(why) => Err(why.into()),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_ONLY: AddressRule = AddressRule {
        allow_private: false,
        plain: false,
    };

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn of_several_addresses_those_stay_that_are_allowed() {
        let found = addresses(&["10.0.0.1:0", "1.1.1.1:0", "169.254.169.254:0"]);
        assert_eq!(
            keep_allowed(PUBLIC_ONLY, "mixed", found).unwrap(),
            addresses(&["1.1.1.1:0"])
        );
    }

    #[test]
    fn where_none_is_allowed_the_reason_is_told() {
        let refused = keep_allowed(PUBLIC_ONLY, "inside", addresses(&["10.0.0.1:0"])).unwrap_err();
        let refused = refused.downcast_ref::<AddressRefused>().unwrap();
        let expected = AddressRefused::Private {
            host: "inside".into(),
            address: "10.0.0.1".into(),
        };
        assert_eq!(*refused, expected);
        assert!(keep_allowed(PUBLIC_ONLY, "empty", Vec::new()).is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_unless_it_is_the_proxy() {
        let resolve = |proxy_host: Option<&str>| {
            let resolver = CheckedResolver {
                rule: PUBLIC_ONLY,
                proxy_host: proxy_host.map(str::to_owned),
                look_up: look_up_by_machine(),
            };
            resolver.resolve("localhost".parse().unwrap())
        };
        let Err(refused) = resolve(None).await else {
            panic!("localhost was let through")
        };
        assert!(refused.is::<AddressRefused>(), "{refused}");
        assert!(resolve(Some("LOCALHOST")).await.is_ok());
    }
}
