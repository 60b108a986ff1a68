//! Which authorities HTTP clients trust: those of the machine, and those of the settings beside them. A store of them takes a megabyte
//! and some milliseconds, and a bus for a hundred tenants has hundreds of clients; so those that are built shortly after one
//! another share one. Connections are not shared, and a client certificate is never part of it.
//!
//! *Not for ever*: an authority that is added to the machine counts for the next client that is built, such as that of a wizard
//! which is tried again, or of an instance that is started. That is at most [`SHARED_FOR`] later.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use native_tls::{Certificate, TlsConnector};
use openssl::x509::X509;

use super::http_error::HttpError;
use crate::config::pem;

/// How long a store is given to further clients. All instances of a bus that starts are prepared within it.
const SHARED_FOR: Duration = Duration::from_secs(60);

static STORES: LazyLock<Mutex<RecentStores>> = LazyLock::new(Mutex::default);

/// `ca`: PEM of the settings.
pub(super) fn find_connector(ca: Option<&str>) -> Result<TlsConnector, HttpError> {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.find_or_build(ca, Instant::now(), || build_connector(ca))
}

struct RecentStore {
    ca: Option<String>,
    built_at: Instant,
    connector: TlsConnector,
}

#[derive(Default)]
struct RecentStores(Vec<RecentStore>);

impl RecentStores {
    fn find_or_build(
        &mut self,
        ca: Option<&str>,
        now: Instant,
        build: impl FnOnce() -> Result<TlsConnector, HttpError>,
    ) -> Result<TlsConnector, HttpError> {
        self.0
            .retain(|store| now.saturating_duration_since(store.built_at) < SHARED_FOR);
        if let Some(store) = self.0.iter().find(|store| store.ca.as_deref() == ca) {
            return Ok(store.connector.clone());
        }
        let connector = build()?;
        self.0.push(RecentStore {
            ca: ca.map(str::to_owned),
            built_at: now,
            connector: connector.clone(),
        });
        Ok(connector)
    }
}

/// As the HTTP client makes its own, which has no other settings of TLS.
fn build_connector(ca: Option<&str>) -> Result<TlsConnector, HttpError> {
    let mut builder = TlsConnector::builder();
    builder.request_alpns(&["h2", "http/1.1"]);
    for certificate in ca.map(parse_authorities).transpose()?.into_iter().flatten() {
        builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| HttpError::Build(error.to_string()))
}

fn parse_authorities(pem: &str) -> Result<Vec<Certificate>, HttpError> {
    let convert = |der: Vec<u8>| Certificate::from_der(&der).map_err(|error| wrong_authorities(error.to_string()));
    read_authorities(pem)?.into_iter().map(convert).collect()
}

/// Each certificate as DER.
pub(super) fn read_authorities(pem: &str) -> Result<Vec<Vec<u8>>, HttpError> {
    // Read by OpenSSL: it skips comments between the blocks and refuses what is none.
    let list = pem::read_certificates(pem.as_bytes()).map_err(|error| wrong_authorities(error.what.to_owned()))?;
    let convert = |x509: X509| x509.to_der().map_err(|error| wrong_authorities(error.to_string()));
    list.into_iter().map(convert).collect()
}

pub(super) fn wrong_authorities(what: String) -> HttpError {
    HttpError::Authorities { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_shared_for_a_while_by_those_that_trust_the_same() {
        let (mut stores, mut built) = (RecentStores::default(), 0);
        let start = Instant::now();
        let mut ask = |ca: Option<&str>, seconds: u64| {
            let build = || {
                built += 1;
                build_connector(None)
            };
            let found = stores.find_or_build(ca, start + Duration::from_secs(seconds), build);
            found.unwrap();
            built
        };
        assert_eq!([ask(None, 0), ask(None, 59), ask(None, 59)], [1, 1, 1]);
        assert_eq!(
            [ask(Some("one"), 59), ask(Some("other"), 59), ask(Some("one"), 59)],
            [2, 3, 3]
        );
        assert_eq!(ask(None, 60), 4, "the machine may trust others by now");
        assert_eq!(ask(None, 100), 4);
    }

    #[test]
    fn what_is_no_authority_is_not_kept() {
        let error = find_connector(Some("no certificate")).unwrap_err();
        assert_eq!(error.code(), "authorities");
        assert!(find_connector(None).is_ok());
    }
}
