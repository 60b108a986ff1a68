//! Which addresses a message may go to: a pure decision. Whoever may set an address could otherwise let the bus ask what only
//! the bus can reach: a service on its own machine, a router, the metadata service of its cloud.
//!
//! Three classes. *Public* addresses are good. *Private* ones (this machine and its networks) are good where a setting says
//! so. *Forbidden* ones never: link-local addresses, the metadata services of the clouds, and what is no address of one host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressClass {
    Public,
    /// This machine, or a network that is not the internet.
    Private,
    Forbidden,
}

/// What is allowed for one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRule {
    /// The explicit setting: private addresses are good.
    pub allow_private: bool,
    /// The message is not encrypted (`http://`): it may go to private addresses alone.
    pub plain: bool,
}

/// Why a message does not go there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    #[error("{host} leads to {address}, a private address: they are refused unless `allow_private_addresses` is set")]
    Private { host: String, address: String },
    #[error("{host} leads to {address}: no message is ever sent to such an address")]
    Forbidden { host: String, address: String },
    #[error("{host} leads to {address}, a public address: messages go there by https:// only")]
    Plain { host: String, address: String },
    #[error("the address needs https://; http:// is for private addresses, where `allow_private_addresses` is set")]
    Scheme,
    #[error("the address has no host")]
    NoHost,
    #[error("the address holds a user name or a password; a receiver knows a message by its signature")]
    Credentials,
}

impl AddressRefused {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            AddressRefused::Private { .. } => {
                "set `allow_private_addresses` if the receiver is in your own network or on this machine"
            }
            AddressRefused::Forbidden { .. } => {
                "give the address of a receiver: it is neither link-local nor that of a cloud's metadata"
            }
            AddressRefused::Plain { .. } | AddressRefused::Scheme => "let the receiver answer at https://",
            AddressRefused::NoHost => "write it as https://host/path",
            AddressRefused::Credentials => "leave them out; verify the signature instead",
        }
    }
}

impl AddressRule {
    /// For messages to `url`.
    pub fn for_url(url: &Url, allow_private: bool) -> AddressRule {
        AddressRule {
            allow_private,
            plain: url.scheme() != "https",
        }
    }

    /// Whether a connection may be made to `address`, which `host` stands for.
    pub fn check_address(self, host: &str, address: IpAddr) -> Result<(), AddressRefused> {
        let (host, shown) = (host.to_owned(), address.to_string());
        match classify_address(address) {
            AddressClass::Forbidden => Err(AddressRefused::Forbidden { host, address: shown }),
            AddressClass::Private if !self.allow_private => Err(AddressRefused::Private { host, address: shown }),
            AddressClass::Public if self.plain => Err(AddressRefused::Plain { host, address: shown }),
            AddressClass::Private | AddressClass::Public => Ok(()),
        }
    }
}

/// What can be said of an address of the settings without asking for its name. A host that is written as a number, in any
/// form, is judged like the address that it means.
pub fn check_target_url(url: &Url, allow_private: bool) -> Result<(), AddressRefused> {
    let is_good_scheme = url.scheme() == "https" || (url.scheme() == "http" && allow_private);
    if !is_good_scheme {
        return Err(AddressRefused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressRefused::Credentials);
    }
    let rule = AddressRule::for_url(url, allow_private);
    match url.host() {
        None => Err(AddressRefused::NoHost),
        Some(Host::Domain(_)) => Ok(()),
        Some(Host::Ipv4(address)) => rule.check_address(&address.to_string(), address.into()),
        Some(Host::Ipv6(address)) => rule.check_address(&address.to_string(), address.into()),
    }
}

/// The class of an address; an IPv6 address that carries an IPv4 address is what that one is.
pub fn classify_address(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    let octets = address.octets();
    let is_forbidden = match octets {
        // Of the platform: Azure's wire server, Alibaba's metadata service.
        [168, 63, 129, 16] | [100, 100, 100, 200] => true,
        // "This network", protocol assignments (with Oracle's metadata service), relays of 6to4, tests of devices.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => address.is_link_local() || address.is_documentation(),
    };
    // Between a provider and its customers (RFC 6598), as in networks of containers.
    let is_shared = matches!(octets, [100, 64..=127, ..]);
    if is_forbidden {
        AddressClass::Forbidden
    } else if address.is_private() || address.is_loopback() || is_shared {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    if let Some(inner) = carried_v4(address) {
        return classify_v4(inner);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Private,
        // Metadata services of Amazon (with those for credentials of containers), Google, Oracle and Scaleway, which look
        // like any unique local address.
        [0xfd00, 0xec2, ..] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => AddressClass::Forbidden,
        [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe] | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42] => AddressClass::Forbidden,
        // Unique local addresses; a translator of one network (RFC 8215), behind which is anything.
        [0xfc00..=0xfdff, ..] | [0x64, 0xff9b, 1, ..] => AddressClass::Private,
        // Protocol assignments with Teredo, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressClass::Forbidden,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        // Unspecified, link-local, site-local, multicast, and what was never given to anybody.
        _ => AddressClass::Forbidden,
    }
}

/// The IPv4 address that packets to this one end at: mapped, compatible, translated (NAT64), 6to4.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from_two = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(from_two(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> AddressClass {
        classify_address(text.parse().unwrap())
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn each_address_has_its_class() {
        for public in [
            "1.1.1.1",
            "20.190.128.1",
            "100.63.255.255",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1111",
        ] {
            assert_eq!(class(public), AddressClass::Public, "{public}");
        }
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12:3456::1",
            "fc00::1",
            "64:ff9b:1::a00:1",
        ] {
            assert_eq!(class(private), AddressClass::Private, "{private}");
        }
        for forbidden in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
            "fd20:ce::254",
            "2001::1",
            "2001:db8::1",
            "4000::1",
            "100::1",
        ] {
            assert_eq!(class(forbidden), AddressClass::Forbidden, "{forbidden}");
        }
    }

    #[test]
    fn an_address_in_another_one_is_what_it_carries() {
        for (carrier, carried) in [
            ("::ffff:127.0.0.1", AddressClass::Private),
            ("::ffff:169.254.169.254", AddressClass::Forbidden),
            ("::ffff:1.1.1.1", AddressClass::Public),
            ("::10.0.0.1", AddressClass::Private),
            ("::ffff:0:10.0.0.1", AddressClass::Private),
            ("64:ff9b::a9fe:a9fe", AddressClass::Forbidden),
            ("64:ff9b::7f00:1", AddressClass::Private),
            ("2002:7f00:1::1", AddressClass::Private),
            ("2002:a9fe:a9fe::1", AddressClass::Forbidden),
        ] {
            assert_eq!(class(carrier), carried, "{carrier}");
        }
    }

    #[test]
    fn private_addresses_need_the_setting_and_forbidden_ones_stay_forbidden() {
        let rule = |allow_private, plain| AddressRule { allow_private, plain };
        let judge = |rule: AddressRule, text: &str| rule.check_address("host", text.parse().unwrap());
        assert!(judge(rule(false, false), "1.1.1.1").is_ok());
        assert!(matches!(
            judge(rule(false, false), "10.0.0.1"),
            Err(AddressRefused::Private { .. })
        ));
        assert!(judge(rule(true, false), "10.0.0.1").is_ok());
        for allow_private in [false, true] {
            let refused = judge(rule(allow_private, false), "169.254.169.254");
            assert!(matches!(refused, Err(AddressRefused::Forbidden { .. })), "{refused:?}");
        }
        assert!(judge(rule(true, true), "127.0.0.1").is_ok());
        assert!(matches!(
            judge(rule(true, true), "1.1.1.1"),
            Err(AddressRefused::Plain { .. })
        ));
    }

    #[test]
    fn hosts_that_are_numbers_are_judged_in_every_form() {
        for form in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://2130706433/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
        ] {
            let refused = check_target_url(&url(form), false);
            assert!(
                matches!(refused, Err(AddressRefused::Private { .. })),
                "{form}: {refused:?}"
            );
            assert_eq!(check_target_url(&url(form), true), Ok(()), "{form}");
        }
        for allow_private in [false, true] {
            let refused = check_target_url(&url("https://2852039166/latest/meta-data"), allow_private);
            assert!(matches!(refused, Err(AddressRefused::Forbidden { .. })), "{refused:?}");
        }
        // A name is judged at the connection.
        assert_eq!(check_target_url(&url("https://localhost/status"), false), Ok(()));
    }

    #[test]
    fn an_address_without_encryption_or_with_a_password_is_refused() {
        assert_eq!(
            check_target_url(&url("http://shop.example/"), false),
            Err(AddressRefused::Scheme)
        );
        assert_eq!(check_target_url(&url("http://shop.example/"), true), Ok(()));
        assert_eq!(
            check_target_url(&url("ftp://shop.example/"), true),
            Err(AddressRefused::Scheme)
        );
        let refused = check_target_url(&url("http://1.1.1.1/"), true);
        assert!(matches!(refused, Err(AddressRefused::Plain { .. })), "{refused:?}");
        let refused = check_target_url(&url("https://me:secret@shop.example/"), false);
        assert_eq!(refused, Err(AddressRefused::Credentials));
    }
}
