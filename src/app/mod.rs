//! The one place that wires the rooms together: a data folder becomes a running bus.
//!
//! [`start`] opens folder and store, starts the instances and the API, and leaves beside them how commands on this
//! machine sign in. With [`Options::instances`] off it is the same bus without scans: what commands use on a folder
//! where no bus runs, under the same lock.

mod chores;
mod decisions;
mod engine;
mod host;
mod instances;
mod local;
mod offers;
mod owner;
mod power;
mod preview;
pub mod product;
mod products;
mod recover;
mod refusals;
mod reseal;
mod scratch;
mod start;
pub mod verify;
pub mod workflows;

pub use host::ProductHost;
pub use instances::{BuildError, Instances, KINDS, scanner};
pub use local::{LOCAL_CONNECTION, LocalConnection, path as local_connection_path};
pub use offers::Shelf;
pub use owner::{TokenFileError, set_token_file};
pub use preview::{Preview, PreviewError, preview};
pub use recover::{RecoverError, recover};
pub use refusals::Refusals;
pub use start::{Options, Running, StartError, start};
