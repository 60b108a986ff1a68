//! Which addresses a message, or what a target writes, may go to: a pure decision. Whoever may set an address could otherwise
//! let the bus ask what only the bus can reach: a service on its own machine, a router, the metadata service of its cloud.
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
    #[error("{host} leads to {address}: nothing is ever sent to such an address")]
    Forbidden { host: String, address: String },
    #[error("{host} leads to {address}, a public address, where https:// is needed")]
    Plain { host: String, address: String },
    #[error("the address needs https://; http:// is for private addresses, where `allow_private_addresses` is set")]
    Scheme,
    #[error("the address has no host")]
    NoHost,
    #[error("the address holds a user name or a password; a receiver knows a message by its signature")]
    Credentials,
    #[error("the host of the address has a *, and no host is called so")]
    Wildcard,
    #[error("the address has the port 0, where nothing ever listens")]
    PortZero,
    #[error("the address has a part behind #, which is never sent")]
    Fragment,
}

impl AddressRefused {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            AddressRefused::Private { .. } => {
                "set `allow_private_addresses` if it is in your own network or on this machine"
            }
            AddressRefused::Forbidden { .. } => {
                "give another address: link-local ones and those of a cloud's metadata are never reached"
            }
            AddressRefused::Plain { .. } | AddressRefused::Scheme => {
                "write https://, and let that address answer to it"
            }
            AddressRefused::NoHost => "write it as https://host/path",
            AddressRefused::Credentials => "leave them out; verify the signature instead",
            AddressRefused::Wildcard => "write the name of one host, such as https://hooks.example.com/path",
            AddressRefused::PortZero => "write the port that the receiver listens on, or leave it out",
            AddressRefused::Fragment => {
                "leave out the # and what is behind it, or write it as %23 if it belongs to the path"
            }
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
    if url.port() == Some(0) {
        return Err(AddressRefused::PortZero);
    }
    let rule = AddressRule::for_url(url, allow_private);
    match url.host() {
        None => Err(AddressRefused::NoHost),
        Some(Host::Domain(name)) if name.contains('*') => Err(AddressRefused::Wildcard),
        Some(Host::Domain(_)) => Ok(()),
        Some(Host::Ipv4(address)) => rule.check_address(&address.to_string(), address.into()),
        Some(Host::Ipv6(address)) => rule.check_address(&address.to_string(), address.into()),
    }
}

/// The same for an address that is given now. What was taken earlier with a part that is never sent goes on.
pub fn check_given_url(url: &Url, allow_private: bool) -> Result<(), AddressRefused> {
    check_target_url(url, allow_private)?;
    match url.fragment() {
        Some(_) => Err(AddressRefused::Fragment),
        None => Ok(()),
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
        // A translator of one network (RFC 8215): where in the address the IPv4 address stands is that network's choice, so
        // that nobody can say whether it is one of these metadata services.
        [0x64, 0xff9b, 1, ..] => AddressClass::Forbidden,
        // Unique local addresses.
        [0xfc00..=0xfdff, ..] => AddressClass::Private,
        // Protocol assignments with Teredo, whatever it carries: its packets go by way of a relay that anybody may run; and
        // documentation.
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
#[path = "address_rule_tests.rs"]
mod tests;
