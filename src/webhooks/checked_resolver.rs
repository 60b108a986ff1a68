//! Names as the HTTP client resolves them, with the addresses taken out that a message may not go to. The client connects to
//! what is answered here and to nothing else, so a name that leads somewhere else a moment after it was checked changes
//! nothing.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address_rule::{AddressRefused, AddressRule};

pub(super) struct CheckedResolver {
    pub rule: AddressRule,
    /// The host of a proxy of the settings: where it stands is the operator's business.
    pub proxy_host: Option<String>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let rule = self.rule;
        let is_proxy = self
            .proxy_host
            .as_ref()
            .is_some_and(|proxy| proxy.eq_ignore_ascii_case(&host));
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
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
