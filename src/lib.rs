//! The layers. Each depends only on those above it in this table, and within a layer a module only on those that stand left
//! of it (`tests/it/house/floors.rs` keeps it):
//!
//! | layer | modules |
//! |---|---|
//! | core | the crate `connector-core`: [`model`], [`files`], [`observe`], [`xml`], [`condition`], [`schedule`] |
//! | contract | the crate `sics-client`: [`contract`], and the client |
//! | settings, tables | [`config`], [`export`] |
//! | tools | [`net`], [`refusal`], [`workflow`], [`store`], [`entra`], [`graph`], [`bus`], [`webhooks`] |
//! | flows | [`inventory`], [`actions`], [`compliance`], [`orders`], [`targets`], [`notices`] |
//! | doors | [`sics`] |
//! | wiring | [`app`], [`cli`] |
//!
//! One arrow leads the other way, to be ended: `workflow` keeps the journal of its runs in `store`.
//!
//! The crate `simulated-tenant` stands apart: an Intune tenant to try against. Nothing but `cli` and the tests knows it,
//! and it shares no code with the product, or one mistake would hide another.

#![deny(unreachable_pub)]

pub mod actions;
pub mod app;
pub mod bus;
pub mod cli;
pub mod compliance;
pub mod config;
pub mod entra;
pub mod export;
pub mod graph;
pub mod inventory;
pub mod net;
pub mod notices;
pub mod orders;
pub mod refusal;
pub mod sics;
pub mod store;
pub mod targets;
pub mod webhooks;
pub mod workflow;

pub use connector_core::{condition, files, model, observe, schedule, xml};
pub use sics_client::contract;
