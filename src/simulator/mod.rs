//! An Intune tenant to try against (being composed).

pub mod clock;
pub mod directory;
pub mod fault;
pub mod proxy;
pub mod server;
pub mod state;
pub mod tls;
pub mod token;

pub use clock::SimClock;
pub use directory::{App, Caller, Directory};
pub use fault::Abort;
pub use proxy::{ProxyCredentials, ProxyOptions};
pub use server::{Options, Running, StartError, Tls, start};
pub use state::Secure;
