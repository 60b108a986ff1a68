//! Addresses in settings: of Microsoft, of webhooks, of proxies and of the ports of the bus.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

use super::ConsoleAddress;
use super::error::InvalidSetting;
use super::networks::require_one_reading;
use super::value_parsers::{invalid_value, parse_list, quote_value, require_commas};

/// A host and nothing else: what follows it is the caller's business.
fn parse_host_url(text: &str, example: &str) -> Result<Url, InvalidSetting> {
    let advice = format!("write it like {example}");
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::InvalidPort => wrong_port_error(text),
        _ => invalid_value(text, "an address", advice.clone()),
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid_value(text, "an http or https address", advice));
    }
    // `DOMAIN\user:password@host` is read as a path.
    let has_user = !url.username().is_empty() || url.password().is_some() || url.path().contains('@');
    if has_user {
        // The value is not repeated: it holds a password.
        return Err(InvalidSetting::new(
            "the address contains a user name or password",
            "remove it; for a proxy, use the keys proxy_user and proxy_password_file",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidSetting::new(
            format!("{} has a query or fragment", quote_value(text)),
            advice,
        ));
    }
    Ok(url)
}

pub(super) fn wrong_port_error(text: &str) -> InvalidSetting {
    InvalidSetting::new(
        format!("{} has a port that is no number from 0 to 65535", quote_value(text)),
        "correct the number behind the last colon",
    )
}

pub(crate) fn parse_safe_url(text: &str) -> Result<Url, InvalidSetting> {
    let url = parse_host_url(text, "https://graph.microsoft.com")?;
    if !matches!(url.path(), "" | "/") {
        let advice = "write scheme, host and port only; tenant and version are added";
        return Err(InvalidSetting::new(format!("{} has a path", quote_value(text)), advice));
    }
    if url.scheme() == "http" && !is_loopback_host(&url) {
        return Err(InvalidSetting::new(
            format!("{} would send credentials unencrypted", quote_value(text)),
            "write https://; http:// is only accepted for loopback addresses",
        ));
    }
    Ok(url)
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether plain HTTP may be spoken there is for other keys to say.
pub(crate) fn parse_webhook_url(text: &str) -> Result<Url, InvalidSetting> {
    let advice = "write it like https://shop.example/intune/orders";
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::InvalidPort => wrong_port_error(text),
        _ => invalid_value(text, "an address", advice),
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid_value(text, "an http or https address", advice));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        // The value is not repeated: it may hold a password.
        let problem = "the address contains a user name, a password or a fragment";
        return Err(InvalidSetting::new(
            problem,
            "remove it; what is posted is signed instead",
        ));
    }
    Ok(url)
}

pub(crate) fn parse_proxy_url(text: &str) -> Result<Url, InvalidSetting> {
    let url = parse_host_url(text, "http://proxy.example.com:8080")?;
    if !matches!(url.path(), "" | "/") {
        let advice = "write it like http://proxy.example.com:8080; PAC files are not supported";
        return Err(InvalidSetting::new(format!("{} has a path", quote_value(text)), advice));
    }
    if url.scheme() != "http" {
        let advice = "write http://host:port of the same proxy; traffic to Microsoft is still encrypted";
        return Err(InvalidSetting::new(
            format!(
                "{} is a proxy that is reached over TLS, which is not supported",
                quote_value(text)
            ),
            advice,
        ));
    }
    Ok(url)
}

pub(crate) fn parse_listen_address(text: &str) -> Result<SocketAddr, InvalidSetting> {
    SocketAddr::from_str(text).map_err(|_| {
        let advice = "write it like 127.0.0.1:3900, 0.0.0.0:3900 (all addresses) or [::1]:3900";
        invalid_value(text, "an address with a port", advice)
    })
}

pub(crate) fn parse_console_address(text: &str) -> Result<ConsoleAddress, InvalidSetting> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(ConsoleAddress::Auto),
        "off" => Ok(ConsoleAddress::Off),
        _ => SocketAddr::from_str(text).map(ConsoleAddress::At).map_err(|_| {
            let advice = "write auto (the port after that of `listen`), off (no console), or an address such as \
                          127.0.0.1:3901";
            invalid_value(text, "auto, off or an address with a port", advice)
        }),
    }
}

pub(crate) fn parse_networks(text: &str) -> Result<Vec<IpNet>, InvalidSetting> {
    require_commas(text)?;
    parse_list(text)?.iter().map(|part| parse_network(part)).collect()
}

fn parse_network(text: &str) -> Result<IpNet, InvalidSetting> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or(address).map_err(|_| {
        invalid_value(
            text,
            "an address or a network",
            "write 192.0.2.7, or 192.0.2.0/24 for a network",
        )
    })?;
    require_one_reading(network)
}

pub(crate) fn parse_console_url(text: &str) -> Result<Url, InvalidSetting> {
    let read = text.parse::<Url>();
    if read == Err(url::ParseError::InvalidPort) {
        return Err(wrong_port_error(text));
    }
    let url = read.ok();
    if url.as_ref().and_then(Url::port) == Some(0) {
        return Err(InvalidSetting::new(
            format!("{} has the port 0, where nothing ever listens", quote_value(text)),
            "write the port that browsers use, or leave it out",
        ));
    }
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let advice = "write it as browsers do, such as https://bus.example.com or https://tools.example.com/intune";
    let url = url
        .filter(plain)
        .ok_or_else(|| invalid_value(text, "the address of a console", advice))?;
    let path = url.path().trim_end_matches('/');
    // To the router such parts are patterns, to a browser another host, and a cookie ends there.
    let is_plain_part = |part: &str| !part.is_empty() && !part.starts_with([':', '*']) && !part.contains(';');
    if path.split('/').skip(1).all(is_plain_part) {
        Ok(url)
    } else {
        let problem = format!("{} has a path that a console cannot have", quote_value(text));
        Err(InvalidSetting::new(problem, advice))
    }
}

/// Whether a console may be reached like that: passwords are typed on its pages. `is_allowed`: plain HTTP beyond loopback.
pub(super) fn check_console_scheme(url: Option<&Url>, is_allowed: bool) -> Result<(), InvalidSetting> {
    match url.filter(|url| url.scheme() == "http" && !is_loopback_host(url)) {
        Some(_) if !is_allowed => Err(InvalidSetting::new(
            "browsers would send passwords to this address unencrypted",
            "write https://, or allow it with tls = off and plain_http_beyond_loopback = yes",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_11_what_may_be_a_password_is_not_repeated() {
        let hides = |problem: String| assert!(!problem.contains("hunter2"), "{problem}");
        for text in [
            "http://anna:hunter2@proxy.example:3128",
            r"http://CONTOSO\anna:hunter2@proxy.example:3128",
            "anna:hunter2@proxy.example:3128",
            "http://anna:hunter2@proxy.example:99999",
            "ftp://anna:hunter2@proxy.example",
        ] {
            hides(parse_proxy_url(text).unwrap_err().problem.to_string());
            hides(quote_value(text));
        }
        assert_eq!(quote_value("it@example.com"), r#""it@example.com""#);
        assert_eq!(quote_value("10:30"), r#""10:30""#);
    }

    #[test]
    fn a_console_is_reached_by_https_unless_plain_http_is_allowed() {
        let check = |text: &str, is_allowed| check_console_scheme(text.parse().ok().as_ref(), is_allowed).is_ok();
        assert!(check("https://bus.example.com", false));
        assert!(check("http://localhost:8080/intune", false));
        assert!(!check("http://bus.example.com", false));
        assert!(check("http://bus.example.com", true));
    }
}
