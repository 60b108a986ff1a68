//! README.md is true: its commands are run in their order by real processes against the simulated tenant, and the
//! management servers of `examples/management-server` do what it says of them. So are the ways of newcomers in `docs/targets`.

pub mod blocks;
mod forms;
mod scripted_bus;
mod servers;
mod target_forms;
mod targets;
pub mod terminal;
mod walk;
