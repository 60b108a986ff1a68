//! The HTTP client of a target: addresses that the rule allows, no redirect, proxy, authorities and certificate of the settings.
//! Each kind has the timeouts of its product, and says itself what an answer means.

use reqwest::{Client, ClientBuilder, Identity};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::TargetFault;
use crate::config::{TargetSettings, pem};
use crate::net::{AddressRefused, CheckedResolver, HttpTimeouts, check_target_url, prepare_http_client};

/// To the server at `url`; an address that may not be reached is refused.
pub(super) fn build_target_client(
    settings: &TargetSettings,
    url: &Url,
    timeouts: HttpTimeouts,
) -> Result<Client, TargetFault> {
    finish_client(prepare_target_client(settings, url, timeouts)?)
}

/// The same for answers that come as they are, compressed or not: the kind unpacks them.
pub(super) fn build_raw_client(
    settings: &TargetSettings,
    url: &Url,
    timeouts: HttpTimeouts,
) -> Result<Client, TargetFault> {
    finish_client(prepare_target_client(settings, url, timeouts)?.no_gzip())
}

fn prepare_target_client(
    settings: &TargetSettings,
    url: &Url,
    timeouts: HttpTimeouts,
) -> Result<ClientBuilder, TargetFault> {
    check_target_url(url, settings.allow_private_addresses).map_err(|refused| fault_of_address(&refused))?;
    let resolver = CheckedResolver::for_url(url, settings.allow_private_addresses, &settings.network);
    let own = settings.client_identity.as_ref();
    let own = own
        .map(|(certificate, key)| read_identity(certificate, key))
        .transpose()?;
    let builder = prepare_http_client(&settings.network, timeouts, own)
        .map_err(|error| misconfigured(error.to_string(), error.advice()))?;
    Ok(builder.dns_resolver(resolver))
}

fn finish_client(builder: ClientBuilder) -> Result<Client, TargetFault> {
    builder.build().map_err(|error| {
        misconfigured(
            format!("failed to build the HTTP client: {}", error.without_url()),
            "check `ca`, `client_cert` and `client_key`",
        )
    })
}

/// The HTTP client takes keys in one form only.
fn read_identity(certificate: &SecretString, key: &SecretString) -> Result<Identity, TargetFault> {
    let key = pem::read_private_key(key.expose_secret().as_bytes())
        .map_err(|error| misconfigured(format!("`client_key` {error}"), error.cure))?;
    pem::read_certificates(certificate.expose_secret().as_bytes())
        .map_err(|error| misconfigured(format!("`client_cert` {error}"), error.cure))?;
    let unfit = || {
        misconfigured(
            "`client_cert` and `client_key` do not fit each other",
            "set both from one source",
        )
    };
    let key = key.private_key_to_pem_pkcs8().map_err(|_| unfit())?;
    Identity::from_pkcs8_pem(certificate.expose_secret().as_bytes(), &key).map_err(|_| unfit())
}

/// An address that the rule refuses.
pub(super) fn fault_of_address(refused: &AddressRefused) -> TargetFault {
    misconfigured(refused.to_string(), refused.advice())
}

/// What only other settings can change.
pub(super) fn misconfigured(problem: impl Into<String>, advice: impl Into<String>) -> TargetFault {
    TargetFault::Misconfigured {
        problem: problem.into(),
        advice: advice.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_certificate_that_is_none_is_told_without_its_key() {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let fault = read_identity(&secret("no certificate"), &secret("canary-key"))
            .err()
            .unwrap();
        let TargetFault::Misconfigured { problem, .. } = fault else {
            panic!("it lasts until it is mended");
        };
        assert!(!problem.contains("canary"), "{problem}");
    }
}
