//! Where the console listens, which may follow from where the API does.

use std::net::{Ipv4Addr, SocketAddr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleAddress {
    /// On loopback, one port after the API.
    Auto,
    Off,
    At(SocketAddr),
}

impl ConsoleAddress {
    /// Where to listen when the API has this address; `None`: there is no console.
    pub fn beside(self, api: SocketAddr) -> Option<SocketAddr> {
        match self {
            ConsoleAddress::Off => None,
            ConsoleAddress::At(address) => Some(address),
            // A port that was chosen freely has a free one beside it.
            ConsoleAddress::Auto => {
                let port = if api.port() == 0 { 0 } else { api.port().checked_add(1)? };
                Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
            }
        }
    }
}
