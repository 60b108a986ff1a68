//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::clock::SimClock;
use crate::directory::Directory;
use crate::proxy::ProxyOptions;
use crate::tuning::Tuning;
use crate::world::NameStyle;

#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 takes a free one; [`super::Running`] tells which.
    pub listen: SocketAddr,
    pub tls: Tls,
    pub proxy: Option<ProxyOptions>,
    pub devices: usize,
    /// The same seed makes the same fleet, tenant id, client id and secret.
    pub seed: u64,
    pub names: NameStyle,
    /// Changes per second in real time.
    pub churn: f64,
    /// Goes before the tuning's.
    pub latency_ms: u64,
    /// What the documents leave open.
    pub tuning: Tuning,
    pub clock: SimClock,
    /// Further tenants and apps; the simulator adds its own to it.
    pub directory: Option<Directory>,
}

#[derive(Debug, Clone)]
pub enum Tls {
    /// Plain HTTP.
    Http,
    /// HTTPS, with the test CA in this folder.
    Folder(PathBuf),
    /// HTTPS, with the test CA in a temporary folder of its own, gone when the simulator stops.
    Temporary,
}

impl Options {
    /// Plain HTTP on a free port of the loopback, with awkward names: what most tests want.
    pub fn quick(devices: usize, seed: u64) -> Self {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: Tls::Http,
            proxy: None,
            devices,
            seed,
            names: NameStyle::Awkward,
            churn: 0.0,
            latency_ms: 0,
            tuning: Tuning::default(),
            clock: SimClock::system(),
            directory: None,
        }
    }
}
