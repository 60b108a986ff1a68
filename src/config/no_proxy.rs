//! What may stand in `no_proxy`: `*`, a host with those below it, `.domain`, `*.domain`, an IP address or a network. One
//! reading of it for the settings, which refuse what can never match, and for the environment, which is taken as far as
//! it can be.

use std::net::IpAddr;

use ipnet::IpNet;

/// Why an entry can't be used, and how to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoProxyError {
    pub problem: String,
    pub advice: String,
}

/// An entry of the settings as the HTTP client understands it, or why it would never match.
pub fn check_entry(item: &str) -> Result<Vec<String>, NoProxyError> {
    let entries = expand_entry(item);
    let invalid = |why: &str, advice: String| {
        Err(NoProxyError {
            problem: format!("{} would never match: {why}", quote_entry(item)),
            advice,
        })
    };
    let bare = item.trim();
    if let Some((scheme, rest)) = bare.split_once("://") {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        return invalid(
            &format!("it begins with {scheme}://"),
            format!("write the host alone: {host}"),
        );
    }
    if let Some(host) = without_port(bare) {
        return invalid(
            "it has a port",
            format!("write the host alone: {host}; it applies to every port"),
        );
    }
    let is_good = |entry: &String| {
        entry == "*" || entry.parse::<IpAddr>().is_ok() || entry.parse::<IpNet>().is_ok() || is_domain(entry)
    };
    if entries.iter().all(is_good) {
        Ok(entries)
    } else {
        invalid(
            "it is neither a host nor a network",
            "write host.example, .example (with its subdomains), 10.0.0.0/8, or * for everything".to_owned(),
        )
    }
}

/// Entries of a list as the HTTP client understands them: `*.domain` is `.domain`, `*` means addresses too, a port holds
/// for none and is taken off.
pub fn expand_entry(item: &str) -> Vec<String> {
    let item = item.trim();
    let item = without_port(item).unwrap_or_else(|| item.trim_matches(['[', ']']).to_owned());
    match item.as_str() {
        "*" => ["*", "0.0.0.0/0", "::/0"].map(str::to_owned).to_vec(),
        other => vec![
            other
                .strip_prefix("*.")
                .map_or(item.clone(), |domain| format!(".{domain}")),
        ],
    }
}

/// The host of `host:443` and `[::1]:443`; `None` where there is no port.
fn without_port(item: &str) -> Option<String> {
    let (host, port) = item.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = !host.contains(':') || host.starts_with('[') && host.ends_with(']');
    (is_port && is_host && item.parse::<IpAddr>().is_err()).then(|| host.trim_matches(['[', ']']).to_owned())
}

/// A name of letters, digits and hyphens in parts, with a dot in front or not.
fn is_domain(text: &str) -> bool {
    let name = text.strip_prefix('.').unwrap_or(text);
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
    };
    !name.is_empty() && name.trim_end_matches('.').split('.').all(is_part)
}

fn quote_entry(item: &str) -> String {
    let short: String = item.chars().take(60).collect();
    format!("\"{}\"", crate::model::replace_unprintable(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn st_21_what_can_match_is_taken_as_the_client_understands_it() {
        assert_eq!(expand_entry("*.example.com"), [".example.com"]);
        assert_eq!(expand_entry("*"), ["*", "0.0.0.0/0", "::/0"]);
        assert_eq!(expand_entry(" host.example:443 "), ["host.example"]);
        assert_eq!(expand_entry("[::1]:443"), ["::1"]);
        for same in [
            "example.com",
            ".example.com",
            "10.0.0.0/8",
            "10.1.2.3",
            "::1",
            "fd00::/8",
            "localhost",
        ] {
            assert_eq!(check_entry(same).unwrap(), [same]);
        }
        assert_eq!(check_entry("*.example.com").unwrap(), [".example.com"]);
        assert_eq!(check_entry("[::1]").unwrap(), ["::1"]);
    }

    #[test]
    fn st_21_what_can_never_match_is_refused_with_what_to_write() {
        for (item, advice) in [
            ("host.example:443", "host.example;"),
            ("[::1]:443", "::1;"),
            ("https://host.example/x", "host.example"),
            ("host.*.example", "write host.example"),
            ("ex*mple.com", "write host.example"),
            ("10.0.0.0/99", "write host.example"),
            ("host.example/path", "write host.example"),
            ("..", "write host.example"),
        ] {
            let wrong = check_entry(item).unwrap_err();
            assert!(
                wrong.problem.contains("would never match") && wrong.advice.contains(advice),
                "{item}: {wrong:?}"
            );
        }
    }
}
