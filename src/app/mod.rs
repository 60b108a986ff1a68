//! The one place that wires the rooms together: a data folder becomes a running bus.
//!
//! [`start_bus`] opens folder and store, starts the instances and the API, and leaves beside them how commands on this
//! machine sign in. With [`StartOptions::run_instances`] off it is the same bus without scans: what commands use on a folder
//! where no bus runs, under the same lock.

pub mod built_in_product;
mod console_setup;
mod decisions;
mod engine;
mod host;
mod housekeeping;
mod instance_details;
mod instance_status;
mod instances;
mod lifecycle;
mod local_connection;
mod notices;
mod orders;
mod owner_commands;
mod package_documents;
mod preview;
mod preview_inventory;
mod product_cache;
mod products;
mod recover;
mod refusals;
mod removal;
mod reseal;
mod scratch_folder;
mod start;
mod target_kinds;
mod target_mapping;
mod targets;
mod unusable_files;
pub mod verify;
mod web_pages;
pub mod workflows;

pub use console_setup::{describe_setup, sign_in_link_address};
pub use host::ProductHost;
pub use instances::{BuildError, Instances, KINDS, build_scanner};
pub(crate) use instances::{judge_change, judge_for_doctor};
pub use local_connection::{LOCAL_CONNECTION, LocalConnection, connection_path as local_connection_path};
pub use owner_commands::{TokenFileError, set_token_file};
pub use package_documents::check_package_documents;
pub use preview::{PreviewError, PreviewOutcome, RunningPreview, start_preview};
pub use product_cache::ProductCache;
pub use recover::{RecoverError, check_recovery, recover_administrator};
pub use refusals::RefusalRegistry;
pub use start::{RunningBus, StartError, StartOptions, start_bus};
