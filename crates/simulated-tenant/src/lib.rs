//! An Intune tenant to try against: Entra's token endpoint and Microsoft Graph, as a server of its own.
//!
//! It is so faithful that Microsoft's own client libraries work against it unchanged, and it is the only tenant that
//! the tests know. It shares no code with the rooms that speak to the real Graph: a mistake made twice would hide
//! itself.
//!
//! | part | what |
//! |---|---|
//! | [`directory`], [`token`] | tenants, apps, credentials; the token endpoint |
//! | [`graph`] | Graph's endpoints, one file each |
//! | [`remote`] | remote actions: what is asked of devices, what becomes of it, and the count of effects |
//! | [`posture`] | apps and compliance policies of a device |
//! | [`objects`] | groups, and the devices and people of the directory |
//! | [`software`] | the catalogue of apps, assignments, and the course of installations |
//! | [`reports`] | tables of installations and of found software; export jobs |
//! | [`world`] | devices and people: a fleet from a seed that lives by a clock |
//! | [`fault`] | everything that can go wrong, on request; wraps all of the above |
//! | [`control`] | `/simulator`: devices, clock, faults, log, for tests and for the curious |
//! | [`server`], [`tls`], [`proxy`] | how it is reached |
//!
//! Nothing is kept on disk, and the same seed makes the same tenant. The process may die at any time.

#![deny(unreachable_pub)]

mod clock;
pub mod control;
pub mod directory;
pub mod fault;
pub mod graph;
mod log;
pub mod objects;
pub mod posture;
pub mod proxy;
pub mod remote;
pub mod reports;
pub mod server;
pub mod software;
mod state;
pub mod tls;
pub mod token;
mod tuning;
pub mod world;
mod writes;

pub use clock::SimClock;
pub use directory::{App, Caller, Directory};
pub use fault::Abort;
pub use log::{Counters, Entry as LogEntry, Log};
pub use objects::DirectoryTuning;
pub use proxy::{ProxyCredentials, ProxyOptions};
pub use remote::{ActionTuning, Conduct, Effect, Effects};
pub use server::{Options, Running, StartError, Tls, start};
pub use software::SoftwareTuning;
pub use state::{Fleet, MOST_CHURN, Secure, Simulated, Tenant, Who};
pub use tuning::{DirectoryQuota, Limits, Quota, RetryAfter, Tuning};
pub use world::NameStyle;
pub use writes::{Write, Writes};

/// A moment as HTTP headers write it; before 1970, which they cannot, as 1970.
pub fn http_date(at: chrono::DateTime<chrono::Utc>) -> String {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
}
