//! Names of machines, as settings give them: those by which clients reach the bus, and those in its certificate.

use std::net::IpAddr;

use url::Url;

use super::error::InvalidSetting;
use super::value_parsers::{invalid_value, parse_list, require_commas};

/// Longest name, and longest part of one.
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// As they stand in the header Host: names or addresses, with a port where the address in a browser has one.
pub(crate) fn parse_hosts(text: &str) -> Result<Vec<String>, InvalidSetting> {
    let example = "write the name alone, such as bus.example.com, or bus.example.com:8443";
    parse_each(text, is_host, "a host name", example)
}

/// Names and addresses that a certificate is for: `*.example.com` is one, a port belongs to none.
pub(crate) fn parse_certificate_names(text: &str) -> Result<Vec<String>, InvalidSetting> {
    let is_fit = |name: &str| is_address(name) || is_name(name.strip_prefix("*.").unwrap_or(name));
    let example = "write the name alone, such as bus.example.com, without a port";
    parse_each(text, is_fit, "a host name or an address", example)
}

fn parse_each(
    text: &str,
    is_fit: impl Fn(&str) -> bool,
    what: &str,
    example: &str,
) -> Result<Vec<String>, InvalidSetting> {
    require_commas(text)?;
    let names = parse_list(text)?;
    let Some(wrong) = names.iter().find(|name| !is_fit(name)) else {
        return Ok(names);
    };
    let advice = match host_of_address(wrong).filter(|host| is_fit(host)) {
        Some(host) => format!("write {host}"),
        None => example.to_owned(),
    };
    Err(invalid_value(wrong, what, advice))
}

/// What was meant where the address of a page was given.
fn host_of_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or(host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !is_address(text) => (name, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    (is_address(name) || is_name(name)) && port.is_none_or(is_port)
}

fn is_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(text).parse::<IpAddr>().is_ok()
}

fn is_name(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let is_label = |label: &str| (1..=LABEL_MAX).contains(&label.len()) && label.chars().all(is_letter);
    text.len() <= NAME_MAX && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wi_9_hosts_are_names_as_requests_give_them() {
        for good in [
            "bus.example.com",
            "bus.example.com:8443",
            "192.0.2.7",
            "192.0.2.7:8443",
            "2001:db8::1",
            "[2001:db8::1]",
            "[2001:db8::1]:8443",
            "bus, intune_bus.example",
        ] {
            assert!(parse_hosts(good).is_ok(), "{good}");
        }
        for (wrong, cure) in [
            ("https://bus.example.com/", "write bus.example.com"),
            ("https://bus.example.com:8443/x", "write bus.example.com:8443"),
            ("bus.example.com, http://other.example", "write other.example"),
            ("bus.example.com/intune", "write the name alone"),
            ("bus.example.com:https", "write the name alone"),
            ("bus example", "write the name alone"),
            ("*.example.com", "write the name alone"),
            (".example.com", "write the name alone"),
            ("bücher.example", "write the name alone"),
        ] {
            let refused = parse_hosts(wrong).expect_err(wrong);
            assert!(refused.advice.starts_with(cure), "{wrong}: {refused:?}");
        }
    }

    #[test]
    fn wi_9_names_of_a_certificate_have_no_port() {
        for good in [
            "localhost",
            "*.example.com",
            "192.0.2.7",
            "2001:db8::1",
            "a.example, b.example",
        ] {
            assert!(parse_certificate_names(good).is_ok(), "{good}");
        }
        for (wrong, cure) in [
            ("https://bus.example.com/", "write bus.example.com"),
            ("bus.example.com:8443", "write the name alone"),
            ("a.*.example", "write the name alone"),
        ] {
            let refused = parse_certificate_names(wrong).expect_err(wrong);
            assert!(refused.advice.starts_with(cure), "{wrong}: {refused:?}");
        }
    }
}
