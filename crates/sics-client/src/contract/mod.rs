//! What each operation takes and answers, as types. JSON has the names in camelCase, times as RFC 3339 in UTC, and leaves
//! out or sets to `null` what is not there. Readers ignore members that they do not know; the server refuses unknown
//! members of a body.

mod actions;
mod activities;
mod audit;
mod brake;
mod changes;
mod compliance;
mod confirm;
mod devices;
mod general;
mod given;
mod guard;
mod installations;
mod instances;
mod job_request;
mod jobs;
mod manifests;
mod operators;
mod problem;
mod products;
mod registrations;
mod results;
mod scans;
mod servers;
mod supervisors;
mod workflows;

pub use actions::*;
pub use activities::*;
pub use audit::*;
pub use brake::*;
pub use changes::*;
pub use compliance::*;
pub use confirm::*;
pub use devices::*;
pub use general::*;
pub use given::{DraftSettings, GivenAnswers, IssuedToken};
pub use guard::*;
pub use installations::*;
pub use instances::*;
pub use job_request::*;
pub use jobs::*;
pub use manifests::*;
pub use operators::*;
pub use problem::*;
pub use products::*;
pub use registrations::*;
pub use results::*;
pub use scans::*;
pub use servers::*;
pub use supervisors::*;
pub use workflows::*;
