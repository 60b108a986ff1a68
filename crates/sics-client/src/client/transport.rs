//! Passwords and tokens go to other machines by HTTPS. Plain HTTP is for this machine; for another one it takes a word of
//! the person who types the command, and no proxy that the environment names ever sees it.

use std::time::Duration;

use reqwest::{Method, Request};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::bus_connection::BusConnection;
use super::error::{ClientError, ClientErrorKind};

/// Whether plain HTTP may leave this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// `--plain-http`, or an address that the bus of a folder on this machine has left there.
    Allowed,
}

impl PlainHttp {
    /// Whether a flag allows it.
    pub fn from_flag(flag: bool) -> PlainHttp {
        if flag { PlainHttp::Allowed } else { PlainHttp::Refused }
    }
}

/// Whether a secret may be sent there. Decided before the secret is asked for.
pub fn check_secret_transport(url: &Url, plain: PlainHttp) -> Result<(), ClientError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::new(
            ClientErrorKind::Invalid,
            format!(
                "the address {} carries a name or password, which everybody on this machine could read",
                strip_credentials(url)
            ),
            "take it out: --user NAME, and --password-file FILE",
        ));
    }
    match (url.scheme(), url.has_host()) {
        ("https", true) => Ok(()),
        ("http", true) if is_loopback(url) || plain == PlainHttp::Allowed => Ok(()),
        ("http", true) => Err(ClientError::new(
            ClientErrorKind::Invalid,
            format!(
                "{} is another machine: name, password and token would cross the network readable",
                strip_credentials(url)
            ),
            "write https:// (with --fingerprint where the certificate is self-made); only where nobody else can listen: \
             --plain-http",
        )),
        _ => Err(ClientError::new(
            ClientErrorKind::Invalid,
            format!("{} is not the address of a bus", strip_credentials(url)),
            "such as https://bus.example:3900",
        )),
    }
}

/// How long something may take to say that it speaks the other scheme.
const OTHER_SCHEME_TIMEOUT: Duration = Duration::from_secs(3);

/// The same address with the other scheme, where that is what is spoken there. Nothing secret is sent, and what answers is
/// believed nothing else. Where no port is named, each scheme has its own: then it is not asked.
pub async fn find_spoken_address(url: &Url) -> Option<Url> {
    let port = url.port()?;
    let mut other = url.clone();
    other
        .set_scheme(if url.scheme() == "https" { "http" } else { "https" })
        .ok()?;
    // Where nobody listens at all, nothing is prepared for TLS, which takes longer than the look.
    let host = url.host_str()?.trim_matches(['[', ']']);
    let connected = timeout(OTHER_SCHEME_TIMEOUT, TcpStream::connect((host, port))).await;
    drop(connected.ok()?.ok()?);
    let mut request = Request::new(Method::HEAD, other.clone());
    *request.timeout_mut() = Some(OTHER_SCHEME_TIMEOUT);
    BusConnection::open_for_a_look(&other)?.send(request).await.ok()?;
    Some(other)
}

/// Whether TLS failed because a certificate does not count at this time, as OpenSSL says it.
pub(crate) fn is_period_failure(text: &str) -> bool {
    ["certificate has expired", "certificate is not yet valid"]
        .iter()
        .any(|said| text.contains(said))
}

/// A proxy of the environment is for what is encrypted on its way through.
pub(crate) fn uses_proxy(url: &Url) -> bool {
    url.scheme() == "https" && !is_loopback(url)
}

/// By its name alone: nobody is asked where a name leads.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Without name and password, should somebody have written them there.
fn strip_credentials(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(url: &str, plain: PlainHttp) -> bool {
        check_secret_transport(&url.parse().expect("a URL"), plain).is_ok()
    }

    #[test]
    fn sec_m7_plain_http_is_for_loopback_or_by_a_word_of_its_own() {
        let here = [
            "http://127.0.0.1:3900",
            "http://127.9.9.9",
            "http://[::1]:3900",
            "http://localhost:3900",
            "http://LOCALHOST",
            "http://2130706433/",
        ];
        let elsewhere = [
            "http://bus.example:3900",
            "http://192.0.2.1",
            "http://0.0.0.0:3900",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.example",
            "http://localhost.",
            "http://127.0.0.1.example",
            "http://10.0.0.1:3900",
            "HTTP://bus.example",
        ];
        for url in here {
            assert!(goes(url, PlainHttp::Refused), "{url}");
        }
        for url in elsewhere {
            assert!(!goes(url, PlainHttp::Refused), "{url}");
            assert!(goes(url, PlainHttp::Allowed), "{url}");
        }
        for url in ["https://bus.example", "https://192.0.2.1:3900"] {
            assert!(goes(url, PlainHttp::Refused), "{url}");
        }
        for url in ["ftp://bus.example", "file:///tmp/x", "data:x", "unix:/run/x"] {
            assert!(!goes(url, PlainHttp::Allowed), "{url}");
        }
    }

    #[test]
    fn sec_m7_no_proxy_of_the_environment_sees_a_secret_in_clear() {
        for (url, by_proxy) in [
            ("http://bus.example", false),
            ("http://127.0.0.1", false),
            ("https://localhost", false),
            ("https://bus.example", true),
        ] {
            assert_eq!(uses_proxy(&url.parse().expect("a URL")), by_proxy, "{url}");
        }
    }

    #[test]
    fn wi_11_a_certificate_whose_time_is_over_is_told_from_other_failures() {
        let said =
            "client error (Connect): error:0A000086:SSL routines:certificate verify failed (certificate has expired)";
        assert!(is_period_failure(said));
        assert!(!is_period_failure(
            "certificate verify failed (self-signed certificate)"
        ));
        assert!(!is_period_failure("Connection refused"));
    }

    #[test]
    fn e1_a_password_in_an_address_is_refused_and_not_repeated() {
        for url in [
            "https://anna:CANARY-pw@bus.example",
            "http://127.0.0.1@bus.example",
            "http://:CANARY-pw@127.0.0.1",
        ] {
            let refused = check_secret_transport(&url.parse().expect("a URL"), PlainHttp::Allowed).expect_err(url);
            assert!(!refused.to_string().contains("CANARY"), "{refused}");
        }
    }
}
