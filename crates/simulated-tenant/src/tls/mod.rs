//! TLS of the simulator: a test CA of its own ([`authority`]), one server certificate valid for this machine's
//! loopback names and for every login and Graph host of the national clouds, and, for tests of inspecting proxies, a second
//! CA whose certificates nobody trusts until told to.
//!
//! Nothing here is a secret worth keeping, yet the keys are written 0600: `ca.key` of a CA somebody put into a trust
//! store is worth stealing.

mod authority;

pub use authority::{Authority, Identity, names_of};

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::ssl::{AlpnError, SslAcceptor, SslMethod, select_next_proto};

use super::token::hosts;

/// In order of preference: what [`select_next_proto`] wants to see.
const PROTOCOLS: &[u8] = b"\x02h2\x08http/1.1";

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("failed to make the TLS folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("failed to write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} was not made by the simulator, and stays as it is", path.display())]
    Foreign { path: PathBuf },
    #[error("failed to make a test certificate")]
    Make(#[source] ErrorStack),
    #[error("failed to set up TLS")]
    Acceptor(#[source] ErrorStack),
}

/// What a client needs to trust, and what a connection needs to be accepted.
pub struct ServerTls {
    pub ca_file: PathBuf,
    pub acceptor: SslAcceptor,
}

impl ServerTls {
    /// The simulator's own: `ca.pem`, `server.pem` and their keys in `folder`, reused where they still fit.
    pub fn open(folder: &Path, listen: IpAddr) -> Result<Self, TlsError> {
        let authority = Authority::open(&absolute(folder)?, "ca", "Simulated tenant CA")?;
        let identity = authority.server("server", &server_names(listen))?;
        Ok(ServerTls {
            ca_file: authority.ca_file(),
            acceptor: acceptor(&identity, &authority)?,
        })
    }

    /// What an inspecting proxy presents: the same names from `inspect-ca.pem`, another CA.
    pub fn inspecting(folder: &Path, listen: IpAddr) -> Result<Self, TlsError> {
        let authority = Authority::open(&absolute(folder)?, "inspect-ca", "Inspecting proxy CA")?;
        let identity = authority.server("inspect-server", &server_names(listen))?;
        Ok(ServerTls {
            ca_file: authority.ca_file(),
            acceptor: acceptor(&identity, &authority)?,
        })
    }
}

/// What is printed is pasted elsewhere, where a relative path would lead nowhere.
fn absolute(folder: &Path) -> Result<PathBuf, TlsError> {
    std::path::absolute(folder).map_err(|source| TlsError::Folder {
        path: folder.to_owned(),
        source,
    })
}

/// Loopback by its three names, every host of F.5, and the address listened on where it is another.
pub fn server_names(listen: IpAddr) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(hosts::all().map(str::to_owned));
    let listen = listen.to_string();
    let unspecified = listen == "0.0.0.0" || listen == "::";
    if !unspecified && !names.contains(&listen) {
        names.push(listen);
    }
    names
}

fn acceptor(identity: &Identity, authority: &Authority) -> Result<SslAcceptor, TlsError> {
    let build = || -> Result<SslAcceptor, ErrorStack> {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_certificate(&identity.certificate)?;
        builder.set_private_key(&identity.key)?;
        builder.add_extra_chain_cert(authority.certificate().clone())?;
        builder.set_alpn_select_callback(|_, offered| select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK));
        Ok(builder.build())
    };
    build().map_err(TlsError::Acceptor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(folder: &Path) -> Authority {
        Authority::open(folder, "ca", "test").unwrap()
    }

    #[test]
    fn the_certificate_is_valid_for_every_host_of_every_cloud() {
        let folder = tempfile::tempdir().unwrap();
        let names = server_names("127.0.0.1".parse().unwrap());
        let identity = authority(folder.path()).server("server", &names).unwrap();
        let written = names_of(&identity.certificate);
        for host in hosts::all().chain(["localhost", "127.0.0.1", "::1"]) {
            assert!(
                written.iter().any(|name| name == host),
                "{host} is missing in {written:?}"
            );
        }
    }

    #[test]
    fn a_second_start_finds_the_same_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let names = server_names("127.0.0.1".parse().unwrap());
        let first = authority(folder.path()).server("server", &names).unwrap();
        let second = authority(folder.path()).server("server", &names).unwrap();
        assert_eq!(
            first.certificate.to_der().unwrap(),
            second.certificate.to_der().unwrap()
        );
    }

    #[test]
    fn wi_1_certificates_and_keys_of_somebody_else_are_neither_used_nor_written_over() {
        let own = tempfile::tempdir().unwrap();
        let names = server_names("127.0.0.1".parse().unwrap());
        authority(own.path()).server("server", &names).unwrap();
        let foreign = include_str!("../../../../tests/fixtures/certs/cert.pem");
        for (name, content) in [
            ("ca.pem", foreign),
            ("ca.pem", "no certificate"),
            ("ca.key", "a key beside ca.crt"),
            ("server.pem", foreign),
            ("server.key", "a key beside server.crt"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            std::fs::write(&file, content).unwrap();
            let refused = ServerTls::open(folder.path(), "127.0.0.1".parse().unwrap()).err();
            let is_told = matches!(&refused, Some(TlsError::Foreign { path }) if *path == file);
            assert!(is_told, "{name}: {refused:?}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content, "{name}");
        }
        // Half of one's own, as a crash leaves it.
        for name in ["ca.key", "server.key"] {
            std::fs::remove_file(own.path().join(name)).unwrap();
            assert!(
                ServerTls::open(own.path(), "127.0.0.1".parse().unwrap()).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_new_address_gets_a_new_certificate_from_the_same_ca() {
        let folder = tempfile::tempdir().unwrap();
        let ca = authority(folder.path());
        ca.server("server", &server_names("127.0.0.1".parse().unwrap()))
            .unwrap();
        let names = server_names("192.0.2.7".parse().unwrap());
        let next = ca.server("server", &names).unwrap();
        assert!(names_of(&next.certificate).contains(&"192.0.2.7".to_owned()));
        let again = authority(folder.path());
        assert_eq!(
            again.certificate().to_der().unwrap(),
            ca.certificate().to_der().unwrap()
        );
    }
}
