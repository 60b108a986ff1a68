//! The layers. Each depends only on those below it:
//!
//! | layer | modules |
//! |---|---|
//! | core | the crate `connector-core`: [`model`], [`observe`], [`files`], [`schedule`], [`xml`], [`condition`] |
//! | contract | the crate `sics-client`: [`contract`], and the client |
//! | settings, tables | [`config`], [`export`] |
//! | tools | [`store`], [`refusal`], then [`entra`], then [`graph`], [`workflow`], [`bus`], [`webhooks`] |
//! | flows | [`inventory`], [`actions`], [`compliance`], [`orders`] |
//! | doors | [`sics`] |
//! | wiring | [`app`], then [`cli`] |
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
pub mod orders;
pub mod refusal;
pub mod sics;
pub mod store;
pub mod webhooks;
pub mod workflow;

pub use connector_core::{condition, files, model, observe, schedule, xml};
pub use sics_client::contract;
