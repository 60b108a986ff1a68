//! The one place that wires the rooms together: a data folder becomes a running bus.
//!
//! [`start`] opens folder and store, starts the instances and the API, and leaves beside them how commands on this
//! machine sign in. With [`Options::instances`] off it is the same bus without scans: what commands use on a folder
//! where no bus runs, under the same lock.

mod chores;
mod engine;
mod instances;
mod local;
mod preview;
mod start;
pub mod verify;
pub mod workflows;

pub use instances::{BuildError, Instances, scanner};
pub use local::{LOCAL_CONNECTION, LocalConnection, path as local_connection_path};
pub use preview::{Preview, PreviewError, preview};
pub use start::{Options, Running, StartError, start};
