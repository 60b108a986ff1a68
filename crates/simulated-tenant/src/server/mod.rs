//! The simulator as a server: [`start`] binds, composes and runs; [`Running`] says how to connect and stops it.
//!
//! Whatever is bound is bound when `start` returns, so a test connects at once and owns the port. Dropping
//! [`Running`] ends every connection; nothing outlives it.

pub(super) mod accept;
mod breaking;
mod doors;
pub(super) mod line;
mod options;
mod tenant;

pub use options::{Options, Tls};
pub use tenant::{Registration, client_id, new_id, register};

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::directory::Directory;
use super::proxy::{self, ProxyCount};
use super::tls::{ServerTls, TlsError};
use super::{Fleet, Simulated, Tuning, control, fault, graph, token};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("failed to listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("failed to make a temporary TLS folder")]
    Temporary(#[source] io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("failed to make the key that signs tokens")]
    SigningKey(#[source] openssl::error::ErrorStack),
}

/// A simulator at work.
#[derive(Debug)]
pub struct Running {
    pub registration: Registration,
    /// Base of login and of Graph alike, e.g. `https://127.0.0.1:8443`.
    pub base: String,
    pub address: SocketAddr,
    /// What to trust; `None` where nothing speaks TLS.
    pub ca: Option<PathBuf>,
    /// What to trust behind an inspecting proxy.
    pub inspect_ca: Option<PathBuf>,
    pub proxy: Option<SocketAddr>,
    pub proxy_count: ProxyCount,
    /// The tenant itself, for tests that look behind the scenes; [`Simulated::directory`] is its Entra.
    pub simulated: Simulated,
    tasks: JoinSet<()>,
    temporary: Option<PathBuf>,
}

impl Running {
    /// Ends it and waits until nothing of it runs.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(folder) = self.temporary.take() {
            // Test certificates in a temporary folder: left behind they would do no harm.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Binds, and serves in the background until [`Running`] is stopped or dropped.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let listener = bind(options.listen).await?;
    let address = local(&listener, options.listen)?;
    let certificates = Certificates::open(&options)?;
    let directory = match options.directory.clone() {
        Some(directory) => directory,
        None => Directory::new().map_err(StartError::SigningKey)?,
    };
    let registration = register(&directory, options.seed);
    let simulated = populate(&options, &directory, &registration);
    let router = compose(&simulated);
    let mut tasks = JoinSet::new();
    tasks.spawn(simulated.clone().live());
    let proxy_count = ProxyCount::default();
    let proxy = match (options.proxy.clone(), certificates.for_proxy()) {
        (Some(wanted), Some(tls)) => {
            let listener = bind(wanted.listen).await?;
            let address = local(&listener, wanted.listen)?;
            tasks.spawn(proxy::serve(listener, wanted, tls, router.clone(), proxy_count.clone()));
            Some(address)
        }
        _ => None,
    };
    let secure = !matches!(options.tls, Tls::Http);
    let acceptor = certificates
        .own
        .as_ref()
        .filter(|_| secure)
        .map(|tls| tls.acceptor.clone());
    tasks.spawn(accept::serve(listener, acceptor, router));
    Ok(Running {
        registration,
        base: base_url(secure, address),
        address,
        ca: certificates.own.map(|tls| tls.ca_file),
        inspect_ca: certificates.inspecting.map(|tls| tls.ca_file),
        proxy,
        proxy_count,
        simulated,
        tasks,
        temporary: certificates.temporary,
    })
}

/// The world of the seed's tenant, as the options want it.
fn populate(options: &Options, directory: &Directory, registration: &Registration) -> Simulated {
    let tuning = Tuning {
        latency_ms: options.latency_ms,
        ..options.tuning.clone()
    };
    let simulated = Simulated::new(directory.clone(), options.clock.clone(), tuning);
    let fleet = Fleet {
        devices: options.devices,
        seed: options.seed,
        names: options.names,
    };
    simulated.add_tenant(&registration.tenant_id, fleet);
    simulated.set_churn(options.churn);
    simulated
}

/// Entra, Graph and the control API under one address, with the faults round all but the last.
fn compose(simulated: &Simulated) -> Router {
    let token = token::router(simulated.directory().clone(), simulated.clock().clone());
    let all = token
        .merge(graph::router(simulated.clone()))
        .merge(control::router(simulated.clone()));
    fault::around(doors::around(all, simulated.clone()), simulated.clone())
}

/// The certificates that a start needs: none for plain HTTP without a proxy.
struct Certificates {
    own: Option<ServerTls>,
    inspecting: Option<ServerTls>,
    temporary: Option<PathBuf>,
}

impl Certificates {
    fn open(options: &Options) -> Result<Self, StartError> {
        let mut temporary = None;
        let folder = match &options.tls {
            Tls::Folder(folder) => folder.clone(),
            Tls::Http if options.proxy.is_none() => {
                return Ok(Certificates {
                    own: None,
                    inspecting: None,
                    temporary,
                });
            }
            Tls::Http | Tls::Temporary => temporary.insert(temporary_folder()?).clone(),
        };
        let listen = options.listen.ip();
        let inspect = options.proxy.as_ref().is_some_and(|proxy| proxy.inspect);
        Ok(Certificates {
            own: Some(ServerTls::open(&folder, listen)?),
            inspecting: inspect.then(|| ServerTls::inspecting(&folder, listen)).transpose()?,
            temporary,
        })
    }

    fn for_proxy(&self) -> Option<openssl::ssl::SslAcceptor> {
        let tls = self.inspecting.as_ref().or(self.own.as_ref());
        tls.map(|tls| tls.acceptor.clone())
    }
}

/// A folder nobody else can have prepared: its name is new, and it is made for us alone.
fn temporary_folder() -> Result<PathBuf, StartError> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = std::env::temp_dir().join(format!("simulated-tenant-{}", uuid::Uuid::new_v4().simple()));
    let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    made.map_err(StartError::Temporary)?;
    Ok(folder)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    let local = listener.local_addr();
    local.map_err(|source| StartError::Listen { address, source })
}

/// An address to connect to: nobody connects to `0.0.0.0`.
fn base_url(secure: bool, address: SocketAddr) -> String {
    let scheme = if secure { "https" } else { "http" };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_connect_to_the_unspecified_address() {
        assert_eq!(
            base_url(true, "0.0.0.0:8443".parse().unwrap()),
            "https://127.0.0.1:8443"
        );
        assert_eq!(base_url(false, "[::]:80".parse().unwrap()), "http://[::1]:80");
    }
}
