//! `follow`: a management server on the command line.
//!
//! One step: read changes ([`feed_client`]), apply them to the view ([`view`]), hand what came of it on ([`sink`]), write
//! the view ([`journal`]), acknowledge. In this order, so that a crash at any place makes the bus tell again what was
//! not acknowledged, and telling again is harmless: the view knows it, files may show a change twice, commands are told
//! twice. Nothing is acknowledged before file or command had it. A sink that fails is tried again with the very same
//! changes, because the end of a snapshot is worked out only once.
//!
//! Before the first read it is asked whether the bus goes on from what the file holds ([`reading_place`]), and before anything
//! is cut or moved, whether the file is ours ([`own_files`]).

mod args;
mod csv_table;
mod cures;
mod feed_client;
mod journal;
mod own_files;
mod reading_place;
mod session;
mod sink;
pub mod view;
mod write_report;

#[cfg(test)]
mod view_tests;

pub(crate) use args::check_columns;
pub use args::{FollowArgs, run};
pub use feed_client::{FeedClient, FeedClientError};
pub use view::{ChangeEffect, DeviceDigest, FleetReplica, RetainedDevice};
