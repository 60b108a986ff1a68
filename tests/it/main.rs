//! The tests across rooms, in one binary: real SQLite files, the simulator over HTTP(S), real processes.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod actions;
mod actions_limits;
mod bus;
mod cli;
mod clock_steps;
mod compliance;
mod console;
mod damage;
mod device_history;
mod disk_failed;
mod disk_full;
mod entra;
mod feed;
mod feed_places;
mod findings;
mod folder_owner;
mod gateway;
mod graph_client;
mod house;
mod journey;
mod lifecycle;
mod orders;
mod package;
mod pn_table;
mod proven;
mod readme;
mod refusals;
mod scan;
mod scan_faults;
mod security;
mod sent_to_graph;
mod settings;
mod sics;
mod simulator_actions;
mod simulator_graph;
mod simulator_token;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod verbs;
mod waits;
mod whole;
mod workflow;
mod wrong;
