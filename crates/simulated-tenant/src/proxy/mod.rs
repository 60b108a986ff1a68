//! A proxy that leads every host to the simulator.
//!
//! Some clients (Microsoft's own among them) can't be pointed elsewhere: their host names are fixed. Through this
//! proxy `CONNECT login.microsoftonline.com:443` ends at the simulator, whose certificate is valid for that name. It
//! can ask for user and password (407), and it can inspect: then it presents a certificate from a CA of its own, as
//! the boxes in large companies do.
//!
//! There is no second leg: the tunnel ends in this process. So a reset that a fault asks for reaches the client, and
//! nothing ever leaves the machine.

mod tunnel;

pub use tunnel::serve;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

#[derive(Debug, Clone)]
pub struct ProxyOptions {
    pub listen: SocketAddr,
    pub credentials: Option<ProxyCredentials>,
    /// Present certificates of another CA.
    pub inspect: bool,
}

#[derive(Clone)]
pub struct ProxyCredentials {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for ProxyCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyCredentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl ProxyCredentials {
    fn fits(&self, headers: &HeaderMap) -> bool {
        let presented = headers
            .get(header::PROXY_AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some((scheme, encoded)) = presented.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let expected = format!("{}:{}", self.user, self.password);
        let presented = STANDARD.decode(encoded.trim()).unwrap_or_default();
        scheme.eq_ignore_ascii_case("basic") && bool::from(presented.ct_eq(expected.as_bytes()))
    }
}

/// What went through, for tests that must know that it did. `Clone` shares it.
#[derive(Debug, Clone, Default)]
pub struct ProxyCount(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    tunnels: AtomicU64,
    refused: AtomicU64,
}

impl ProxyCount {
    /// Tunnels opened.
    pub fn tunnels(&self) -> u64 {
        self.0.tunnels.load(Ordering::SeqCst)
    }

    /// Requests answered with 407.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::SeqCst)
    }

    fn add_tunnel(&self) {
        self.0.tunnels.fetch_add(1, Ordering::SeqCst);
    }

    fn add_refused(&self) {
        self.0.refused.fetch_add(1, Ordering::SeqCst);
    }
}
