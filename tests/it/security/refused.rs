//! Attacks that failed, and go on failing. Those that other tests try already are not tried again here; the table in
//! docs/FINDINGS.md names the test of each.

mod authentication;
mod authorisation;
mod decisions;
mod input;
mod outward;
mod targets;
mod wire;
