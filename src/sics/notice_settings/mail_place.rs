//! Where a mail server is, judged before anybody asks for it: a host without its port, a port that fits the encryption, and an
//! address that may be reached. Pure.

use std::net::IpAddr;

use crate::contract::MailSecurity;
use crate::net::{AddressRefused, AddressRule};
use crate::sics::problem::ApiProblem;

/// Where servers expect TLS from the first byte on.
const TLS_PORT: u16 = 465;

/// `smtp.example.com:587` would be looked up as a name. An IPv6 address has more colons than one, and what has a `/` is no host.
pub(super) fn require_no_port(host: &str) -> Result<(), ApiProblem> {
    let Some((name, port)) = host.split_once(':').filter(|(_, port)| !port.contains([':', '/'])) else {
        return Ok(());
    };
    Err(ApiProblem::bad_request(
        "wrongServer",
        format!("the host {name} is given with the port {port}"),
        format!("Give {name} as the host, and the port apart from it (port, --port)."),
    ))
}

/// On 465 a server waits for TLS: a greeting before it never comes, and all that would be told is that nobody answers.
pub(super) fn require_fitting_port(port: u16, security: MailSecurity) -> Result<(), ApiProblem> {
    if port != TLS_PORT || security == MailSecurity::Tls {
        return Ok(());
    }
    Err(ApiProblem::bad_request(
        "wrongServer",
        format!("servers expect TLS from the first byte on at the port {port}, and startTls is given"),
        "Give tls (security, --security tls), or another port, such as 587.",
    ))
}

/// The rule of webhooks, for a host that is written as an address. A name is judged when it is looked up.
pub(super) fn check_written_address(host: &str, allow_private: bool) -> Result<(), AddressRefused> {
    let written = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = written.ok().or_else(|| match url::Host::parse(host) {
        Ok(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        _ => None,
    });
    let rule = AddressRule {
        allow_private,
        plain: false,
    };
    address.map_or(Ok(()), |address| rule.check_address(host, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_80_a_port_that_expects_tls_gets_it() {
        assert!(require_fitting_port(465, MailSecurity::Tls).is_ok());
        assert!(require_fitting_port(587, MailSecurity::StartTls).is_ok());
        assert!(require_fitting_port(2465, MailSecurity::StartTls).is_ok());
        let told = require_fitting_port(465, MailSecurity::StartTls).map_err(|problem| problem.detail().to_owned());
        assert!(told.is_err_and(|told| told.contains("the port 465")));
    }

    #[test]
    fn wn_81_a_mail_server_that_is_written_as_an_address_is_judged_as_a_webhook_is() {
        for (host, allow_private, is_good) in [
            ("192.168.1.5", false, false),
            ("192.168.1.5", true, true),
            ("0xc0a80105", false, false),
            ("[fd00::25]", false, false),
            ("::1", false, false),
            ("169.254.169.254", true, false),
            ("2606:4700::25", false, true),
            ("smtp.example.com", false, true),
        ] {
            assert_eq!(check_written_address(host, allow_private).is_ok(), is_good, "{host}");
        }
    }
}
