//! Flow 2 against the simulated tenant: from a job to what really became of it.

mod answers;
mod captive;
mod clock;
mod course;
pub mod gone;
mod pending;
