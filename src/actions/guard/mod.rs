//! The guard: whether, and when. Pure: facts in, a verdict out; the store looks the facts up in the very transaction
//! that commits the verdict (A4).
//!
//! [`intake`] judges a job as it comes, [`before_call`] each call, again after every wait; [`approval`] says who may
//! agree, [`pending`] what Intune shows as pending that nobody here sent, [`glass`] what one person may do alone in an emergency; [`policy`] is what all of them go by.

pub mod accounts;
pub mod approval;
pub mod before_call;
pub mod glass;
pub mod intake;
pub mod loosen;
pub mod pending;
pub mod people;
pub mod policy;
pub mod release;
#[cfg(test)]
mod tests;
pub mod window;

pub use approval::{Agreement, NotApproved, SignedInBy, Wish, agrees, may_approve};
pub use before_call::{Aimed, Leave, before_call, lets_be_touched};
pub use glass::{break_glass, may_acknowledge};
pub use intake::{Asked, intake};
pub use policy::{ApprovalRule, BusPolicy, InstancePolicy, Limits, Policies, scope_of};
pub use window::Window;

use super::verbs::{ApiVersion, VerbSpec};
use crate::model::Verb;

/// The version of Graph in which a verb is called under this policy.
pub fn version_of(spec: &VerbSpec, policy: Option<&str>) -> ApiVersion {
    InstancePolicy::read(policy).version(spec)
}

/// The verb that a definition stands for.
pub fn definition(policy: Option<&str>, name: &str) -> Option<Verb> {
    InstancePolicy::read(policy).definitions.get(name).copied()
}
