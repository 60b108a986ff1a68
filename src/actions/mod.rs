//! Flow 2: what management servers and people ask to be done to devices.
//!
//! ```text
//! job → guard → intent → issue → read-back → outcome
//! ```
//!
//! In the order of the way: [`job`] takes a request apart and makes it durable, [`guard`] says whether and when,
//! [`issue`] is the one place that calls (by its [`write_sender`]), [`readback`] follows what became of it, [`task_machine`]
//! decides each step of a task, purely. [`specs`] say what each action is; [`task_runner`] is the loop that carries all of it
//! out, [`activity`] what workflows may call.

pub mod activity;
pub mod executor;
pub mod failpoints;
pub mod finding;
pub mod guard;
mod issue;
pub mod job;
pub mod personal_devices;
pub mod policy_changes;
mod quiet_time;
mod readback;
pub mod sealed_parameters;
pub mod specs;
pub mod subject;
pub mod task_machine;
pub mod task_runner;
pub mod write_sender;
